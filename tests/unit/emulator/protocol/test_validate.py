import pytest
from botocore.validate import ParamValidator

from emulator.errors import AwsError
from emulator.protocol.models import load_service
from emulator.protocol.validate import accept, check, compiled


def input_shape(operation: str, service: str = "sagemaker"):
    return load_service(service).operation_model(operation).input_shape


def faults(operation: str, parameters: dict) -> list[str]:
    return check(input_shape(operation), parameters)[1]


def test_all_faults_come_in_one_message():
    with pytest.raises(AwsError) as caught:
        accept(
            input_shape("CreatePipeline"),
            {"PipelineName": "bad name", "ParallelismConfiguration": {}, "RoleArn": 5},
        )
    assert caught.value.code == "ValidationException"
    assert caught.value.message == (
        "4 validation errors detected: "
        "Value 'bad name' at 'pipelineName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,255}; "
        "Value null at 'clientRequestToken' failed to satisfy constraint: Member must not be null; "
        "Value '5' at 'roleArn' failed to satisfy constraint: Member must be a string; "
        "Value null at 'parallelismConfiguration.maxParallelExecutionSteps' failed to satisfy "
        "constraint: Member must not be null"
    )


# The wording is that of SageMaker's own answers, as AWS's forums and issue trackers quote them.
@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        (
            {"TrainingJobName": "a" * 64},
            f"Value '{'a' * 64}' at 'trainingJobName' failed to satisfy constraint: "
            "Member must have length less than or equal to 63",
        ),
        (
            {"TrainingJobName": ""},
            "Value '' at 'trainingJobName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 0}},
            "Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        (
            {"Tags": [{"Key": "k"}]},
            "Value null at 'tags.1.member.value' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            {"EnableNetworkIsolation": "yes"},
            "Value 'yes' at 'enableNetworkIsolation' failed to satisfy constraint: "
            "Member must be a boolean",
        ),
    ],
)
def test_a_fault_names_the_value_the_member_and_the_constraint(parameters, fault):
    assert fault in faults("CreateTrainingJob", parameters)


def test_a_value_outside_an_enum_gets_the_set():
    fault = faults(
        "UpdateModelPackage",
        {"ModelPackageArn": "arn:aws:sagemaker:x", "ModelApprovalStatus": "Maybe"},
    )[-1]
    assert "Member must satisfy enum value set: [" in fault
    assert "PendingManualApproval" in fault


def test_timestamps_become_epoch_seconds_and_blobs_bytes():
    accepted = accept(input_shape("ListPipelines"), {"CreatedAfter": "2026-01-01T00:00:00Z"})
    assert accepted == {"CreatedAfter": 1767225600.0}
    accepted = accept(input_shape("Invoke", "lambda"), {"FunctionName": "f", "Payload": "aGVsbG8="})
    assert accepted["Payload"] == b"hello"


@pytest.mark.parametrize(
    "moment", [float("nan"), float("inf"), 1e300, 10**160, -(10**160), True, "", "now", [], "9"]
)
def test_what_is_no_time_is_a_fault(moment):
    assert faults("ListPipelines", {"CreatedAfter": moment}) == [
        f"Value '{moment}' at 'createdAfter' failed to satisfy constraint: Member must be a "
        "timestamp"
    ]


@pytest.mark.parametrize("number", [float("nan"), float("-inf"), 10**400])
def test_a_number_that_json_cannot_say_is_a_fault(number):
    metric = {"ObjectiveMetricName": "m", "TargetObjectiveMetricValue": number}
    fault = faults(
        "CreateHyperParameterTuningJob",
        {"HyperParameterTuningJobConfig": {"TuningJobCompletionCriteria": metric}},
    )
    assert [text for text in fault if "Member must be a finite number" in text]


def test_half_a_character_is_a_fault_and_a_whole_one_is_not():
    def described(text: str) -> list[str]:
        return faults(
            "CreateModelPackageGroup",
            {"ModelPackageGroupName": "g", "ModelPackageGroupDescription": text},
        )

    assert described("\U0001f3ac \u00e9t\u00e9") == []
    (fault,) = described("\ud83c")
    assert fault == (
        "Value '\ud83c' at 'modelPackageGroupDescription' failed to satisfy constraint: "
        "Member must be valid Unicode"
    )


def test_unknown_members_are_left_out_or_are_faults_when_strict():
    shape = input_shape("DescribePipeline")
    assert accept(shape, {"PipelineName": "p", "Nme": 1}) == {"PipelineName": "p"}
    with pytest.raises(AwsError, match="at 'nme' failed .* must be one of: PipelineName"):
        accept(shape, {"PipelineName": "p", "Nme": 1}, is_strict=True)


@pytest.mark.parametrize("service", ["sagemaker", "sagemaker-runtime", "lambda", "logs"])
def test_every_pattern_of_the_models_compiles(service):
    model = load_service(service)
    patterns = [
        pattern
        for name in model.shape_names
        if (pattern := model.shape_for(name).metadata.get("pattern"))
    ]
    assert patterns
    for pattern in patterns:
        compiled(pattern)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"TrainingJobName": "j", "RoleArn": 1},
        {"TrainingJobName": ["j"], "HyperParameters": {"a": 1}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": "10"}, "InputDataConfig": {}},
    ],
)
def test_whatever_botocore_refuses_is_refused(parameters):
    shape = input_shape("CreateTrainingJob")
    assert ParamValidator().validate(parameters, shape).has_errors()
    assert faults("CreateTrainingJob", parameters)


@pytest.mark.parametrize(
    ("member", "value"),
    [("ContentType", "text/csv"), ("Accept", "application/json"), ("CustomAttributes", "a=b")],
)
def test_headers_of_invoke_endpoint_take_plain_ascii(member, value):
    shape = input_shape("InvokeEndpoint", "sagemaker-runtime")
    parameters = {"EndpointName": "e", "Body": b"1", member: value}
    assert accept(shape, parameters) == parameters
    _, found = check(shape, parameters | {member: "caf\u00e9"})
    assert len(found) == 1
