import contextlib
import json
from typing import Any

import pytest

from emulator.engine.checking import load_definition
from emulator.engine.definition import Branch, CacheConfig, DefinitionError, RetryPolicy

ROLE_ARN = "arn:aws:iam::123456789012:role/x"


def processing(name: str, **members: Any) -> dict[str, Any]:
    arguments = {
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            }
        },
        "AppSpecification": {"ImageUri": "image:1"},
        "RoleArn": ROLE_ARN,
        "ProcessingOutputConfig": {
            "Outputs": [
                {
                    "OutputName": "out",
                    "S3Output": {
                        "S3Uri": "s3://bucket/out",
                        "LocalPath": "/opt/ml/processing/out",
                        "S3UploadMode": "EndOfJob",
                    },
                }
            ]
        },
        **members.pop("arguments", {}),
    }
    return {"Name": name, "Type": "Processing", "Arguments": arguments, **members}


def fail(name: str, message: Any = "", **members: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **members}


def condition(name: str, *, yes: Any = (), no: Any = (), left: Any = 1) -> dict[str, Any]:
    return {
        "Name": name,
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "Equals", "LeftValue": left, "RightValue": 1}],
            "IfSteps": list(yes),
            "ElseSteps": list(no),
        },
    }


def text(*steps: Any, **members: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "Steps": list(steps), **members})


def faults(*steps: Any, **members: Any) -> tuple[str, ...]:
    with pytest.raises(DefinitionError) as caught:
        load_definition(text(*steps, **members))
    return caught.value.faults


def get(reference: str) -> dict[str, str]:
    return {"Get": reference}


def test_a_definition_is_read_into_steps_that_know_their_branch() -> None:
    check = condition("Check", yes=[fail("No")], no=[processing("Yes")], left=get("Parameters.N"))

    definition = load_definition(text(check, Parameters=[{"Name": "N"}]))

    assert {step.name: step.branch for step in definition.steps} == {
        "Check": None,
        "No": Branch("Check", True),
        "Yes": Branch("Check", False),
    }


def test_policies_are_read_in_seconds() -> None:
    policy = {
        "ExceptionType": ["Step.SERVICE_FAULT", "SageMaker.CAPACITY_ERROR"],
        "IntervalSeconds": 3,
        "BackoffRate": 1.5,
        "MaxAttempts": 4,
    }
    step = processing(
        "A",
        RetryPolicies=[
            policy,
            {"ExceptionType": ["Step.THROTTLING"], "ExpireAfterMin": 10},
            {"ExceptionType": ["SageMaker.RESOURCE_LIMIT"]},
        ],
        CacheConfig={"Enabled": True, "ExpireAfter": "PT1H"},
    )

    (read,) = load_definition(text(step)).steps

    assert read.cache == CacheConfig(True, 3600)
    assert read.retry_policies == (
        RetryPolicy(("Step.SERVICE_FAULT", "SageMaker.CAPACITY_ERROR"), 3, 1.5, 4, None),
        # Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-retry-policy.html
        RetryPolicy(("Step.THROTTLING",), 1, 2.0, None, 10),
        RetryPolicy(("SageMaker.RESOURCE_LIMIT",), 1, 2.0, 5, None),
    )


