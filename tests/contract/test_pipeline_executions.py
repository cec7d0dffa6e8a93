"""Executions of pipelines, through boto3 against a running emulator."""

import itertools
import json
import re
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

ARN = re.compile(r"arn:aws:sagemaker:us-east-1:123456789012:pipeline/[^/]+/execution/[a-z0-9]{12}")
FAIL = "raise SystemExit('no')"
SLEEP = "import time; time.sleep(60)"


def failing(call: Any, **parameters: Any) -> tuple[str, str]:
    """The code and the message of a call's error."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def write(path: str, content: str) -> str:
    return f"open('/opt/ml/processing/{path}', 'w').write({content!r})"


def statuses(lab: Any, execution: dict[str, Any]) -> dict[str, str]:
    steps = lab.steps(execution["PipelineExecutionArn"])
    return {name: step["StepStatus"] for name, step in steps.items()}


def test_a_processing_step_runs_to_its_end(lab: Any) -> None:
    name = lab.create(lab.processing("Say", write("out/said.txt", "hello"), outputs=["out"]))

    execution = lab.run(name)

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert ARN.fullmatch(execution["PipelineExecutionArn"])
    assert re.fullmatch(r"execution-\d{13}", execution["PipelineExecutionDisplayName"])
    assert lab.text("Say/out/said.txt") == "hello"
    step = lab.steps(execution["PipelineExecutionArn"])["Say"]
    assert step["StepStatus"] == "Succeeded"
    assert step["AttemptCount"] == 1
    assert step["StartTime"] <= step["EndTime"]


def test_a_steps_job_is_named_and_tagged_as_pipelines_does(lab: Any) -> None:
    step = lab.processing("My_Step", arguments={"Tags": [{"Key": "team", "Value": "books"}]})

    execution_arn = lab.run(lab.create(step))["PipelineExecutionArn"]

    job_arn = lab.steps(execution_arn)["My_Step"]["Metadata"]["ProcessingJob"]["Arn"]

    execution_id = execution_arn.rpartition("/")[2]
    jobs = lab.sagemaker.list_processing_jobs(NameContains=execution_id)
    (job,) = jobs["ProcessingJobSummaries"]
    assert job["ProcessingJobArn"] == job_arn
    assert re.fullmatch(rf"pipelines-{execution_id}-My-Step-\w{{10}}", job["ProcessingJobName"])
    tags = lab.sagemaker.list_tags(ResourceArn=job_arn)["Tags"]
    # Source: the tags "assigned automatically" that
    # https://github.com/getindata/kedro-sagemaker/issues/20 quotes.
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "team": "books",
        "sagemaker:pipeline-execution-arn": execution_arn,
        "sagemaker:pipeline-step-name": "My_Step",
    }


def test_a_step_reads_what_another_one_wrote(lab: Any) -> None:
    source = {
        "InputName": "in",
        "S3Input": {
            "S3Uri": {"Get": "Steps.Write.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"},
            "LocalPath": "/opt/ml/processing/in",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    read = "said = open('/opt/ml/processing/in/said.txt').read()\n" + (
        "open('/opt/ml/processing/out/heard.txt', 'w').write(said.upper())"
    )
    name = lab.create(
        lab.processing("Read", read, outputs=["out"], arguments={"ProcessingInputs": [source]}),
        lab.processing("Write", write("out/said.txt", "hello"), outputs=["out"]),
    )

    execution = lab.run(name)

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert list(statuses(lab, execution)) == ["Write", "Read"]
    assert lab.text("Read/out/heard.txt") == "HELLO"


def test_parameters_and_execution_variables_reach_the_job(lab: Any) -> None:
    code = (
        "import os\nopen('/opt/ml/processing/out/seen.txt', 'w').write("
        "os.environ['COUNT'] + ' ' + os.environ['WHERE'])"
    )
    where = {
        "Std:Join": {
            "On": "/",
            "Values": [
                {"Get": "Execution.PipelineName"},
                {"Get": "Execution.PipelineExecutionId"},
                {"Get": "Parameters.Word"},
                7,
            ],
        }
    }
    count = {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Count"}]}}
    environment = {"COUNT": count, "WHERE": where}
    step = lab.processing("See", code, outputs=["out"], arguments={"Environment": environment})
    parameters = [
        {"Name": "Count", "Type": "Integer", "DefaultValue": 3},
        {"Name": "Word", "Type": "String"},
    ]
    name = lab.create(step, Parameters=parameters)

    execution = lab.run(name, PipelineParameters=[{"Name": "Word", "Value": "now"}])

    execution_id = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert lab.text("See/out/seen.txt") == f"3 {name}/{execution_id}/now/7"
    listed = lab.sagemaker.list_pipeline_parameters_for_execution(
        PipelineExecutionArn=execution["PipelineExecutionArn"]
    )
    assert listed["PipelineParameters"] == [
        {"Name": "Count", "Value": "3"},
        {"Name": "Word", "Value": "now"},
    ]


def test_every_fault_of_the_parameters_is_in_one_message(lab: Any) -> None:
    parameters = [
        {"Name": "Needed", "Type": "String"},
        {"Name": "Count", "Type": "Integer", "DefaultValue": 1},
        {"Name": "Size", "Type": "String", "DefaultValue": "s", "EnumValues": ["s", "m"]},
    ]
    name = lab.create(lab.processing("A"), Parameters=parameters)
    given = {"Count": "many", "Size": "xl", "Colour": "red"}

    code, message = failing(
        lab.sagemaker.start_pipeline_execution,
        PipelineName=name,
        PipelineParameters=[{"Name": key, "Value": value} for key, value in given.items()],
    )

    assert code == "ValidationException"
    assert "Parameter 'Needed' of type String is required" in message
    assert "Parameter 'Count': 'many' is not of type Integer." in message
    assert "Parameter 'Size': 'xl' is not among EnumValues 's', 'm'." in message
    assert "Parameter 'Colour' is unknown; the pipeline has: Needed, Count, Size." in message
    executions = lab.sagemaker.list_pipeline_executions(PipelineName=name)
    assert executions["PipelineExecutionSummaries"] == []


def gate(lab: Any, score: float) -> str:
    """A pipeline whose quality gate lets scores below 0.5 pass."""
    measure = lab.processing(
        "Measure",
        write("out/report.json", json.dumps({"metrics": {"mse": {"value": score}}})),
        outputs=["out"],
        PropertyFiles=[
            {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "report.json"}
        ],
    )
    value = {
        "Std:JsonGet": {
            "PropertyFile": {"Get": "Steps.Measure.PropertyFiles.Report"},
            "Path": "metrics.mse.value",
        }
    }
    message = {"Std:Join": {"On": " ", "Values": ["The error is", value]}}
    condition = {
        "Name": "IsGood",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "LessThan", "LeftValue": value, "RightValue": 0.5}],
            "IfSteps": [lab.processing("Keep")],
            "ElseSteps": [
                {"Name": "Refuse", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
            ],
        },
    }
    return str(lab.create(measure, condition))


def test_a_condition_that_holds_runs_its_if_steps_only(lab: Any) -> None:
    execution = lab.run(gate(lab, 0.25))

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    steps = lab.steps(execution["PipelineExecutionArn"])
    assert list(steps) == ["Measure", "IsGood", "Keep"]
    assert steps["IsGood"]["Metadata"] == {"Condition": {"Outcome": "True"}}


def test_a_condition_that_does_not_hold_reaches_the_fail_step_with_its_message(lab: Any) -> None:
    execution = lab.run(gate(lab, 0.75))

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "The error is 0.75"
    steps = lab.steps(execution["PipelineExecutionArn"])
    assert list(steps) == ["Measure", "IsGood", "Refuse"]
    assert steps["IsGood"]["Metadata"] == {"Condition": {"Outcome": "False"}}
    assert steps["Refuse"]["StepStatus"] == "Failed"
    assert steps["Refuse"]["FailureReason"] == "The error is 0.75"
    assert steps["Refuse"]["Metadata"] == {"Fail": {"ErrorMessage": "The error is 0.75"}}


def read_after(lab: Any, script: str) -> str:
    """Why a condition fails that reads mse.value in report.json, when the script wrote it so."""
    measure = lab.processing(
        "Measure",
        script,
        outputs=["out"],
        PropertyFiles=[
            {"PropertyFileName": "Report", "OutputName": "out", "FilePath": "report.json"}
        ],
    )
    value = {
        "Std:JsonGet": {
            "PropertyFile": {"Get": "Steps.Measure.PropertyFiles.Report"},
            "Path": "mse.value",
        }
    }
    condition = {
        "Name": "IsGood",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [{"Type": "LessThan", "LeftValue": value, "RightValue": 1}],
            "IfSteps": [],
            "ElseSteps": [],
        },
    }

    execution = lab.run(lab.create(measure, condition))

    assert execution["PipelineExecutionStatus"] == "Failed"
    return str(lab.steps(execution["PipelineExecutionArn"])["IsGood"]["FailureReason"])


def test_a_property_that_the_file_does_not_have_fails_the_step_and_says_what_there_is(
    lab: Any,
) -> None:
    reason = read_after(lab, write("out/report.json", '{"rmse": 1}'))

    assert f"s3://{lab.bucket}/Measure/out/report.json has nothing at path 'mse.value'" in reason
    assert "has: rmse" in reason


def test_a_property_file_that_was_not_written_fails_the_step_and_says_what_was(lab: Any) -> None:
    reason = read_after(lab, write("out/reports.json", "{}"))

    folder = f"s3://{lab.bucket}/Measure/out/"
    assert f"{folder}report.json cannot be read: The specified key does not exist." in reason
    assert reason.endswith(f"{folder} holds: reports.json.")


def test_a_property_file_in_an_empty_output_fails_the_step_and_says_so(lab: Any) -> None:
    reason = read_after(lab, "pass")

    assert reason.endswith(f"s3://{lab.bucket}/Measure/out/ holds nothing.")


def test_a_failed_step_stops_its_dependents_and_the_others_end(lab: Any) -> None:
    name = lab.create(
        lab.processing("Bad", FAIL),
        lab.processing("After", DependsOn=["Bad"]),
        lab.processing("Beside"),
        lab.processing("AfterBeside", DependsOn=["Beside"]),
    )

    execution = lab.run(name)

    assert execution["PipelineExecutionStatus"] == "Failed"
    # Source: DescribePipelineExecution's answers in AWS's own notebooks.
    assert execution["FailureReason"] == "Step failure: One or multiple steps failed."
    assert statuses(lab, execution) == {
        "Bad": "Failed",
        "Beside": "Succeeded",
        "AfterBeside": "Succeeded",
    }
    reason = lab.steps(execution["PipelineExecutionArn"])["Bad"]["FailureReason"]
    job = lab.sagemaker.list_processing_jobs(NameContains="-Bad-", StatusEquals="Failed")
    name = job["ProcessingJobSummaries"][0]["ProcessingJobName"]
    described = lab.sagemaker.describe_processing_job(ProcessingJobName=name)
    assert reason == described["FailureReason"]


def test_a_call_that_the_api_refuses_fails_the_step_in_aws_words(lab: Any) -> None:
    missing = {
        "InputName": "in",
        "S3Input": {
            "S3Uri": {"Get": "Parameters.Place"},
            "LocalPath": "/opt/ml/processing/in",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    step = lab.processing("A", arguments={"ProcessingInputs": [missing]})
    name = lab.create(step, Parameters=[{"Name": "Place", "Type": "String"}])

    execution = lab.run(name, PipelineParameters=[{"Name": "Place", "Value": "nowhere"}])

    reason = lab.steps(execution["PipelineExecutionArn"])["A"]["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sagemaker:CreateProcessingJob.")


def test_a_step_that_takes_too_long_is_ended_and_says_so(lab: Any) -> None:
    limit = {"StoppingCondition": {"MaxRuntimeInSeconds": 1}}

    execution = lab.run(lab.create(lab.processing("Slow", SLEEP, arguments=limit)))

    assert execution["PipelineExecutionStatus"] == "Failed"
    step = lab.steps(execution["PipelineExecutionArn"])["Slow"]
    assert step["StepStatus"] == "Failed"
    assert "MaxRuntime" in step["FailureReason"]


def test_the_experiment_is_named_as_the_definition_says(lab: Any) -> None:
    config = {
        "ExperimentName": {"Get": "Execution.PipelineName"},
        "TrialName": {"Get": "Execution.PipelineExecutionId"},
    }
    name = lab.create(lab.processing("A"), PipelineExperimentConfig=config)

    execution = lab.run(name)

    assert execution["PipelineExperimentConfig"] == {
        "ExperimentName": name,
        "TrialName": execution["PipelineExecutionArn"].rpartition("/")[2],
    }
    assert "PipelineExperimentConfig" not in lab.run(lab.create(lab.processing("A")))


def test_a_step_may_wait_for_anothers_failure(lab: Any) -> None:
    name = lab.create(
        lab.processing("Bad", FAIL),
        lab.processing("Mourn", DependsOn=[{"Step": "Bad", "Trigger": "Failed"}]),
        lab.processing("Cheer", DependsOn=["Bad"]),
    )

    execution = lab.run(name)

    assert statuses(lab, execution) == {"Bad": "Failed", "Mourn": "Succeeded"}
    assert execution["PipelineExecutionStatus"] == "CompletedWithFailures"


def test_a_step_behind_one_in_a_branch_runs_only_when_the_branch_is_taken(lab: Any) -> None:
    condition = {
        "Name": "Choose",
        "Type": "Condition",
        "Arguments": {
            "Conditions": [
                {"Type": "Equals", "LeftValue": {"Get": "Parameters.Go"}, "RightValue": True}
            ],
            "IfSteps": [lab.processing("Inside")],
            "ElseSteps": [],
        },
    }
    name = lab.create(
        condition,
        lab.processing("Behind", DependsOn=["Inside"]),
        Parameters=[{"Name": "Go", "Type": "Boolean", "DefaultValue": True}],
    )

    taken = lab.run(name)
    left = lab.run(name, PipelineParameters=[{"Name": "Go", "Value": "false"}])

    assert list(statuses(lab, taken)) == ["Choose", "Inside", "Behind"]
    assert list(statuses(lab, left)) == ["Choose"]
    assert left["PipelineExecutionStatus"] == "Succeeded"


def test_no_more_steps_run_at_a_time_than_allowed(lab: Any) -> None:
    steps = [lab.processing(f"S{number}") for number in range(4)]
    name = lab.create(*steps)

    execution = lab.run(name, ParallelismConfiguration={"MaxParallelExecutionSteps": 1})

    assert execution["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 1}
    ran = list(lab.steps(execution["PipelineExecutionArn"]).values())
    assert len(ran) == 4
    for earlier, later in itertools.pairwise(ran):
        assert earlier["EndTime"] <= later["StartTime"]


def address(lab: Any, operation: str, key: str) -> str:
    """What a step's plain Python reads or writes an object with."""
    members = {"Bucket": lab.bucket, "Key": f"flags/{key}"}
    return str(lab.s3.generate_presigned_url(operation, Params=members))


