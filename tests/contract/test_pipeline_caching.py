"""Step caching, through boto3 against a running emulator.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-default-keys.html
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import pytest

CACHED = {"Enabled": True, "ExpireAfter": "P30D"}


@pytest.fixture
def reasons(emulator: Any) -> Any:
    """Ask the emulator why an execution's steps were, or were not, reused."""

    def ask(execution_arn: str) -> dict[str, dict[str, Any]]:
        url = f"{emulator.url}/_emulator/executions/{urllib.parse.quote(execution_arn)}/cache"
        with urllib.request.urlopen(url) as answer:
            return {step["StepName"]: step for step in json.load(answer)["Steps"]}

    return ask


def environment(lab: Any, name: str, **members: Any) -> dict[str, Any]:
    """A cached step whose Environment is a parameter."""
    arguments = {"Environment": {"WORD": {"Get": "Parameters.Word"}}}
    step: dict[str, Any] = lab.processing(
        name,
        "open('/opt/ml/processing/out/x', 'w').write('x')",
        outputs=["out"],
        arguments=arguments,
        CacheConfig=CACHED,
        **members,
    )
    return step


def word(value: str) -> list[dict[str, str]]:
    return [{"Name": "Word", "Value": value}]


WORD = [{"Name": "Word", "Type": "String", "DefaultValue": "a"}]


def test_an_unchanged_step_is_reused_with_its_old_result(lab: Any, reasons: Any) -> None:
    name = lab.create(environment(lab, "A"), Parameters=WORD)
    first = lab.run(name)["PipelineExecutionArn"]

    second = lab.run(name)["PipelineExecutionArn"]

    source, reused = lab.steps(first)["A"], lab.steps(second)["A"]
    assert "CacheHitResult" not in source
    assert reused["CacheHitResult"] == {"SourcePipelineExecutionArn": first}
    assert reused["StepStatus"] == "Succeeded"
    assert reused["Metadata"] == source["Metadata"]
    assert reasons(first)["A"]["Reason"] == "this step has not succeeded in this pipeline before"
    assert reasons(second)["A"]["IsHit"] is True
    assert f"execution {first.rpartition('/')[2]}" in reasons(second)["A"]["Reason"]


def test_a_changed_argument_runs_the_step_again_and_is_named(lab: Any, reasons: Any) -> None:
    code = "pass"
    name = lab.create(lab.processing("A", code, CacheConfig=CACHED))
    first = lab.run(name)["PipelineExecutionArn"]
    changed = lab.processing("A", "print(1)", CacheConfig=CACHED)
    lab.sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=lab.definition(changed))

    second = lab.run(name)["PipelineExecutionArn"]

    assert "CacheHitResult" not in lab.steps(second)["A"]
    assert reasons(second)["A"] == {
        "StepName": "A",
        "StepType": "Processing",
        "IsHit": False,
        "Reason": f"changed since execution {first.rpartition('/')[2]}:"
        ' AppSpecification.ContainerEntrypoint[2] was "pass", is "print(1)"',
    }


def test_the_values_of_the_environment_are_not_told(lab: Any, reasons: Any) -> None:
    name = lab.create(environment(lab, "A"), Parameters=WORD)
    lab.run(name, PipelineParameters=word("secret-1"))

    second = lab.run(name, PipelineParameters=word("secret-2"))["PipelineExecutionArn"]

    assert reasons(second)["A"]["Reason"].endswith("Environment.WORD")


def test_any_earlier_run_within_the_time_counts_not_only_the_last_one(lab: Any) -> None:
    name = lab.create(environment(lab, "A"), Parameters=WORD)
    first = lab.run(name, PipelineParameters=word("a"))["PipelineExecutionArn"]
    lab.run(name, PipelineParameters=word("b"))

    third = lab.run(name, PipelineParameters=word("a"))["PipelineExecutionArn"]

    assert lab.steps(third)["A"]["CacheHitResult"] == {"SourcePipelineExecutionArn": first}


def test_outputs_and_resources_are_no_part_of_the_key(lab: Any) -> None:
    """A path with the execution's id, as the SDK makes it, must not break the cache."""
    step = lab.processing("A", CacheConfig=CACHED, outputs=["out"])
    step["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = {
        "Std:Join": {
            "On": "/",
            "Values": [f"s3://{lab.bucket}", {"Get": "Execution.PipelineExecutionId"}],
        }
    }
    size = {"Get": "Parameters.Type"}
    step["Arguments"]["ProcessingResources"]["ClusterConfig"]["InstanceType"] = size
    parameters = [{"Name": "Type", "Type": "String", "DefaultValue": "ml.m5.large"}]
    name = lab.create(step, Parameters=parameters)
    lab.run(name)

    second = lab.run(name, PipelineParameters=[{"Name": "Type", "Value": "ml.m5.xlarge"}])

    assert "CacheHitResult" in lab.steps(second["PipelineExecutionArn"])["A"]


def test_a_step_behind_a_reused_one_sees_the_old_outputs(lab: Any) -> None:
    source = {
        "InputName": "in",
        "S3Input": {
            "S3Uri": {"Get": "Steps.A.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"},
            "LocalPath": "/opt/ml/processing/in",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    behind = lab.processing(
        "B",
        "open('/opt/ml/processing/in/x').read()",
        arguments={"ProcessingInputs": [source]},
        CacheConfig=CACHED,
    )
    name = lab.create(environment(lab, "A"), behind, Parameters=WORD)
    first = lab.run(name)["PipelineExecutionArn"]

    steps = lab.steps(lab.run(name)["PipelineExecutionArn"])

    hit = {"SourcePipelineExecutionArn": first}
    assert [steps[step]["CacheHitResult"] for step in ("A", "B")] == [hit, hit]


def test_without_cache_config_the_step_runs_again(lab: Any, reasons: Any) -> None:
    name = lab.create(lab.processing("A"), lab.processing("B", CacheConfig={"Enabled": False}))
    lab.run(name)

    second = lab.run(name)["PipelineExecutionArn"]

    for step in ("A", "B"):
        assert "CacheHitResult" not in lab.steps(second)[step]
        assert reasons(second)[step]["Reason"] == "caching is not enabled for this step"


def test_a_failed_run_is_never_reused(lab: Any) -> None:
    name = lab.create(lab.processing("A", "raise SystemExit(1)", CacheConfig=CACHED))
    lab.run(name)

    second = lab.run(name)

    assert second["PipelineExecutionStatus"] == "Failed"
    assert "CacheHitResult" not in lab.steps(second["PipelineExecutionArn"])["A"]


def test_another_pipelines_run_is_not_reused(lab: Any) -> None:
    lab.run(lab.create(lab.processing("A", CacheConfig=CACHED)))

    other = lab.run(lab.create(lab.processing("A", CacheConfig=CACHED)))

    assert "CacheHitResult" not in lab.steps(other["PipelineExecutionArn"])["A"]


def test_reasons_of_an_unknown_execution_are_not_found(emulator: Any) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/abcdefghijkl"

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{emulator.url}/_emulator/executions/{arn}/cache")

    with caught.value as error:
        assert error.code == 400
        assert json.load(error)["__type"] == "ResourceNotFound"
