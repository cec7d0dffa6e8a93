"""The conditions of a stage as GetPipelineState tells of them."""

from typing import Any

from emulator.context import Answer, Context, Request
from emulator.services.codepipeline.conditions import state_of
from emulator.services.codepipeline.declaration.conditions import declared_in
from emulator.services.codepipeline.records import RULE_EXECUTION, rule_execution_name
from emulator.store import Document


def condition_states(context: Context, stage: Request, execution: Document | None) -> Answer:
    """Members of the StageState: each declared condition, with its latest run if there is one."""
    return {
        f"{kind}ConditionState": _shown(context, stage["name"], kind, condition, execution)
        for kind, condition in declared_in(stage)
    }


def _shown(
    context: Context, stage: str, kind: str, condition: Request, execution: Document | None
) -> Answer:
    state = None if execution is None else state_of(execution, stage, kind)
    if execution is None or state is None:
        rules: list[Any] = [{"ruleName": rule["name"]} for rule in condition["rules"]]
        return {"conditionStates": [{"ruleStates": rules}]}
    ids = execution["pipelineName"], execution["pipelineExecutionId"]
    rules = [
        {"ruleName": name, **_latest(context, rule_execution_name(*ids, rule_execution_id))}
        for name, rule_execution_id in state["Rules"].items()
    ]
    told = {"status": state["status"]}
    if state["summary"]:
        told["summary"] = state["summary"]
    latest = {**told, "lastStatusChange": state["lastStatusChange"]}
    return {
        "latestExecution": told,
        "conditionStates": [{"latestExecution": latest, "ruleStates": rules}],
    }


def _latest(context: Context, name: str) -> Answer:
    """A rule's execution as botocore's RuleExecution; none if its pipeline is gone."""
    document = context.store.get(RULE_EXECUTION, name)
    if document is None:
        return {}
    result = document["output"].get("executionResult", {})
    shown = {
        "ruleExecutionId": document["ruleExecutionId"],
        "status": document["status"],
        "lastStatusChange": document["lastUpdateTime"],
    }
    if "externalExecutionSummary" in result:
        shown["summary"] = result["externalExecutionSummary"]
    if "errorDetails" in result:
        shown["errorDetails"] = result["errorDetails"]
    return {"latestExecution": shown}
