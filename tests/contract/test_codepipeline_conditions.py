"""Conditions of stages: entered, skipped, failed, rolled back, overridden.

Source: "How do stage conditions work?" and "Configure conditions for a stage" of the CodePipeline
user guide, and the rule structure reference for VariableCheck and LambdaInvoke.
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.code_pipelines import (
    FAIL,
    SUCCEED,
    CodePipelineLab,
    action,
    approval,
    lab,
    own_lab,
    stage,
)
from tests.contract.inboxes import EventLab, event_lab

__all__ = ["event_lab", "lab", "own_lab"]

STAGE_FAULT = "InvalidStageDeclarationException"
VARIABLES = [{"name": "MODEL", "defaultValue": "none"}]
# As long as a test needs: a function that ends once an object of this key is there.
WAIT_FOR = """\
import time
s3 = boto3.client('s3')
def is_there(key):
    return s3.list_objects_v2(Bucket='{bucket}', Prefix=key)['KeyCount'] == 1
s3.put_object(Bucket='{bucket}', Key='{key}-began', Body=b'')
while not is_there('{key}-go'):
    time.sleep(0.05)
{then}"""


def rule(provider: str, name: str = "Check", **members: Any) -> dict[str, Any]:
    kind = {"category": "Rule", "owner": "AWS", "provider": provider, "version": "1"}
    return {"name": name, "ruleTypeId": kind, **members}


def variable_is(
    value: str, operator: str = "EQ", variable: str = "#{variables.MODEL}", name: str = "Check"
) -> dict[str, Any]:
    configuration = {"Variable": variable, "Operator": operator, "Value": value}
    return rule("VariableCheck", name, configuration=configuration)


def condition(result: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {"conditions": [{"result": result, "rules": list(rules)}]}


def asking(lab: CodePipelineLab, body: str, **members: Any) -> dict[str, Any]:
    """A LambdaInvoke rule whose function has this body."""
    return rule("LambdaInvoke", configuration={"FunctionName": lab.function(body)}, **members)


def held_up(lab: CodePipelineLab, key: str, then: str = SUCCEED) -> dict[str, Any]:
    body = WAIT_FOR.format(bucket=lab.bucket, key=key, then=then)
    return asking(lab, body)


def until_asked(lab: CodePipelineLab, key: str) -> None:
    s3 = lab.emulator.client("s3")
    lab.until(
        lambda: s3.list_objects_v2(Bucket=lab.bucket, Prefix=f"{key}-began")["KeyCount"],
        lambda count: count == 1,
    )


def let_go(lab: CodePipelineLab, key: str) -> None:
    lab.emulator.client("s3").put_object(Bucket=lab.bucket, Key=f"{key}-go", Body=b"")


def rules_of(lab: CodePipelineLab, name: str, **filters: Any) -> list[dict[str, Any]]:
    """Newest first."""
    answer = lab.pipelines.list_rule_executions(
        pipelineName=name, **({"filter": filters} if filters else {})
    )
    found: list[dict[str, Any]] = answer["ruleExecutionDetails"]
    return found


def override(lab: CodePipelineLab, name: str, kind: str = "BEFORE_ENTRY", **members: Any) -> Any:
    request = {
        "pipelineName": name,
        "stageName": "Deploy",
        "pipelineExecutionId": lab.executions(name)[0]["pipelineExecutionId"],
        "conditionType": kind,
    }
    return lab.pipelines.override_stage_condition(**request | members)


def error_of(call: Any, *words: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*words, **parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def status_of(lab: CodePipelineLab, name: str, of_stage: str = "Deploy") -> str:
    return str(lab.stages(name)[of_stage].get("latestExecution", {}).get("status"))


# --- entry


def test_a_stage_whose_entry_is_skipped_runs_nothing_and_the_next_one_follows(
    lab: CodePipelineLab,
) -> None:
    skipped = condition("SKIP", variable_is("none", "NE"))
    name = lab.create(
        stage("Deploy", approval(), beforeEntry=skipped),
        stage("Tell", lab.invoke("Tell", SUCCEED)),
        variables=VARIABLES,
    )

    execution = lab.ended(name)

    assert execution["status"] == "Succeeded"
    assert status_of(lab, name) == "Skipped"
    assert status_of(lab, name, "Tell") == "Succeeded"
    assert lab.action(name, "Deploy", "Approve") == {}
    ran = lab.action_executions(name, execution["pipelineExecutionId"])
    assert [each["actionName"] for each in ran] == ["Tell", "Source"]
    state = lab.stages(name)["Deploy"]["beforeEntryConditionState"]
    assert state["latestExecution"]["status"] == "Failed"
    assert "Check" in state["latestExecution"]["summary"]
    [shown] = state["conditionStates"]
    assert shown["latestExecution"]["status"] == "Failed"
    [of_rule] = shown["ruleStates"]
    assert of_rule["ruleName"] == "Check"
    assert of_rule["latestExecution"]["status"] == "Failed"
    assert of_rule["latestExecution"]["errorDetails"]["code"] == "JobFailed"


def test_an_execution_whose_last_stages_are_skipped_succeeds_and_the_next_may_enter(
    lab: CodePipelineLab,
) -> None:
    skipped = condition("SKIP", variable_is("none", "NE"))
    name = lab.create(
        stage("Staging", lab.invoke("Make", SUCCEED), beforeEntry=skipped),
        stage("Deploy", approval(), beforeEntry=skipped),
        variables=VARIABLES,
    )
    assert lab.ended(name)["status"] == "Succeeded"
    assert [status_of(lab, name, each) for each in ("Staging", "Deploy")] == ["Skipped"] * 2

    entered = lab.start(name, variables=[{"name": "MODEL", "value": "books/7"}])
    lab.answer(name)

    assert lab.ended(name, entered)["status"] == "Succeeded"
    assert [status_of(lab, name, each) for each in ("Staging", "Deploy")] == ["Succeeded"] * 2
    state = lab.stages(name)["Deploy"]["beforeEntryConditionState"]
    assert state["latestExecution"] == {"status": "Succeeded"}
    in_deploy = lab.pipelines.list_pipeline_executions(
        pipelineName=name, filter={"succeededInStage": {"stageName": "Deploy"}}
    )["pipelineExecutionSummaries"]
    assert [each["pipelineExecutionId"] for each in in_deploy] == [entered]


def test_a_skipped_stage_is_neither_retried_nor_rolled_back_to_nor_overridden(
    lab: CodePipelineLab,
) -> None:
    """Source: "Considerations" of "Configure conditions for a stage"."""
    skipped = condition("SKIP", variable_is("none", "NE"))
    name = lab.create(stage("Deploy", approval(), beforeEntry=skipped), variables=VARIABLES)
    execution_id = lab.ended(name)["pipelineExecutionId"]

    retried = error_of(
        lab.pipelines.retry_stage_execution,
        pipelineName=name,
        stageName="Deploy",
        pipelineExecutionId=execution_id,
        retryMode="ALL_ACTIONS",
    )
    rolled_back = error_of(
        lab.pipelines.rollback_stage,
        pipelineName=name,
        stageName="Deploy",
        targetPipelineExecutionId=execution_id,
    )
    overridden = error_of(override, lab, name)

    assert retried[0] == "StageNotRetryableException"
    assert rolled_back[0] == "UnableToRollbackStageException"
    assert overridden[0] == "ConditionNotOverridableException"
    assert "result SKIP" in overridden[1]


def test_an_entry_that_fails_fails_the_stage_before_any_action_and_says_which_rule(
    lab: CodePipelineLab,
) -> None:
    failing = condition(
        "FAIL", variable_is("none", name="Holds"), variable_is("a", "CONTAINS", name="Lacks")
    )
    name = lab.create(stage("Deploy", approval(), beforeEntry=failing), variables=VARIABLES)

    execution = lab.ended(name)

    assert execution["status"] == "Failed"
    assert status_of(lab, name) == "Failed"
    assert lab.action(name, "Deploy", "Approve") == {}
    said = "Stage Deploy, beforeEntry condition: Rule Lacks: #{variables.MODEL} is 'none'"
    assert said in execution["statusSummary"]
    assert "Holds" not in execution["statusSummary"]


@pytest.mark.parametrize(
    ("operator", "value", "is_met"),
    [
        ("EQ", "books/7", True),
        ("EQ", "books", False),
        ("NE", "books", True),
        ("NE", "books/7", False),
        ("CONTAINS", "ks/", True),
        ("CONTAINS", "music", False),
        ("MATCHES", r"books/\d+", True),
        ("MATCHES", "films/.*", False),
    ],
)
def test_a_variable_is_checked_by_each_operator(
    lab: CodePipelineLab, operator: str, value: str, is_met: bool
) -> None:
    """Source: "VariableCheck" of the rule structure reference."""
    checked = condition("SKIP", variable_is(value, operator))
    name = lab.create(
        stage("Deploy", lab.invoke("Make", SUCCEED), beforeEntry=checked),
        variables=[{"name": "MODEL", "defaultValue": "books/7"}],
    )
    lab.ended(name)

    assert status_of(lab, name) == ("Succeeded" if is_met else "Skipped")


def test_a_rule_sees_what_earlier_actions_export_and_its_history_tells_it(
    lab: CodePipelineLab,
) -> None:
    export = "pipelines.put_job_success_result(jobId=job['id'], outputVariables={'TAG': 'v2'})"
    checked = condition("FAIL", variable_is("v2", variable="#{Built.TAG}"))
    name = lab.create(
        stage("Build", lab.invoke("Build", export, namespace="Built")),
        stage("Deploy", lab.invoke("Make", SUCCEED), beforeEntry=checked),
    )
    first = lab.ended(name)
    second = lab.ended(name, lab.start(name))

    assert (first["status"], second["status"]) == ("Succeeded", "Succeeded")
    newer, older = rules_of(lab, name)
    assert newer["pipelineExecutionId"] == second["pipelineExecutionId"]
    assert older["pipelineExecutionId"] == first["pipelineExecutionId"]
    assert rules_of(lab, name, pipelineExecutionId=first["pipelineExecutionId"]) == [older]
    assert (newer["stageName"], newer["ruleName"], newer["status"]) == (
        "Deploy",
        "Check",
        "Succeeded",
    )
    assert newer["pipelineVersion"] == 1
    assert newer["input"]["ruleTypeId"]["provider"] == "VariableCheck"
    assert newer["input"]["configuration"]["Variable"] == "#{Built.TAG}"
    assert newer["input"]["resolvedConfiguration"] == {
        "Variable": "v2",
        "Operator": "EQ",
        "Value": "v2",
    }
    pages = lab.pipelines.get_paginator("list_rule_executions").paginate(
        pipelineName=name, PaginationConfig={"PageSize": 1}
    )
    assert [each for page in pages for each in page["ruleExecutionDetails"]] == [newer, older]


def test_a_variable_without_a_value_fails_the_stage_even_where_it_could_be_skipped(
    lab: CodePipelineLab,
) -> None:
    skipped = condition("SKIP", variable_is("none", "NE", variable="#{Built.TAG}"))
    name = lab.create(
        stage("Build", lab.invoke("Build", SUCCEED, namespace="Built")),
        stage("Deploy", approval(), beforeEntry=skipped),
    )

    execution = lab.ended(name)

    assert execution["status"] == "Failed"
    assert "no value for #{Built.TAG}" in execution["statusSummary"]
    state = lab.stages(name)["Deploy"]["beforeEntryConditionState"]
    assert state["latestExecution"]["status"] == "Errored"
    [ran] = rules_of(lab, name)
    assert ran["status"] == "Failed"
    assert ran["output"]["executionResult"]["errorDetails"]["code"] == "ConfigurationError"


# --- functions


def test_a_function_decides_as_it_answers_the_job_of_the_rule(lab: CodePipelineLab) -> None:
    """Source: "LambdaInvoke" of the rule structure reference."""
    answer = (
        "given = job['data']['actionConfiguration']['configuration']\n"
        "is_good = given['UserParameters'] == 'good'\n"
        "assert job['data']['inputArtifacts'][0]['name'] == 'SourceOutput'\n"
        f"if is_good: {SUCCEED}\n"
        f"else: {FAIL}"
    )
    checked = asking(lab, answer, inputArtifacts=[{"name": "SourceOutput"}])
    checked["configuration"]["UserParameters"] = "#{variables.MODEL}"
    name = lab.create(
        stage("Deploy", lab.invoke("Make", SUCCEED), beforeEntry=condition("SKIP", checked)),
        variables=VARIABLES,
    )
    lab.ended(name)
    assert status_of(lab, name) == "Skipped"

    good = lab.start(name, variables=[{"name": "MODEL", "value": "good"}])
    lab.ended(name, good)

    assert status_of(lab, name) == "Succeeded"
    _, failed = rules_of(lab, name)
    assert failed["output"]["executionResult"]["errorDetails"] == {
        "code": "JobFailed",
        "message": "the smoke test got 500",
    }


def test_a_function_that_breaks_has_decided_nothing_and_the_stage_fails(
    lab: CodePipelineLab,
) -> None:
    broken = condition("SKIP", asking(lab, "raise ValueError('no such table')"))
    name = lab.create(stage("Deploy", approval(), beforeEntry=broken))

    execution = lab.ended(name)

    assert execution["status"] == "Failed"
    assert "ValueError: no such table" in execution["statusSummary"]


# --- exits


def test_a_stage_whose_success_is_not_accepted_fails_and_can_be_retried(
    lab: CodePipelineLab,
) -> None:
    answer = (
        "s3 = boto3.client('s3')\n"
        f"if s3.list_objects_v2(Bucket='{lab.bucket}', Prefix='healthy')['KeyCount']: {SUCCEED}\n"
        f"else: {FAIL}"
    )
    checked = condition("FAIL", asking(lab, answer))
    name = lab.create(stage("Deploy", lab.invoke("Make", SUCCEED), onSuccess=checked))
    execution = lab.ended(name)
    assert execution["status"] == "Failed"
    assert "Stage Deploy, onSuccess condition: Rule Check" in execution["statusSummary"]
    assert "the smoke test got 500" in execution["statusSummary"]

    lab.emulator.client("s3").put_object(Bucket=lab.bucket, Key="healthy", Body=b"")
    lab.pipelines.retry_stage_execution(
        pipelineName=name,
        stageName="Deploy",
        pipelineExecutionId=execution["pipelineExecutionId"],
        retryMode="FAILED_ACTIONS",
    )

    assert lab.ended(name)["status"] == "Succeeded"
    ran = lab.action_executions(name, execution["pipelineExecutionId"])
    assert [each["actionName"] for each in ran] == ["Make", "Source"]
    retried, first = rules_of(lab, name)
    assert (first["status"], retried["status"]) == ("Failed", "Succeeded")
    latest = {
        "pipelineExecutionId": execution["pipelineExecutionId"],
        "startTimeRange": "Latest",
    }
    assert rules_of(lab, name, latestInPipelineExecution=latest) == [retried]


@pytest.mark.parametrize("kind", ["onSuccess", "onFailure"])
def test_an_exit_that_is_not_met_takes_the_stage_back(lab: CodePipelineLab, kind: str) -> None:
    body = (
        "given = job['data']['actionConfiguration']['configuration']\n"
        "is_good = given['UserParameters'] == 'good'\n"
        f"if is_good or {kind == 'onSuccess'}: {SUCCEED}\n"
        f"else: {FAIL}"
    )
    deploy = lab.invoke("Make", body, configuration={"UserParameters": "#{variables.MODEL}"})
    checked = condition("ROLLBACK", variable_is("good"))
    name = lab.create(
        stage("Deploy", deploy, **{kind: checked}),
        variables=[{"name": "MODEL", "defaultValue": "good"}],
    )
    good = lab.ended(name)
    assert good["status"] == "Succeeded"

    bad = lab.start(name, variables=[{"name": "MODEL", "value": "bad"}])

    assert lab.ended(name, bad)["status"] == "Failed"
    newest = lab.until(lambda: lab.executions(name), lambda found: len(found) == 3)[0]
    assert newest["executionType"] == "ROLLBACK"
    assert newest["trigger"]["triggerType"] == "AutomatedRollback"
    assert newest["rollbackMetadata"] == {
        "rollbackTargetPipelineExecutionId": good["pipelineExecutionId"]
    }
    assert lab.ended(name, newest["pipelineExecutionId"])["status"] == "Succeeded"


def test_a_failure_whose_condition_is_met_stays_one_and_takes_nothing_back(
    lab: CodePipelineLab,
) -> None:
    checked = condition("ROLLBACK", variable_is("none"))
    name = lab.create(
        stage("Deploy", lab.invoke("Make", FAIL), onFailure=checked), variables=VARIABLES
    )

    assert lab.ended(name)["status"] == "Failed"
    assert len(lab.executions(name)) == 1
    state = lab.stages(name)["Deploy"]["onFailureConditionState"]
    assert state["latestExecution"]["status"] == "Succeeded"


def test_an_action_that_takes_what_a_skipped_stage_would_have_made_fails_and_says_so(
    lab: CodePipelineLab,
) -> None:
    build = lab.invoke("Build", SUCCEED, outputArtifacts=["Built"])
    name = lab.create(
        stage("Build", build, beforeEntry=condition("SKIP", variable_is("other"))),
        stage("Deploy", lab.invoke("Make", SUCCEED, inputArtifacts=["Built"])),
        variables=VARIABLES,
    )

    execution = lab.ended(name)

    assert execution["status"] == "Failed"
    assert "Input artifact Built was not made" in execution["statusSummary"]


# --- override


@pytest.mark.parametrize(
    ("member", "kind"), [("beforeEntry", "BEFORE_ENTRY"), ("onSuccess", "ON_SUCCESS")]
)
def test_a_stage_proceeds_once_the_condition_that_failed_it_is_overridden(
    lab: CodePipelineLab, member: str, kind: str
) -> None:
    failing = condition("FAIL", variable_is("other"))
    name = lab.create(
        stage("Deploy", lab.invoke("Make", SUCCEED), **{member: failing}),
        stage("After", lab.invoke("Tell", SUCCEED)),
        variables=VARIABLES,
    )
    execution = lab.ended(name)
    assert execution["status"] == "Failed"

    override(lab, name, kind)

    lab.until(lambda: status_of(lab, name, "After"), lambda status: status == "Succeeded")
    assert lab.ended(name)["status"] == "Succeeded"
    state = lab.stages(name)["Deploy"][f"{member}ConditionState"]
    assert state["latestExecution"]["status"] == "Overridden"
    ran = lab.action_executions(name, execution["pipelineExecutionId"])
    assert [each["actionName"] for each in ran] == ["Tell", "Make", "Source"]


def test_a_condition_that_is_still_checked_is_overridden_at_once(lab: CodePipelineLab) -> None:
    key = lab.unique("slow")
    name = lab.create(
        stage(
            "Deploy",
            lab.invoke("Make", SUCCEED),
            beforeEntry=condition("FAIL", held_up(lab, key, FAIL)),
        )
    )
    until_asked(lab, key)
    state = lab.stages(name)["Deploy"]
    assert state["latestExecution"]["status"] == "InProgress"
    assert state["beforeEntryConditionState"]["latestExecution"]["status"] == "InProgress"

    override(lab, name)

    assert lab.ended(name)["status"] == "Succeeded"
    let_go(lab, key)
    [ran] = rules_of(lab, name)
    assert ran["status"] == "Abandoned"
    assert status_of(lab, name) == "Succeeded"


def test_what_cannot_be_overridden_says_why(lab: CodePipelineLab) -> None:
    met = condition("FAIL", variable_is("none"))
    name = lab.create(stage("Deploy", approval(), beforeEntry=met), variables=VARIABLES)
    lab.token(name)

    decided = error_of(override, lab, name)
    undeclared = error_of(override, lab, name, "ON_SUCCESS")
    unknown = error_of(
        override, lab, name, pipelineExecutionId="00000000-0000-4000-8000-000000000000"
    )
    no_stage = error_of(override, lab, name, stageName="Nowhere")
    no_pipeline = error_of(override, lab, name, pipelineName="nothing-here")

    assert [each[0] for each in (decided, undeclared, unknown)] == [
        "ConditionNotOverridableException"
    ] * 3
    assert "is Succeeded" in decided[1]
    assert "no onSuccess condition" in undeclared[1]
    assert "there is no execution 00000000" in unknown[1]
    assert no_stage[0] == "StageNotFoundException"
    assert no_pipeline[0] == "PipelineNotFoundException"


def test_a_stage_that_another_execution_has_been_in_since_is_not_overridden(
    lab: CodePipelineLab,
) -> None:
    failing = condition("FAIL", variable_is("other"))
    name = lab.create(stage("Deploy", approval(), beforeEntry=failing), variables=VARIABLES)
    first = lab.ended(name)["pipelineExecutionId"]
    lab.ended(name, lab.start(name))

    found = error_of(override, lab, name, pipelineExecutionId=first)

    assert found[0] == "NotLatestPipelineExecutionException"


# --- stop, retry, supersede, kill


@pytest.mark.parametrize(("mode", "checks"), [("FAILED_ACTIONS", 1), ("ALL_ACTIONS", 2)])
def test_a_stage_that_was_entered_is_not_asked_again_for_its_failed_actions_alone(
    lab: CodePipelineLab, mode: str, checks: int
) -> None:
    entered = condition("SKIP", variable_is("none"))
    name = lab.create(
        stage("Deploy", lab.invoke("Make", FAIL), beforeEntry=entered), variables=VARIABLES
    )
    execution_id = lab.ended(name)["pipelineExecutionId"]

    lab.pipelines.retry_stage_execution(
        pipelineName=name, stageName="Deploy", pipelineExecutionId=execution_id, retryMode=mode
    )

    ran = lab.until(
        lambda: [each["actionName"] for each in lab.action_executions(name, execution_id)],
        lambda found: len(found) == 3,
    )
    assert ran == ["Make", "Make", "Source"]
    assert lab.ended(name)["status"] == "Failed"
    assert len(rules_of(lab, name)) == checks


def test_the_list_of_rule_types_is_refused_by_name(lab: CodePipelineLab) -> None:
    code, message = error_of(lab.pipelines.list_rule_types)
    assert code == "UnsupportedByEmulator"
    assert "ListRuleTypes" in message


@pytest.mark.parametrize("is_abandoned", [True, False])
def test_an_execution_is_stopped_while_its_condition_is_checked_and_retried(
    lab: CodePipelineLab, is_abandoned: bool
) -> None:
    key = lab.unique("slow")
    name = lab.create(
        stage(
            "Deploy",
            lab.invoke("Make", SUCCEED),
            beforeEntry=condition("SKIP", held_up(lab, key)),
        )
    )
    until_asked(lab, key)
    execution_id = lab.first(name)
    lab.pipelines.stop_pipeline_execution(
        pipelineName=name, pipelineExecutionId=execution_id, abandon=is_abandoned
    )
    if not is_abandoned:
        assert lab.execution(name, execution_id)["status"] == "Stopping"
        let_go(lab, key)

    assert lab.ended(name)["status"] == "Stopped"
    expected = "Abandoned" if is_abandoned else "Succeeded"
    assert rules_of(lab, name)[0]["status"] == expected
    state = lab.stages(name)["Deploy"]["beforeEntryConditionState"]
    assert state["latestExecution"]["status"] == expected
    assert lab.action(name, "Deploy", "Make") == {}
    let_go(lab, key)
    lab.pipelines.retry_stage_execution(
        pipelineName=name,
        stageName="Deploy",
        pipelineExecutionId=execution_id,
        retryMode="FAILED_ACTIONS",
    )
    assert lab.ended(name)["status"] == "Succeeded"
    assert status_of(lab, name) == "Succeeded"


def test_an_execution_whose_entry_is_checked_holds_the_stage_and_those_behind_are_superseded(
    lab: CodePipelineLab,
) -> None:
    key = lab.unique("slow")
    name = lab.create(
        stage(
            "Deploy",
            lab.invoke("Make", SUCCEED),
            beforeEntry=condition("FAIL", held_up(lab, key)),
        )
    )
    until_asked(lab, key)
    first, second = lab.first(name), lab.start(name)
    lab.until(
        lambda: lab.stages(name)["Deploy"]["inboundExecutions"], lambda found: len(found) == 1
    )
    third = lab.start(name)
    assert lab.ended(name, second)["status"] == "Superseded"
    assert lab.execution(name, first)["status"] == "InProgress"

    let_go(lab, key)

    assert lab.ended(name, first)["status"] == "Succeeded"
    assert lab.ended(name, third)["status"] == "Succeeded"


def test_after_a_kill_a_condition_is_checked_again_and_none_is_skipped_for_it(
    own_lab: CodePipelineLab,
) -> None:
    lab = own_lab
    decided = lab.create(
        stage("Deploy", approval(), beforeEntry=condition("SKIP", variable_is("none"))),
        variables=VARIABLES,
    )
    token = lab.token(decided)
    checked = lab.create(
        stage(
            "Deploy",
            lab.invoke("Make", SUCCEED),
            beforeEntry=condition("SKIP", held_up(lab, "slow")),
        )
    )
    until_asked(lab, "slow")

    lab.emulator.kill()
    lab.emulator.start()
    let_go(lab, "slow")

    assert lab.ended(checked)["status"] == "Succeeded"
    assert status_of(lab, checked) == "Succeeded"
    again, interrupted = rules_of(lab, checked)
    assert (interrupted["status"], again["status"]) == ("Abandoned", "Succeeded")
    lab.answer(decided, token=token)
    assert lab.ended(decided)["status"] == "Succeeded"
    assert len(rules_of(lab, decided)) == 1


def test_events_tell_of_a_stage_that_is_entered_or_failed_and_not_of_one_that_is_skipped(
    lab: CodePipelineLab, event_lab: EventLab
) -> None:
    """Source: "Monitoring CodePipeline events" has no state of a stage that is skipped."""
    declaration = lab.declaration(
        stage(
            "Skipped",
            lab.invoke("Make", SUCCEED),
            beforeEntry=condition("SKIP", variable_is("other")),
        ),
        stage(
            "Entered",
            lab.invoke("Make", SUCCEED),
            beforeEntry=condition("SKIP", variable_is("none")),
        ),
        stage(
            "Failed",
            lab.invoke("Make", SUCCEED),
            beforeEntry=condition("FAIL", variable_is("other")),
        ),
        variables=VARIABLES,
    )
    name = declaration["name"]
    kind = "CodePipeline Stage Execution State Change"
    inbox = event_lab.listen({"detail-type": [kind], "detail": {"pipeline": [name]}})
    lab.pipelines.create_pipeline(pipeline=declaration)
    lab.ended(name)

    heard = inbox.until(lambda bodies: len(bodies) == 5)

    assert sorted((each["detail"]["stage"], each["detail"]["state"]) for each in heard) == [
        ("Entered", "STARTED"),
        ("Entered", "SUCCEEDED"),
        ("Failed", "FAILED"),
        ("Source", "STARTED"),
        ("Source", "SUCCEEDED"),
    ]


# --- declarations


def test_all_faults_of_conditions_come_at_once(lab: CodePipelineLab) -> None:
    deploy = stage(
        "Deploy",
        approval(),
        beforeEntry={
            "conditions": [
                {
                    "result": "ROLLBACK",
                    "rules": [
                        variable_is("x", "LIKE", variable="#{Nobody.TAG}"),
                        rule("VariableCheck", configuration={"Variable": "x", "Depth": "1"}),
                        rule("Guess", "Other"),
                        rule("CloudWatchAlarm", "Alarm", configuration={"AlarmName": "errors"}),
                    ],
                }
            ]
        },
        onSuccess={"conditions": [{}]},
        onFailure={
            "result": "RETRY",
            **condition(
                "ROLLBACK",
                rule(
                    "LambdaInvoke",
                    configuration={"FunctionName": "f"},
                    inputArtifacts=[{"name": "Built"}],
                    commands=["true"],
                ),
            ),
        },
    )

    code, message = error_of(lab.pipelines.create_pipeline, pipeline=lab.declaration(deploy))

    assert code == STAGE_FAULT
    before = "Stage 'Deploy', beforeEntry condition"
    for said in (
        f"{before} has the result ROLLBACK; expected FAIL or SKIP",
        f"{before} has more than one rule with the name 'Check'",
        f"{before}, rule 'Check': Operator is 'LIKE'; expected one of EQ, NE, CONTAINS, MATCHES",
        f"{before}, rule 'Check' is missing required configuration 'Value'",
        f"{before}, rule 'Check' contains unknown configuration 'Depth'",
        f"{before}, rule 'Other': there is no rule type of Provider 'Guess'",
        f"{before}, rule 'Alarm': the emulator has no rule CloudWatchAlarm; it has: VariableCheck",
        "Stage 'Deploy', rule 'Check': Variable has #{Nobody.TAG}: no earlier action",
        "Stage 'Deploy', onSuccess condition has no result; expected FAIL or ROLLBACK",
        "Stage 'Deploy', onSuccess condition has no rules; expected at least one",
        "Stage 'Deploy': a stage with onFailure conditions cannot be retried by itself",
        "rule 'Check': only the rule Commands takes commands",
        "Input Artifact Bundle Built in rule Check is not declared",
    ):
        assert said in message


@pytest.mark.parametrize(
    "provider", ["CloudWatchAlarm", "CodeBuild", "Commands", "DeploymentWindow"]
)
def test_rules_that_are_not_emulated_are_refused_by_name(
    lab: CodePipelineLab, provider: str
) -> None:
    deploy = stage("Deploy", approval(), beforeEntry=condition("FAIL", rule(provider)))

    code, message = error_of(lab.pipelines.create_pipeline, pipeline=lab.declaration(deploy))

    assert code == "UnsupportedByEmulator"
    assert f"no rule {provider}" in message


def test_conditions_need_v2_and_a_role_that_is_there(lab: CodePipelineLab) -> None:
    checked = variable_is("v", variable="v") | {"roleArn": "arn:aws:iam::123456789012:role/nobody"}
    deploy = stage("Deploy", approval(), beforeEntry=condition("FAIL", checked))

    v1 = error_of(
        lab.pipelines.create_pipeline, pipeline=lab.declaration(deploy, pipelineType="V1")
    )
    role = error_of(lab.pipelines.create_pipeline, pipeline=lab.declaration(deploy))

    assert v1[0] == role[0] == "InvalidStructureException"
    assert "beforeEntry needs a pipeline of type V2" in v1[1]
    assert "role/nobody: it does not exist" in role[1]


def test_a_stage_of_sources_is_not_rolled_back_by_a_condition(lab: CodePipelineLab) -> None:
    source = stage(
        "Source", lab.source(), onSuccess=condition("ROLLBACK", variable_is("v", variable="v"))
    )

    code, message = error_of(
        lab.pipelines.create_pipeline, pipeline=lab.declaration(source, stage("Deploy", approval()))
    )

    assert code == "InvalidStructureException"
    assert "a stage of sources cannot be rolled back" in message


def test_a_declared_condition_that_was_not_checked_yet_is_shown(lab: CodePipelineLab) -> None:
    name = lab.create(
        stage("Test", approval()),
        stage(
            "Deploy",
            action("Copy", "Approval", "Manual"),
            beforeEntry=condition("FAIL", variable_is("v", variable="v")),
        ),
    )

    state = lab.stages(name)["Deploy"]["beforeEntryConditionState"]

    assert state == {"conditionStates": [{"ruleStates": [{"ruleName": "Check"}]}]}