def test_branches_run_beside_each_other(lab: Any) -> None:
    """Each step waits for an object of the other one: in turn they could never end."""
    wait = (
        "import sys, time\n"
        "from urllib.error import HTTPError\n"
        "from urllib.request import Request, urlopen\n"
        "own, other = sys.argv[1:]\n"
        "urlopen(Request(own, b'', method='PUT'))\n"
        "while True:\n"
        "    try:\n"
        "        urlopen(other)\n"
        "        break\n"
        "    except HTTPError:\n"
        "        time.sleep(0.02)\n"
    )
    steps = []
    for own, other in (("A", "B"), ("B", "A")):
        step = lab.processing(own, wait)
        addresses = [address(lab, "put_object", own), address(lab, "get_object", other)]
        step["Arguments"]["AppSpecification"]["ContainerArguments"] = addresses
        step["Arguments"]["StoppingCondition"] = {"MaxRuntimeInSeconds": 30}
        steps.append(step)

    execution = lab.run(lab.create(*steps))

    assert execution["PipelineExecutionStatus"] == "Succeeded"


def test_a_stopped_execution_ends_its_running_jobs_and_starts_no_further_step(lab: Any) -> None:
    name = lab.create(lab.processing("Slow", SLEEP), lab.processing("After", DependsOn=["Slow"]))
    arn = lab.start(name)
    lab.until(arn, lambda found: found["steps"].get("Slow", {}).get("StepStatus") == "Executing")

    lab.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    execution = lab.finished(arn)
    assert execution["PipelineExecutionStatus"] == "Stopped"
    assert statuses(lab, execution) == {"Slow": "Stopped"}
    job_arn = lab.steps(arn)["Slow"]["Metadata"]["ProcessingJob"]["Arn"]
    jobs = lab.sagemaker.list_processing_jobs(NameContains=arn.rpartition("/")[2])
    assert [job["ProcessingJobArn"] for job in jobs["ProcessingJobSummaries"]] == [job_arn]
    assert jobs["ProcessingJobSummaries"][0]["ProcessingJobStatus"] == "Stopped"


