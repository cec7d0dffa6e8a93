"""Why each step of an execution was reused, or was not."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines import execution as executions
from pipelines import job as jobs
from pipelines.execution import Execution, Step

# The arguments that decide; a change of any other reuses the step.
# Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
CACHE_KEYS: Mapping[str, tuple[str, ...]] = {
    "ProcessingJob": ("AppSpecification", "Environment", "ProcessingInputs"),
    "TrainingJob": (
        *("AlgorithmSpecification", "CheckpointConfig", "DebugHookConfig"),
        *("DebugRuleConfigurations", "Environment", "HyperParameters", "InputDataConfig"),
    ),
    "TuningJob": ("HyperParameterTuningJobConfig", "TrainingJobDefinition"),
    "TransformJob": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
}
_TUNING_KEYS = (
    *("AlgorithmSpecification", "HyperParameterRanges", "InputDataConfig"),
    *("StaticHyperParameters", "TuningObjective"),
)
_EXECUTIONS_TO_LOOK_AT = 10
_CHANGES_TO_TELL = 3


def reasons(sagemaker: Any, pipeline_name: str, execution: Execution) -> dict[str, str]:
    """For each step that has ended, in order: why it was reused or why it ran.

    Nothing for a pipeline none of whose steps has a cache.
    """
    enabled = _steps_with_cache(sagemaker, execution.arn)
    if not enabled:
        return {}
    earlier = list(_earlier_executions(sagemaker, pipeline_name, execution.arn))
    return {
        step.name: _reason(sagemaker, step, step.name in enabled, earlier)
        for step in execution.steps
        if step.has_ended
    }


def _reason(sagemaker: Any, step: Step, is_enabled: bool, earlier: list[Execution]) -> str:
    if step.reused_from:
        return f"reused from execution {step.reused_from.rsplit('/', 1)[-1]}: nothing has changed"
    if not is_enabled:
        return "ran: no cache is set for it"
    before = _last_success(step.name, earlier)
    if before is None:
        return "ran: no earlier execution has finished this step"
    changes = _changes(_cache_key(sagemaker, before), _cache_key(sagemaker, step), "")
    told = [next(changes, "") for _ in range(_CHANGES_TO_TELL)]
    if not any(told):
        return "ran: what earlier executions made has expired"
    return "ran: changed " + ", ".join(filter(None, told))


def _steps_with_cache(sagemaker: Any, execution_arn: str) -> set[str]:
    described = sagemaker.describe_pipeline_definition_for_execution(
        PipelineExecutionArn=execution_arn
    )
    steps = list(json.loads(described["PipelineDefinition"])["Steps"])
    enabled = set()
    while steps:
        step = steps.pop()
        if step.get("CacheConfig", {}).get("Enabled"):
            enabled.add(step["Name"])
        steps += step["Arguments"].get("IfSteps", []) + step["Arguments"].get("ElseSteps", [])
    return enabled


def _earlier_executions(sagemaker: Any, pipeline_name: str, arn: str) -> Iterator[Execution]:
    listed = sagemaker.list_pipeline_executions(
        PipelineName=pipeline_name,
        SortBy="CreationTime",
        SortOrder="Descending",
        MaxResults=_EXECUTIONS_TO_LOOK_AT,
    )
    for summary in listed["PipelineExecutionSummaries"]:
        if summary["PipelineExecutionArn"] != arn:
            yield executions.read(sagemaker, summary["PipelineExecutionArn"])


def _last_success(name: str, earlier: list[Execution]) -> Step | None:
    for execution in earlier:
        for step in execution.steps:
            if step.name == name and step.status == "Succeeded":
                return step
    return None


def _cache_key(sagemaker: Any, step: Step) -> dict[str, Any]:
    job = jobs.of_step(sagemaker, step)
    if job is None:
        return {}
    key = {name: job.request.get(name) for name in CACHE_KEYS[step.type]}
    definition = key.get("TrainingJobDefinition")
    if definition:
        key["TrainingJobDefinition"] = {name: definition.get(name) for name in _TUNING_KEYS}
    return key


def _changes(before: Any, after: Any, place: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            inner = f"{place}.{name}" if place else name
            yield from _changes(before.get(name), after.get(name), inner)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _changes(old, new, f"{place}[{_label(new, number)}]")
    elif before != after:
        yield place


def _label(entry: Any, number: int) -> Any:
    if isinstance(entry, dict):
        return entry.get("ChannelName") or entry.get("InputName") or entry.get("Name") or number
    return number
