"""Each kind of hosting by the real template: made, asked, updated, changed, rolled back, deleted.

Source: `model_deploy/endpoint.yaml` and the commands around it; AWS::SageMaker::Endpoint in the
CloudFormation template reference; "Update behaviors of stack resources" in its user guide.
"""

import json
from collections.abc import Callable, Iterator

import pytest

from model_deploy.asking import NoAnswerError, Served, ask
from pipelines.endpoint.deployment import Check
from tests.conftest import EmulatorProcess
from tests.contract.load import load_on
from tests.contract.networks import new_network
from tests.contract.stacks import outputs
from tests.end_to_end.stages import BROKEN, RIGHT, WRONG, StageLab, lab_of

Printed = pytest.CaptureFixture[str]
ALARMS = {
    "ErrorsThreshold": "1",
    "LatencyThresholdMicroseconds": "30000000",
    "CpuThresholdPercent": "800",
}
WITH_INSTANCES = {"Model", "EndpointConfig", "Endpoint"} | {
    "ErrorsAlarm",
    "LatencyAlarm",
    "CpuAlarm",
    "ScalableTarget",
    "ScalingPolicy",
}
MADE = {
    "RealTime": WITH_INSTANCES,
    "Serverless": {"Model", "EndpointConfig", "Endpoint", "ErrorsAlarm", "LatencyAlarm"},
    "Asynchronous": WITH_INSTANCES,
    "Batch": {"Model"},
    "Shadow": WITH_INSTANCES | {"ShadowModel"},
}


@pytest.fixture
def lab(emulator: EmulatorProcess, unique: Callable[[str], str]) -> Iterator[StageLab]:
    lab = lab_of(emulator, unique)
    yield lab
    assert lab.delete() == "DELETE_COMPLETE"
    assert lab.left() == []


@pytest.mark.parametrize("kind", MADE)
def test_each_kind_answers_rightly_and_its_update_leaves_nothing_of_the_model_before(
    lab: StageLab, kind: str, capsys: Printed
) -> None:
    network = new_network(lab.emulator)
    lab.environment |= {
        "SUBNET_IDS": ",".join(network.subnet_ids),
        "SECURITY_GROUP_IDS": network.group_id,
    }
    first, second = lab.register(**RIGHT), lab.register(VERSION="2", **RIGHT)
    before = {"before": first} if kind == "Shadow" else {}
    third = lab.register(VERSION="3", **RIGHT)
    given = {"MaxCapacity": "2", **ALARMS}

    created = lab.deploy(second, kind, **before, **given)
    made = lab.made()
    passed = lab.smoke_test()
    updated = lab.deploy(third, kind, **({"before": second} if before else {}), **given)

    assert created["StackStatus"] == "CREATE_COMPLETE", lab.stacks.events(lab.stack_id)
    assert {"Key": "sagemaker:deployment-stage", "Value": "staging"} in created["Tags"]
    assert set(made) == MADE[kind]
    assert passed == 0, capsys.readouterr()
    assert updated["StackStatus"] == "UPDATE_COMPLETE", lab.stacks.events(lab.stack_id)
    now = lab.made()
    replaced = {name for name in made if now[name] != made[name]}
    assert replaced == MADE[kind] & {"Model", "ShadowModel", "EndpointConfig"}
    served = lab.client("sagemaker").describe_model(ModelName=outputs(updated)["ModelName"])
    assert served["PrimaryContainer"]["ModelPackageName"] == (second if before else third)
    assert served.get("VpcConfig") == (None if kind == "Serverless" else network.sagemaker)
    assert named(now) <= set(lab.left())
    assert not named({name: made[name] for name in replaced}) & set(lab.left())
    assert lab.smoke_test() == 0
    assert "3 of 3 answers are right." in capsys.readouterr().out


def named(made: dict[str, str]) -> set[str]:
    """The names of SageMaker's resources, whose physical ids are ARNs."""
    return {arn.rpartition("/")[2] for arn in made.values() if ":sagemaker:" in arn}


def test_the_first_model_of_a_shadowed_stage_answers_itself_and_the_next_gets_copies(
    lab: StageLab,
) -> None:
    first, second = lab.register(VERSION="1", **RIGHT), lab.register(VERSION="2", **RIGHT)

    alone = lab.deploy(first, "Shadow")
    made = set(lab.made())
    passed = lab.smoke_test()
    behind = lab.deploy(second, "Shadow", before=first)
    passed_again = lab.smoke_test()

    assert (alone["StackStatus"], behind["StackStatus"]) == ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert made == {"Model", "EndpointConfig", "Endpoint"}
    assert (passed, passed_again) == (0, 0)
    captured = lab.objects(f"data-capture/staging/{lab.endpoint}/Shadow/")
    assert "1,1\\n2,1\\n0,0" in "".join(captured)


