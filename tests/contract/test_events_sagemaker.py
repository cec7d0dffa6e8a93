"""SageMaker's events of real changes, as a rule's queue gets them.

Expected members: "Events that Amazon SageMaker AI sends to Amazon EventBridge" of the developer
guide, and for models and endpoint configs, of which it has no example, events recorded in public
repositories.
"""

from collections.abc import Callable
from typing import Any

from tests.conftest import ACCOUNT_ID, REGION, ROLE_ARN, EmulatorProcess
from tests.contract.inboxes import Event, EventLab, event_lab
from tests.contract.model_images import add_recipe, create_model, deploy, variant, wait
from tests.contract.test_model_packages import SPECIFICATION

__all__ = ["event_lab"]

Client = Callable[[str], Any]
Unique = Callable[[str], str]
ENVELOPE = {
    "version": str,
    "id": str,
    "detail-type": str,
    "source": str,
    "account": str,
    "time": str,
    "region": str,
    "resources": list,
    "detail": dict,
}
PACKAGE = {
    "ModelPackageGroupName": str,
    "ModelPackageVersion": int,
    "ModelPackageArn": str,
    "CreationTime": str,
    "InferenceSpecification": dict,
    "ModelPackageStatus": str,
    "ModelPackageStatusDetails": dict,
    "CertifyForMarketplace": bool,
    "ModelApprovalStatus": str,
}
EXECUTION = {
    "pipelineExecutionDisplayName": str,
    "currentPipelineExecutionStatus": str,
    "executionStartTime": str,
    "pipelineArn": str,
    "pipelineExecutionArn": str,
}
STEP = {
    "metadata": dict,
    "stepStartTime": str,
    "stepName": str,
    "stepType": str,
    "currentStepStatus": str,
    "pipelineArn": str,
    "pipelineExecutionArn": str,
}
PROCESSING_JOB = {
    "ProcessingJobName": str,
    "ProcessingJobArn": str,
    "ProcessingJobStatus": str,
    "ProcessingResources": dict,
    "AppSpecification": dict,
    "RoleArn": str,
    "CreationTime": int,
    "LastModifiedTime": int,
}
ENDPOINT = {
    "EndpointName": str,
    "EndpointArn": str,
    "EndpointConfigName": str,
    "ProductionVariants": list,
    "EndpointStatus": str,
    "CreationTime": int,
    "LastModifiedTime": int,
    "Tags": dict,
}


def of_type(words: str) -> dict[str, Any]:
    return {"source": ["aws.sagemaker"], "detail-type": [f"SageMaker {words}"]}


def assert_shaped(detail: Event, shape: dict[str, type]) -> None:
    """Each member is there and of its type."""
    assert {name: type(detail.get(name)) for name in shape} == shape


def test_an_approval_is_told_with_what_was_updated(
    event_lab: EventLab, client: Client, unique: Unique
) -> None:
    sagemaker, group = client("sagemaker"), unique("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    pattern = {
        **of_type("Model Package State Change"),
        "detail": {"ModelPackageGroupName": [group]},
    }
    everything = event_lab.listen(pattern)
    approved = event_lab.listen(
        {**pattern, "detail": {**pattern["detail"], "ModelApprovalStatus": ["Approved"]}}
    )
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION
    )["ModelPackageArn"]
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good"
    )
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")

    created, approval, rejection = everything.until(lambda bodies: len(bodies) == 3)

    assert {name: type(created[name]) for name in created} == ENVELOPE
    assert created["resources"] == [arn]
    assert (created["account"], created["region"]) == (ACCOUNT_ID, REGION)
    assert_shaped(created["detail"], PACKAGE)
    assert created["detail"]["InferenceSpecification"] == SPECIFICATION
    assert created["detail"]["ModelApprovalStatus"] == "PendingManualApproval"
    assert "UpdatedModelPackageFields" not in created["detail"]
    assert_shaped(approval["detail"], {**PACKAGE, "LastModifiedTime": str})
    assert approval["detail"]["UpdatedModelPackageFields"] == [
        "ModelApprovalStatus",
        "ApprovalDescription",
    ]
    assert rejection["detail"]["ModelApprovalStatus"] == "Rejected"
    assert approved.first()["id"] == approval["id"]
    approved.receive(wait_seconds=0)
    assert len(approved.messages) == 1


