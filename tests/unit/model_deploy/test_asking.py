"""How each kind of hosting is asked, with clients in memory."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from model_deploy.asking import NoAnswerError, Served, ask
from pipelines.endpoint.deployment import Check
from tests.unit.pipelines.aws_in_memory import Answer, Client, client_error

CHECK = Check("text/csv", "1,1\n2,1", answers=2, minimum=1, maximum=5)
MISSING = client_error("NoSuchKey", "The specified key does not exist.", "GetObject", 404)
PUT: Answer = {}
INVOKED = {"OutputLocation": "s3://answers/a/1.out", "FailureLocation": "s3://failures/f/1.out"}


def served(*clients: tuple[str, Client], seconds: float = 900.0) -> Served:
    by_name = dict(clients)
    make: Callable[[str], Any] = by_name.__getitem__
    return Served("books-prod", "config-2", "model-2", "ml.m5.large", "bucket", make, seconds)


def body(text: str) -> Answer:
    return {"Body": io.BytesIO(text.encode())}


def at_once(answer: str | Exception, config: str = "config-2") -> Served:
    endpoint = {"EndpointStatus": "InService", "EndpointConfigName": config}
    said = answer if isinstance(answer, Exception) else body(answer)
    return served(
        ("sagemaker", Client("sagemaker", {"describe_endpoint": endpoint})),
        ("sagemaker-runtime", Client("sagemaker-runtime", {"invoke_endpoint": said})),
    )


@pytest.mark.parametrize("kind", ["RealTime", "Serverless", "Shadow"])
def test_an_endpoint_answers_at_once(kind: str) -> None:
    asked = at_once("4\n4")
    assert ask(asked, kind, CHECK) == "4\n4"
    (request,) = asked.make("sagemaker-runtime").requests_of("invoke_endpoint")
    assert request == {
        "EndpointName": "books-prod",
        "ContentType": "text/csv",
        "Accept": "text/csv",
        "Body": b"1,1\n2,1",
    }


def test_an_endpoint_with_another_configuration_than_the_stacks_is_not_asked() -> None:
    asked = at_once("4\n4", config="config-1")
    with pytest.raises(NoAnswerError, match="configuration config-1; expected .* with config-2"):
        ask(asked, "RealTime", CHECK)
    assert asked.make("sagemaker-runtime").requests == []


def test_a_wrong_answer_at_once_is_told_with_what_was_expected() -> None:
    with pytest.raises(NoAnswerError, match="expected 2 answers, got 1. It said: 4"):
        ask(at_once("4"), "RealTime", CHECK)


def test_a_failing_endpoint_is_told_with_its_status() -> None:
    failing = client_error("ModelError", "Received server error (500)", "InvokeEndpoint", 424)
    failing.response.update(OriginalStatusCode=500, OriginalMessage="out of memory")
    with pytest.raises(NoAnswerError, match="status 500.* out of memory"):
        ask(at_once(failing), "Serverless", CHECK)


def test_what_is_no_answer_of_the_model_is_raised_as_it_came() -> None:
    denied = client_error("AccessDeniedException", "not authorized", "InvokeEndpoint", 403)
    with pytest.raises(ClientError, match="not authorized"):
        ask(at_once(denied), "RealTime", CHECK)


def asynchronous(
    *objects: Answer, invoked: dict[str, str] = INVOKED, seconds: float = 900.0
) -> Served:
    return served(
        ("s3", Client("s3", {"put_object": PUT, "get_object": list(objects)})),
        ("sagemaker-runtime", Client("sagemaker-runtime", {"invoke_endpoint_async": invoked})),
        seconds=seconds,
    )


def test_an_asynchronous_answer_is_waited_for_where_it_will_be() -> None:
    asked = asynchronous(MISSING, MISSING, MISSING, body("4\n4"))
    assert ask(asked, "Asynchronous", CHECK) == "4\n4"
    (put,) = asked.make("s3").requests_of("put_object")
    assert (put["Bucket"], put["Body"], put["ContentType"]) == ("bucket", b"1,1\n2,1", "text/csv")
    (invoked,) = asked.make("sagemaker-runtime").requests_of("invoke_endpoint_async")
    assert invoked == {
        "EndpointName": "books-prod",
        "ContentType": "text/csv",
        "Accept": "text/csv",
        "InputLocation": f"s3://bucket/{put['Key']}",
    }
    looked = [(each["Bucket"], each["Key"]) for each in asked.make("s3").requests_of("get_object")]
    assert looked == [("failures", "f/1.out"), ("answers", "a/1.out")] * 2


def test_an_asynchronous_failure_is_told_with_what_lies_at_its_location() -> None:
    with pytest.raises(NoAnswerError, match="asked '1,1.*': it failed with out of memory"):
        ask(asynchronous(body("out of memory")), "Asynchronous", CHECK)


def test_an_asynchronous_answer_that_does_not_come_is_missed_after_its_time() -> None:
    asked = asynchronous(MISSING, invoked={"OutputLocation": "s3://answers/a/1.out"}, seconds=0.2)
    with pytest.raises(NoAnswerError, match=r"no answer at s3://answers/a/1.out within 0.2 s"):
        ask(asked, "Asynchronous", CHECK)


def test_a_wrong_asynchronous_answer_is_told_with_what_was_expected() -> None:
    wrong = asynchronous(MISSING, body("4\n9"))
    with pytest.raises(NoAnswerError, match=r"expected 1 to 5, got \[9.0\]. It said: 4"):
        ask(wrong, "Asynchronous", CHECK)


def test_a_location_that_cannot_be_read_is_no_answer_that_is_still_to_come() -> None:
    denied = client_error("AccessDenied", "Access Denied", "GetObject", 403)
    with pytest.raises(ClientError, match="Access Denied"):
        ask(asynchronous(denied), "Asynchronous", CHECK)


def batch(*jobs: dict[str, str], answer: Answer = MISSING) -> Served:
    return served(
        ("s3", Client("s3", {"put_object": PUT, "get_object": answer})),
        (
            "sagemaker",
            Client("sagemaker", {"create_transform_job": {}, "describe_transform_job": list(jobs)}),
        ),
    )


def test_a_batch_is_transformed_by_the_stacks_model_and_its_output_is_the_answer() -> None:
    running, completed = ({"TransformJobStatus": each} for each in ("InProgress", "Completed"))
    asked = batch(running, completed, answer=body("4\n4"))
    assert ask(asked, "Batch", CHECK) == "4\n4"
    (job,) = asked.make("sagemaker").requests_of("create_transform_job")
    assert job["ModelName"] == "model-2"
    assert job["TransformJobName"].startswith("books-prod-")
    assert job["TransformResources"] == {"InstanceType": "ml.m5.large", "InstanceCount": 1}
    # Source: the name of an output in "Batch transform" of the developer guide.
    (put,), (got,) = (asked.make("s3").requests_of(name) for name in ("put_object", "get_object"))
    source = job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    assert source == f"s3://bucket/{put['Key']}"
    output = f"{job['TransformOutput']['S3OutputPath']}/{put['Key'].rpartition('/')[2]}.out"
    assert f"s3://{got['Bucket']}/{got['Key']}" == output


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_a_transform_job_that_does_not_complete_is_told_with_its_reason(status: str) -> None:
    failed = {"TransformJobStatus": status, "FailureReason": "AlgorithmError: out of memory"}
    with pytest.raises(NoAnswerError, match=r"transform job books-prod-\w+: AlgorithmError: out"):
        ask(batch({"TransformJobStatus": "Stopping"}, failed), "Batch", CHECK)


def test_a_batch_without_output_is_a_wrong_answer() -> None:
    with pytest.raises(NoAnswerError, match="expected 2 answers, got 0"):
        ask(batch({"TransformJobStatus": "Completed"}), "Batch", CHECK)
