"""How executions start: by whom, with which variables, of which revisions."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError, validation_error
from emulator.protocol.models import load_service
from emulator.protocol.validate import accept
from emulator.services.codepipeline import flow, lifecycle
from emulator.services.codepipeline.actions.git_source import COMMIT_ID
from emulator.services.codepipeline.actions.s3_source import OBJECT_KEY, OBJECT_VERSION
from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.plan import read_plan
from emulator.services.codepipeline.declaration.providers import S3_SOURCE
from emulator.services.codepipeline.declaration.structure import QUEUED, SUPERSEDED
from emulator.services.codepipeline.records import (
    EXECUTION,
    RUNNING,
    existing_pipeline,
    pipeline_arn,
)
from emulator.store import Document

logger = logging.getLogger(__name__)

Overrides = Sequence[Mapping[str, Any]]

CREATED = "CreatePipeline"
STARTED = "StartPipelineExecution"
POLLED = "PollForSourceChanges"
PUSHED = "WebhookV2"
BY_RULE = "CloudWatchEvent"
# Source: "Quotas in CodePipeline", concurrent executions in QUEUED and PARALLEL mode.
_AT_ONCE = 50
_LIMIT = "ConcurrentPipelineExecutionsLimitExceededException"


def start_pipeline_execution(context: Context, request: Request) -> Answer:
    """Start an execution; the same clientRequestToken gives the same one.

    Raises:
        AwsError: PipelineNotFoundException; ValidationException with every fault of variables and
            revisions; ConcurrentPipelineExecutionsLimitExceededException.
    """
    return _start(context, request, STARTED, f"arn:aws:iam::{context.settings.account_id}:root")


def start_by_rule(context: Context, parameters: dict[str, Any], rule_arn: str) -> Answer:
    """StartPipelineExecution for a rule of EventBridge, which the execution's trigger tells.

    The parameters are a caller's, and are validated as the operation's are.

    Raises:
        AwsError: As ``start_pipeline_execution`` does.
    """
    operation = load_service("codepipeline").operation_model("StartPipelineExecution")
    return _start(context, accept(operation.input_shape, parameters), BY_RULE, rule_arn)


def _start(context: Context, request: Request, trigger_type: str, trigger_detail: str) -> Answer:
    pipeline, token = existing_pipeline(context, request["name"]), request.get("clientRequestToken")
    if token is not None:
        for made in context.store.list(EXECUTION, f"{request['name']}/"):
            if made["_ClientToken"] == token:
                return {"pipelineExecutionId": made["pipelineExecutionId"]}
    execution = start_pipeline(
        context,
        pipeline,
        trigger_type,
        trigger_detail,
        request.get("variables", ()),
        request.get("sourceRevisions", ()),
        token,
    )
    return {"pipelineExecutionId": execution["pipelineExecutionId"]}


def start_for_change(
    context: Context,
    pipeline: Document,
    trigger_type: str,
    trigger_detail: str,
    overrides: Overrides = (),
) -> None:
    """Start an execution for a source that changed, unless as many run as may run at once."""
    try:
        start_pipeline(context, pipeline, trigger_type, trigger_detail, overrides=overrides)
    except AwsError as error:
        if error.code != _LIMIT:
            raise
        name = pipeline["pipeline"]["name"]
        logger.warning(
            "the change of %s starts no execution of %s: %s", trigger_detail, name, error
        )


def start_pipeline(
    context: Context,
    pipeline: Document,
    trigger_type: str,
    trigger_detail: str = "",
    variables: Sequence[Mapping[str, str]] = (),
    overrides: Overrides = (),
    client_token: str | None = None,
) -> Document:
    """Start an execution of the pipeline's present version.

    Raises:
        AwsError: ValidationException; ConcurrentPipelineExecutionsLimitExceededException.
    """
    declaration = pipeline["pipeline"]
    is_by_caller = trigger_type in (STARTED, BY_RULE)
    resolved = _variables(declaration, variables, is_by_caller=is_by_caller)
    if is_by_caller:
        _check_overrides(declaration, overrides)
    trigger = {
        "triggerType": trigger_type,
        "triggerDetail": trigger_detail or pipeline_arn(context, declaration["name"]),
    }
    with context.store.transaction():
        _check_limit(context, declaration)
        execution = lifecycle.begin(
            context, read_plan(declaration), trigger, resolved, overrides, client_token
        )
        flow.start(context, execution)
    return execution


def _variables(
    declaration: Document, given: Sequence[Mapping[str, str]], *, is_by_caller: bool
) -> dict[str, str]:
    """Every declared variable's value.

    An execution that no caller started has nobody to be told, so that a variable without a value is
    left for the action that needs it to say.
    """
    declared = {each["name"]: each for each in declaration.get("variables", ())}
    values = {
        name: each["defaultValue"] for name, each in declared.items() if "defaultValue" in each
    }
    values |= {each["name"]: each["value"] for each in given}
    faults = [
        f"The pipeline has no variable {name!r}; it has: {', '.join(declared) or 'none'}"
        for name in values
        if name not in declared
    ]
    if is_by_caller:
        faults += [
            f"Variable {name!r} has no default value and needs one to start"
            for name in declared
            if name not in values
        ]
    if faults:
        raise validation_error("; ".join(faults))
    return values


def _check_overrides(declaration: Document, overrides: Overrides) -> None:
    sources = {action["name"]: action for action in declaration["stages"][0]["actions"]}
    faults = []
    for override in overrides:
        name, kind = override["actionName"], override["revisionType"]
        if name not in sources:
            faults.append(
                f"sourceRevisions: there is no source action {name!r}; there are: "
                f"{', '.join(sources)}"
            )
            continue
        source = sources[name]
        is_in_s3 = key_of(source) == S3_SOURCE
        expected = (OBJECT_VERSION, OBJECT_KEY) if is_in_s3 else (COMMIT_ID,)
        if kind not in expected:
            faults.append(
                f"sourceRevisions: action {name!r} takes the revisionType "
                f"{' or '.join(expected)}, not {kind}"
            )
        allows = source["configuration"].get("AllowOverrideForS3ObjectKey")
        if is_in_s3 and kind == OBJECT_KEY and allows != "true":
            faults.append(
                f"sourceRevisions: action {name!r} does not set AllowOverrideForS3ObjectKey"
            )
    if faults:
        raise validation_error("; ".join(faults))


def _check_limit(context: Context, declaration: Document) -> None:
    mode = declaration.get("executionMode", SUPERSEDED)
    if mode == SUPERSEDED:
        return
    executions = context.store.list(EXECUTION, f"{declaration['name']}/")
    running = [each for each in executions if each["status"] in RUNNING]
    if len(running) >= _AT_ONCE:
        word = "queued" if mode == QUEUED else "parallel"
        raise AwsError(
            _LIMIT,
            f"The pipeline has {len(running)} {word} executions; at most {_AT_ONCE} are allowed",
        )


OPERATIONS: Mapping[str, Handler] = {"StartPipelineExecution": start_pipeline_execution}
