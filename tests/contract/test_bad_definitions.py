"""Definitions that cannot run: refused in AWS's words, with nothing kept."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN

PARSE = "Unable to parse pipeline definition. "
VERSION = "2020-12-01"
COUNT = {"Get": "Parameters.N"}


def fail(name: str, message: Any = "no", **members: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **members}


def call(name: str, **members: Any) -> dict[str, Any]:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:any"
    return {"Name": name, "Type": "Lambda", "FunctionArn": arn, "Arguments": {}, **members}


def condition(*conditions: dict[str, Any]) -> dict[str, Any]:
    arguments = {"Conditions": list(conditions), "IfSteps": [], "ElseSteps": []}
    return {"Name": "Check", "Type": "Condition", "Arguments": arguments}


def text(*steps: dict[str, Any], **members: Any) -> str:
    return json.dumps({"Version": VERSION, "Steps": list(steps), **members})


def error_of(call: Callable[..., Any], **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def refused(client: Callable[[str], Any], unique: Callable[[str], str]) -> Callable[[str], str]:
    """The message of CreatePipeline, which must have kept nothing."""

    def message_for(definition: str) -> str:
        sagemaker, name = client("sagemaker"), unique("Pipeline")
        code, message = error_of(
            sagemaker.create_pipeline,
            PipelineName=name,
            PipelineDefinition=definition,
            RoleArn=ROLE_ARN,
        )
        assert code == "ValidationException"
        missing = error_of(sagemaker.describe_pipeline, PipelineName=name)
        assert missing[0] == "ResourceNotFound"
        return message

    return message_for


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("{'Version'", "The definition is not JSON: Expecting property name"),
        ("null", "Expecting start of Json Object."),
        ('{"Version": "2020-12-01", "Steps": NaN}', "not JSON: NaN is no JSON number."),
        (
            text(fail("A")).replace('"Type": "Fail"', '"Type": "Fail", "Type": "Fail"'),
            "Step 'A': the key 'Type' is given 2 times; give it once.",
        ),
        ('{"Version": "1.0", "Steps": []}', "Version is '1.0'; the only version is '2020-12-01'."),
        (text(), "Pipeline: Steps must hold at least one step."),
        (text(fail("A"), fail("A")), "Step names must be unique: 'A' occurs 2 times."),
        (text(fail("n" * 65)), "the name has 65 characters; at most 64 are allowed."),
        (text(fail("")), "the name may have letters, digits, '-' and '_' only, and at least one."),
        (text(fail("caf\u00e9")), "Step 'caf\u00e9': the name may have letters, digits, '-'"),
        (
            text(call("A", DependsOn=["B"]), call("B", DependsOn=["A"])),
            "Steps wait for each other in a cycle: ",
        ),
        # Source of these two: the limitations in
        # https://docs.aws.amazon.com/sagemaker/latest/dg/build-and-manage-steps-types.html
        (
            text(fail("A"), call("B", DependsOn=["A"])),
            "Step 'B': DependsOn 'A': nothing runs after a Fail step.",
        ),
        (
            text({**condition(), "Name": "Outer", "Arguments": {"IfSteps": [condition()]}}),
            "Step 'Check': it is nested in Condition step 'Outer'; Condition steps cannot be",
        ),
        (text(fail("A", {"Get": "Steps.B.X"})), "Step 'A': Get 'Steps.B.X' not found; the pipe"),
        (
            text(condition(), fail("A", {"Get": "Steps.Check.Result"})),
            "Step 'A': Get 'Steps.Check.Result' not found; step 'Check' offers: Outcome.",
        ),
        (text(fail("A", {"Get": "Parameters.P"})), "the pipeline has parameters: none."),
        # Source: AWS's words in https://github.com/aws/sagemaker-python-sdk/issues/4867 and 2345
        (
            text(
                {"Name": "A", "Type": "Training", "Arguments": {"HyperParameters": {"n": COUNT}}},
                Parameters=[{"Name": "N", "Type": "Integer"}],
            ),
            "Step 'A': Cannot assign property reference [Parameters.N] to argument of type [Str",
        ),
        (
            text(
                {"Name": "A", "Type": "Model", "Arguments": {"VpcConfig": {"Subnets": COUNT}}},
                Parameters=[{"Name": "N", "Type": "Integer"}],
            ),
            "Step 'A': Expecting start of Json Array, for which no expression can stand, at 'VpcCo",
        ),
        (
            text(fail("A"), Parameters=[{"Name": "P", "DefaultValue": "c", "EnumValues": ["a"]}]),
            "Parameter 'P': DefaultValue 'c' is not among EnumValues 'a'.",
        ),
        (
            text(condition({"Type": "Between", "LeftValue": 1})),
            "Step 'Check': Conditions[0]: unknown condition 'Between'; the conditions are: Equals,",
        ),
        # Source: AWS's refusal in https://github.com/aws/sagemaker-python-sdk/issues/2746
        (
            text(condition({"Type": "Not", "Expression": {}})),
            "Step 'Check': Conditions[0]: unknown member 'Expression'; the members are: Type, Cond",
        ),
        (
            text(condition({"Type": "Equals", "LeftValue": [1], "RightValue": 1})),
            "Conditions[0]: LeftValue must be a single value or an expression, not [1].",
        ),
        (
            text(fail("A", {"Std:Sum": [1, 2]})),
            "Step 'A': unknown function 'Std:Sum'; the functions are: Get, Std:Join, Std:JsonGet.",
        ),
        (text(fail("A"), Metadata={"a": "\ud83c"}), "it holds U+D83C, half of a surrogate pair."),
        ('{"a":' * 50_000, "The definition is not JSON: it is nested too deeply."),
    ],
    ids=lambda value: value[:40] if value.startswith(("Step", "The", "Pipe")) else "",
)
def test_a_definition_that_cannot_run_is_refused_and_not_kept(
    refused: Callable[[str], str], definition: str, message: str
) -> None:
    found = refused(definition)

    assert found.startswith(PARSE)
    assert message in found


def test_a_definition_may_have_1048576_characters_and_no_more(
    client: Callable[[str], Any], unique: Callable[[str], str], refused: Callable[[str], str]
) -> None:
    """Source: the limit of CreatePipeline's PipelineDefinition."""
    short = text(fail("A"), Metadata={"a": ""})
    most = 1_048_576 - len(short)
    sagemaker, name = client("sagemaker"), unique("Pipeline")

    message = refused(text(fail("A"), Metadata={"a": "x" * (most + 1)}))
    assert (
        "at 'pipelineDefinition' failed to satisfy constraint: Member must have length" in message
    )
    full = text(fail("A"), Metadata={"a": "x" * most})
    sagemaker.create_pipeline(PipelineName=name, PipelineDefinition=full, RoleArn=ROLE_ARN)
    assert sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"] == full


