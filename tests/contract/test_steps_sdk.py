"""Callback and Lineage steps as SageMaker SDK v3 writes them, run against a running emulator."""

import json
from typing import Any

from pipelines.sdk import session, values
from pipelines.target import Target
from tests.conftest import REGION, ROLE_ARN


def definition_of(lab: Any, queue_url: str, run: str) -> str:
    """A callback whose output becomes a property of an artifact."""
    with session.building(Target(ROLE_ARN, lab.bucket, REGION)) as build:
        from sagemaker.core.lineage.action import Action
        from sagemaker.core.lineage.artifact import Artifact
        from sagemaker.mlops.workflow.callback_step import (
            CallbackOutput,
            CallbackOutputTypeEnum,
            CallbackStep,
        )
        from sagemaker.mlops.workflow.lineage_step import (
            LineageAssociation,
            LineageEntityReference,
            LineageStep,
        )

        word = values.string_parameter("Word", "hello")
        where = CallbackOutput("where", CallbackOutputTypeEnum.String)
        ask = CallbackStep(
            "Ask",
            sqs_queue_url=queue_url,
            inputs={"word": word},
            outputs=[where, CallbackOutput("rows", CallbackOutputTypeEnum.Integer)],
        )
        record = LineageStep(
            "Record",
            actions=[
                Action.create(
                    action_name=run,
                    source_uri="https://example.com/labels",
                    source_type="Web",
                    action_type="Labeling",
                    sagemaker_session=build.session,
                )
            ],
            artifacts=[
                Artifact.create(
                    artifact_name="labels",
                    source_uri=ask.properties.Outputs["where"],
                    artifact_type="DataSet",
                    sagemaker_session=build.session,
                )
            ],
            associations=[
                LineageAssociation(
                    source=LineageEntityReference(name=run, type="Action"),
                    destination=LineageEntityReference(name="labels", type="Artifact"),
                    association_type="Produced",
                )
            ],
        )
        return session.definition(build, [word], [ask, record])


def test_what_a_person_answers_is_recorded(lab: Any, emulator: Any) -> None:
    sqs, run = emulator.client("sqs"), lab.unique("run")
    queue_url = sqs.create_queue(QueueName=lab.unique("people"))["QueueUrl"]
    name = lab.unique("Pipeline")
    lab.sagemaker.create_pipeline(
        PipelineName=name,
        PipelineDefinition=definition_of(lab, queue_url, run),
        RoleArn=ROLE_ARN,
    )
    arn = lab.start(name, PipelineParameters=[{"Name": "Word", "Value": "please"}])
    (message,) = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=20)["Messages"]
    asked = json.loads(message["Body"])
    uri = f"s3://{lab.bucket}/labels.csv"

    lab.sagemaker.send_pipeline_execution_step_success(
        CallbackToken=asked["token"],
        OutputParameters=[{"Name": "where", "Value": uri}, {"Name": "rows", "Value": "3"}],
    )

    assert asked["arguments"] == {"word": "please"}
    assert lab.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
    recorded = lab.steps(arn)["Record"]["Metadata"]["Lineage"]
    labels = lab.sagemaker.describe_artifact(ArtifactArn=recorded["ArtifactArns"]["labels"])
    assert labels["Source"]["SourceUri"] == uri
    answer = lab.sagemaker.query_lineage(
        StartArns=[recorded["ActionArns"][run]], Direction="Descendants"
    )
    assert [vertex["Type"] for vertex in answer["Vertices"]] == ["Labeling", "DataSet"]
