"""Lambda steps."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from emulator.engine.definition import OutputParameter
from emulator.engine.references import as_text
from emulator.engine.steps.run import StepFailed, StepResult, StepRun

_MAX_VALUE_CHARACTERS = 1_024
_BOOLEANS = {"true": True, "false": False}
_CONVERTERS: Mapping[str, Callable[[Any], Any]] = {
    "String": as_text,
    "Integer": int,
    "Float": float,
    "Boolean": lambda value: value if isinstance(value, bool) else _BOOLEANS[str(value).lower()],
}


def run_lambda(run: StepRun) -> StepResult:
    """Invoke the function with the Arguments as its event; its answer holds the outputs."""
    arn = str(run.function_arn)
    run.report(StepResult({"Lambda": {"Arn": arn}}))
    answer = run.call(
        "Invoke",
        "lambda",
        FunctionName=arn,
        InvocationType="RequestResponse",
        Payload=json.dumps(run.arguments).encode(),
    )
    text = bytes(answer.get("Payload") or b"null").decode()
    if answer.get("FunctionError"):
        raise StepFailed(f"ClientError: The Lambda function {arn} failed: {_said(text)}")
    outputs = _outputs(run, arn, text)
    listed = [
        {"Name": name, "Value": as_text(value)[:_MAX_VALUE_CHARACTERS]}
        for name, value in outputs.items()
    ]
    return StepResult({"Lambda": {"Arn": arn, "OutputParameters": listed}}, outputs=outputs)


def _outputs(run: StepRun, arn: str, text: str) -> dict[str, Any]:
    declared = run.step.output_parameters
    if not declared:
        return {}
    try:
        returned = json.loads(text)
    except ValueError:
        returned = None
    if not isinstance(returned, dict):
        raise StepFailed(
            f"ClientError: The Lambda function {arn} must return a JSON object with the step's"
            f" OutputParameters; it returned {text[:200]}"
        )
    faults: list[str] = []
    outputs = {parameter.name: _output(parameter, returned, faults) for parameter in declared}
    if faults:
        raise StepFailed(f"ClientError: The Lambda function {arn} returned {'; '.join(faults)}")
    return outputs


def _output(parameter: OutputParameter, returned: Mapping[str, Any], faults: list[str]) -> Any:
    if parameter.name not in returned:
        faults.append(f"no output '{parameter.name}' (it has: {', '.join(returned) or 'nothing'})")
        return None
    value = returned[parameter.name]
    try:
        return _CONVERTERS[parameter.type](value)
    except (ValueError, TypeError, KeyError):
        faults.append(f"output '{parameter.name}' as {value!r}, which is no {parameter.type}")
        return None


def _said(text: str) -> str:
    """The error's own words, where the payload has Lambda's form."""
    try:
        payload = json.loads(text)
    except ValueError:
        return text
    if not isinstance(payload, dict) or "errorMessage" not in payload:
        return text
    return f"{payload.get('errorType', 'Error')}: {payload['errorMessage']}"