def test_an_execution_that_has_ended_can_be_neither_stopped_nor_retried(lab: Any) -> None:
    arn = lab.run(lab.create(lab.processing("A")))["PipelineExecutionArn"]

    for operation in ("stop_pipeline_execution", "retry_pipeline_execution"):
        code, message = failing(getattr(lab.sagemaker, operation), PipelineExecutionArn=arn)
        assert code == "ConflictException"
        assert "is Succeeded" in message


def test_an_execution_that_ended_with_a_fail_step_cannot_be_retried(lab: Any) -> None:
    """Source: build-and-manage-steps-types of AWS's guide, the limitations of Fail steps."""
    arn = lab.run(gate(lab, 0.75))["PipelineExecutionArn"]

    code, message = failing(lab.sagemaker.retry_pipeline_execution, PipelineExecutionArn=arn)

    assert code == "ConflictException"
    assert "ended with a Fail step, so it cannot be retried" in message
    assert lab.finished(arn)["FailureReason"] == "The error is 0.75"


def test_a_retry_goes_on_from_the_failed_step(lab: Any) -> None:
    code = f"import urllib.request as r; r.urlopen({address(lab, 'get_object', 'ready')!r})"
    name = lab.create(
        lab.processing("First"),
        lab.processing("Second", code, DependsOn=["First"]),
        lab.processing("Third", DependsOn=["Second"]),
    )
    failed = lab.run(name)
    arn = failed["PipelineExecutionArn"]
    first = lab.steps(arn)["First"]
    lab.s3.put_object(Bucket=lab.bucket, Key="flags/ready")

    answer = lab.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)

    execution = lab.finished(arn)
    assert failed["PipelineExecutionStatus"] == "Failed"
    assert answer["PipelineExecutionArn"] == arn
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert "FailureReason" not in execution
    steps = lab.steps(arn)
    assert steps["First"] == first
    assert steps["Second"]["AttemptCount"] == 2
    assert steps["Third"]["StepStatus"] == "Succeeded"


