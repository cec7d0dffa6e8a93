"""SageMaker's control plane, one module for each kind of resource."""

import importlib
import importlib.util

from emulator.context import Context, Handler

_MODULES = (
    "tags",
    "processing_jobs",
    "training_jobs",
    "transform_jobs",
    "hyper_parameter_tuning_jobs",
    "model_package_groups",
    "model_packages",
    "models",
    "endpoint_configs",
    "endpoints",
    "pipelines",
    "pipeline_executions",
)


def _modules():  # type: ignore[no-untyped-def]
    for name in _MODULES:
        if importlib.util.find_spec(f"{__name__}.{name}"):
            yield importlib.import_module(f"{__name__}.{name}")


OPERATIONS: dict[str, Handler] = {}
for _module in _modules():  # type: ignore[no-untyped-call]
    OPERATIONS.update(_module.OPERATIONS)


def recover(context: Context) -> None:
    """End what died with the last process, and start again what has to live."""
    for module in _modules():  # type: ignore[no-untyped-call]
        if hasattr(module, "recover"):
            module.recover(context)


def shut_down(context: Context) -> None:
    """End every job and endpoint."""
    for module in _modules():  # type: ignore[no-untyped-call]
        if hasattr(module, "shut_down"):
            module.shut_down(context)