def test_an_execution_its_step_and_its_job_tell_their_statuses(
    event_lab: EventLab, lab: Any
) -> None:
    name = lab.create(lab.processing("Prep"))
    pipeline_arn = lab.sagemaker.describe_pipeline(PipelineName=name)["PipelineArn"]
    mine = {"detail": {"pipelineArn": [pipeline_arn]}}
    executions = event_lab.listen(
        {**of_type("Model Building Pipeline Execution Status Change"), **mine}
    )
    steps = event_lab.listen(
        {**of_type("Model Building Pipeline Execution Step Status Change"), **mine}
    )
    arn = lab.run(name, PipelineExecutionDescription="nightly")["PipelineExecutionArn"]
    job_arn = lab.steps(arn)["Prep"]["Metadata"]["ProcessingJob"]["Arn"]

    started, ended = executions.until(lambda bodies: len(bodies) == 2)
    assert started["resources"] == ended["resources"] == [pipeline_arn, arn]
    assert_shaped(started["detail"], EXECUTION)
    assert started["detail"]["currentPipelineExecutionStatus"] == "Executing"
    assert started["detail"]["pipelineExecutionDescription"] == "nightly"
    assert "executionEndTime" not in started["detail"]
    assert_shaped(ended["detail"], {**EXECUTION, "executionEndTime": str})
    assert ended["detail"]["previousPipelineExecutionStatus"] == "Executing"
    assert ended["detail"]["currentPipelineExecutionStatus"] == "Succeeded"

    told = steps.until(
        lambda bodies: any(each["detail"]["currentStepStatus"] == "Succeeded" for each in bodies)
    )
    assert_shaped(told[0]["detail"], STEP)
    assert told[0]["detail"]["currentStepStatus"] == "Starting"
    last = told[-1]["detail"]
    assert_shaped(last, {**STEP, "stepEndTime": str, "previousStepStatus": str})
    assert (last["stepName"], last["stepType"]) == ("Prep", "Processing")
    assert last["metadata"] == {"processingJob": {"arn": job_arn}}
    assert told[-1]["resources"] == [pipeline_arn, arn]


def test_a_step_that_fails_or_is_reused_says_so(event_lab: EventLab, lab: Any) -> None:
    cached = lab.processing("Cached", CacheConfig={"Enabled": True, "ExpireAfter": "1d"})
    name = lab.create(cached, lab.processing("Bad", "raise SystemExit(3)"))
    pipeline_arn = lab.sagemaker.describe_pipeline(PipelineName=name)["PipelineArn"]
    first = lab.run(name)["PipelineExecutionArn"]
    inbox = event_lab.listen(
        {
            **of_type("Model Building Pipeline Execution Step Status Change"),
            "detail": {
                "pipelineArn": [pipeline_arn],
                "currentStepStatus": ["Succeeded", "Failed"],
            },
        }
    )
    lab.run(name)
    bodies = inbox.until(lambda found: len(found) == 2)
    by_name = {each["detail"]["stepName"]: each["detail"] for each in bodies}
    assert by_name["Cached"]["cacheHitResult"] == {"sourcePipelineExecutionArn": first}
    assert "AlgorithmError" in by_name["Bad"]["failureReason"]


