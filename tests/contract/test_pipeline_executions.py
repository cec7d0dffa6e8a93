"""Executions of pipelines, through boto3 against a running emulator."""

import re
from typing import Any

ARN = re.compile(r"arn:aws:sagemaker:us-east-1:123456789012:pipeline/[^/]+/execution/[a-z0-9]{12}")


def test_a_processing_step_runs_to_its_end(lab: Any) -> None:
    code = "open('/opt/ml/processing/out/said.txt', 'w').write('hello')"
    name = lab.create(lab.processing("Say", code, outputs=["out"]))

    execution = lab.run(name)

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert ARN.fullmatch(execution["PipelineExecutionArn"])
    assert lab.text("Say/out/said.txt") == "hello"
    step = lab.steps(execution["PipelineExecutionArn"])["Say"]
    assert step["StepStatus"] == "Succeeded"
    assert step["StartTime"] <= step["EndTime"]
    job_arn = step["Metadata"]["ProcessingJob"]["Arn"]
    execution_id = execution["PipelineExecutionArn"].rpartition("/")[2]
    assert re.fullmatch(rf"arn:.*:processing-job/pipelines-{execution_id}-say-\w{{10}}", job_arn)
