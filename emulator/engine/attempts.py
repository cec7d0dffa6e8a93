"""One step from its start to its end: reuse, attempts, retries."""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from emulator.engine import caching
from emulator.engine.arguments import fitted, input_shape
from emulator.engine.conditions import all_hold
from emulator.engine.definition import RetryPolicy, Step
from emulator.engine.executions import (
    EXECUTING,
    KIND,
    MAX_REASON_CHARACTERS,
    STARTING,
    Document,
    add_step_members,
    execution_id,
    move_step,
)
from emulator.engine.graph import FAILED, STOPPED, SUCCEEDED
from emulator.engine.naming import job_name
from emulator.engine.plan import Plan
from emulator.engine.references import UnresolvedReference, as_text, resolve
from emulator.engine.step_types import EMULATED
from emulator.engine.steps import RUNNERS
from emulator.engine.steps.resources import properties
from emulator.engine.steps.run import (
    SERVICE_FAULT,
    THROTTLING,
    StepFailed,
    StepResult,
    StepRun,
    StepStopped,
)
from emulator.errors import AwsError
from emulator.store import Missing

logger = logging.getLogger(__name__)

# Pipelines retries these by itself. Source:
# https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
_DEFAULT_POLICY = RetryPolicy((SERVICE_FAULT, THROTTLING), interval_seconds=1, max_attempts=3)
_NO_JOB = "not-named-yet"


def run_step(plan: Plan, step: Step, attempt: int) -> None:
    """Run a step that stands at Starting until it has ended, whatever happens.

    ``attempt`` is the number of the first attempt: more than 1 after RetryPipelineExecution.
    """
    try:
        _run(plan, step, attempt)
    except StepStopped:
        _end(plan, step, STOPPED)
    except StepFailed as failure:
        _end(plan, step, FAILED, FailureReason=failure.reason[:MAX_REASON_CHARACTERS])
    except UnresolvedReference as error:
        reason = f"ClientError: {error}"
        _end(plan, step, FAILED, FailureReason=reason[:MAX_REASON_CHARACTERS])
    except Missing as error:
        reason = f"ClientError: {error.kind} {error.name} was deleted while the step waited for it."
        _end(plan, step, FAILED, FailureReason=reason)
    except Exception as error:  # the thread's boundary: the execution must still end
        logger.exception("step %s of %s", step.name, plan.execution_arn)
        reason = f"InternalServerError: {type(error).__name__}: {error}"
        _end(plan, step, FAILED, FailureReason=reason[:MAX_REASON_CHARACTERS])


def settle_condition(plan: Plan, step: Step) -> None:
    """End a Condition step with its outcome."""
    outcome = str(all_hold(step.conditions, plan.scope(_NO_JOB)))
    _end(plan, step, SUCCEEDED, Metadata={"Condition": {"Outcome": outcome}})


def settle_fail(plan: Plan, step: Step) -> None:
    """End a Fail step with its message."""
    message = as_text(resolve(step.arguments.get("ErrorMessage", ""), plan.scope(_NO_JOB)))
    _end(
        plan,
        step,
        FAILED,
        FailureReason=message[:MAX_REASON_CHARACTERS],
        Metadata={"Fail": {"ErrorMessage": message}},
    )


_SETTLERS = {"Condition": settle_condition, "Fail": settle_fail}


def is_settled_at_once(step: Step) -> bool:
    """Whether the step makes no call and waits for nothing."""
    return step.type in _SETTLERS


def _run(plan: Plan, step: Step, attempt: int) -> None:
    settle = _SETTLERS.get(step.type)
    if settle is not None:
        return settle(plan, step)
    target, arguments = _arguments(plan, step, _NO_JOB)
    attributes = caching.key_attributes(step, target, arguments)
    if _reuse(plan, step, attributes, arguments):
        return None
    result = _attempt_until_done(plan, step, attempt)
    entry = {
        **_members(result),
        "PipelineExecutionArn": plan.execution_arn,
        "EndTime": plan.context.clock(),
    }
    # At once: whoever sees the step succeed may start an execution that wants to reuse it.
    with plan.context.store.transaction():
        _end(plan, step, SUCCEEDED, **_members(result))
        caching.remember(plan.context, plan.pipeline_arn, step, attributes, entry)
    return None


def _arguments(plan: Plan, step: Step, name: str) -> tuple[str | None, dict[str, Any]]:
    """The target and the Arguments, without expressions and as the API wants them."""
    scope = plan.scope(name)
    arguments = resolve(step.arguments, scope)
    shape = input_shape(step.type)
    target = resolve(step.target, scope)
    return target, arguments if shape is None else fitted(shape, arguments)


