"""Lineage steps, as the SageMaker SDK's LineageStep writes them, against a running emulator."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ACCOUNT_ID, REGION, ROLE_ARN
from tests.contract.jobs import error_of

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}"


@pytest.fixture
def step(lab: Any, unique: Callable[[str], str]) -> Callable[..., dict[str, Any]]:
    """The step of the SDK's own example, with names of its own; members replace its Arguments."""
    run, model, bucket = unique("run"), unique("model"), lab.bucket

    def make(**arguments: Any) -> dict[str, Any]:
        example = {
            "Actions": [
                {
                    "ActionName": run,
                    "Source": {"SourceUri": f"s3://{bucket}/run", "SourceType": "S3ETag"},
                    "ActionType": "ModelTraining",
                }
            ],
            "Artifacts": [
                {
                    "ArtifactName": model,
                    "Source": {"SourceUri": f"s3://{bucket}/model.tar.gz"},
                    "ArtifactType": "Model",
                }
            ],
            "Associations": [
                {
                    "Source": {"Name": run, "Type": "Action"},
                    "Destination": {"Name": model, "Type": "Artifact"},
                    "AssociationType": "Produced",
                }
            ],
        }
        return {"Name": "Record", "Type": "Lineage", "Arguments": {**example, **arguments}}

    return make


def names_of(step: dict[str, Any]) -> tuple[str, str]:
    arguments = step["Arguments"]
    return arguments["Actions"][0]["ActionName"], arguments["Artifacts"][0]["ArtifactName"]


def test_a_step_creates_its_entities_and_associates_them(lab: Any, step: Any) -> None:
    made = step()
    run, model = names_of(made)

    execution = lab.run(lab.create(made))

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    metadata = lab.steps(execution["PipelineExecutionArn"])["Record"]["Metadata"]["Lineage"]
    action, artifact = f"{ARN}:action/{run}", metadata["ArtifactArns"][model]
    assert metadata == {
        "ActionArns": {run: action},
        "ArtifactArns": {model: artifact},
        "Associations": [{"SourceArn": action, "DestinationArn": artifact}],
    }
    described = lab.sagemaker.describe_artifact(ArtifactArn=artifact)
    assert described["Source"]["SourceUri"] == f"s3://{lab.bucket}/model.tar.gz"
    (association,) = lab.sagemaker.list_associations(SourceArn=action)["AssociationSummaries"]
    assert association["DestinationArn"] == artifact
    assert association["AssociationType"] == "Produced"


def test_expressions_are_resolved_and_arns_are_handed_on(lab: Any, step: Any) -> None:
    prepare = lab.processing("Prepare", "open('/opt/ml/processing/out/a', 'w')", outputs=["out"])
    output = "Steps.Prepare.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"
    data = {
        "ArtifactName": "prepared",
        "Source": {"SourceUri": {"Get": output}},
        "ArtifactType": "Prepared",
        "Properties": {"rows": {"Get": "Parameters.Rows"}},
    }
    record = step(Artifacts=[data], Associations=[])
    arn = {"Get": "Steps.Record.ArtifactArns['prepared']"}
    code = "import os; open('/opt/ml/processing/out/arn', 'w').write(os.environ['ARN'])"
    use = lab.processing("Use", code, outputs=["out"], arguments={"Environment": {"ARN": arn}})
    rows = {"Name": "Rows", "Type": "Integer", "DefaultValue": 5}

    execution = lab.run(lab.create(prepare, record, use, Parameters=[rows]))

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    described = lab.sagemaker.describe_artifact(ArtifactArn=lab.text("Use/out/arn"))
    assert described["Source"]["SourceUri"] == f"s3://{lab.bucket}/Prepare/out"
    assert described["Properties"] == {"rows": "5"}