def _nested(levels: int) -> str:
    """A definition whose step has this many objects in one another."""
    step = '{"a":' * levels + "1" + "}" * levels
    return f'{{"Version": "2020-12-01", "Steps": [{step}]}}'


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ("", "The definition is not JSON"),
        ("{", "The definition is not JSON"),
        ("[]", "Expecting start of Json Object."),
        ("{}", "Version is None; the only version is '2020-12-01'."),
        ('{"Version": "2021-01-01"}', "Version is '2021-01-01'"),
        ("[" * 100_000, "The definition is not JSON: it is nested too deeply."),
        (_nested(199), "The definition is nested too deeply: over 200 levels."),
        (_nested(198), "Name is required."),
        ('{"Version": NaN}', "The definition is not JSON: NaN is no JSON number."),
        ('{"Version": -Infinity}', "The definition is not JSON: -Infinity is no JSON number."),
        (
            '{"Version": "2020-12-01", "Metadata": {"a": "\\uD83C"}}',
            "The definition is not valid Unicode: it holds U+D83C, half of a surrogate pair.",
        ),
        (" " * 1_048_577, "has 1048577 characters; at most 1048576 are allowed"),
    ],
)
def test_what_is_no_definition_is_refused(definition: str, message: str) -> None:
    with pytest.raises(DefinitionError, match="Unable to parse pipeline definition. ") as caught:
        load_definition(definition)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (fail("a b"), "Step 'a b': the name may have letters, digits, '-' and '_' only"),
        (fail("x" * 65), "the name has 65 characters; at most 64 are allowed"),
        (fail(""), "Step '': the name may have letters"),
        ({"Type": "Fail", "Arguments": {}}, "Step '?': Name is required."),
        ({"Name": "A", "Arguments": {}}, "Step 'A': Type is required."),
        ({"Name": "A", "Type": "Magic", "Arguments": {}}, "Step 'A': unknown Type 'Magic'"),
        ({"Name": "A", "Type": "ForEach"}, "Step 'A': Type 'ForEach' is not emulated"),
        ({"Name": "A", "Type": "Fail"}, "Step 'A': Arguments is required."),
        ({"Name": "A", "Type": "Lambda"}, "Step 'A': FunctionArn is required."),
        (fail("A", Foo=1), "Step 'A': unknown member 'Foo'"),
        (fail("A", DependsOn="B"), "Step 'A': DependsOn must be an array, not 'B'."),
        (fail("A", DependsOn=["B"]), "Step 'A': DependsOn 'B': there is no such step."),
        (fail("A", DependsOn=[1]), "Step 'A': DependsOn: 1 is neither a step name nor"),
        (
            fail("A", DependsOn=[{"Step": "A", "Trigger": "Never"}]),
            "Step 'A': DependsOn 'A': unknown Trigger 'Never'; the triggers are: Completed,",
        ),
        (processing("A", DependsOn=["A"]), "Steps wait for each other in a cycle: A -> A."),
        (fail("A", DependsOn=["A"]), "Step 'A': DependsOn 'A': nothing runs after a Fail step."),
        (
            condition("Outer", no=[condition("Inner")]),
            "Step 'Inner': it is nested in Condition step 'Outer'; Condition steps cannot be",
        ),
        (
            fail("A", CacheConfig={"Enabled": True}),
            "Step 'A': steps of Type 'Fail' take no CacheConfig.",
        ),
        (
            processing("A", CacheConfig={"Enabled": True, "ExpireAfter": "soon"}),
            "Step 'A': CacheConfig: ExpireAfter: 'soon' is not an ISO 8601 duration",
        ),
        (
            processing("A", RetryPolicies=[{"ExceptionType": ["Any"], "MaxAttempts": 21}]),
            "Step 'A': RetryPolicies[0]: unknown ExceptionType 'Any'; the types are: Step.",
        ),
        (
            processing("A", RetryPolicies=[{"ExceptionType": [], "MaxAttempts": 21}]),
            "Step 'A': RetryPolicies[0]: MaxAttempts is 21; it must be from 0 to 20.",
        ),
        (
            processing("A", RetryPolicies=[{"ExceptionType": [], "IntervalSeconds": 43_201}]),
            "Step 'A': RetryPolicies[0]: IntervalSeconds is 43201; it must be from 0 to 43200.",
        ),
        (
            processing(
                "A",
                RetryPolicies=[{"ExceptionType": [], "MaxAttempts": 1, "ExpireAfterMin": 1}],
            ),
            "Step 'A': RetryPolicies[0]: give either MaxAttempts or ExpireAfterMin, not both.",
        ),
        (
            processing(
                "A",
                PropertyFiles=[{"PropertyFileName": "P", "OutputName": "other", "FilePath": "f"}],
            ),
            "PropertyFile 'P' is in output 'other', but the step's outputs are: out.",
        ),
        (fail("A", 5), "Step 'A': Argument 'ErrorMessage' must be a string, not 5."),
        # Source: "Nested objects are not supported" in AWS's guide to Lambda steps.
        (
            {"Name": "A", "Type": "Lambda", "FunctionArn": "a", "Arguments": {"x": [1], "y": 2}},
            "Step 'A': Argument 'x' must be a single value or an expression, not an array: give it"
            " as JSON text.",
        ),
        (
            {"Name": "A", "Type": "Callback", "SqsQueueUrl": "q", "Arguments": {"x": {"y": 1}}},
            "Step 'A': Argument 'x' must be a single value or an expression, not an object: give",
        ),
        # Source of these two: botocore's shapes StepDisplayName and StepDescription.
        (
            fail("A", DisplayName="x" * 257),
            "Step 'A': DisplayName has 257 characters; at most 256 are allowed.",
        ),
        (
            fail("A", Description="x" * 3_073),
            "Step 'A': Description has 3073 characters; at most 3072 are allowed.",
        ),
        (
            processing("A", RetryPolicies=[{"ExceptionType": [], "MaxAttempts": 2.5}]),
            "Step 'A': RetryPolicies[0]: MaxAttempts must be a whole number, not 2.5.",
        ),
        (
            processing(
                "A",
                PropertyFiles=[{"PropertyFileName": "P", "OutputName": "out", "FilePath": "f"}] * 2,
            ),
            "Step 'A': PropertyFileName 'P' occurs 2 times.",
        ),
        (
            {
                "Name": "A",
                "Type": "Lambda",
                "FunctionArn": "arn",
                "OutputParameters": [{"OutputName": "x", "OutputType": "String"}] * 3,
            },
            "Step 'A': OutputName 'x' occurs 3 times.",
        ),
        (
            condition("C", left=None),
            "Step 'C': Conditions[0]: LeftValue must be a single value or an expression, not None.",
        ),
    ],
)
def test_each_fault_of_a_step_names_the_step(step: dict[str, Any], fault: str) -> None:
    assert any(fault in found for found in faults(step))


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        (get("Parameters.B"), "Get 'Parameters.B' not found; the pipeline has parameters: A."),
        (get("Steps.Nope.X"), "Get 'Steps.Nope.X' not found; the pipeline has steps: P, C, L, E"),
        (get("Execution.Id"), "Get 'Execution.Id' not found; the execution variables are: "),
        # Source: the SDK's guide: "the name of the training job launched by the training step".
        (
            get("Execution.TrainingJobName"),
            "Get 'Execution.TrainingJobName' has a value in Training steps only.",
        ),
        (
            {"Std:Join": {"Values": [get("Execution.ProcessingJobName")]}},
            "Get 'Execution.ProcessingJobName' has a value in Processing steps only.",
        ),
        (get("Steps.P"), "Get 'Steps.P' not found; it must name a property; step 'P' offers: Pr"),
        (get("Steps.P.Output"), "Get 'Steps.P.Output' not found; step 'P' offers: ProcessingInp"),
        (
            get("Steps.P.AppSpecification.Image"),
            "Get 'Steps.P.AppSpecification.Image' not found; 'AppSpecification' of step 'P'"
            " offers: ImageUri, ContainerEntrypoint, ContainerArguments.",
        ),
        (
            get("Steps.P.ProcessingOutputConfig.Outputs['in'].S3Output.S3Uri"),
            "not found; step 'P' has outputs: out.",
        ),
        (get("Steps.P.RoleArn.X"), "'RoleArn' of step 'P' is a single value."),
        (get("Steps.P.PropertyFiles.X"), "step 'P' has property files: none."),
        (get("Steps.C.Result"), "step 'C' offers: Outcome."),
        (get("Steps.L.OutputParameters['y']"), "step 'L' offers: OutputParameters['x']."),
        (get("Nothing"), "Get 'Nothing' must start with 'Parameters.', 'Steps.' or 'Execution.'."),
        (
            get("Steps.F.PropertyFiles.Report"),
            "Get 'Steps.F.PropertyFiles.Report' must stand in a Std:JsonGet, which reads the file.",
        ),
        ({"Std:Sum": []}, "unknown function 'Std:Sum'; the functions are: Get, Std:Join, Std:J"),
        ({"Std:Join": {"On": ","}}, "Std:Join needs an object with 'On' and an array 'Values'"),
        ({"Std:Join": {"Values": [{}]}}, "Std:Join: {} is neither a scalar nor an expression"),
        ({"Std:Join": {"On": 1, "Values": [{}]}}, "Std:Join: {} is neither a scalar nor an"),
        ({"Std:Join": {"Values": [get("Parameters.Z")]}}, "Get 'Parameters.Z' not found"),
        ({"Std:JsonGet": {"Path": "a"}}, "Std:JsonGet needs either 'PropertyFile' or 'S3Uri'"),
        (
            {"Std:JsonGet": {"Path": "a[", "S3Uri": "s3://b/k"}},
            "Std:JsonGet: Path 'a[' is not a path",
        ),
        ({"Std:Join": {"Values": [], "By": ","}}, "Std:Join: unknown member 'By'; the members"),
        (
            {"Std:JsonGet": {"Path": "a", "S3Uri": {"a": get("Nothing")}}},
            "is neither text nor an expression",
        ),
        (
            {"Std:JsonGet": {"Path": "a", "PropertyFile": get("Steps.P.RoleArn")}},
            "'Steps.P.RoleArn' is not Steps.<step>.PropertyFiles.<name>",
        ),
    ],
)
def test_each_fault_of_an_expression_says_what_there_is_instead(
    expression: Any, fault: str
) -> None:
    function = {
        "Name": "L",
        "Type": "Lambda",
        "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "Arguments": {},
        "OutputParameters": [{"OutputName": "x", "OutputType": "String"}],
    }
    file = {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "report.json"}
    with_file = processing("F", PropertyFiles=[file])
    steps = (processing("P"), condition("C"), function, fail("E", expression), with_file)

    found = faults(*steps, Parameters=[{"Name": "A"}])

    assert any(one.startswith("Step 'E': ") and fault in one for one in found)