def _reuse(
    plan: Plan, step: Step, attributes: Mapping[str, Any], arguments: Mapping[str, Any]
) -> bool:
    """Take over an earlier run's result, if one fits, and note why or why not."""
    found = caching.find(plan.context, plan.pipeline_arn, step, attributes)
    loss = None if found.entry is None else _loss(plan, step, found.entry, arguments)
    if loss is not None:
        found = caching.Lookup(None, loss)
    note = {"_Cache": {"IsHit": found.entry is not None, "Reason": found.reason}}
    if found.entry is None:
        add_step_members(plan.context, plan.execution_arn, step.name, **note)
        return False
    taken = {key: found.entry[key] for key in _TAKEN_OVER if key in found.entry}
    source_arn = found.entry["PipelineExecutionArn"]
    hit = {"CacheHitResult": {"SourcePipelineExecutionArn": source_arn}}
    _end(plan, step, SUCCEEDED, **taken, **hit, **note)
    return True


def _loss(
    plan: Plan, step: Step, entry: Mapping[str, Any], arguments: Mapping[str, Any]
) -> str | None:
    """Why the result of an earlier run is no longer what it was, or None while it is."""
    source = execution_id(entry["PipelineExecutionArn"])
    try:
        described = properties(plan.context, step.type, dict(entry))
    except AwsError as error:
        return f"the result of execution {source} is not there any more: {error.message}"
    if step.type == "Endpoint":
        config = described["EndpointConfigName"]
        if config != arguments["EndpointConfigName"]:
            return (
                f"the endpoint has got another endpoint config since execution {source}: {config}"
            )
    return None


_TAKEN_OVER = ("Metadata", "_ResourceName", "_Outputs")


def _attempt_until_done(plan: Plan, step: Step, attempt: int) -> StepResult:
    retries: Counter[RetryPolicy] = Counter()
    start = plan.context.clock()
    while True:
        try:
            return _attempt(plan, step)
        except StepFailed as failure:
            policy = _policy(step, failure)
            if policy is None:
                raise
            if not _allows(policy, retries[policy], plan.context.clock() - start):
                raise
            _wait(plan, policy, retries[policy])
            retries[policy] += 1
            attempt += 1
            is_there = move_step(
                plan.context, plan.execution_arn, step.name, STARTING, AttemptCount=attempt
            )
            if not is_there:
                raise StepStopped from failure


def _attempt(plan: Plan, step: Step) -> StepResult:
    given_name = EMULATED[step.type].given_name
    prefix = resolve(step.arguments.get(given_name), plan.scope(_NO_JOB)) if given_name else None
    name = job_name(step.type, step.name, execution_id(plan.execution_arn), prefix)
    target, arguments = _arguments(plan, step, name)

    def report(result: StepResult) -> None:
        move_step(plan.context, plan.execution_arn, step.name, EXECUTING, **_members(result))

    run = StepRun(
        context=plan.context,
        execution_arn=plan.execution_arn,
        step=step,
        arguments=arguments,
        target=target,
        job_name=name,
        report=report,
        is_stopping=lambda: _is_stopping(plan),
    )
    return RUNNERS[step.type](run)


def _members(result: StepResult) -> dict[str, Any]:
    members: dict[str, Any] = {"Metadata": result.metadata}
    if result.resource_name is not None:
        members["_ResourceName"] = result.resource_name
    if result.outputs:
        members["_Outputs"] = result.outputs
    return members


def _policy(step: Step, failure: StepFailed) -> RetryPolicy | None:
    for policy in (*step.retry_policies, _DEFAULT_POLICY):
        if failure.exception_type in policy.exception_types:
            return policy
    return None


def _allows(policy: RetryPolicy, retries: int, age_seconds: float) -> bool:
    if policy.max_attempts is not None and retries >= policy.max_attempts:
        return False
    limit_minutes = policy.expire_after_minutes
    return limit_minutes is None or age_seconds < limit_minutes * 60


def _wait(plan: Plan, policy: RetryPolicy, retries: int) -> None:
    """Sleep for the policy's interval; a stop ends the sleep and the step."""
    interval_seconds = policy.interval_seconds * policy.backoff_rate**retries
    try:
        plan.context.store.wait_until(KIND, plan.execution_arn, _stops, interval_seconds)
    except TimeoutError:
        return
    raise StepStopped


def _is_stopping(plan: Plan) -> bool:
    execution = plan.context.store.get(KIND, plan.execution_arn)
    return execution is None or _stops(execution)


def _stops(execution: Document) -> bool:
    return bool(execution["PipelineExecutionStatus"] != EXECUTING)


def _end(plan: Plan, step: Step, status: str, **members: Any) -> None:
    move_step(plan.context, plan.execution_arn, step.name, status, **members)