def test_an_execution_runs_the_definition_it_was_started_with(lab: Any) -> None:
    name = lab.create(lab.processing("Old"))
    old = lab.sagemaker.describe_pipeline(PipelineName=name)["PipelineDefinition"]
    arn = lab.run(name)["PipelineExecutionArn"]
    lab.sagemaker.update_pipeline(
        PipelineName=name, PipelineDefinition=lab.definition(lab.processing("New"))
    )

    described = lab.sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
    first_version = lab.run(name, PipelineVersionId=1)

    assert described["PipelineDefinition"] == old
    assert list(statuses(lab, first_version)) == ["Old"]
    assert list(statuses(lab, lab.run(name))) == ["New"]


def test_an_execution_can_be_renamed(lab: Any) -> None:
    name = lab.create(lab.processing("A"))
    arn = lab.start(name, PipelineExecutionDisplayName="first", PipelineExecutionDescription="why")

    lab.sagemaker.update_pipeline_execution(
        PipelineExecutionArn=arn, PipelineExecutionDisplayName="second"
    )

    execution = lab.finished(arn)
    assert execution["PipelineExecutionDisplayName"] == "second"
    assert execution["PipelineExecutionDescription"] == "why"


def test_the_same_request_token_starts_one_execution(lab: Any) -> None:
    name, token = lab.create(lab.processing("A")), uuid.uuid4().hex

    first = lab.start(name, ClientRequestToken=token)
    second = lab.start(name, ClientRequestToken=token)

    lab.finished(first)
    assert first == second
    other = lab.start(name)
    lab.finished(other)
    listed = lab.sagemaker.list_pipeline_executions(PipelineName=name)
    arns = [e["PipelineExecutionArn"] for e in listed["PipelineExecutionSummaries"]]
    assert arns == [other, first]