def test_an_entity_from_elsewhere_is_associated_by_its_arn(lab: Any, step: Any) -> None:
    context = lab.sagemaker.create_context(
        ContextName=lab.unique("team"), Source={"SourceUri": "team"}, ContextType="Team"
    )["ContextArn"]
    made = step()
    made["Arguments"]["Associations"] = [
        {
            "Source": {"Name": names_of(made)[1], "Type": "Artifact"},
            "Destination": {"Arn": context},
        }
    ]

    execution = lab.run(lab.create(made))

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    (found,) = lab.sagemaker.list_associations(DestinationArn=context)["AssociationSummaries"]
    assert found["SourceType"] == "Model"


def test_a_second_run_reuses_what_is_there(lab: Any, step: Any) -> None:
    """Source: "Lineage Tracking Entities": "SageMaker AI reuses any existing entities"."""
    name = lab.create(step())

    first, second = (lab.run(name)["PipelineExecutionArn"] for _ in range(2))

    metadata = [lab.steps(arn)["Record"]["Metadata"] for arn in (first, second)]
    assert metadata[0] == metadata[1]


def test_a_name_that_something_else_has_fails_the_step(lab: Any, step: Any) -> None:
    made = step()
    action = names_of(made)[0]
    lab.sagemaker.create_action(
        ActionName=action, Source={"SourceUri": "other"}, ActionType="Other"
    )

    execution = lab.run(lab.create(made))

    reason = lab.steps(execution["PipelineExecutionArn"])["Record"]["FailureReason"]
    assert reason == (
        "ClientError: Failed to invoke sagemaker:CreateAction. Error Details: Action with name"
        f" {action} already exists: {ARN}:action/{action}"
    )


def test_an_arn_of_nothing_fails_the_step(lab: Any, step: Any) -> None:
    nobody = f"{ARN}:artifact/{'0' * 32}"
    end = {"Arn": nobody}
    associations = [{"Source": end, "Destination": {"Arn": f"{ARN}:context/nobody"}}]

    execution = lab.run(lab.create(step(Associations=associations)))

    reason = lab.steps(execution["PipelineExecutionArn"])["Record"]["FailureReason"]
    assert f"There is no lineage entity {nobody} and no {ARN}:context/nobody." in reason


def test_every_fault_of_the_arguments_comes_at_once(lab: Any, step: Any) -> None:
    made = step(
        Artifacts=[{"ArtifactName": "-", "ArtifactType": "Model"}],
        Contexts={"ContextName": "one"},
        Trials=[],
        Associations=[
            {
                "Source": {"Name": "nobody", "Type": "Action"},
                "Destination": {"Name": "x", "Type": "Trial"},
                "AssociationType": "Caused",
            },
            {"Source": {"Arn": "a", "Name": "b"}},
        ],
    )
    use = {"Get": "Steps.Record.ActionArns['nobody']"}
    user = lab.processing("Use", arguments={"Environment": {"ARN": use}})

    code, message = error_of(
        lab.sagemaker.create_pipeline,
        PipelineName=lab.unique("faulty"),
        PipelineDefinition=json.loads(json.dumps(lab.definition(made, user))),
        RoleArn=ROLE_ARN,
    )

    run = made["Arguments"]["Actions"][0]["ActionName"]
    assert code == "ValidationException"
    for fault in (
        "Step 'Record': Unknown Argument member 'Trials'.",
        "Step 'Record': Argument 'Contexts' must be an array, not {'ContextName': 'one'}.",
        "Artifacts[0]: Value '-' at 'artifactName' failed to satisfy constraint",
        "Artifacts[0]: Value null at 'source' failed to satisfy constraint",
        "Associations[0]: Source names Action 'nobody', which the step does not create;"
        f" it creates: {run}.",
        "Associations[0]: Destination has the unknown Type 'Trial'; the types are: Action,",
        "Associations[0]: unknown AssociationType 'Caused'; the types are: ContributedTo,",
        "Associations[1]: Source must be an object with Arn, or with Name and Type.",
        "Associations[1]: Destination must be an object with Arn, or with Name and Type.",
        f"Get 'Steps.Record.ActionArns['nobody']' not found; step 'Record' creates: {run}.",
    ):
        assert fault in message
