"""Macros of one's own: what a Lambda function makes of a template or a part of it.

Source: "Create a CloudFormation macro definition" in the User Guide; the transform's id and the
messages as recorded of AWS.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.yaml_text import check_depth
from emulator.services.cloudformation.transforms.setting import Setting, failure


def transform_by_macro(
    name: str, fragment: Any, parameters: Mapping[str, Any], setting: Setting
) -> Any:
    """What the macro makes of the fragment.

    Raises:
        TemplateError: There is no such macro, or it does not say that it succeeded.
    """
    transform_id = f"{setting.scope.pseudo.account_id}::{name}"
    request = _request(transform_id, fragment, parameters, setting)
    try:
        answer = setting.invoke(name, request)
    except KeyError as error:
        raise TemplateError([f"No transform named {transform_id} found."]) from error
    if not isinstance(answer, dict) or answer.get("requestId") != request["requestId"]:
        raise TemplateError([f"Received malformed response from transform {transform_id}"])
    if str(answer.get("status")).lower() != "success":
        raise _failure(transform_id, answer.get("errorMessage"))
    if "fragment" not in answer:
        raise TemplateError([f"Received malformed response from transform {transform_id}"])
    check_depth(answer["fragment"])
    return answer["fragment"]


def _failure(transform_id: str, message: Any) -> TemplateError:
    if message:
        return failure(transform_id, str(message))
    return TemplateError([f"Transform {transform_id} failed without an error message."])


def _request(
    transform_id: str, fragment: Any, parameters: Mapping[str, Any], setting: Setting
) -> dict[str, Any]:
    values = {name: value.resolved for name, value in setting.scope.parameters.items()}
    return {
        "region": setting.scope.pseudo.region,
        "accountId": setting.scope.pseudo.account_id,
        "fragment": fragment,
        "transformId": transform_id,
        "params": dict(parameters),
        "requestId": str(uuid.uuid4()),
        "templateParameterValues": {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
        },
    }