def test_a_processing_job_tells_its_start_and_its_end(event_lab: EventLab, lab: Any) -> None:
    job = event_lab.unique("job")
    inbox = event_lab.listen(
        {**of_type("Processing Job State Change"), "detail": {"ProcessingJobName": [job]}}
    )
    arguments = lab.processing("x", "raise SystemExit(1)")["Arguments"]
    arn = lab.sagemaker.create_processing_job(
        ProcessingJobName=job, Tags=[{"Key": "team", "Value": "books"}], **arguments
    )["ProcessingJobArn"]
    begun, failed = inbox.until(lambda bodies: len(bodies) == 2)
    assert begun["resources"] == failed["resources"] == [arn]
    assert_shaped(begun["detail"], PROCESSING_JOB)
    assert begun["detail"]["ProcessingJobStatus"] == "InProgress"
    assert begun["detail"]["Tags"] == {"team": "books"}
    times = {"ProcessingStartTime": int, "ProcessingEndTime": int, "FailureReason": str}
    assert_shaped(failed["detail"], {**PROCESSING_JOB, **times})
    assert failed["detail"]["ProcessingJobStatus"] == "Failed"
    described = lab.sagemaker.describe_processing_job(ProcessingJobName=job)
    created = int(described["CreationTime"].timestamp() * 1_000)
    assert abs(failed["detail"]["CreationTime"] - created) <= 1


def test_an_endpoint_and_what_it_is_made_of_tell_their_states(
    event_lab: EventLab, emulator: EmulatorProcess, client: Client, unique: Unique
) -> None:
    add_recipe(emulator)
    sagemaker = client("sagemaker")
    listened = {
        words: event_lab.listen(of_type(f"{words} State Change"))
        for words in ("Model", "Endpoint Config", "Endpoint", "Endpoint Deployment")
    }
    model = create_model(client, unique("model"))
    name = deploy(client, unique("endpoint"), variant(model))
    config = unique("next")
    sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=[variant(model)])
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    wait(client, name)
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.delete_model(ModelName=model)

    def mine(member: str, value: str, count: int, words: str) -> list[Event]:
        def chosen(bodies: list[Event]) -> list[Event]:
            return [each for each in bodies if each["detail"][member] == value]

        return chosen(listened[words].until(lambda bodies: len(chosen(bodies)) >= count))

    states = mine("EndpointName", name, 5, "Endpoint")
    for each in states:
        assert_shaped(each["detail"], ENDPOINT)
    assert [each["detail"]["EndpointStatus"] for each in states] == [
        "CREATING",
        "IN_SERVICE",
        "UPDATING",
        "IN_SERVICE",
        "DELETING",
    ]
    deployments = mine("EndpointName", name, 3, "Endpoint Deployment")
    for deployment in deployments:
        assert_shaped(deployment["detail"], {**ENDPOINT, "PendingDeploymentSummary": dict})
        pending = deployment["detail"]["PendingDeploymentSummary"]
        assert pending["EndpointConfigName"] == config
        assert type(pending["StartTime"]) is int
    steps = [
        each["detail"]["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]
        for each in deployments[1:]
    ]
    # Source: the event's example and statuses in "Events that SageMaker sends to EventBridge".
    assert [step["Status"] for step in steps] == ["Creating", "ActivatingTraffic"]
    assert all(type(step["StartTime"]) is int for step in steps)
    made, deleted = mine("ModelName", model, 2, "Model")
    model_members = {"ModelArn": str, "ExecutionRoleArn": str, "CreationTime": int, "Tags": dict}
    for each in (made, deleted):
        assert_shaped(each["detail"], model_members)
    (new_config,) = mine("EndpointConfigName", config, 1, "Endpoint Config")
    assert_shaped(new_config["detail"], {"ProductionVariants": list, "CreationTime": int})


def test_what_died_with_the_emulator_is_told_after_the_next_start(
    own_emulator: EmulatorProcess, own_lab: Any, unique: Unique
) -> None:
    lab = EventLab(own_emulator, unique)
    pattern = of_type("Processing Job State Change")
    inbox = lab.listen({**pattern, "detail": {"ProcessingJobStatus": ["Failed"]}})
    arguments = own_lab.processing("x", "import time; time.sleep(600)")["Arguments"]
    own_lab.sagemaker.create_processing_job(ProcessingJobName="long", **arguments)
    own_emulator.kill()
    own_emulator.start()
    inbox.sqs = own_emulator.client("sqs")
    assert inbox.first()["detail"]["ProcessingJobName"] == "long"
    assert inbox.first()["detail"]["RoleArn"] == ROLE_ARN
