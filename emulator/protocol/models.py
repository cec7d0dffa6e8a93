"""Operations and shapes of AWS's services, as botocore knows them."""

import functools
import re

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

_URI_LABEL = re.compile(r"\\{(\w+)(\\\+)?\\}")


@functools.cache
def load_service(service: str) -> ServiceModel:
    """The model of a service by botocore's name of it, e.g. ``sagemaker-runtime``."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


@functools.cache
def routes(service: str) -> tuple[tuple[str, re.Pattern[str], OperationModel], ...]:
    """The (method, path pattern, operation) of a REST service, the most specific path first.

    The pattern's groups are the names that the URI's labels have.
    """
    model = load_service(service)
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        path = operation.http["requestUri"].partition("?")[0]
        found.append((path, operation.http["method"], operation))
    found.sort(key=lambda route: (route[0].count("{"), -len(route[0])))
    return tuple((method, _path_pattern(path), operation) for path, method, operation in found)


def _path_pattern(path: str) -> re.Pattern[str]:
    def group(label: re.Match[str]) -> str:
        return f"(?P<{label[1]}>.+)" if label[2] else f"(?P<{label[1]}>[^/]+)"

    return re.compile(_URI_LABEL.sub(group, re.escape(path).rstrip("/")) + "/?")
