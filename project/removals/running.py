"""What a project's pipelines are at: it is stopped before anything is taken away.

Else a build would go on to start a SageMaker pipeline whose roles are gone, and its jobs would
write into a bucket that is being emptied.
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from project.names import Project
from project.pipelines import ENDED
from project.removals.kind import Kind, MakeClient, Removal, wait_until

_REASON = "The project is being removed by teardown-project."
# Source: PipelineExecutionStatus of DescribePipelineExecution in SageMaker's API reference.
_SAGEMAKER_RUNNING = ("Executing", "Stopping")
# Source: names may be at most 100 at once in BatchGetBuilds.
_BUILDS_AT_ONCE = 100


def _find_executions(make: MakeClient, project: Project) -> Iterator[Removal]:
    """Executions of the CodePipelines, named pipeline/id."""
    pages = make("codepipeline").get_paginator("list_pipeline_executions")
    for pipeline in (project.build_pipeline, project.deploy_pipeline):
        try:
            for page in pages.paginate(pipelineName=pipeline):
                for execution in page["pipelineExecutionSummaries"]:
                    if execution["status"] not in ENDED:
                        name = f"{pipeline}/{execution['pipelineExecutionId']}"
                        yield Removal("Execution", name, f"{execution['status']}, is stopped")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PipelineNotFoundException":
                raise


def _stop_execution(make: MakeClient, name: str) -> None:
    codepipeline = make("codepipeline")
    pipeline, _, execution_id = name.partition("/")
    which = {"pipelineName": pipeline, "pipelineExecutionId": execution_id}
    try:
        codepipeline.stop_pipeline_execution(**which, abandon=True, reason=_REASON)
    except ClientError as error:
        # It has ended meanwhile, or is asked to stop already.
        if error.response["Error"]["Code"] not in (
            "PipelineExecutionNotStoppableException",
            "DuplicatedStopRequestException",
        ):
            raise

    def has_ended() -> bool:
        found = codepipeline.get_pipeline_execution(**which)["pipelineExecution"]
        return found["status"] in ENDED

    wait_until(has_ended)


def _find_builds(make: MakeClient, project: Project) -> Iterator[Removal]:
    codebuild = make("codebuild")
    for name in project.builds:
        ids = _build_ids(codebuild, name)
        for start in range(0, len(ids), _BUILDS_AT_ONCE):
            found = codebuild.batch_get_builds(ids=ids[start : start + _BUILDS_AT_ONCE])
            for build in found["builds"]:
                if build["buildStatus"] == "IN_PROGRESS":
                    yield Removal("Build", build["id"], f"{build['currentPhase']}, is stopped")


def _build_ids(codebuild: Any, project_name: str) -> list[str]:
    pages = codebuild.get_paginator("list_builds_for_project").paginate(projectName=project_name)
    try:
        return [build_id for page in pages for build_id in page["ids"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return []


def _stop_build(make: MakeClient, name: str) -> None:
    codebuild = make("codebuild")
    codebuild.stop_build(id=name)

    def has_ended() -> bool:
        builds = codebuild.batch_get_builds(ids=[name])["builds"]
        return all(build["buildStatus"] != "IN_PROGRESS" for build in builds)

    wait_until(has_ended)


def _find_sagemaker_executions(make: MakeClient, project: Project) -> Iterator[Removal]:
    sagemaker = make("sagemaker")
    for pipeline in sagemaker_pipelines(sagemaker, project):
        for execution in sagemaker_executions(sagemaker, pipeline):
            status = execution["PipelineExecutionStatus"]
            if status in _SAGEMAKER_RUNNING:
                arn = execution["PipelineExecutionArn"]
                yield Removal("SageMakerExecution", arn, f"{status}, is stopped with its jobs")


def _stop_sagemaker_execution(make: MakeClient, name: str) -> None:
    sagemaker = make("sagemaker")

    def status() -> str:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=name)
        return str(found["PipelineExecutionStatus"])

    if status() == "Executing":
        try:
            sagemaker.stop_pipeline_execution(PipelineExecutionArn=name)
        except ClientError:
            if status() in _SAGEMAKER_RUNNING:  # else it has ended meanwhile
                raise
    _answer_callbacks(sagemaker, name)
    wait_until(lambda: status() not in _SAGEMAKER_RUNNING)


def _answer_callbacks(sagemaker: Any, execution_arn: str) -> None:
    """Fail the Callback steps that wait: an execution does not stop before they are answered.

    Source: "Callback step" of the SageMaker AI developer guide.
    """
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=execution_arn
    )
    for page in pages:
        for step in page["PipelineExecutionSteps"]:
            token = step.get("Metadata", {}).get("Callback", {}).get("CallbackToken", "")
            if token and step["StepStatus"] in _SAGEMAKER_RUNNING:
                sagemaker.send_pipeline_execution_step_failure(
                    CallbackToken=token, FailureReason=_REASON
                )


def sagemaker_pipelines(sagemaker: Any, project: Project) -> list[str]:
    """Names of the SageMaker pipelines that the project's builds have made."""
    pages = sagemaker.get_paginator("list_pipelines").paginate(PipelineNamePrefix=project.prefix)
    return [entry["PipelineName"] for page in pages for entry in page["PipelineSummaries"]]


def sagemaker_executions(sagemaker: Any, pipeline: str) -> Iterator[dict[str, Any]]:
    """Summaries of a SageMaker pipeline's executions, newest first."""
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(PipelineName=pipeline)
    for page in pages:
        yield from page["PipelineExecutionSummaries"]


# What begins the next one comes first.
KINDS = {
    "Execution": Kind(_find_executions, _stop_execution),
    "Build": Kind(_find_builds, _stop_build),
    "SageMakerExecution": Kind(_find_sagemaker_executions, _stop_sagemaker_execution),
}
