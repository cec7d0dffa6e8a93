"""Which of the emulator's packages answers for which AWS service."""

import importlib
import importlib.util
from collections.abc import Mapping
from types import ModuleType

from emulator.context import Context, Handler

# By botocore's name of the service.
SERVICES: Mapping[str, str] = {
    "sagemaker": "emulator.services.sagemaker",
    "sagemaker-runtime": "emulator.services.runtime",
    "lambda": "emulator.services.lambda_",
    "logs": "emulator.services.logs",
}


def operations(service: str) -> Mapping[str, Handler]:
    """The handlers of a service, by operation; the package is imported on first use."""
    found: Mapping[str, Handler] = _package(service).OPERATIONS
    return found


def recover(context: Context) -> None:
    """End what died with the last process, and start again what has to live."""
    for service in _present():
        package = _package(service)
        if hasattr(package, "recover"):
            package.recover(context)


def shut_down(context: Context) -> None:
    """End every process that the services run, when the emulator ends in order."""
    for service in _present():
        package = _package(service)
        if hasattr(package, "shut_down"):
            package.shut_down(context)


def _package(service: str) -> ModuleType:
    return importlib.import_module(SERVICES[service])


def _present() -> list[str]:
    return [service for service, name in SERVICES.items() if importlib.util.find_spec(name)]