def test_steps_are_listed_newest_first_and_in_pages(lab: Any) -> None:
    name = lab.create(
        lab.processing("A", DisplayName="The first", Description="It starts."),
        lab.processing("B", DependsOn=["A"]),
        lab.processing("C", DependsOn=["B"]),
    )
    arn = lab.run(name)["PipelineExecutionArn"]
    pages = lab.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=arn, PaginationConfig={"PageSize": 2}
    )

    listed = [list(page["PipelineExecutionSteps"]) for page in pages]

    assert [[step["StepName"] for step in page] for page in listed] == [["C", "B"], ["A"]]
    assert listed[1][0]["StepDisplayName"] == "The first"
    assert listed[1][0]["StepDescription"] == "It starts."


def test_selected_steps_run_on_the_results_of_another_execution(lab: Any) -> None:
    source = {
        "InputName": "in",
        "S3Input": {
            "S3Uri": {"Get": "Steps.Write.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri"},
            "LocalPath": "/opt/ml/processing/in",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    name = lab.create(
        lab.processing("Write", write("out/said.txt", "hello"), outputs=["out"]),
        lab.processing(
            "Read",
            "open('/opt/ml/processing/in/said.txt').read()",
            arguments={"ProcessingInputs": [source]},
        ),
        lab.processing("Last", DependsOn=["Read"]),
    )
    first_arn = lab.run(name)["PipelineExecutionArn"]
    selection = {
        "SourcePipelineExecutionArn": first_arn,
        "SelectedSteps": [{"StepName": "Read"}],
    }

    execution = lab.run(name, SelectiveExecutionConfig=selection)

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert execution["SelectiveExecutionConfig"] == selection
    steps = lab.steps(execution["PipelineExecutionArn"])
    assert set(steps) == {"Write", "Read"}
    assert steps["Write"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": first_arn}
    assert "SelectiveExecutionResult" not in steps["Read"]


def test_a_selection_with_a_hole_or_without_its_source_is_refused(lab: Any) -> None:
    name = lab.create(
        lab.processing("A"),
        lab.processing("B", DependsOn=["A"]),
        lab.processing("C", DependsOn=["B"]),
    )

    def refused(*selected: str) -> str:
        code, message = failing(
            lab.sagemaker.start_pipeline_execution,
            PipelineName=name,
            SelectiveExecutionConfig={"SelectedSteps": [{"StepName": s} for s in selected]},
        )
        assert code == "ValidationException"
        return message

    assert "'B' lies on a path between selected steps" in refused("A", "C")
    # Source: AWS's words in https://github.com/aws/sagemaker-python-sdk/issues/4444
    assert refused("B").startswith(
        "Invalid SourcePipelineExecutionArn: null. The selected steps [B] have dependencies on [A]"
    )
    assert "there is no step 'D'" in refused("D")


def test_an_unknown_execution_is_not_found(lab: Any) -> None:
    arn = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p/execution/abcdefghijkl"
    for operation in (
        "describe_pipeline_execution",
        "describe_pipeline_definition_for_execution",
        "list_pipeline_execution_steps",
        "list_pipeline_parameters_for_execution",
        "stop_pipeline_execution",
        "retry_pipeline_execution",
        "update_pipeline_execution",
    ):
        code, message = failing(getattr(lab.sagemaker, operation), PipelineExecutionArn=arn)
        assert (code, message) == (
            "ResourceNotFound",
            f"PipelineExecution '{arn}' does not exist.",
        )


@pytest.mark.parametrize("outcome", ["success", "failure"])
def test_a_callback_token_that_no_execution_gave_is_not_found(lab: Any, outcome: str) -> None:
    operation = getattr(lab.sagemaker, f"send_pipeline_execution_step_{outcome}")

    code, message = failing(operation, CallbackToken="abcdefghij")

    assert code == "ResourceNotFound"
    assert "abcdefghij" in message


def test_an_execution_that_died_with_the_emulator_is_failed_and_can_be_retried(
    own_lab: Any, own_emulator: Any
) -> None:
    # In the folder of the steps' image, which containers can see.
    lab, ready = own_lab, own_emulator.data_dir / "recipes" / "plain-python" / "ready"
    code = f"import os, time; time.sleep(0 if os.path.exists({str(ready)!r}) else 60)"
    name = lab.create(lab.processing("First"), lab.processing("Second", code, DependsOn=["First"]))
    arn = lab.start(name)
    lab.until(arn, lambda found: found["steps"].get("Second", {}).get("StepStatus") == "Executing")
    own_emulator.kill()
    own_emulator.start()
    lab = type(lab)(
        own_emulator.client("sagemaker"), own_emulator.client("s3"), lab.bucket, lab.unique
    )

    failed = lab.finished(arn)

    assert failed["PipelineExecutionStatus"] == "Failed"
    assert "emulator stopped" in failed["FailureReason"]
    assert statuses(lab, failed) == {"First": "Succeeded", "Second": "Failed"}
    ready.touch()
    lab.sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn)
    assert lab.finished(arn)["PipelineExecutionStatus"] == "Succeeded"