def test_of_very_many_names_the_first_are_told_and_how_many_more() -> None:
    steps = [processing(f"S{number}") for number in range(120)]

    (found,) = faults(*steps, fail("E", get("Steps.Nope.X")))

    assert found.endswith(
        "the pipeline has steps: "
        + ", ".join([*(f"S{number}" for number in range(100)), "... and 21 more."])
    )


def test_a_ring_of_dependencies_is_written_out() -> None:
    steps = (
        processing("A", DependsOn=["B"]),
        processing("B", arguments={"RoleArn": get("Steps.C.Outcome")}),
        condition("C", yes=[fail("D")], left=get("Steps.E.RoleArn")),
        processing("E", DependsOn=["A"]),
    )

    (found,) = faults(*steps)

    ring = found.removeprefix("Steps wait for each other in a cycle: ").removesuffix(".")
    names = ring.split(" -> ")
    assert names[0] == names[-1]
    assert set(names) == {"A", "B", "C", "E"}


def test_a_condition_step_must_not_wait_for_its_own_branch() -> None:
    step = condition("C", yes=[processing("D")])
    step["DependsOn"] = ["D"]

    (found,) = faults(step)
    assert found in {
        "Steps wait for each other in a cycle: D -> C -> D.",
        "Steps wait for each other in a cycle: C -> D -> C.",
    }


