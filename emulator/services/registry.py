"""Which of the emulator's packages answers for which AWS service."""

import importlib
from collections.abc import Mapping
from functools import partial
from types import ModuleType

from emulator.context import Context, Handler

# By botocore's name of the service.
SERVICES: Mapping[str, str] = {
    "sagemaker": "emulator.services.sagemaker",
    "sagemaker-runtime": "emulator.services.runtime",
    "sagemaker-metrics": "emulator.services.metrics",
    "lambda": "emulator.services.lambda_",
    "logs": "emulator.services.logs",
    "application-autoscaling": "emulator.services.application_autoscaling",
    "cloudwatch": "emulator.services.alarms",
    "events": "emulator.services.events",
    "codebuild": "emulator.services.codebuild",
    "cloudformation": "emulator.services.cloudformation",
    "emr": "emulator.services.emr",
    "emr-serverless": "emulator.services.emr_serverless",
    "codepipeline": "emulator.services.codepipeline",
    "codecommit": "emulator.services.codecommit",
    "codeconnections": "emulator.services.codeconnections",
    "codestar-connections": "emulator.services.codeconnections",
    "servicecatalog": "emulator.services.servicecatalog",
}


def operations(service: str) -> Mapping[str, Handler]:
    """The handlers of a service, by operation; the package is imported on first use."""
    found: Mapping[str, Handler] = _package(service).OPERATIONS
    return found


def refusal_codes(service: str) -> Mapping[str, str]:
    """What a service calls the refusal of a member, where it does not say ValidationException.

    By the member's name; the package's REFUSAL_CODES.
    """
    found: Mapping[str, str] = getattr(_package(service), "REFUSAL_CODES", {})
    return found


def observe(context: Context) -> None:
    """Let each service keep what follows from changes of resources, its own and others'.

    A package's OBSERVERS are pairs of a kind in the store and a function that is called with the
    context, the resource before the change and the resource after it, one of them None.
    """
    for service in SERVICES:
        for kind, observer in getattr(_package(service), "OBSERVERS", ()):
            context.store.observe(kind, partial(observer, context))


def recover(context: Context) -> None:
    """End what died with the last process, and start again what has to live."""
    _call_each("recover", context)


def shut_down(context: Context) -> None:
    """End every process that the services run, when the emulator ends in order."""
    _call_each("shut_down", context)


def _call_each(name: str, context: Context) -> None:
    for service in SERVICES:
        function = getattr(_package(service), name, None)
        if function is not None:
            function(context)


def _package(service: str) -> ModuleType:
    return importlib.import_module(SERVICES[service])