def test_what_is_asked_and_answered_is_kept_where_the_stage_says(lab: StageLab) -> None:
    lab.deploy(lab.register(**RIGHT), "RealTime")

    assert lab.smoke_test() == 0

    kept = "".join(lab.objects(f"data-capture/staging/{lab.endpoint}/AllTraffic/"))
    records = [json.loads(line)["captureData"] for line in kept.splitlines()]
    told = {each["endpointInput"]["data"]: each["endpointOutput"]["data"] for each in records}
    assert told["1,1\n2,1\n0,0"] == "4\n4\n4"


@pytest.mark.parametrize("kind", ["RealTime", "Asynchronous", "Batch"])
def test_a_wrong_answer_fails_the_smoke_test_with_what_was_expected(
    lab: StageLab, kind: str, capsys: Printed
) -> None:
    lab.deploy(lab.register(**WRONG), kind)

    assert lab.smoke_test() == 1

    said = capsys.readouterr()
    assert "0 of 3 answers are right." in said.out
    assert "CheckCsv failed:" in said.err
    assert "expected 0.5 to 5.5, got [77.0]. It said: 77" in said.err


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("RealTime", "and answered with status 500"),
        ("Asynchronous", "it failed with"),
        ("Batch", "transform job"),
    ],
)
def test_a_failing_model_fails_the_smoke_test_with_what_it_said(
    lab: StageLab, kind: str, told: str, capsys: Printed
) -> None:
    lab.deploy(lab.register(**BROKEN), kind)

    assert lab.smoke_test() == 1

    said = capsys.readouterr()
    assert "0 of 3 answers are right." in said.out
    assert told in said.err
    assert "broken" in said.err


def test_a_first_model_that_does_not_start_leaves_a_stack_that_serves_nothing_and_says_so(
    lab: StageLab, capsys: Printed
) -> None:
    created = lab.deploy(lab.register(EXIT_AT_START="1"), "RealTime", MaxCapacity="2", **ALARMS)

    assert created["StackStatus"] == "ROLLBACK_COMPLETE"
    assert lab.left() == []
    assert lab.smoke_test() == 1
    said = capsys.readouterr().err
    assert f"Stack {lab.stack_name} serves no model: it is ROLLBACK_COMPLETE" in said

    assert lab.clear() == 0
    assert f"The first deployment of {lab.stack_name} was rolled back" in capsys.readouterr().out
    lab.stack_id = ""
    assert lab.deploy(lab.register(**RIGHT), "RealTime")["StackStatus"] == "CREATE_COMPLETE"
    assert lab.smoke_test() == 0


def test_a_stage_that_serves_is_never_cleared(lab: StageLab, capsys: Printed) -> None:
    lab.deploy(lab.register(**RIGHT), "RealTime")
    serving = lab.made()
    failed = lab.deploy(lab.register(EXIT_AT_START="1"), "RealTime")

    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert lab.clear() == 0
    assert capsys.readouterr().out == ""
    assert lab.made().keys() == serving.keys()
    assert lab.smoke_test() == 0


def test_an_asynchronous_answer_that_does_not_come_is_missed_after_its_time(lab: StageLab) -> None:
    stack = lab.deploy(lab.register(), "Asynchronous")
    served = Served(
        lab.endpoint,
        outputs(stack)["EndpointConfigName"],
        outputs(stack)["ModelName"],
        "ml.m5.large",
        lab.environment["ARTIFACT_BUCKET"],
        lab.client,
        answer_seconds=0.5,
    )
    slow = Check("application/json", '{"do": "sleep", "seconds": 4}', 1, 0, 5)

    with pytest.raises(NoAnswerError, match=r"no answer at s3://.+/answers/staging/.+ within 0.5"):
        ask(served, "Asynchronous", slow)


