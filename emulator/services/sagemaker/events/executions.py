"""Pipeline executions and their steps: an event for each change of status."""

import re
from typing import Any

from emulator.context import Context
from emulator.engine.executions import EXECUTING, KIND, STEP_KIND, STOPPING
from emulator.engine.graph import ENDED
from emulator.services.sagemaker.events.details import Detail, in_words
from emulator.services.sagemaker.events.observing import Observer, observer
from emulator.store import Document

_STATUS = "PipelineExecutionStatus"
_FIRST_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z]|$)|[A-Z]")


def _tell_execution(
    context: Context, before: Document | None, after: Document | None
) -> tuple[list[str], Detail] | None:
    previous = (before or {}).get(_STATUS)
    if after is None or previous == after[_STATUS]:
        return None
    pipeline_arn, execution_arn = after["PipelineArn"], after["PipelineExecutionArn"]
    detail: Detail = {
        "pipelineExecutionDisplayName": after["PipelineExecutionDisplayName"],
        "currentPipelineExecutionStatus": after[_STATUS],
        "executionStartTime": in_words(after["CreationTime"]),
        "pipelineArn": pipeline_arn,
        "pipelineExecutionArn": execution_arn,
    }
    if previous is not None:
        detail["previousPipelineExecutionStatus"] = previous
    if after[_STATUS] not in (EXECUTING, STOPPING):
        detail["executionEndTime"] = in_words(after["LastModifiedTime"])
    for member, key in (
        ("PipelineExecutionDescription", "pipelineExecutionDescription"),
        ("FailureReason", "failureReason"),
    ):
        if member in after:
            detail[key] = after[member]
    return [pipeline_arn, execution_arn], detail


def _tell_step(
    context: Context, before: Document | None, after: Document | None
) -> tuple[list[str], Detail] | None:
    previous = (before or {}).get("StepStatus")
    if after is None or previous == after["StepStatus"] or "_ExecutionArn" not in after:
        return None  # an earlier release kept no ARN with a step
    execution_arn = after["_ExecutionArn"]
    pipeline_arn = execution_arn.partition("/execution/")[0]
    detail: Detail = {
        "metadata": _camel_case(after.get("Metadata", {})),
        "stepStartTime": in_words(after["StartTime"]),
        "stepName": after["StepName"],
        "stepType": after["_StepType"],
        "currentStepStatus": after["StepStatus"],
        "pipelineArn": pipeline_arn,
        "pipelineExecutionArn": execution_arn,
    }
    if previous is not None:
        detail["previousStepStatus"] = previous
    if after["StepStatus"] in ENDED and "EndTime" in after:
        detail["stepEndTime"] = in_words(after["EndTime"])
    if "CacheHitResult" in after:
        detail["cacheHitResult"] = _camel_case(after["CacheHitResult"])
    if "FailureReason" in after:
        detail["failureReason"] = after["FailureReason"]
    return [pipeline_arn, execution_arn], detail


def _camel_case(value: Any) -> Any:
    """The value with its keys as the event spells them: processingJob for ProcessingJob."""
    if isinstance(value, dict):
        return {_decapitalised(key): _camel_case(inner) for key, inner in value.items()}
    return [_camel_case(inner) for inner in value] if isinstance(value, list) else value


def _decapitalised(key: str) -> str:
    return _FIRST_WORD.sub(lambda match: match[0].lower(), key, count=1)


OBSERVERS: tuple[tuple[str, Observer], ...] = (
    (KIND, observer("SageMaker Model Building Pipeline Execution Status Change", _tell_execution)),
    (
        STEP_KIND,
        observer("SageMaker Model Building Pipeline Execution Step Status Change", _tell_step),
    ),
)