def test_arguments_are_held_against_the_apis_shape_where_no_expression_hides_them() -> None:
    step = processing(
        "A",
        arguments={
            "RoleArn": get("Parameters.Role"),
            "AppSpecification": {"ImageUri": 5, "Images": []},
            "Environment": {"N": 1, "M": get("Parameters.Role")},
        },
    )
    del step["Arguments"]["ProcessingResources"]

    found = faults(step, Parameters=[{"Name": "Role"}])

    assert len(found) == 4
    assert "'5' at 'appSpecification.imageUri'" in " ".join(found)
    assert "at 'appSpecification.images'" in " ".join(found)
    assert "'1' at 'environment.N.member'" in " ".join(found)
    assert "at 'processingResources' failed to satisfy constraint: Member must not be null" in (
        " ".join(found)
    )


def test_names_that_pipelines_gives_itself_are_not_asked_for_or_are_refused() -> None:
    register = {
        "Name": "R",
        "Type": "RegisterModel",
        "Arguments": {"ModelPackageGroupName": "g", "ModelPackageName": "n"},
    }

    # Source: the error in https://github.com/aws/sagemaker-python-sdk/pull/3472
    assert faults(register) == ("Step 'R': Unknown Argument member 'ModelPackageName'.",)
    load_definition(text({"Name": "M", "Type": "Model", "Arguments": {}}))


