"""What CodeBuild and SageMaker are asked for; each call fits botocore's model of it."""

from dataclasses import replace

import pytest

from emulator.protocol.models import load_service
from emulator.protocol.validate import accept
from emulator.services.events.delivery.deliveries import Delivery
from emulator.services.events.delivery.failures import DeliveryFailed
from emulator.services.events.inputs import Occasion
from emulator.services.events.targets import build_projects, model_pipelines

ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
EVENT = {"id": "1", "detail": {"commit": "abc"}}
OCCASION = Occasion(EVENT, "arn:aws:events:us-east-1:123456789012:rule/r", "r", 0)
PROJECT = {"Id": "1", "Arn": "arn:aws:codebuild:us-east-1:123456789012:project/p-smoke-test"}

MODEL_PIPELINE = {"Id": "1", "Arn": "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p"}


class Api:
    """Checks each call against botocore's model, and remembers it."""

    def __init__(self):
        self.calls = []

    def call(self, service, operation, **parameters):
        model = load_service(service).operation_model(operation)
        accept(model.input_shape, parameters, is_strict=True)
        self.calls.append((service, operation, parameters))
        return {}


@pytest.fixture
def calling(context):
    return replace(context, api=Api())


def delivery(target, **members):
    return Delivery(ID, OCCASION, {**target, **members}, 0, 0)


def test_a_build_is_started_with_the_members_of_its_input(calling):
    build_projects.deliver(calling, delivery(PROJECT, Input='{"sourceVersion": "abc"}'))
    started = {"projectName": "p-smoke-test", "idempotencyToken": ID, "sourceVersion": "abc"}
    assert calling.api.calls == [("codebuild", "StartBuild", started)]


def test_a_sagemaker_pipeline_gets_its_parameters_and_the_same_token_again(calling):
    given = [
        {"Name": "Commit", "Value": "$.detail.commit"},
        {"Name": "Whole", "Value": "$.detail"},
        {"Name": "Missing", "Value": "$.detail.none"},
        {"Name": "Constant", "Value": "k"},
    ]
    parameters = {"SageMakerPipelineParameters": {"PipelineParameterList": given}}
    model_pipelines.deliver(calling, delivery(MODEL_PIPELINE, **parameters))
    ((service, operation, asked),) = calling.api.calls
    assert (service, operation) == ("sagemaker", "StartPipelineExecution")
    assert (asked["PipelineName"], asked["ClientRequestToken"]) == (MODEL_PIPELINE["Arn"], ID)
    assert [each["Value"] for each in asked["PipelineParameters"]] == [
        "abc",
        '{"commit": "abc"}',
        "$.detail.none",
        "k",
    ]


def test_an_input_that_is_no_object_starts_no_build(calling):
    with pytest.raises(DeliveryFailed) as caught:
        build_projects.deliver(calling, delivery(PROJECT, Input='"text"'))
    assert caught.value.code == "INVALID_JSON"
    assert calling.api.calls == []
