"""A step's Arguments: checked against the API call they are for, and made fit for it."""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from emulator.engine.definition import Step
from emulator.engine.lineage_arguments import lineage_faults
from emulator.engine.references import as_text, is_expression
from emulator.engine.step_shapes import step_shape
from emulator.engine.step_types import EMULATED
from emulator.protocol.models import load_service
from emulator.protocol.validate import check

# Pipelines names and certifies packages itself. Source: the members that SageMaker SDK v3's
# ModelStep drops because the service refuses them.
_REFUSED = {"RegisterModel": ("ModelPackageName", "CertifyForMarketplace")}


def argument_faults(step: Step) -> list[str]:
    """What is wrong with the Arguments, as far as no expression hides it."""
    shape = input_shape(step.type)
    if shape is None:
        return _FREE_FORM[step.type](step) if step.type in _FREE_FORM else []
    faults = [
        f"Unknown Argument member '{name}'"
        for name in _REFUSED.get(step.type, ())
        if name in step.arguments
    ]
    arguments = dict(step.arguments)
    given_name = EMULATED[step.type].given_name
    if given_name in shape.required_members:
        arguments.setdefault(str(given_name), "given-by-pipelines")
    faults += check(shape, arguments, is_strict=True, is_opaque=is_expression)[1]
    if step.type == "RegisterModel" and not step.arguments.get("ModelPackageGroupName"):
        faults.append("Argument 'ModelPackageGroupName' is required")
    if step.type in _EITHER:
        faults += _either_faults(step, *_EITHER[step.type])
    return faults


def input_shape(step_type: str) -> StructureShape | None:
    """What a step type's Arguments are, or None when they are of no shape."""
    known = EMULATED[step_type]
    if known.arguments_shape is not None:
        return step_shape(known.service, known.arguments_shape)
    operation = known.operation
    if operation is None:
        return None
    return load_service("sagemaker").operation_model(operation).input_shape


def fitted(shape: Shape, value: Any) -> Any:
    """Resolved Arguments with scalars turned into the types that the shape asks for.

    A parameter or a file's value may be a number where the API wants text, as hyperparameters do,
    and a Lambda's output text where it wants a number. What does not fit is left to validation.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members: Mapping[str, Shape] = shape.members
        return {
            name: fitted(members[name], element) if name in members else element
            for name, element in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [fitted(shape.member, element) for element in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: fitted(shape.value, element) for key, element in value.items()}
    return _fitted_scalar(shape.type_name, value)


def _fitted_scalar(type_name: str, value: Any) -> Any:
    if type_name == "string" and isinstance(value, (bool, int, float)):
        return as_text(value)
    if not isinstance(value, str):
        return value
    try:
        if type_name in ("integer", "long"):
            return int(value)
        if type_name in ("float", "double"):
            return float(value)
    except ValueError:
        return value
    if type_name == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def _either_faults(step: Step, of_one_there: str, of_a_new_one: str) -> list[str]:
    given = [name for name in (of_one_there, of_a_new_one) if name in step.arguments]
    faults = []
    if len(given) != 1:
        faults.append(f"Arguments must have either '{of_one_there}' or '{of_a_new_one}'")
    if step.type == "EMR" and "ExecutionRoleArn" in step.arguments and of_a_new_one in given:
        faults.append(f"Argument 'ExecutionRoleArn' goes with '{of_one_there}' only")
    return faults


def _fail_faults(step: Step) -> list[str]:
    faults = [f"Unknown Argument member '{key}'" for key in step.arguments if key != "ErrorMessage"]
    message = step.arguments.get("ErrorMessage", "")
    if not isinstance(message, str) and not is_expression(message):
        faults.append(f"Argument 'ErrorMessage' must be a string, not {message!r}")
    return faults


def _input_faults(step: Step) -> list[str]:
    # Source: "Nested objects are not supported" in
    # https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
    return [
        f"Argument '{key}' must be a single value or an expression, not"
        f" {'an array' if isinstance(value, list) else 'an object'}: give it as JSON text"
        for key, value in step.arguments.items()
        if isinstance(value, (dict, list)) and not is_expression(value)
    ]


# A step on what is there, or on what Pipelines makes for it.
_EITHER = {
    "EMR": ("ClusterId", "ClusterConfig"),
    "EMRServerless": ("ApplicationId", "ApplicationConfig"),
}
_FREE_FORM = {
    "Fail": _fail_faults,
    "Lambda": _input_faults,
    "Callback": _input_faults,
    "Lineage": lineage_faults,
}
