"""What a failed execution has to say."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pipelines import failure
from pipelines.execution import Execution, Step
from tests.unit.pipelines.aws_in_memory import Client, client_error

EXECUTION = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/abcdefghijkl"
JOBS = "arn:aws:sagemaker:us-east-1:123456789012"
NONE_LISTED: dict[str, Any] = {"ProcessingJobSummaries": []}
# Written by CPython 3.11; the toolkit's lines are of sagemaker-training 5.1.4.
LOG = """Reading ratings
Traceback (most recent call last):
  File "/opt/ml/code/prepare.py", line 7, in <module>
    prepare()
  File "/opt/ml/code/prepare.py", line 3, in prepare
    rows["rating"]
    ~~~~^^^^^^^^^^
KeyError: 'rating'
2026-11-21 12:00:00,123 sagemaker-training-toolkit ERROR    Reporting training FAILURE
Command "/opt/env/bin/python3 prepare.py"
"""


def step(name: str, status: str = "Failed", reason: str = "", **metadata: Any) -> Step:
    return Step(name, status, None, None, reason, "", 1, metadata)


def failed(*steps: Step) -> Execution:
    return Execution(EXECUTION, "Failed", "Step failure: One or multiple steps failed.", steps)


def logs(text: str, stream: str) -> Client:
    events = [{"timestamp": 0, "message": line} for line in text.splitlines()]
    return Client(
        "logs",
        {
            "describe_log_streams": {"logStreams": [{"logStreamName": stream}]},
            "get_log_events": {"events": events},
        },
    )


def processing(**members: Any) -> dict[str, Any]:
    s3_input = {
        "S3Uri": "s3://bucket/ratings",
        "LocalPath": "/opt/ml/processing/input",
        "S3DataType": "S3Prefix",
    }
    return {
        "ProcessingJobStatus": "Failed",
        "FailureReason": "AlgorithmError: , exit code: 1",
        "AppSpecification": {
            "ImageUri": "image",
            "ContainerEntrypoint": ["python3", "prepare.py"],
            "ContainerArguments": ["--seed", "0"],
        },
        "ProcessingInputs": [{"InputName": "ratings", "S3Input": s3_input}],
        **members,
    }


def listed(noun: str, name: str) -> dict[str, Any]:
    """What List answers for a job: the ARN in lower case, as AWS has it, and the name as it is."""
    types = {
        "ProcessingJob": "processing-job",
        "HyperParameterTuningJob": "hyper-parameter-tuning-job",
    }
    arn = f"{JOBS}:{types[noun]}/{name.lower()}"
    return {f"{noun}Summaries": [{f"{noun}Name": name, f"{noun}Arn": arn}]}


def test_a_failed_job_is_told_with_its_traceback_inputs_and_log() -> None:
    name = "pipelines-abcdefghijkl-Prepare-XyZ"
    sagemaker = Client(
        "sagemaker",
        {
            "list_processing_jobs": listed("ProcessingJob", name),
            "describe_processing_job": processing(),
        },
    )
    stream = f"{name}/algo-1-1763726400"
    metadata = {"ProcessingJob": {"Arn": f"{JOBS}:processing-job/{name.lower()}"}}
    text = failure.report(
        sagemaker,
        logs(LOG, stream),
        failed(step("Prepare", reason="ClientError: exit code: 1", **metadata)),
    )
    assert "Step Prepare failed." in text
    assert "ProcessingJob pipelines-abcdefghijkl-Prepare-XyZ: Failed" in text
    assert "KeyError: 'rating'" in text
    assert 'File "/opt/ml/code/prepare.py", line 3, in prepare' in text
    assert "Reading ratings" not in text
    assert "sagemaker-training-toolkit" not in text
    assert "input ratings: s3://bucket/ratings at /opt/ml/processing/input" in text
    assert "command: python3 prepare.py --seed 0" in text
    assert (
        "aws logs get-log-events --log-group-name /aws/sagemaker/ProcessingJobs "
        "--log-stream-name pipelines-abcdefghijkl-Prepare-XyZ/algo-1-1763726400 " in text
    )
    assert sagemaker.requests_of("list_processing_jobs") == [{"NameContains": "abcdefghijkl"}]
    assert sagemaker.requests_of("describe_processing_job") == [
        {"ProcessingJobName": "pipelines-abcdefghijkl-Prepare-XyZ"}
    ]


def test_the_message_that_a_processing_job_left_is_told() -> None:
    described = processing(ExitMessage="ratings.csv row 7: rating is 'x', expected a number")
    metadata = {"ProcessingJob": {"Arn": f"{JOBS}:processing-job/j"}}
    text = failure.report(
        Client(
            "sagemaker",
            {"list_processing_jobs": NONE_LISTED, "describe_processing_job": described},
        ),
        logs("no traceback here", "j/algo-1"),
        failed(step("Prepare", **metadata)),
    )
    assert "rating is 'x', expected a number" in text
    assert "no traceback here" in text


def test_a_tuning_step_is_told_by_the_training_job_that_failed() -> None:
    sagemaker = Client(
        "sagemaker",
        {
            "list_hyper_parameter_tuning_jobs": listed("HyperParameterTuningJob", "tune"),
            "describe_hyper_parameter_tuning_job": {
                "HyperParameterTuningJobStatus": "Failed",
                "TrainingJobDefinition": {},
            },
            "list_training_jobs_for_hyper_parameter_tuning_job": {
                "TrainingJobSummaries": [{"TrainingJobName": "tune-002-1a2b3c4d"}]
            },
            "describe_training_job": {
                "TrainingJobStatus": "Failed",
                "FailureReason": "AlgorithmError: ValueError: no ratings",
                "AlgorithmSpecification": {"TrainingImage": "image"},
                "HyperParameters": {"eta": "0.3"},
                "InputDataConfig": [
                    {
                        "ChannelName": "train",
                        "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/train"}},
                    }
                ],
            },
        },
    )
    metadata = {"TuningJob": {"Arn": f"{JOBS}:hyper-parameter-tuning-job/tune"}}
    text = failure.report(
        sagemaker, logs(LOG, "tune-002-1a2b3c4d/algo-1-1"), failed(step("Tune", **metadata))
    )
    assert "TrainingJob tune-002-1a2b3c4d: Failed" in text
    assert "hyperparameter eta: 0.3" in text
    assert "channel train: s3://bucket/train" in text
    assert "KeyError: 'rating'" in text
    assert "/aws/sagemaker/TrainingJobs" in text


def test_a_job_without_a_log_says_where_it_would_be() -> None:
    missing = client_error("ResourceNotFoundException", "no group", "DescribeLogStreams")
    metadata = {"ProcessingJob": {"Arn": f"{JOBS}:processing-job/j"}}
    text = failure.report(
        Client(
            "sagemaker",
            {"list_processing_jobs": NONE_LISTED, "describe_processing_job": processing()},
        ),
        Client("logs", {"describe_log_streams": missing}),
        failed(step("Prepare", **metadata)),
    )
    assert "It wrote no log (group /aws/sagemaker/ProcessingJobs, streams j/*)." in text


def test_a_tuning_step_without_a_failed_job_is_told_with_its_metrics_and_a_log() -> None:
    metric = {"Name": "validation:rmse", "Regex": "rmse=(.*)"}

    def first(request: dict[str, Any]) -> dict[str, Any]:
        listed = [] if "StatusEquals" in request else [{"TrainingJobName": "tune-001-1a2b3c4d"}]
        return {"TrainingJobSummaries": listed}

    sagemaker = Client(
        "sagemaker",
        {
            "list_hyper_parameter_tuning_jobs": listed("HyperParameterTuningJob", "tune"),
            "describe_hyper_parameter_tuning_job": {
                "HyperParameterTuningJobStatus": "Failed",
                "FailureReason": "No objective metrics found after running 6 training jobs.",
                "TrainingJobDefinition": {
                    "AlgorithmSpecification": {"MetricDefinitions": [metric]},
                },
            },
            "list_training_jobs_for_hyper_parameter_tuning_job": first,
        },
    )
    metadata = {"TuningJob": {"Arn": f"{JOBS}:hyper-parameter-tuning-job/tune"}}
    events = logs("validation-rmse:0.9", "tune-001-1a2b3c4d/algo-1-1")
    text = failure.report(sagemaker, events, failed(step("Tune", **metadata)))
    assert "HyperParameterTuningJob tune: Failed" in text
    assert "    metric validation:rmse: rmse=(.*)" in text
    assert "    validation-rmse:0.9" in text
    (asked,) = events.requests_of("describe_log_streams")
    assert asked["logStreamNamePrefix"] == "tune-001-1a2b3c4d/"


def test_an_endpoint_step_is_told_by_the_log_of_its_newest_instance() -> None:
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)
    start_ms = int(start.timestamp() * 1000)
    old = {"creationTime": start_ms - 1, "lastEventTimestamp": start_ms + 9000}
    first = {"creationTime": start_ms + 1000, "lastEventTimestamp": start_ms + 1000}
    second = {"creationTime": start_ms + 5000, "lastEventTimestamp": start_ms + 5000}
    streams = [
        {"logStreamName": f"AllTraffic/i-{name}", **times}
        for name, times in (("c", old), ("a", second), ("b", first))
    ]
    events = [{"timestamp": 0, "message": line} for line in LOG.splitlines()]
    answers = {
        "describe_log_streams": {"logStreams": streams},
        "get_log_events": {"events": events},
    }
    reason = "did not pass the ping health check"
    metadata = {"Endpoint": {"Arn": f"{JOBS}:endpoint/Churn-staging"}}
    client = Client("logs", answers)
    deploy = replace(step("Endpoint", reason=reason, **metadata), start=start)
    text = failure.report(Client("sagemaker", {}), client, failed(deploy))
    assert reason in text
    assert "KeyError: 'rating'" in text
    assert "It was given" not in text
    group = "/aws/sagemaker/Endpoints/Churn-staging"
    assert f"--log-group-name {group} --log-stream-name AllTraffic/i-a " in text
    assert client.requests_of("describe_log_streams") == [
        {"logGroupName": group, "orderBy": "LastEventTime", "descending": True}
    ]

    only_old = Client("logs", {"describe_log_streams": {"logStreams": streams[:1]}})
    text = failure.report(Client("sagemaker", {}), only_old, failed(deploy))
    assert f"It wrote no log (group {group}" in text


def test_a_step_that_asked_a_failing_model_is_told_with_the_models_log() -> None:
    # Source: ModelError as AWS words it, e.g. aws/amazon-sagemaker-examples issue 235.
    reason = (
        'ModelError: Received server error (500) from primary with message "x". See '
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:"
        "group=/aws/sagemaker/Endpoints/churn-staging in account 123456789012 for more information."
    )
    failing = step("CheckCsv", reason=reason, Lambda={"Arn": "arn:aws:lambda:::function:f"})
    client = logs(LOG, "AllTraffic/i-0")
    another = replace(failing, name="CheckJson")
    text = failure.report(Client("sagemaker", {}), client, failed(failing, another))
    assert text.count("KeyError: 'rating'") == 1
    assert text.endswith("see above.")
    asked = client.requests_of("get_log_events")[0]
    assert asked["logGroupName"] == "/aws/sagemaker/Endpoints/churn-staging"


def test_an_input_without_objects_is_told_by_the_output_that_it_was() -> None:
    def output(name: str) -> dict[str, Any]:
        s3_output = {"S3Uri": f"s3://b/prepare/{name}", "LocalPath": f"/opt/ml/out/{name}"}
        return {"OutputName": name, "S3Output": s3_output}

    described = processing(
        ProcessingOutputConfig={"Outputs": [output("train"), output("test")]},
    )
    sagemaker = Client(
        "sagemaker", {"list_processing_jobs": NONE_LISTED, "describe_processing_job": described}
    )
    prepare = step("Prepare", "Succeeded", ProcessingJob={"Arn": f"{JOBS}:processing-job/j"})
    train = step("Train", reason='No S3 objects found under S3 URL "s3://b/prepare/train" given')
    text = failure.report(sagemaker, Client("logs", {}), failed(prepare, train))
    assert "It is output train of step Prepare, which put nothing in /opt/ml/out/train." in text
    assert "output test" not in text


def test_a_script_that_said_nothing_is_told_so() -> None:
    metadata = {"ProcessingJob": {"Arn": f"{JOBS}:processing-job/j"}}
    sagemaker = Client(
        "sagemaker", {"list_processing_jobs": NONE_LISTED, "describe_processing_job": processing()}
    )
    text = failure.report(sagemaker, logs("", "j/algo-1"), failed(step("Prepare", **metadata)))
    assert "The script said nothing." in text


def test_a_fail_step_is_told_by_its_message_alone() -> None:
    message = "The model is not registered: its RMSE on the held-out ratings is 1.1"
    steps = (
        step("Evaluate", "Succeeded"),
        step("QualityTooLow", reason=message, Fail={"ErrorMessage": message}),
    )
    execution = Execution(EXECUTION, "Failed", message, steps)
    text = failure.report(Client("sagemaker", {}), Client("logs", {}), execution)
    assert text.count(message) == 1
    assert "Evaluate" not in text


def test_a_lambda_step_is_told_by_its_reason() -> None:
    reason = "WrongAnswerError: Endpoint e was asked '1,1': expected 1 answers, got 0"
    failing = step("CheckCsv", reason=reason, Lambda={"Arn": "arn:aws:lambda:::function:f"})
    text = failure.report(Client("sagemaker", {}), Client("logs", {}), failed(failing))
    assert reason in text
