"""Lambda steps."""

import json
from typing import Any

from emulator.engine.steps.outputs import listed_outputs, typed_outputs
from emulator.engine.steps.run import StepFailed, StepResult, StepRun
from emulator.json_text import read_json


def run_lambda(run: StepRun) -> StepResult:
    """Invoke the function with the Arguments as its event; its answer holds the outputs."""
    arn = str(run.target)
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
    metadata = {"Arn": arn, "OutputParameters": listed_outputs(outputs)}
    return StepResult({"Lambda": metadata}, outputs=outputs)


def _outputs(run: StepRun, arn: str, text: str) -> dict[str, Any]:
    if not run.step.output_parameters:
        return {}
    try:
        returned = read_json(text)
    except ValueError:
        returned = None
    if not isinstance(returned, dict):
        raise StepFailed(
            f"ClientError: The Lambda function {arn} must return a JSON object with the step's"
            f" OutputParameters; it returned {text[:200]}"
        )
    outputs, faults = typed_outputs(run.step.output_parameters, returned)
    if faults:
        raise StepFailed(f"ClientError: The Lambda function {arn} returned {'; '.join(faults)}")
    return outputs


def _said(text: str) -> str:
    """The error's own words, where the payload has Lambda's form."""
    try:
        payload = read_json(text)
    except ValueError:
        return text
    if not isinstance(payload, dict) or "errorMessage" not in payload:
        return text
    return f"{payload.get('errorType', 'Error')}: {payload['errorMessage']}"
