"""Executions of pipelines: stages in order, artifacts, approvals, Lambda, stop, retry, modes."""

import io
import json
import re
import threading
import zipfile
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

__all__ = ["lab", "own_lab"]


def error_of(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_source_in_s3_becomes_an_artifact_and_the_approved_execution_succeeds(
    lab: CodePipelineLab,
) -> None:
    name = lab.create(stage("Deploy", approval()))
    lab.answer(name, summary="looks good")

    execution = lab.ended(name)

    assert execution["status"] == "Succeeded"
    assert execution["trigger"]["triggerType"] == "CreatePipeline"
    [revision] = execution["artifactRevisions"]
    head = lab.emulator.client("s3").head_object(Bucket=lab.bucket, Key="Source.zip")
    assert revision["name"] == "SourceOutput"
    assert revision["revisionId"] == head["VersionId"]
    decided, source = lab.action_executions(name, execution["pipelineExecutionId"])
    assert decided["output"]["executionResult"]["externalExecutionSummary"] == "looks good"
    [artifact] = source["output"]["outputArtifacts"]
    place = artifact["s3location"]
    # Source: AWS truncates the pipeline's name to 20 and the artifact's to 10 characters.
    assert re.fullmatch(rf"{name[:20]}/SourceOutp/[A-Za-z0-9]{{7}}", place["key"])
    body = lab.emulator.client("s3").get_object(Bucket=lab.bucket, Key=place["key"])["Body"]
    assert zipfile.ZipFile(io.BytesIO(body.read())).read("README.md") == b"read me"
    assert source["output"]["outputVariables"]["BucketName"] == lab.bucket


def test_a_rejected_approval_fails_the_execution_with_the_reviewers_words(
    lab: CodePipelineLab,
) -> None:
    name = lab.create(stage("Deploy", approval()))
    lab.answer(name, "Rejected", summary="the RMSE is too high")

    execution = lab.ended(name)

    assert execution["status"] == "Failed"
    assert "the RMSE is too high" in execution["statusSummary"]
    details = lab.action(name, "Deploy", "Approve")["errorDetails"]
    assert details["code"] == "JobFailed"
    assert "the RMSE is too high" in details["message"]


def test_a_wrong_token_and_a_second_answer_are_refused(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    token = lab.token(name)
    other = token[:-1] + ("0" if token[-1] != "0" else "1")

    wrong = error_of(lab.answer, name=name, token=other)
    lab.answer(name, token=token)
    second = error_of(lab.answer, name=name, token=token)

    assert wrong[0] == "InvalidApprovalTokenException"
    assert second[0] == "ApprovalAlreadyCompletedException"
    assert lab.ended(name)["status"] == "Succeeded"


def test_of_two_answers_at_once_one_counts(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    token, codes = lab.token(name), []
    ready = threading.Barrier(2)

    def answer(status: str) -> None:
        ready.wait()
        try:
            lab.answer(name, status, token=token)
            codes.append(status)
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])

    both = [threading.Thread(target=answer, args=(each,)) for each in ("Approved", "Rejected")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()

    assert codes.count("ApprovalAlreadyCompletedException") == 1
    expected = "Succeeded" if "Approved" in codes else "Failed"
    assert lab.ended(name)["status"] == expected


def test_the_topic_of_an_approval_gets_the_documented_message(lab: CodePipelineLab) -> None:
    """Source: "JSON data format for manual approval notifications" of the user guide."""
    sns, sqs = lab.emulator.client("sns"), lab.emulator.client("sqs")
    topic = sns.create_topic(Name=lab.unique("notices"))["TopicArn"]
    queue = sqs.create_queue(QueueName=lab.unique("notices"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn["Attributes"]["QueueArn"])
    configuration = {
        "NotificationArn": topic,
        "ExternalEntityLink": "http://example.com",
        "CustomData": "Model of #{codepipeline.PipelineExecutionId}",
    }
    name = lab.create(stage("Deploy", approval(configuration=configuration)))
    token, execution_id = lab.token(name), lab.first(name)

    [message] = lab.until(
        lambda: sqs.receive_message(QueueUrl=queue).get("Messages", []), lambda found: len(found)
    )
    notice = json.loads(json.loads(message["Body"])["Message"])

    assert notice["region"] == "us-east-1"
    console = "https://console.aws.amazon.com/codepipeline/home?region=us-east-1#/view/"
    assert notice["consoleLink"] == f"{console}{name}"
    told = notice["approval"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ", told.pop("expires"))
    assert told == {
        "pipelineName": name,
        "stageName": "Deploy",
        "actionName": "Approve",
        "token": token,
        "externalEntityLink": "http://example.com",
        "approvalReviewLink": f"{console}{name}/Deploy/Approve/approve/{token}",
        "customData": f"Model of {execution_id}",
    }


def test_a_function_gets_the_job_and_gives_variables_to_later_actions(
    lab: CodePipelineLab,
) -> None:
    """Source: "Invoke an AWS Lambda function in a pipeline", JSON event example."""
    succeed = (
        "pipelines.put_job_success_result(jobId=job['id'],"
        " outputVariables={'seen': json.dumps(job)},"
        " executionDetails={'summary': 'checked', 'externalExecutionId': 'run-1'})"
    )
    configuration = {"UserParameters": "#{variables.STAGE}/#{Origin.ObjectKey}"}
    name = lab.create(
        stage("Source", lab.source(namespace="Origin")),
        stage(
            "Test",
            lab.invoke(
                "Check",
                succeed,
                configuration=configuration,
                inputArtifacts=["SourceOutput"],
                namespace="Checked",
            ),
        ),
        stage(
            "Deploy",
            lab.invoke("Use", SUCCEED, configuration={"UserParameters": "#{Checked.seen}"}),
        ),
        variables=[{"name": "STAGE", "defaultValue": "staging"}],
    )

    execution = lab.ended(name)

    assert execution["status"] == "Succeeded", execution.get("statusSummary")
    assert execution["variables"] == [{"name": "STAGE", "resolvedValue": "staging"}]
    use, check, source = lab.action_executions(name, execution["pipelineExecutionId"])
    job = json.loads(use["input"]["resolvedConfiguration"]["UserParameters"])
    assert job["accountId"] == "123456789012"
    assert job["data"]["actionConfiguration"]["configuration"] == {
        "FunctionName": check["input"]["configuration"]["FunctionName"],
        "UserParameters": "staging/Source.zip",
    }
    made = source["output"]["outputArtifacts"][0]["s3location"]
    assert job["data"]["inputArtifacts"] == [
        {
            "name": "SourceOutput",
            "revision": None,
            "location": {
                "type": "S3",
                "s3Location": {"bucketName": made["bucket"], "objectKey": made["key"]},
            },
        }
    ]
    assert set(job["data"]["artifactCredentials"]) == {
        "accessKeyId",
        "secretAccessKey",
        "sessionToken",
    }
    result = check["output"]["executionResult"]
    assert result == {"externalExecutionSummary": "checked", "externalExecutionId": "run-1"}


def test_a_function_is_called_again_with_its_continuation_token(lab: CodePipelineLab) -> None:
    body = (
        "token = job['data'].get('continuationToken')\n"
        "if token is None:\n"
        "    pipelines.put_job_success_result(jobId=job['id'], continuationToken='half')\n"
        "else:\n"
        "    pipelines.put_job_success_result(jobId=job['id'], outputVariables={'had': token})"
    )
    name = lab.create(stage("Test", lab.invoke("Check", body)))

    execution = lab.ended(name)

    check, _ = lab.action_executions(name, execution["pipelineExecutionId"])
    assert check["output"]["outputVariables"] == {"had": "half"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (FAIL, "the smoke test got 500"),
        ("raise RuntimeError('no such endpoint')", "RuntimeError: no such endpoint"),
    ],
)
def test_a_failed_function_fails_the_execution_with_its_message(
    lab: CodePipelineLab, body: str, said: str
) -> None:
    name = lab.create(stage("Test", lab.invoke("Check", body)), stage("Deploy", approval()))

    execution = lab.ended(name)

    assert execution["status"] == "Failed"
    assert execution["statusSummary"].startswith("Stage Test, action Check: JobFailed: ")
    assert lab.executions(name)[0]["statusSummary"] == execution["statusSummary"]
    assert said in execution["statusSummary"]
    details = lab.action(name, "Test", "Check")["errorDetails"]
    assert details["code"] == "JobFailed"
    assert said in details["message"]
    assert "latestExecution" not in lab.stages(name)["Deploy"]


def test_an_answered_job_takes_no_other_answer(lab: CodePipelineLab) -> None:
    body = "pipelines.put_job_success_result(jobId=job['id'], outputVariables={'id': job['id']})"
    name = lab.create(stage("Test", lab.invoke("Check", body)))
    execution = lab.ended(name)
    check, _ = lab.action_executions(name, execution["pipelineExecutionId"])
    job_id = check["output"]["outputVariables"]["id"]

    again = error_of(lab.pipelines.put_job_success_result, jobId=job_id)
    unknown = error_of(
        lab.pipelines.put_job_success_result, jobId="11111111-abcd-1111-abcd-111111abcdef"
    )

    details = lab.pipelines.get_job_details(jobId=job_id)["jobDetails"]
    assert (
        details["data"]["actionConfiguration"]["configuration"] == (check["input"]["configuration"])
    )
    assert again[0] == "InvalidJobStateException"
    assert unknown[0] == "JobNotFoundException"


def test_actions_of_one_run_order_run_at_the_same_time_and_groups_in_order(
    lab: CodePipelineLab,
) -> None:
    name = lab.create(
        stage(
            "Deploy",
            approval("Last", runOrder=2),
            approval("One", runOrder=1),
            approval("Two", runOrder=1),
        )
    )
    tokens = [lab.token(name, "Deploy", each) for each in ("One", "Two")]
    assert lab.action(name, "Deploy", "Last") == {}
    lab.answer(name, actionName="One", token=tokens[0])
    lab.until(lambda: lab.action(name, "Deploy", "One"), lambda each: each["status"] == "Succeeded")
    assert lab.action(name, "Deploy", "Last") == {}
    lab.answer(name, actionName="Two", token=tokens[1])
    lab.answer(name, actionName="Last")

    assert lab.ended(name)["status"] == "Succeeded"


def test_a_newer_execution_supersedes_the_one_that_waits(lab: CodePipelineLab) -> None:
    """Source: "How pipeline executions are processed", rule 3."""
    name = lab.create(stage("Deploy", approval()))
    first = lab.first(name)
    lab.token(name)

    def waits(execution_id: str) -> None:
        lab.until(
            lambda: lab.stages(name)["Deploy"]["inboundExecutions"],
            lambda found: [each["pipelineExecutionId"] for each in found] == [execution_id],
        )

    second = lab.start(name)
    waits(second)
    third = lab.start(name)
    assert lab.ended(name, second)["status"] == "Superseded"
    waits(third)
    assert lab.execution(name, first)["status"] == "InProgress"
    assert lab.stages(name)["Deploy"]["latestExecution"]["pipelineExecutionId"] == first
    lab.answer(name)
    assert lab.ended(name, first)["status"] == "Succeeded"
    lab.until(
        lambda: lab.stages(name)["Deploy"]["latestExecution"]["pipelineExecutionId"],
        lambda inside: inside == third,
    )
    lab.answer(name)
    assert lab.ended(name, third)["status"] == "Succeeded"


def test_queued_executions_come_one_after_the_other(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()), executionMode="QUEUED")
    lab.token(name)
    others = [lab.start(name), lab.start(name)]
    lab.until(
        lambda: lab.stages(name)["Deploy"]["inboundExecutions"], lambda found: len(found) == 2
    )
    for execution_id in (lab.first(name), *others):
        lab.until(
            lambda: lab.stages(name)["Deploy"]["latestExecution"]["pipelineExecutionId"],
            lambda inside, expected=execution_id: inside == expected,
        )
        lab.answer(name)
        assert lab.ended(name, execution_id)["status"] == "Succeeded"


def test_parallel_executions_are_in_a_stage_together_and_each_is_approved_by_its_token(
    lab: CodePipelineLab,
) -> None:
    """The notification is what tells the token of an execution that is not the latest."""
    sns, sqs = lab.emulator.client("sns"), lab.emulator.client("sqs")
    topic = sns.create_topic(Name=lab.unique("notices"))["TopicArn"]
    queue = sqs.create_queue(QueueName=lab.unique("notices"))["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn["Attributes"]["QueueArn"])
    configuration = {
        "NotificationArn": topic,
        "CustomData": "#{codepipeline.PipelineExecutionId}",
    }
    name = lab.create(
        stage("Deploy", approval(configuration=configuration)), executionMode="PARALLEL"
    )
    ids, tokens = [lab.first(name), lab.start(name)], {}
    while len(tokens) < 2:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=10)
        for message in answer["Messages"]:
            told = json.loads(json.loads(message["Body"])["Message"])["approval"]
            tokens[told["customData"]] = told["token"]

    assert set(tokens) == set(ids)
    lab.answer(name, token=tokens[ids[0]])
    assert lab.ended(name, ids[0])["status"] == "Succeeded"
    assert lab.execution(name, ids[1])["status"] == "InProgress"
    lab.answer(name, "Rejected", token=tokens[ids[1]])
    assert lab.ended(name, ids[1])["status"] == "Failed"


def test_a_closed_transition_holds_executions_until_it_is_opened(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    lab.answer(name)
    lab.ended(name)
    place = {"pipelineName": name, "stageName": "Deploy", "transitionType": "Inbound"}
    lab.pipelines.disable_stage_transition(**place, reason="freeze of the year")
    execution_id = lab.start(name)
    state = lab.until(
        lambda: lab.stages(name)["Deploy"], lambda found: len(found["inboundExecutions"])
    )
    assert state["inboundTransitionState"]["enabled"] is False
    assert state["inboundTransitionState"]["disabledReason"] == "freeze of the year"
    assert state["inboundExecution"]["pipelineExecutionId"] == execution_id

    lab.pipelines.enable_stage_transition(**place)
    lab.answer(name)

    assert lab.ended(name, execution_id)["status"] == "Succeeded"
    assert lab.stages(name)["Deploy"]["inboundTransitionState"]["enabled"] is True


# Fails unless the flag is in the bucket; succeeds otherwise.
FAILS_AT_FIRST = (
    "s3 = boto3.client('s3')\n"
    "found = s3.list_objects_v2(Bucket='{bucket}', Prefix='fixed')['KeyCount']\n"
    f"if found:\n    {SUCCEED}\nelse:\n    {FAIL}"
)


@pytest.mark.parametrize(("mode", "good_runs"), [("FAILED_ACTIONS", 1), ("ALL_ACTIONS", 2)])
def test_a_failed_stage_is_retried_in_its_failed_actions_or_all(
    lab: CodePipelineLab, mode: str, good_runs: int
) -> None:
    name = lab.create(
        stage(
            "Test",
            lab.invoke("Good", SUCCEED),
            lab.invoke("Bad", FAILS_AT_FIRST.replace("{bucket}", lab.bucket)),
        ),
    )
    execution_id = lab.first(name)
    assert lab.ended(name)["status"] == "Failed"
    lab.emulator.client("s3").put_object(Bucket=lab.bucket, Key="fixed", Body=b"")

    answer = lab.pipelines.retry_stage_execution(
        pipelineName=name, stageName="Test", pipelineExecutionId=execution_id, retryMode=mode
    )

    assert answer["pipelineExecutionId"] == execution_id
    assert lab.ended(name)["status"] == "Succeeded"
    ran = [each["actionName"] for each in lab.action_executions(name, execution_id)]
    assert ran.count("Bad") == 2
    assert ran.count("Good") == good_runs
    assert lab.stages(name)["Test"]["retryStageMetadata"] == {
        "manualStageRetryAttempt": 1,
        "latestRetryTrigger": "ManualStageRetry",
    }


def test_a_stage_with_on_failure_retry_is_tried_once_more_by_itself(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Test", lab.invoke("Bad", FAIL), onFailure={"result": "RETRY"}))

    execution = lab.ended(name)

    assert execution["status"] == "Failed"
    ran = lab.action_executions(name, execution["pipelineExecutionId"])
    assert [each["actionName"] for each in ran] == ["Bad", "Bad", "Source"]
    assert lab.stages(name)["Test"]["retryStageMetadata"] == {
        "autoStageRetryAttempt": 1,
        "latestRetryTrigger": "AutomatedStageRetry",
    }


def test_a_stage_is_rolled_back_to_an_execution_that_succeeded_in_it(lab: CodePipelineLab) -> None:
    """Source: "Roll back a stage manually": the target's artifacts and variables are taken."""
    name = lab.create(
        stage("Deploy", approval(configuration={"CustomData": "#{variables.V}"})),
        stage("After", approval()),
        variables=[{"name": "V", "defaultValue": "one"}],
    )
    good = lab.first(name)
    lab.answer(name)
    lab.answer(name, stageName="After")
    lab.ended(name, good)
    other = lab.start(name, variables=[{"name": "V", "value": "two"}])
    lab.answer(name, "Rejected")
    lab.ended(name, other)
    rollback = lab.pipelines.rollback_stage
    request = {"pipelineName": name, "stageName": "Deploy"}
    failed = error_of(rollback, **request, targetPipelineExecutionId=other)

    execution_id = rollback(**request, targetPipelineExecutionId=good)["pipelineExecutionId"]
    lab.answer(name)

    execution = lab.ended(name, execution_id)
    assert failed[0] == "UnableToRollbackStageException"
    assert execution["status"] == "Succeeded"
    assert execution["executionType"] == "ROLLBACK"
    assert execution["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": good}
    assert execution["trigger"]["triggerType"] == "ManualRollback"
    assert execution["artifactRevisions"] == lab.execution(name, good)["artifactRevisions"]
    [decision] = lab.action_executions(name, execution_id)
    assert decision["input"]["resolvedConfiguration"] == {"CustomData": "one"}
    again = error_of(rollback, **request, targetPipelineExecutionId=execution_id)
    assert again[0] == "UnableToRollbackStageException"
    source = error_of(
        rollback, **{**request, "stageName": "Source"}, targetPipelineExecutionId=good
    )
    assert source[0] == "UnableToRollbackStageException"
    lab.pipelines.update_pipeline(pipeline=lab.pipelines.get_pipeline(name=name)["pipeline"])
    outdated = error_of(rollback, **request, targetPipelineExecutionId=good)
    assert outdated[0] == "PipelineExecutionOutdatedException"


def test_a_stage_with_on_failure_rollback_goes_back_by_itself(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval(), onFailure={"result": "ROLLBACK"}))
    good = lab.first(name)
    lab.answer(name)
    lab.ended(name, good)
    bad = lab.start(name)
    lab.answer(name, "Rejected")
    assert lab.ended(name, bad)["status"] == "Failed"

    newest, *_ = lab.until(lambda: lab.executions(name), lambda found: len(found) == 3)
    lab.until(
        lambda: lab.stages(name)["Deploy"]["latestExecution"],
        lambda inside: inside["type"] == "ROLLBACK",
    )
    lab.answer(name, "Rejected")

    assert newest["executionType"] == "ROLLBACK"
    assert newest["rollbackMetadata"] == {"rollbackTargetPipelineExecutionId": good}
    assert newest["trigger"] == {
        "triggerType": "AutomatedRollback",
        "triggerDetail": json.dumps({"FailedPipelineExecutionId": bad}),
    }
    assert lab.ended(name, newest["pipelineExecutionId"])["status"] == "Failed"
    assert len(lab.executions(name)) == 3


def test_what_has_not_failed_or_was_overtaken_or_redeclared_is_not_retried(
    lab: CodePipelineLab,
) -> None:
    name = lab.create(stage("Test", lab.invoke("Bad", FAIL)))
    first = lab.first(name)
    lab.ended(name)
    retry = lab.pipelines.retry_stage_execution
    request = {"pipelineName": name, "stageName": "Test", "retryMode": "FAILED_ACTIONS"}

    fine = error_of(retry, **{**request, "stageName": "Source"}, pipelineExecutionId=first)
    second = lab.start(name)
    lab.ended(name, second)
    overtaken = error_of(retry, **request, pipelineExecutionId=first)
    declaration = lab.pipelines.get_pipeline(name=name)["pipeline"]
    lab.pipelines.update_pipeline(pipeline=declaration)
    redeclared = error_of(retry, **request, pipelineExecutionId=second)

    assert fine[0] == "StageNotRetryableException"
    assert overtaken[0] == "NotLatestPipelineExecutionException"
    assert second in overtaken[1]
    assert redeclared[0] == "StageNotRetryableException"
    assert "version 1 to 2" in redeclared[1]


def test_stopping_waits_for_the_running_action(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()), stage("After", approval()))
    execution_id, stop = lab.first(name), lab.pipelines.stop_pipeline_execution
    lab.token(name)
    request = {"pipelineName": name, "pipelineExecutionId": execution_id}
    stop(**request, reason="wrong branch")
    assert lab.execution(name, execution_id)["status"] == "Stopping"
    assert lab.stages(name)["Deploy"]["latestExecution"]["status"] == "Stopping"
    again = error_of(stop, **request)
    lab.answer(name)

    execution = lab.ended(name)

    assert again[0] == "DuplicatedStopRequestException"
    assert execution["status"] == "Stopped"
    assert lab.executions(name)[0]["stopTrigger"] == {"reason": "wrong branch"}
    assert lab.action(name, "Deploy", "Approve")["status"] == "Succeeded"
    assert lab.action(name, "After", "Approve") == {}
    ended = error_of(stop, **request)
    assert ended[0] == "PipelineExecutionNotStoppableException"


def test_an_abandoned_execution_stops_at_once_and_can_be_retried(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    execution_id, token = lab.first(name), lab.token(name)
    lab.pipelines.stop_pipeline_execution(
        pipelineName=name, pipelineExecutionId=execution_id, abandon=True
    )

    assert lab.execution(name, execution_id)["status"] == "Stopped"
    assert lab.action(name, "Deploy", "Approve")["status"] == "Abandoned"
    assert error_of(lab.answer, name=name, token=token)[0] == "InvalidApprovalTokenException"
    lab.pipelines.retry_stage_execution(
        pipelineName=name,
        stageName="Deploy",
        pipelineExecutionId=execution_id,
        retryMode="FAILED_ACTIONS",
    )
    asked_again = lab.token(name)
    assert error_of(lab.answer, name=name, token=token)[0] == "InvalidApprovalTokenException"
    lab.answer(name, token=asked_again)
    assert lab.ended(name)["status"] == "Succeeded"


def test_an_abandoned_function_that_ends_late_does_not_end_the_retry(lab: CodePipelineLab) -> None:
    body = (
        "import time\n"
        "s3 = boto3.client('s3')\n"
        "def is_there(key):\n"
        "    found = s3.list_objects_v2(Bucket='{bucket}', Prefix=key)\n"
        "    return found['KeyCount'] == 1\n"
        "def put(key):\n"
        "    s3.put_object(Bucket='{bucket}', Key=key, Body=b'')\n"
        "if not is_there('began'):\n"
        "    put('began')\n"
        "    while not is_there('again'):\n"
        "        time.sleep(0.05)\n"
        "    put('late')\n"
        "else:\n"
        "    put('again')\n"
        "    while not is_there('late'):\n"
        "        time.sleep(0.05)\n"
        "    time.sleep(0.3)  # the first one's end is seen meanwhile\n"
        f"    {SUCCEED}"
    ).replace("{bucket}", lab.bucket)
    name = lab.create(stage("Test", lab.invoke("Check", body)), stage("Deploy", approval()))
    execution_id, s3 = lab.first(name), lab.emulator.client("s3")
    lab.until(
        lambda: s3.list_objects_v2(Bucket=lab.bucket, Prefix="began")["KeyCount"],
        lambda count: count == 1,
    )
    lab.pipelines.stop_pipeline_execution(
        pipelineName=name, pipelineExecutionId=execution_id, abandon=True
    )
    lab.pipelines.retry_stage_execution(
        pipelineName=name,
        stageName="Test",
        pipelineExecutionId=execution_id,
        retryMode="FAILED_ACTIONS",
    )
    lab.answer(name)

    assert lab.ended(name)["status"] == "Succeeded"
    ran = [each["status"] for each in lab.action_executions(name, execution_id)]
    assert ran == ["Succeeded", "Succeeded", "Abandoned", "Succeeded"]


def test_an_execution_that_waits_is_stopped_without_waiting(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    lab.token(name)
    waiting = lab.start(name)
    lab.until(
        lambda: lab.stages(name)["Deploy"]["inboundExecutions"], lambda found: len(found) == 1
    )
    lab.pipelines.stop_pipeline_execution(pipelineName=name, pipelineExecutionId=waiting)

    assert lab.execution(name, waiting)["status"] == "Stopped"
    assert lab.stages(name)["Deploy"]["inboundExecutions"] == []


def test_starting_takes_variables_tokens_and_object_keys(lab: CodePipelineLab) -> None:
    source = lab.source(configuration={"AllowOverrideForS3ObjectKey": "true"})
    name = lab.create(
        stage("Source", source),
        stage("Deploy", approval(configuration={"CustomData": "#{variables.STAGE}"})),
        variables=[{"name": "STAGE"}],
        executionMode="PARALLEL",
    )
    lab.emulator.client("s3").put_object(Bucket=lab.bucket, Key="other.zip", Body=b"other")
    override = {
        "actionName": "Source",
        "revisionType": "S3_OBJECT_KEY",
        "revisionValue": "other.zip",
    }
    request = {
        "variables": [{"name": "STAGE", "value": "prod"}],
        "sourceRevisions": [override],
        "clientRequestToken": "token-1",
    }

    execution_id = lab.start(name, **request)

    assert lab.start(name, **request) == execution_id
    [revision] = lab.until(
        lambda: lab.execution(name, execution_id)["artifactRevisions"], lambda found: len(found)
    )
    head = lab.emulator.client("s3").head_object(Bucket=lab.bucket, Key="other.zip")
    assert revision["revisionId"] == head["VersionId"]
    decision, _ = lab.until(
        lambda: lab.action_executions(name, execution_id), lambda found: len(found) == 2
    )
    assert decision["input"]["resolvedConfiguration"] == {"CustomData": "prod"}
    code, message = error_of(
        lab.start,
        name=name,
        variables=[{"name": "STGAE", "value": "prod"}],
        sourceRevisions=[{**override, "revisionType": "COMMIT_ID"}],
    )
    assert code == "ValidationException"
    assert "no variable 'STGAE'" in message
    assert "'STAGE' has no default value" in message


def test_an_artifact_store_or_a_source_that_is_not_there_fails_its_action(
    lab: CodePipelineLab,
) -> None:
    store = {"type": "S3", "location": "no-such-bucket-anywhere"}
    without_store = lab.create(stage("Deploy", approval()), artifactStore=store)
    source = lab.source(configuration={"S3ObjectKey": "gone.zip"})
    without_source = lab.create(stage("Source", source), stage("Deploy", approval()))

    assert "'no-such-bucket-anywhere'" in lab.ended(without_store)["statusSummary"]
    summary = lab.ended(without_source)["statusSummary"]
    assert summary.startswith("Stage Source, action Source: RevisionUnavailable:")
    assert "gone.zip" in summary


def test_an_older_version_of_an_object_is_delivered_when_asked_for(lab: CodePipelineLab) -> None:
    name = lab.create(stage("Deploy", approval()))
    [old] = lab.until(
        lambda: lab.execution(name, lab.first(name))["artifactRevisions"], lambda found: len(found)
    )
    lab.answer(name)
    lab.emulator.client("s3").put_object(Bucket=lab.bucket, Key="Source.zip", Body=b"new")
    override = {
        "actionName": "Source",
        "revisionType": "S3_OBJECT_VERSION_ID",
        "revisionValue": old["revisionId"],
    }

    execution_id = lab.start(name, sourceRevisions=[override])

    [revision] = lab.until(
        lambda: lab.execution(name, execution_id)["artifactRevisions"], lambda found: len(found)
    )
    assert revision["revisionId"] == old["revisionId"]


def test_a_source_bucket_without_versions_is_refused(lab: CodePipelineLab) -> None:
    """Source: "Amazon S3 source action reference": the bucket needs versioning."""
    bucket = lab.unique("plain").lower()
    lab.emulator.client("s3").create_bucket(Bucket=bucket)
    source = lab.source(configuration={"S3Bucket": bucket})
    name = lab.create(stage("Source", source), stage("Deploy", approval()))

    assert f"Bucket '{bucket}' does not have versioning" in lab.ended(name)["statusSummary"]


def test_a_changed_object_starts_an_execution(lab: CodePipelineLab) -> None:
    source = lab.source(configuration={"PollForSourceChanges": "true"})
    name = lab.create(stage("Source", source), stage("Deploy", approval()))
    lab.token(name)
    lab.emulator.client("s3").put_object(Bucket=lab.bucket, Key="Source.zip", Body=b"new")

    found = lab.until(lambda: lab.executions(name), lambda each: len(each) == 2)

    assert found[0]["trigger"]["triggerType"] == "PollForSourceChanges"
    lab.pipelines.delete_pipeline(name=name)


def test_files_of_an_artifact_are_deployed_to_a_bucket(lab: CodePipelineLab) -> None:
    configuration = {"BucketName": lab.bucket, "Extract": "true", "ObjectKey": "site"}
    deploy = action(
        "Copy", "Deploy", "S3", configuration=configuration, inputArtifacts=["SourceOutput"]
    )
    name = lab.create(stage("Deploy", deploy))

    assert lab.ended(name)["status"] == "Succeeded"
    body = lab.emulator.client("s3").get_object(Bucket=lab.bucket, Key="site/README.md")["Body"]
    assert body.read() == b"read me"


def test_after_a_kill_an_approval_waits_on_and_what_ran_has_failed(
    own_lab: CodePipelineLab,
) -> None:
    lab = own_lab
    waiting = lab.create(stage("Deploy", approval()))
    token = lab.token(waiting)
    queued = lab.start(waiting)
    lab.until(
        lambda: lab.stages(waiting)["Deploy"]["inboundExecutions"], lambda found: len(found) == 1
    )
    body = (
        "boto3.client('s3').put_object(Bucket='{bucket}', Key='it-runs', Body=b'')\n"
        "import time\ntime.sleep(30)"
    ).replace("{bucket}", lab.bucket)
    running = lab.create(stage("Test", lab.invoke("Slow", body)))
    s3 = lab.emulator.client("s3")
    lab.until(
        lambda: s3.list_objects_v2(Bucket=lab.bucket, Prefix="it-runs")["KeyCount"],
        lambda count: count == 1,
    )

    lab.emulator.kill()
    lab.emulator.start()

    execution = lab.ended(running)
    assert execution["status"] == "Failed"
    assert (
        "The emulator stopped while the action ran; retry the stage."
        in (execution["statusSummary"])
    )
    assert lab.token(waiting) == token
    lab.answer(waiting, token=token)
    assert lab.ended(waiting)["status"] == "Succeeded"
    lab.answer(waiting)
    assert lab.ended(waiting, queued)["status"] == "Succeeded"
