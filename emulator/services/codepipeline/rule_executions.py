"""One execution of one rule of a condition: its document, and how it ends."""

import logging
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.context import Answer, Context, Handler, Request
from emulator.errors import AwsError
from emulator.services.codepipeline.action_documents import (
    INTERNAL,
    made_of,
    resolved_where_known,
    values_of,
)
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    JOB_FAILED,
    Abandoned,
    ActionFailed,
    require_made,
)
from emulator.services.codepipeline.artifacts import artifact_of
from emulator.services.codepipeline.declaration.plan import Plan, Rule, Stage
from emulator.services.codepipeline.declaration.references import Unresolved, resolve
from emulator.services.codepipeline.histories import history
from emulator.services.codepipeline.records import (
    ABANDONED,
    EXECUTION,
    FAILED,
    IN_PROGRESS,
    RULE_EXECUTION,
    SUCCEEDED,
    execution_name,
    rule_execution_name,
)
from emulator.services.codepipeline.rules import PERFORM, Check, NotMet
from emulator.store import Document, Missing

logger = logging.getLogger(__name__)

_SUMMARY_CHARACTERS = 2048  # botocore shape ExecutionSummary


def begin(context: Context, plan: Plan, stage: Stage, rule: Rule, execution: Document) -> str:
    """Keep a new execution of a rule, and give its id."""
    rule_execution_id, now = str(uuid.uuid4()), context.clock()
    execution_id = execution["pipelineExecutionId"]
    document: Document = {
        "pipelineExecutionId": execution_id,
        "ruleExecutionId": rule_execution_id,
        "pipelineVersion": plan.version,
        "stageName": stage.name,
        "ruleName": rule.name,
        "startTime": now,
        "lastUpdateTime": now,
        "status": IN_PROGRESS,
        "input": {
            "ruleTypeId": dict(rule.type_id),
            "configuration": dict(rule.configuration),
            "resolvedConfiguration": resolved_where_known(rule.configuration, execution),
            "roleArn": rule.role_arn or plan.role_arn,
            "region": context.settings.region,
            "inputArtifacts": made_of(rule.inputs, execution),
        },
        "output": {},
        # Whether the rule could not be checked, which is not that it does not hold.
        "_IsErrored": False,
    }
    name = rule_execution_name(plan.pipeline, execution_id, rule_execution_id)
    context.store.insert(RULE_EXECUTION, name, document)
    return rule_execution_id


def run(context: Context, plan: Plan, rule: Rule, name: str) -> None:
    """Check a rule; what came of it is in its document."""
    try:
        summary = PERFORM[rule.provider](_check(context, plan, rule, name))
    except Abandoned:
        return
    except NotMet as error:
        _end(context, name, FAILED, str(error), error.code)
    except (ActionFailed, Unresolved) as error:
        code = error.code if isinstance(error, ActionFailed) else CONFIGURATION_ERROR
        _end(context, name, FAILED, str(error), code, is_errored=True)
    except Missing as error:  # what it needs; or its pipeline, and then there is none to tell
        _end(context, name, FAILED, f"{error} any more", JOB_FAILED, is_errored=True)
    except (AwsError, ClientError) as error:
        _end(context, name, FAILED, str(error), CONFIGURATION_ERROR, is_errored=True)
    except Exception as error:  # the thread's boundary: the execution would wait for ever
        logger.exception("rule %s failed", name)
        told = f"The emulator failed, see its own log: {error}"
        _end(context, name, FAILED, told, INTERNAL, is_errored=True)
    else:
        _end(context, name, SUCCEEDED, summary)


def _check(context: Context, plan: Plan, rule: Rule, name: str) -> Check:
    """What the rule is given.

    Raises:
        Unresolved: A variable that its configuration needs has no value.
        ActionFailed: An artifact that it takes was not made.
        Missing: Its pipeline is gone.
    """
    document = existing(context, name)
    execution_id = document["pipelineExecutionId"]
    execution = context.store.get(EXECUTION, execution_name(plan.pipeline, execution_id))
    if execution is None:
        raise Missing(EXECUTION, execution_id)
    inputs = tuple(artifact_of(each) for each in document["input"]["inputArtifacts"])
    require_made(rule.inputs, inputs)
    values = values_of(execution)

    def is_wanted() -> bool:
        found = context.store.get(RULE_EXECUTION, name)
        return found is not None and found["status"] == IN_PROGRESS

    return Check(
        context=context,
        plan=plan,
        rule=rule,
        configuration={key: resolve(text, values) for key, text in rule.configuration.items()},
        inputs=inputs,
        is_wanted=is_wanted,
    )


def existing(context: Context, name: str) -> Document:
    """A rule execution's document.

    Raises:
        Missing: Its pipeline is gone.
    """
    document = context.store.get(RULE_EXECUTION, name)
    if document is None:
        raise Missing(RULE_EXECUTION, name)
    return document


def abandon(context: Context, name: str) -> None:
    """End a rule execution whose result is not waited for, unless it has ended."""
    _end(context, name, ABANDONED)


def _end(
    context: Context,
    name: str,
    status: str,
    summary: str = "",
    code: str = "",
    *,
    is_errored: bool = False,
) -> None:
    """Give a rule execution its last status, unless it has one or is gone."""

    def end(document: Document) -> None:
        if document["status"] != IN_PROGRESS:
            return
        document["status"], document["lastUpdateTime"] = status, context.clock()
        document["_IsErrored"] = is_errored
        result: dict[str, Any] = {}
        if summary:
            result["externalExecutionSummary"] = summary[:_SUMMARY_CHARACTERS]
        if code:
            result["errorDetails"] = {"code": code, "message": summary}
        if result:
            document["output"] = {"executionResult": result}

    try:
        context.store.update(RULE_EXECUTION, name, end)
    except Missing:
        return


def list_rule_executions(context: Context, request: Request) -> Answer:
    """Executions of the rules of the pipeline's conditions, newest first.

    Raises:
        AwsError: PipelineNotFoundException; PipelineExecutionNotFoundException;
            InvalidNextTokenException.
    """
    shown, following = history(
        context, request, "ListRuleExecutions", RULE_EXECUTION, "ruleExecutionId", _current
    )
    return {"ruleExecutionDetails": shown, **following}


def _current(execution: Document) -> set[str]:
    """The ids of the latest execution of each rule."""
    return {
        rule
        for stage in execution["_Stages"].values()
        for condition in stage.get("Conditions", {}).values()
        for rule in condition["Rules"].values()
    }


OPERATIONS: Mapping[str, Handler] = {"ListRuleExecutions": list_rule_executions}
