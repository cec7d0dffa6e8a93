"""Callback steps and the tokens they wait for, against a running emulator."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def queue_url(emulator: Any, lab: Any) -> str:
    answer = emulator.client("sqs").create_queue(QueueName=lab.unique("callbacks"))
    return str(answer["QueueUrl"])


def callback(queue_url: str, **members: Any) -> dict[str, Any]:
    return {
        "Name": "Ask",
        "Type": "Callback",
        "SqsQueueUrl": queue_url,
        "Arguments": {"word": {"Get": "Parameters.Word"}},
        "OutputParameters": [{"OutputName": "count", "OutputType": "Integer"}],
        **members,
    }


WORD = [{"Name": "Word", "Type": "String", "DefaultValue": "hello"}]


def message(emulator: Any, queue_url: str) -> dict[str, Any]:
    """The next message of a queue, which is then gone."""
    sqs = emulator.client("sqs")
    (found,) = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=20)["Messages"]
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=found["ReceiptHandle"])
    body: dict[str, Any] = json.loads(found["Body"])
    return body


def failing(call: Any, **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_step_ends_when_its_token_comes_back_with_the_outputs(
    lab: Any, emulator: Any, queue_url: str
) -> None:
    code = "import os; open('/opt/ml/processing/out/count', 'w').write(os.environ['COUNT'])"
    count = {"Std:Join": {"On": "", "Values": [{"Get": "Steps.Ask.OutputParameters['count']"}]}}
    arguments = {"Environment": {"COUNT": count}}
    use = lab.processing("Use", code, outputs=["out"], arguments=arguments)
    arn = lab.start(lab.create(callback(queue_url), use, Parameters=WORD))
    body = message(emulator, queue_url)

    answer = lab.sagemaker.send_pipeline_execution_step_success(
        CallbackToken=body["token"], OutputParameters=[{"Name": "count", "Value": "7"}]
    )

    assert answer["PipelineExecutionArn"] == arn
    assert body["arguments"] == {"word": "hello"}
    assert body["pipelineExecutionArn"] == arn
    assert lab.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert lab.text("Use/out/count") == "7"
    assert lab.steps(arn)["Ask"]["Metadata"]["Callback"] == {
        "CallbackToken": body["token"],
        "SqsQueueUrl": queue_url,
        "OutputParameters": [{"Name": "count", "Value": "7"}],
    }
    code, _ = failing(
        lab.sagemaker.send_pipeline_execution_step_failure, CallbackToken=body["token"]
    )
    assert code == "ResourceNotFound"


def test_a_failure_that_is_sent_is_the_steps_reason(
    lab: Any, emulator: Any, queue_url: str
) -> None:
    arn = lab.start(lab.create(callback(queue_url), Parameters=WORD))
    token = message(emulator, queue_url)["token"]

    lab.sagemaker.send_pipeline_execution_step_failure(CallbackToken=token, FailureReason="tired")

    assert lab.finished(arn)["PipelineExecutionStatus"] == "Failed"
    assert lab.steps(arn)["Ask"]["FailureReason"] == "tired"


def test_an_answer_that_is_sent_again_gets_the_same_answer(
    lab: Any, emulator: Any, queue_url: str
) -> None:
    """Source: ClientRequestToken: "An idempotent operation completes no more than one time"."""
    arns = [lab.start(lab.create(callback(queue_url), Parameters=WORD)) for _ in range(2)]
    bodies = [message(emulator, queue_url) for _ in arns]
    tokens = {body["pipelineExecutionArn"]: body["token"] for body in bodies}
    done = {
        "CallbackToken": tokens[arns[0]],
        "OutputParameters": [{"Name": "count", "Value": "7"}],
        "ClientRequestToken": lab.unique("request-that-is-sent-more-than-once"),
    }
    refused = {
        "CallbackToken": tokens[arns[1]],
        "ClientRequestToken": lab.unique("refusal-that-is-sent-more-than-once"),
    }
    for _ in range(2):
        success = lab.sagemaker.send_pipeline_execution_step_success(**done)
        failure = lab.sagemaker.send_pipeline_execution_step_failure(**refused)
        assert success["PipelineExecutionArn"] == arns[0]
        assert failure["PipelineExecutionArn"] == arns[1]
        assert lab.finished(arns[0])["PipelineExecutionStatus"] == "Succeeded"
        assert lab.finished(arns[1])["PipelineExecutionStatus"] == "Failed"


def test_outputs_that_the_step_does_not_declare_are_refused_and_the_step_waits_on(
    lab: Any, emulator: Any, queue_url: str
) -> None:
    arn = lab.start(lab.create(callback(queue_url), Parameters=WORD))
    token = message(emulator, queue_url)["token"]
    outputs = [{"Name": "count", "Value": "many"}, {"Name": "other", "Value": "1"}]

    code, text = failing(
        lab.sagemaker.send_pipeline_execution_step_success,
        CallbackToken=token,
        OutputParameters=outputs,
    )

    assert code == "ValidationException"
    assert "output 'count' as 'many', which is no Integer" in text
    assert "output 'other', which the step does not declare" in text
    lab.sagemaker.send_pipeline_execution_step_success(
        CallbackToken=token, OutputParameters=[{"Name": "count", "Value": "1"}]
    )
    assert lab.finished(arn)["PipelineExecutionStatus"] == "Succeeded"


def test_an_execution_stops_only_when_the_token_has_come_back(
    lab: Any, emulator: Any, queue_url: str
) -> None:
    """Source: the API reference of StopPipelineExecution, "Callback Step"."""
    arn = lab.start(lab.create(callback(queue_url), Parameters=WORD))
    token = message(emulator, queue_url)["token"]

    lab.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    told = message(emulator, queue_url)
    execution = lab.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    assert (told["token"], told["status"]) == (token, "Stopping")
    assert execution["PipelineExecutionStatus"] == "Stopping"
    lab.sagemaker.send_pipeline_execution_step_success(
        CallbackToken=token, OutputParameters=[{"Name": "count", "Value": "1"}]
    )
    assert lab.finished(arn)["PipelineExecutionStatus"] == "Stopped"


def test_a_queue_that_does_not_exist_fails_the_step(lab: Any) -> None:
    url = "http://sqs.us-east-1.amazonaws.com/123456789012/no-such-queue"

    execution = lab.run(lab.create(callback(url), Parameters=WORD))

    reason = lab.steps(execution["PipelineExecutionArn"])["Ask"]["FailureReason"]
    assert reason.startswith(f"ClientError: Failed to send a message to {url}. Error Details: ")