@pytest.mark.parametrize(
    ("parameter", "fault"),
    [
        ({"Name": "A", "Type": "Text"}, "unknown Type 'Text'; the types are: String, Integer,"),
        ({"Type": "String"}, "Parameter '?': Name is required."),
        # Source of these two: botocore's shape PipelineParameterName.
        (
            {"Name": "caf\u00e9"},
            "Parameter 'caf\u00e9': the name may have letters, digits, '-' and '_' only, 1 to 256",
        ),
        ({"Name": "x" * 257}, "the name may have letters, digits, '-' and '_' only, 1 to 256 of"),
        (
            {"Name": "A", "Type": "Integer", "DefaultValue": "1"},
            "Parameter 'A': DefaultValue '1' is not of type Integer.",
        ),
        (
            {"Name": "A", "Type": "Integer", "DefaultValue": True},
            "Parameter 'A': DefaultValue True is not of type Integer.",
        ),
        (
            {"Name": "A", "Type": "Integer", "EnumValues": [1, "2", None]},
            "Parameter 'A': EnumValues '2', None are not of type Integer.",
        ),
        (
            {"Name": "A", "Type": "String", "DefaultValue": "c", "EnumValues": ["a", "b"]},
            "Parameter 'A': DefaultValue 'c' is not among EnumValues 'a', 'b'.",
        ),
    ],
)
def test_each_fault_of_a_parameter_names_the_parameter(
    parameter: dict[str, Any], fault: str
) -> None:
    assert any(fault in found for found in faults(fail("F"), Parameters=[parameter]))


@pytest.mark.parametrize("wrong", [None, 1, 1.5, True, "x", [], {}, [1], {"a": {}}])
@pytest.mark.parametrize(
    "member",
    ["ProcessingOutputConfig", "ProcessingInputs", "Environment", "AppSpecification", "Steps"],
)
def test_no_value_of_a_wrong_type_is_more_than_a_fault(member: str, wrong: Any) -> None:
    read = get("Steps.P.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")
    file = {"PropertyFileName": "F", "OutputName": "out", "FilePath": "f"}
    step = processing("P", PropertyFiles=[file])
    step["Arguments"][member] = wrong
    branch = condition("C", yes=[fail("E", read)])
    branch["Arguments"]["ElseSteps"] = wrong

    with contextlib.suppress(DefinitionError):
        load_definition(text(step, branch))


def test_one_fault_is_said_once_and_of_very_many_the_first_hundred_with_their_number() -> None:
    """Measured: 20,000 wrong references made an answer of 2.4 MB."""
    same = {"Std:Join": {"Values": [get("Parameters.Z")] * 20_000}}
    assert len(faults(fail("A", same))) == 1

    with pytest.raises(DefinitionError, match=r"\.\.\. and 900 more") as caught:
        load_definition(text(*[fail(f"S{number}", DependsOn=["X"]) for number in range(1_000)]))
    assert len(caught.value.faults) == 1_000
    assert "Step 'S99': DependsOn 'X': there is no such step." in str(caught.value)
    assert "Step 'S100'" not in str(caught.value)


def test_what_an_execution_could_not_do_is_refused_beforehand() -> None:
    assert faults(fail("A"), MlflowConfig={"MlflowResourceArn": "arn"}) == (
        "Pipeline: MlflowConfig is not emulated.",
    )
    load_definition(text(fail("A"), MlflowConfig=None, Parameters=None))


def test_names_that_occur_twice_are_counted_in_branches_too() -> None:
    found = faults(fail("A"), condition("C", yes=[fail("A")], no=[fail("A")]))

    assert found == ("Step names must be unique: 'A' occurs 3 times.",)


def test_a_reference_to_a_step_that_is_itself_faulty_is_no_second_fault() -> None:
    found = faults(
        {"Name": "Q", "Type": "QualityCheck", "Arguments": {}}, fail("F", get("Steps.Q.X"))
    )

    assert len(found) == 1