@pytest.mark.parametrize("shifting", ["Canary", "Linear"])
def test_an_update_moves_the_traffic_in_the_steps_that_the_stage_says(
    lab: StageLab, shifting: str
) -> None:
    given = {"TrafficShifting": shifting, "TrafficShiftingPercentage": "50", "InstanceCount": "2"}
    lab.deploy(lab.register(**RIGHT), "RealTime", **given)
    updated = lab.deploy(lab.register(VERSION="2", **RIGHT), "RealTime", **given, **ALARMS)

    assert updated["StackStatus"] == "UPDATE_COMPLETE", lab.stacks.events(lab.stack_id)
    found = lab.client("sagemaker").describe_endpoint(EndpointName=lab.endpoint)
    last = found["LastDeploymentConfig"]
    routing = last["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == shifting.upper()
    alarms = [each["AlarmName"] for each in last["AutoRollbackConfiguration"]["Alarms"]]
    assert alarms == [f"{lab.endpoint}-{name}" for name in ("errors", "latency", "cpu")]
    assert lab.smoke_test() == 0


def test_an_update_keeps_the_number_of_instances_that_autoscaling_has_come_to(
    lab: StageLab,
) -> None:
    given = {"MinCapacity": "1", "MaxCapacity": "3"}
    lab.deploy(lab.register(**RIGHT), "RealTime", **given)
    scaled = {"VariantName": "AllTraffic", "DesiredInstanceCount": 2}
    lab.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=lab.endpoint, DesiredWeightsAndCapacities=[scaled]
    )
    lab.client("sagemaker").get_waiter("endpoint_in_service").wait(
        EndpointName=lab.endpoint, WaiterConfig={"Delay": 0.05, "MaxAttempts": 600}
    )

    updated = lab.deploy(lab.register(VERSION="2", **RIGHT), "RealTime", **given)

    assert updated["StackStatus"] == "UPDATE_COMPLETE", lab.stacks.events(lab.stack_id)
    assert [each["CurrentInstanceCount"] for each in lab.variants()] == [2]
    alone = lab.deploy(lab.register(VERSION="3", **RIGHT), "RealTime", MaxCapacity="0")
    assert alone["StackStatus"] == "UPDATE_COMPLETE"
    assert not [name for name in lab.left() if name.startswith("endpoint/")]
    assert [each["CurrentInstanceCount"] for each in lab.variants()] == [1]


def test_a_canary_whose_alarm_goes_off_takes_the_stack_back_and_names_the_alarm(
    lab: StageLab,
) -> None:
    given = {
        "TrafficShifting": "Canary",
        "InstanceCount": "2",
        "WaitIntervalSeconds": "3000",
        "AlarmPeriodSeconds": "10",
        "ErrorsThreshold": "1",
    }
    good = lab.register(VERSION="good", **RIGHT)
    lab.deploy(good, "RealTime", **given)
    made = lab.made()

    with load_on(lab.client, lab.endpoint) as load:
        failed = lab.deploy(lab.register(**BROKEN), "RealTime", **given)
        after = load.next_versions(20)

    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", lab.stacks.events(lab.stack_id)
    assert f"in the state ALARM: {lab.endpoint}-errors" in lab.reason()
    assert lab.made() == made
    assert set(after) == {"good"}
    assert lab.smoke_test() == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RealTime", "Shadow"),
        ("Shadow", "RealTime"),
        ("RealTime", "Batch"),
        ("Batch", "Serverless"),
        ("Serverless", "RealTime"),
        ("Batch", "Asynchronous"),
        ("Asynchronous", "Batch"),
    ],
)
def test_a_stage_can_become_of_another_kind(lab: StageLab, before: str, after: str) -> None:
    first, second = lab.register(**RIGHT), lab.register(**RIGHT)
    third = lab.register(**RIGHT)
    lab.deploy(second, before, before=first, **ALARMS)

    changed = lab.deploy(third, after, before=second, MaxCapacity="2", **ALARMS)

    assert changed["StackStatus"] == "UPDATE_COMPLETE", lab.stacks.events(lab.stack_id)
    assert set(lab.made()) == MADE[after]
    assert lab.smoke_test() == 0


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("RealTime", "Serverless", "cannot be updated to a serverless one"),
        ("RealTime", "Asynchronous", "AsyncInferenceConfig parameter cannot be added"),
        ("Asynchronous", "RealTime", "AsyncInferenceConfig parameter cannot be removed"),
        ("Serverless", "Asynchronous", "AsyncInferenceConfig parameter cannot be added"),
    ],
)
def test_a_kind_that_sagemaker_does_not_change_is_told_and_the_stage_serves_on(
    lab: StageLab, before: str, after: str, told: str
) -> None:
    good = lab.register(**RIGHT)
    lab.deploy(good, before, **ALARMS)
    made = lab.made()

    refused = lab.deploy(lab.register(**RIGHT), after, **ALARMS)

    assert refused["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert told in lab.reason()
    assert lab.made() == made
    assert lab.smoke_test() == 0