def test_thousands_of_steps_are_checked(refused: Callable[[str], str]) -> None:
    ring = [call(f"S{number}", DependsOn=[f"S{(number + 1) % 3_000}"]) for number in range(3_000)]
    message = refused(text(*ring))
    assert message.startswith(f"{PARSE}Steps wait for each other in a cycle: ")
    assert message.count(" -> ") == 3_000
    assert "'S' occurs 3000 times" in refused(text(*[fail("S")] * 3_000))


def test_what_is_nested_as_deep_as_allowed_runs(lab: Any, refused: Callable[[str], str]) -> None:
    """What one stage takes no later stage may fail on."""
    message: Any = "deep"
    inner: dict[str, Any] = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    for _ in range(64):
        message = {"Std:Join": {"On": "", "Values": [message]}}
        inner = {"Type": "Not", "Condition": {"Type": "Not", "Condition": inner}}
    step = condition(inner)
    step["Arguments"]["IfSteps"] = [fail("Deep", message)]

    execution = lab.run(lab.create(step))

    step["Arguments"]["IfSteps"] = [fail("Deep", {"Std:Join": {"On": "", "Values": [message]}})]
    assert "nested too deeply: over 200 levels" in refused(text(step))
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert lab.steps(execution["PipelineExecutionArn"])["Deep"]["FailureReason"] == "deep"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[("Integer", value) for value in ("", "1.5", "1_0", " 1", "0x1", "\u0663")],
        *[("Float", value) for value in ("", "nan", "inf", "1e999", "one")],
        *[("Boolean", value) for value in ("", "1", "yes")],
    ],
)
def test_a_parameter_of_another_type_starts_nothing(lab: Any, kind: str, value: str) -> None:
    name = lab.create(fail("A"), Parameters=[{"Name": "P", "Type": kind}])

    code, message = error_of(
        lab.sagemaker.start_pipeline_execution,
        PipelineName=name,
        PipelineParameters=[{"Name": "P", "Value": value}],
    )

    assert (code, message) == (
        "ValidationException",
        f"Parameter 'P': {value!r} is not of type {kind}.",
    )
    listed = lab.sagemaker.list_pipeline_executions(PipelineName=name)
    assert listed["PipelineExecutionSummaries"] == []
