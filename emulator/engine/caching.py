"""Whether an earlier run of a step is reused, and the reason in words.

As in SageMaker a run is looked for within the same pipeline under the same step name, among
successful runs only, by the attributes that the step type's key has; the newest one counts, if it
is not older than ExpireAfter. Source:
https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.engine.definition import Step
from emulator.engine.durations import spoken
from emulator.engine.executions import execution_id, step_key
from emulator.engine.step_types import EMULATED

KIND = "PipelineStepCache"
_MAX_ENTRIES = 100
_SHOWN_CHANGES = 3
_SHOWN_CHARACTERS = 60
_CONFIDENTIAL = ("Environment",)


@dataclass(frozen=True)
class Lookup:
    """What was found.

    Attributes:
        entry: The run to reuse, as `remember` kept it, or None.
        reason: Why it is reused, or why no run is.
    """

    entry: Mapping[str, Any] | None
    reason: str


def key_attributes(step: Step, target: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a step's resolved Arguments that must not have changed."""
    names = EMULATED[step.type].cache_attributes
    if not names:
        return {**({"Target": target} if target is not None else {}), **arguments}
    found = {name: _at(arguments, name.split(".")) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def find(context: Context, pipeline_arn: str, step: Step, attributes: Mapping[str, Any]) -> Lookup:
    """The run to reuse for a step with these attributes, or why there is none."""
    if EMULATED[step.type].cache_attributes is None:
        return Lookup(None, f"steps of type {step.type} are never reused")
    if step.cache is None or not step.cache.is_enabled:
        return Lookup(None, "caching is not enabled for this step")
    known = context.store.get(KIND, _name(pipeline_arn, step))
    if known is None:
        return Lookup(None, "this step has not succeeded in this pipeline before")
    entry = known["Entries"].get(_digest(step, attributes))
    if entry is None:
        return Lookup(None, _changes(known["Latest"], attributes))
    source = execution_id(entry["PipelineExecutionArn"])
    age_seconds = context.clock() - entry["EndTime"]
    limit_seconds = step.cache.expire_after_seconds
    if limit_seconds is not None and age_seconds > limit_seconds:
        return Lookup(
            None,
            f"expired: the run in execution {source} ended {spoken(age_seconds)} ago, ExpireAfter"
            f" is {spoken(limit_seconds)}",
        )
    return Lookup(entry, f"nothing changed since execution {source}, {spoken(age_seconds)} ago")


def remember(
    context: Context,
    pipeline_arn: str,
    step: Step,
    attributes: Mapping[str, Any],
    entry: Mapping[str, Any],
) -> None:
    """Keep a successful run for reuse; its entry has PipelineExecutionArn, EndTime and results."""
    if EMULATED[step.type].cache_attributes is None:
        return
    name = _name(pipeline_arn, step)
    with context.store.transaction():
        known = context.store.get(KIND, name) or {"StepName": step.name, "Entries": {}}
        digest = _digest(step, attributes)
        known["Entries"].pop(digest, None)
        known["Entries"][digest] = dict(entry)
        for oldest in list(known["Entries"])[:-_MAX_ENTRIES]:
            del known["Entries"][oldest]
        known["Latest"] = {
            "Attributes": dict(attributes),
            "PipelineExecutionArn": entry["PipelineExecutionArn"],
        }
        context.store.put(KIND, name, known)


def forget(context: Context, pipeline_arn: str) -> None:
    """Drop what is known of a pipeline that is deleted."""
    for known in context.store.list(KIND, f"{pipeline_arn}/"):
        context.store.delete(KIND, step_key(pipeline_arn, known["StepName"]))


def _name(pipeline_arn: str, step: Step) -> str:
    return step_key(pipeline_arn, step.name)


def _digest(step: Step, attributes: Mapping[str, Any]) -> str:
    text = json.dumps([step.type, attributes], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _at(value: Any, names: list[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _changes(latest: Mapping[str, Any], attributes: Mapping[str, Any]) -> str:
    before = dict(_leaves(latest["Attributes"], ""))
    now = dict(_leaves(attributes, ""))
    paths = [path for path in {**before, **now} if before.get(path) != now.get(path)]
    shown = [_change(path, before, now) for path in paths[:_SHOWN_CHANGES]]
    rest = len(paths) - len(shown)
    more = f" and {rest} more" if rest else ""
    source = execution_id(latest["PipelineExecutionArn"])
    return f"changed since execution {source}: {'; '.join(shown)}{more}"


def _change(path: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    if path.startswith(_CONFIDENTIAL):
        return path
    if path not in before:
        return f"{path} is new: {_shown(now[path])}"
    if path not in now:
        return f"{path} is gone, was {_shown(before[path])}"
    return f"{path} was {_shown(before[path])}, is {_shown(now[path])}"


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, element in value.items():
            yield from _leaves(element, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for position, element in enumerate(value):
            yield from _leaves(element, f"{path}[{position}]")
    else:
        yield path, value


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"...{text[-_SHOWN_CHARACTERS:]}"
