"""Why a step was reused, or was not."""

import json
from typing import Any

from pipelines.execution import Execution, Step
from pipelines.reuse import reasons
from tests.unit.pipelines.aws_in_memory import Client

PIPELINE = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p"
NOW, BEFORE = f"{PIPELINE}/execution/now", f"{PIPELINE}/execution/before"
DEFINITION = {
    "Steps": [
        {"Name": "Train", "CacheConfig": {"Enabled": True}, "Arguments": {}},
        {"Name": "Check", "Arguments": {"IfSteps": [{"Name": "Register", "Arguments": {}}]}},
    ]
}


def training(job: str, reused_from: str = "") -> Step:
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{job}"
    return Step("Train", "Succeeded", None, None, "", reused_from, 1, {"TrainingJob": {"Arn": arn}})


def job(uri: str, eta: str, output: str) -> dict[str, Any]:
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": uri}}}
    return {
        "TrainingJobStatus": "Completed",
        "AlgorithmSpecification": {"TrainingImage": "image"},
        "HyperParameters": {"eta": eta},
        "InputDataConfig": [channel],
        "OutputDataConfig": {"S3OutputPath": output},
    }


def client(jobs: dict[str, dict[str, Any]], *, has_earlier: bool = True) -> Client:
    arns = [NOW, BEFORE] if has_earlier else [NOW]
    before = {
        "StepName": "Train",
        "StepStatus": "Succeeded",
        "Metadata": dict(training("before").metadata),
    }
    return Client(
        "sagemaker",
        {
            "describe_pipeline_definition_for_execution": {
                "PipelineDefinition": json.dumps(DEFINITION)
            },
            "list_pipeline_executions": {
                "PipelineExecutionSummaries": [{"PipelineExecutionArn": arn} for arn in arns]
            },
            "describe_pipeline_execution": {"PipelineExecutionStatus": "Succeeded"},
            "list_pipeline_execution_steps": {"PipelineExecutionSteps": [before]},
            "list_training_jobs": {"TrainingJobSummaries": []},
            "describe_training_job": lambda request: jobs[request["TrainingJobName"]],
        },
    )


def why(sagemaker: Client, *steps: Step) -> dict[str, str]:
    return reasons(sagemaker, "p", Execution(NOW, "Succeeded", "", steps))


def test_a_reused_step_names_the_execution_it_comes_from() -> None:
    told = why(client({}), training("before", reused_from=BEFORE))
    assert told == {"Train": "reused from execution before: nothing has changed"}


def test_a_step_that_ran_again_names_what_has_changed() -> None:
    jobs = {
        "before": job("s3://b/1", "0.1", "s3://b/out/1"),
        "now": job("s3://b/2", "0.2", "s3://b/out/2"),
    }
    told = why(client(jobs), training("now"))["Train"]
    assert told == (
        "ran: changed HyperParameters.eta, InputDataConfig[train].DataSource.S3DataSource.S3Uri"
    )


def test_another_output_address_is_no_change() -> None:
    # Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
    jobs = {"before": job("s3://b/1", "0.1", "s3://b/x"), "now": job("s3://b/1", "0.1", "s3://b/y")}
    assert why(client(jobs), training("now"))["Train"] == (
        "ran: what earlier executions made has expired"
    )


def test_a_step_of_the_first_execution_says_so() -> None:
    told = why(client({}, has_earlier=False), training("now"))
    assert told == {"Train": "ran: no earlier execution has finished this step"}


def test_a_step_without_cache_says_so() -> None:
    register = Step("Register", "Succeeded", None, None, "", "", 1, {"RegisterModel": {"Arn": "a"}})
    told = why(client({}), register)
    assert told == {"Register": "ran: no cache is set for it"}


def test_a_pipeline_without_any_cache_has_nothing_to_tell() -> None:
    definition = {"PipelineDefinition": json.dumps({"Steps": [{"Name": "Train", "Arguments": {}}]})}
    sagemaker = Client("sagemaker", {"describe_pipeline_definition_for_execution": definition})
    assert why(sagemaker, training("now")) == {}
