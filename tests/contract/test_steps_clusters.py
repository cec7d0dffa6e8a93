"""EMR and EMRServerless steps of pipelines, against a running emulator."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.clusters import CLUSTER, ClusterLab, stand_in_for_spark, until
from tests.contract.conftest import PipelineLab, lab_of
from tests.contract.jobs import error_of, processes_with

WRITE = """
import os, sys, urllib.request
credential = "Credential=x/20260101/us-east-1/s3/aws4_request"
headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=x"}
url = f"{os.environ['AWS_ENDPOINT_URL']}/{sys.argv[1].removeprefix('s3://')}"
request = urllib.request.Request(url, b"prepared", headers, method="PUT")
urllib.request.urlopen(request).close()
"""
SLEEP = "import time; time.sleep(60)"
FAULT = "raise ValueError('no ratings')"


@pytest.fixture(scope="module")
def spark_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    running = EmulatorProcess(tmp_path_factory.mktemp("steps") / "data")
    running.start()
    stand_in_for_spark(running)
    yield running
    running.stop()


@pytest.fixture
def lab(spark_emulator: EmulatorProcess, unique: Callable[[str], str]) -> PipelineLab:
    return lab_of(spark_emulator, unique)


@pytest.fixture
def clusters(spark_emulator: EmulatorProcess, lab: PipelineLab) -> ClusterLab:
    return ClusterLab(spark_emulator, lab.bucket, lab.unique)


def emr(step: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    config = {key: value for key, value in step.items() if key != "Name"}
    return {"Name": "Prep", "Type": "EMR", "Arguments": {"StepConfig": config, **arguments}}


def serverless(clusters: ClusterLab, code: str, *arguments: Any, **members: Any) -> dict[str, Any]:
    driver = {"entryPoint": clusters.program(code), "entryPointArguments": list(arguments)}
    job = {"executionRoleArn": ROLE_ARN, "jobDriver": {"sparkSubmit": driver}}
    application = members.pop(
        "application", {"ApplicationConfig": {"releaseLabel": "emr-7.12.0", "type": "Spark"}}
    )
    if "ApplicationId" in application:
        job["applicationId"] = application["ApplicationId"]
    made = {"ExecutionRoleArn": ROLE_ARN, "JobConfig": job, **application}
    return {"Name": "Prep", "Type": "EMRServerless", "Arguments": made, **members}


def reader(lab: PipelineLab, *path: str) -> dict[str, Any]:
    """A step that keeps the value of a property of the step Prep."""
    code = "import os; open('/opt/ml/processing/out/value', 'w').write(os.environ['VALUE'])"
    value = {"Get": "Steps.Prep." + ".".join(path)}
    return lab.processing(
        "Read", code, outputs=["out"], arguments={"Environment": {"VALUE": value}}
    )


def test_a_step_on_a_cluster_that_is_there_leaves_it_alive_and_tells_its_properties(
    lab: PipelineLab, clusters: ClusterLab
) -> None:
    cluster_id = clusters.cluster(LogUri=f"s3://{lab.bucket}/logs")
    output = f"s3://{lab.bucket}/prepared"
    step = emr(clusters.step(WRITE, output), ClusterId=cluster_id, ExecutionRoleArn=ROLE_ARN)

    arn = lab.start(lab.create(step, reader(lab, "Config", "Args[4]")))

    assert lab.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert lab.text("prepared") == "prepared"
    assert lab.text("Read/out/value") == output
    metadata = lab.steps(arn)["Prep"]["Metadata"]["EMR"]
    step_id = metadata["StepId"]
    assert metadata["ClusterId"] == cluster_id
    assert metadata["LogFilePath"] == (
        f"s3://{lab.bucket}/logs/{cluster_id}/steps/{step_id}/stderr.gz"
    )
    described = clusters.step_ended(cluster_id, step_id)
    assert described["Name"] == metadata["StepName"]
    assert described["ExecutionRoleArn"] == ROLE_ARN
    clusters.cluster_in(cluster_id, "WAITING")


def test_a_step_with_a_cluster_config_makes_a_cluster_that_ends_with_it(
    lab: PipelineLab, clusters: ClusterLab
) -> None:
    output = {"Std:Join": {"On": "/", "Values": ["s3:/", lab.bucket, "made"]}}
    step = emr(clusters.step(WRITE, output), ClusterConfig=CLUSTER)  # type: ignore[arg-type]

    arn = lab.start(lab.create(step, reader(lab, "ClusterId")))

    assert lab.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    assert lab.text("made") == "prepared"
    cluster_id = lab.text("Read/out/value")
    cluster = clusters.cluster_in(cluster_id, "TERMINATED")
    assert cluster["InstanceCollectionType"] == "INSTANCE_FLEET"
    tags = {tag["Key"]: tag["Value"] for tag in cluster["Tags"]}
    assert tags["sagemaker:pipeline-execution-arn"] == arn


def test_a_failed_emr_step_fails_with_the_programs_own_words(
    lab: PipelineLab, clusters: ClusterLab
) -> None:
    cluster_id = clusters.cluster()

    arn = lab.start(lab.create(emr(clusters.step(FAULT), ClusterId=cluster_id)))

    assert lab.finished(arn)["PipelineExecutionStatus"] == "Failed"
    reason = lab.steps(arn)["Prep"]["FailureReason"]
    assert reason.endswith("failed: ValueError: no ratings")


def test_stopping_an_execution_cancels_the_emr_step(lab: PipelineLab, clusters: ClusterLab) -> None:
    mark = str(uuid4())
    cluster_id = clusters.cluster()
    arn = lab.start(lab.create(emr(clusters.step(SLEEP, mark), ClusterId=cluster_id)))
    until(lambda: {"pids": processes_with(mark)}, lambda found: bool(found["pids"]))

    lab.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="t" * 32)

    assert lab.finished(arn)["PipelineExecutionStatus"] == "Stopped"
    assert processes_with(mark) == []
    clusters.cluster_in(cluster_id, "WAITING")


def test_an_emr_step_is_reused_by_cluster_and_step_config(
    lab: PipelineLab, clusters: ClusterLab
) -> None:
    cluster_id = clusters.cluster()
    cached = {"CacheConfig": {"Enabled": True, "ExpireAfter": "P1D"}}
    step = emr(clusters.step("print(1)"), ClusterId=cluster_id)
    name = lab.create({**step, **cached})
    first = lab.start(name)
    lab.finished(first)

    second = lab.start(name)

    lab.finished(second)
    hit = lab.steps(second)["Prep"]["CacheHitResult"]
    assert hit["SourcePipelineExecutionArn"] == first


def test_a_serverless_step_makes_an_application_and_deletes_it(
    lab: PipelineLab, clusters: ClusterLab
) -> None:
    step = serverless(clusters, WRITE, f"s3://{lab.bucket}/prepared")
    path = ("jobRun", "jobDriver", "sparkSubmit", "entryPointArguments[0]")

    arn = lab.start(lab.create(step, reader(lab, *path)))

    assert lab.finished(arn)["PipelineExecutionStatus"] == "Succeeded", lab.steps(arn)
    assert lab.text("prepared") == "prepared"
    assert lab.text("Read/out/value") == f"s3://{lab.bucket}/prepared"
    metadata = lab.steps(arn)["Prep"]["Metadata"]["EMRServerless"]
    application = clusters.serverless.get_application(applicationId=metadata["ApplicationId"])
    assert application["application"]["state"] == "TERMINATED"
    run = clusters.run_ended(metadata["ApplicationId"], metadata["JobRunId"])
    assert run["name"] == metadata["JobRunName"]


def test_a_serverless_step_on_an_application_that_is_there_leaves_it(
    lab: PipelineLab, clusters: ClusterLab
) -> None:
    application_id = clusters.application()
    step = serverless(clusters, FAULT, application={"ApplicationId": application_id})

    arn = lab.start(lab.create(step))

    assert lab.finished(arn)["PipelineExecutionStatus"] == "Failed"
    assert "ValueError: no ratings" in lab.steps(arn)["Prep"]["FailureReason"]
    application = clusters.serverless.get_application(applicationId=application_id)["application"]
    assert application["state"] == "STARTED"


def test_stopping_an_execution_cancels_the_job_run(lab: PipelineLab, clusters: ClusterLab) -> None:
    mark = str(uuid4())
    arn = lab.start(lab.create(serverless(clusters, SLEEP, mark)))
    until(lambda: {"pids": processes_with(mark)}, lambda found: bool(found["pids"]))

    lab.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="t" * 32)

    assert lab.finished(arn)["PipelineExecutionStatus"] == "Stopped"
    assert processes_with(mark) == []


def test_only_serverless_steps_take_retry_policies(lab: PipelineLab, clusters: ClusterLab) -> None:
    policies = [{"ExceptionType": ["Step.THROTTLING"], "MaxAttempts": 2}]
    lab.create(serverless(clusters, "pass", RetryPolicies=policies))
    step = {**emr(clusters.step("pass"), ClusterId="j-1"), "RetryPolicies": policies}

    code, message = error_of(
        lab.sagemaker.create_pipeline,
        PipelineName=lab.unique("Pipeline"),
        PipelineDefinition=lab.definition(step),
        RoleArn=ROLE_ARN,
    )

    assert code == "ValidationException"
    assert "steps of Type 'EMR' take no RetryPolicies" in message


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "Arguments must have either 'ClusterId' or 'ClusterConfig'"),
        (
            {"ClusterId": "j-1", "ClusterConfig": CLUSTER},
            "Arguments must have either 'ClusterId' or 'ClusterConfig'",
        ),
        (
            {"ClusterConfig": {**CLUSTER, "Name": "n"}},
            "'clusterConfig.name'",
        ),
        (
            {"ClusterConfig": CLUSTER, "ExecutionRoleArn": ROLE_ARN},
            "'ExecutionRoleArn' goes with 'ClusterId' only",
        ),
        ({"ClusterId": "j-1", "StepConfig": {"HadoopJarStep": {"Args": []}}}, "Jar"),
    ],
)
def test_faults_of_an_emr_steps_arguments_are_found_when_the_pipeline_is_made(
    lab: PipelineLab, clusters: ClusterLab, arguments: dict[str, Any], said: str
) -> None:
    step = emr(clusters.step("pass"))
    step["Arguments"] |= arguments

    code, message = error_of(
        lab.sagemaker.create_pipeline,
        PipelineName=lab.unique("Pipeline"),
        PipelineDefinition=lab.definition(step),
        RoleArn=ROLE_ARN,
    )

    assert code == "ValidationException"
    assert said in message
