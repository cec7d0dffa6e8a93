"""EMR's clusters and steps, against a running emulator; Spark itself is in test_spark."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.clusters import CLUSTER, FLEETS, ClusterLab, stand_in_for_spark, until
from tests.contract.jobs import error_of, processes_with

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
OK = "print('fine')"
# Spark gives what a Python program prints to standard error with its output. What is in brackets
# on standard error is of the image.
REFUSAL = """
import sys
print("[spark-submit: local[*] stands for the cluster]", file=sys.stderr)
print("reading")
print("bad input: no ratings")
raise SystemExit(1)
"""
FAULT = "raise ValueError('no ratings')"


@pytest.fixture(scope="module")
def spark_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatorProcess]:
    running = EmulatorProcess(tmp_path_factory.mktemp("emr") / "data")
    running.start()
    stand_in_for_spark(running)
    yield running
    running.stop()


def lab_in(emulator: EmulatorProcess, unique: Callable[[str], str]) -> ClusterLab:
    bucket = unique("emr").lower()
    emulator.client("s3").create_bucket(Bucket=bucket)
    return ClusterLab(emulator, bucket, unique)


@pytest.fixture
def lab(spark_emulator: EmulatorProcess, unique: Callable[[str], str]) -> ClusterLab:
    return lab_in(spark_emulator, unique)


@pytest.fixture
def mark() -> str:
    return str(uuid4())


def seen(mark: str) -> None:
    """Wait until the program with the mark runs, which was fetched from S3 before."""

    def programs() -> dict[str, Any]:
        return {"pids": {*processes_with(mark)} & {*processes_with("program.py")}}

    until(programs, lambda found: bool(found["pids"]))


def added(lab: ClusterLab, cluster_id: str, *steps: dict[str, Any], **members: Any) -> list[str]:
    answer = lab.emr.add_job_flow_steps(JobFlowId=cluster_id, Steps=list(steps), **members)
    return list(answer["StepIds"])


def test_a_step_is_a_process_with_its_arguments_and_logs_where_emr_puts_them(
    lab: ClusterLab,
) -> None:
    code = "import os, sys; print(sys.argv[1:], os.environ['SUBMITTED']); sys.stderr.write('hm')"
    cluster_id = lab.cluster(
        LogUri=f"s3n://{lab.bucket}/logs/",
        Configurations=[{"Classification": "spark-defaults", "Properties": {"spark.x": "1"}}],
    )

    (step_id,) = added(lab, cluster_id, lab.step(code, "a b"), ExecutionRoleArn=ROLE_ARN)
    step = lab.step_ended(cluster_id, step_id)

    assert step["Status"]["State"] == "COMPLETED", step["Status"]
    timeline = step["Status"]["Timeline"]
    assert timeline["CreationDateTime"] <= timeline["StartDateTime"] <= timeline["EndDateTime"]
    assert step["Config"]["Jar"] == "command-runner.jar"
    assert step["Config"]["Args"][0] == "spark-submit"
    assert step["ExecutionRoleArn"] == ROLE_ARN
    folder = f"logs/{cluster_id}/steps/{step_id}"
    submitted = "--conf spark.x=1 --deploy-mode cluster"
    assert lab.packed_text(f"{folder}/stdout.gz") == f"['a b'] {submitted}\n"
    assert lab.packed_text(f"{folder}/stderr.gz") == "hm"
    assert "Step COMPLETED" in lab.packed_text(f"{folder}/controller.gz")
    logs = lab.emulator.client("logs")
    (stream,) = logs.describe_log_streams(logGroupName=f"/aws/emr/{cluster_id}")["logStreams"]
    assert stream["logStreamName"] == f"{step_id}-Count-words"


def test_a_cluster_waits_for_steps_and_ends_when_it_is_terminated(
    lab: ClusterLab, mark: str
) -> None:
    cluster_id = lab.cluster(Tags=[{"Key": "team", "Value": "books"}])
    cluster = lab.cluster_in(cluster_id, "WAITING")

    assert cluster["ReleaseLabel"] == "emr-7.12.0"
    assert cluster["InstanceCollectionType"] == "INSTANCE_FLEET"
    assert cluster["AutoTerminate"] is False
    assert cluster["Tags"] == [{"Key": "team", "Value": "books"}]
    assert cluster["ClusterArn"].endswith(f":cluster/{cluster_id}")

    running, waiting = added(lab, cluster_id, lab.step(SLEEP, mark), lab.step(OK))
    lab.step_in(cluster_id, running, "RUNNING")
    seen(mark)
    assert lab.cluster_in(cluster_id, "RUNNING")
    lab.emr.terminate_job_flows(JobFlowIds=[cluster_id])

    ended = lab.cluster_in(cluster_id, "TERMINATED")
    assert ended["Status"]["StateChangeReason"]["Code"] == "USER_REQUEST"
    assert lab.step_ended(cluster_id, running)["Status"]["State"] == "CANCELLED"
    assert lab.step_ended(cluster_id, waiting)["Status"]["State"] == "CANCELLED"
    assert processes_with(mark) == []
    code, message = error_of(lab.emr.add_job_flow_steps, JobFlowId=cluster_id, Steps=[lab.step(OK)])
    assert code == "ValidationException"
    assert message == (
        "A job flow that is shutting down, terminated, or finished may not be modified."
    )


def test_a_cluster_that_is_not_kept_alive_ends_with_its_last_step(lab: ClusterLab) -> None:
    cluster_id = lab.cluster(lab.step(OK), lab.step(OK), keep_alive=False)

    ended = lab.cluster_in(cluster_id, "TERMINATED", "TERMINATED_WITH_ERRORS")

    assert ended["Status"]["StateChangeReason"] == {
        "Code": "ALL_STEPS_COMPLETED",
        "Message": "Steps completed",
    }
    steps = lab.emr.list_steps(ClusterId=cluster_id)["Steps"]
    assert [step["Status"]["State"] for step in steps] == ["COMPLETED"] * 2


def test_an_idle_cluster_ends_by_its_auto_termination_policy(lab: ClusterLab) -> None:
    cluster_id = lab.cluster(AutoTerminationPolicy={"IdleTimeout": 60})

    answer = lab.emr.get_auto_termination_policy(ClusterId=cluster_id)
    assert answer["AutoTerminationPolicy"] == {"IdleTimeout": 60}
    lab.emr.set_keep_job_flow_alive_when_no_steps(
        JobFlowIds=[cluster_id], KeepJobFlowAliveWhenNoSteps=False
    )

    assert lab.cluster_in(cluster_id, "TERMINATED")["AutoTerminate"] is True


@pytest.mark.parametrize(
    ("action", "next_state", "cluster_state"),
    [
        ("CONTINUE", "COMPLETED", "WAITING"),
        ("CANCEL_AND_WAIT", "CANCELLED", "WAITING"),
        ("TERMINATE_CLUSTER", "CANCELLED", "TERMINATED_WITH_ERRORS"),
    ],
)
def test_what_follows_a_failed_step_is_its_action_on_failure(
    lab: ClusterLab, action: str, next_state: str, cluster_state: str
) -> None:
    cluster_id = lab.cluster(LogUri=f"s3://{lab.bucket}/logs")

    failing, following = added(
        lab, cluster_id, lab.step(FAULT, ActionOnFailure=action), lab.step(OK)
    )

    status = lab.step_ended(cluster_id, failing)["Status"]
    assert status["State"] == "FAILED"
    assert status["FailureDetails"] == {
        "Reason": "Unknown Error.",
        "Message": "ValueError: no ratings",
        "LogFile": f"s3://{lab.bucket}/logs/{cluster_id}/steps/{failing}/stderr.gz",
    }
    assert lab.step_ended(cluster_id, following)["Status"]["State"] == next_state
    lab.cluster_in(cluster_id, cluster_state)


def test_a_step_that_ends_without_an_exception_fails_with_its_last_line(lab: ClusterLab) -> None:
    cluster_id = lab.cluster()

    (failing,) = added(lab, cluster_id, lab.step(REFUSAL, ActionOnFailure="CONTINUE"))

    status = lab.step_ended(cluster_id, failing)["Status"]
    assert status["FailureDetails"]["Message"] == "bad input: no ratings"


def test_steps_are_cancelled_while_they_wait_and_while_they_run(lab: ClusterLab, mark: str) -> None:
    cluster_id = lab.cluster()
    done, running, waiting = added(
        lab, cluster_id, lab.step(OK), lab.step(SLEEP, mark), lab.step(OK)
    )
    lab.step_in(cluster_id, running, "RUNNING")
    seen(mark)

    infos = lab.emr.cancel_steps(
        ClusterId=cluster_id,
        StepIds=[done, running, waiting, "s-NONE"],
        StepCancellationOption="TERMINATE_PROCESS",
    )["CancelStepsInfoList"]

    assert [info["Status"] for info in infos] == ["FAILED", "SUBMITTED", "SUBMITTED", "FAILED"]
    assert lab.step_ended(cluster_id, running)["Status"]["State"] == "CANCELLED"
    assert lab.step_ended(cluster_id, waiting)["Status"]["State"] == "CANCELLED"
    lab.cluster_in(cluster_id, "WAITING")
    assert processes_with(mark) == []


def test_a_protected_cluster_cannot_be_terminated(lab: ClusterLab) -> None:
    cluster_id = lab.cluster()
    lab.emr.set_termination_protection(JobFlowIds=[cluster_id], TerminationProtected=True)

    code, message = error_of(lab.emr.terminate_job_flows, JobFlowIds=[cluster_id])

    assert code == "ValidationException"
    assert message == (
        "Could not shut down one or more job flows since they are termination protected."
    )
    lab.emr.set_termination_protection(JobFlowIds=[cluster_id], TerminationProtected=False)
    lab.emr.terminate_job_flows(JobFlowIds=[cluster_id])
    lab.cluster_in(cluster_id, "TERMINATED")


def test_fleets_and_groups_are_told_as_they_were_asked_for(lab: ClusterLab) -> None:
    of_fleets = lab.cluster()
    groups = [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}]
    of_groups = lab.cluster(
        Instances={"InstanceGroups": groups, "KeepJobFlowAliveWhenNoSteps": True}
    )

    fleets = lab.emr.list_instance_fleets(ClusterId=of_fleets)["InstanceFleets"]
    (group,) = lab.emr.list_instance_groups(ClusterId=of_groups)["InstanceGroups"]

    assert [fleet["InstanceFleetType"] for fleet in fleets] == ["MASTER", "CORE"]
    assert (fleets[1]["TargetOnDemandCapacity"], fleets[1]["TargetSpotCapacity"]) == (2, 6)
    weights = [each["WeightedCapacity"] for each in fleets[1]["InstanceTypeSpecifications"]]
    assert weights == [4, 8]
    assert (group["InstanceGroupType"], group["RunningInstanceCount"]) == ("MASTER", 1)
    code, message = error_of(lab.emr.list_instance_groups, ClusterId=of_fleets)
    assert code == "InvalidRequestException"
    assert "mutually exclusive" in message


def test_clusters_and_steps_are_listed_newest_first_by_state(lab: ClusterLab) -> None:
    first, second = lab.cluster(), lab.cluster()
    lab.emr.terminate_job_flows(JobFlowIds=[first])
    lab.cluster_in(first, "TERMINATED")
    lab.cluster_in(second, "WAITING")

    waiting = lab.emr.list_clusters(ClusterStates=["WAITING"])["Clusters"]
    everything = [each["Id"] for each in lab.emr.list_clusters()["Clusters"]]

    assert second in [each["Id"] for each in waiting]
    assert first not in [each["Id"] for each in waiting]
    assert everything.index(second) < everything.index(first)


def test_tags_are_added_and_removed(lab: ClusterLab) -> None:
    cluster_id = lab.cluster()
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]

    lab.emr.add_tags(ResourceId=cluster_id, Tags=tags)
    lab.emr.remove_tags(ResourceId=cluster_id, TagKeys=["a"])

    cluster = lab.emr.describe_cluster(ClusterId=cluster_id)["Cluster"]
    assert cluster["Tags"] == [{"Key": "b", "Value": "2"}]


def test_what_is_not_there_has_emrs_own_words(lab: ClusterLab) -> None:
    cluster_id = lab.cluster()

    assert error_of(lab.emr.describe_cluster, ClusterId="j-NONE") == (
        "InvalidRequestException",
        "Cluster id 'j-NONE' is not valid.",
    )
    assert error_of(lab.emr.describe_step, ClusterId=cluster_id, StepId="s-NONE") == (
        "InvalidRequestException",
        "Step id 's-NONE' is not valid.",
    )
    assert error_of(lab.emr.add_job_flow_steps, JobFlowId="j-NONE", Steps=[lab.step(OK)]) == (
        "ValidationException",
        "Specified job flow ID does not exist.",
    )


def test_what_cannot_be_run_is_refused_with_every_fault_at_once(lab: ClusterLab) -> None:
    hive = {"Name": "Hive", "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["hive-script"]}}
    other = {"Name": "Other", "HadoopJarStep": {"Jar": "s3://bucket/my.jar"}}

    code, message = error_of(
        lab.emr.run_job_flow,
        **{
            **CLUSTER,
            "Name": "words",
            "ReleaseLabel": "emr-5.36.0",
            "Applications": [{"Name": "Spark"}, {"Name": "Hive"}],
            "BootstrapActions": [{"Name": "b", "ScriptBootstrapAction": {"Path": "s3://b/a.sh"}}],
            "Configurations": [{"Classification": "hbase-site", "Properties": {}}],
            "Steps": [hive, other],
        },
    )

    assert code == "UnsupportedByEmulator"
    for said in (
        "'emr-5.36.0'",
        "Hive",
        "BootstrapActions",
        "'hbase-site'",
        "'hive-script'",
        "s3://bucket/my.jar",
    ):
        assert said in message


def test_a_cluster_without_its_roles_or_a_master_is_refused(lab: ClusterLab) -> None:
    request = {key: value for key, value in CLUSTER.items() if key != "ServiceRole"}
    request["Instances"] = {"InstanceFleets": FLEETS[1:]}

    code, message = error_of(lab.emr.run_job_flow, **request, Name="words")

    assert code == "ValidationException"
    assert "ServiceRole is required for creating cluster." in message
    assert "there is none of type MASTER" in message


def test_operations_that_are_not_emulated_say_so(lab: ClusterLab) -> None:
    code, message = error_of(lab.emr.list_studios)

    assert (code, message) == (
        "UnsupportedByEmulator",
        "The emulator does not support emr ListStudios.",
    )


def test_after_a_kill_the_running_step_has_failed_and_the_cluster_goes_on(
    own_emulator: EmulatorProcess, unique: Callable[[str], str], mark: str
) -> None:
    stand_in_for_spark(own_emulator)
    lab = lab_in(own_emulator, unique)
    cluster_id = lab.cluster()
    running, waiting = added(lab, cluster_id, lab.step(SLEEP, mark), lab.step(OK))
    lab.step_in(cluster_id, running, "RUNNING")
    seen(mark)

    own_emulator.kill()
    own_emulator.start()

    status = lab.step_ended(cluster_id, running)["Status"]
    assert status["State"] == "FAILED"
    assert status["FailureDetails"]["Message"].startswith("The emulator stopped")
    last = lab.step_ended(cluster_id, waiting)["Status"]
    assert last["State"] == "COMPLETED", last
    lab.cluster_in(cluster_id, "WAITING")
    assert processes_with(mark) == []


def test_an_orderly_end_fails_the_running_step_and_keeps_the_next_one(
    own_emulator: EmulatorProcess, unique: Callable[[str], str], mark: str
) -> None:
    stand_in_for_spark(own_emulator)
    lab = lab_in(own_emulator, unique)
    cluster_id = lab.cluster()
    running, waiting = added(lab, cluster_id, lab.step(SLEEP, mark), lab.step(OK))
    lab.step_in(cluster_id, running, "RUNNING")
    seen(mark)

    own_emulator.stop()
    assert processes_with(mark) == []
    own_emulator.start()

    assert lab.step_ended(cluster_id, running)["Status"]["State"] == "FAILED"
    last = lab.step_ended(cluster_id, waiting)["Status"]
    assert last["State"] == "COMPLETED", last


def test_without_java_a_step_fails_with_the_way_to_get_it(
    own_emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    stand_in_for_spark(own_emulator)
    recipe = own_emulator.data_dir / "recipes/quick-spark/recipe.toml"
    needs = 'needs = ["no-such-java"]\nneeds_hint = "apt-get install java"\n'
    recipe.write_text(needs + recipe.read_text())
    lab = lab_in(own_emulator, unique)
    cluster_id = lab.cluster()

    (step_id,) = added(lab, cluster_id, lab.step(OK))

    status = lab.step_ended(cluster_id, step_id)["Status"]
    assert status["State"] == "FAILED"
    assert status["FailureDetails"]["Message"] == (
        "The image sagemaker-spark-processing:3.5 needs no-such-java on this machine, which PATH "
        "does not have. Install with: apt-get install java"
    )
