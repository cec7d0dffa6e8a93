"""approve-deploy: answers the manual approval that a project's deploy pipeline waits for."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from pipelines.command_line import client, command, region_from
from project import names, pipelines
from project.pipelines import Approval, PipelineState

# Source: ApprovalResult.summary of PutApprovalResult, at most 512 characters.
_SUMMARY_CHARACTERS = 512
# Source: errors of PutApprovalResult. The token was right a moment ago.
_ANSWERED = ("ApprovalAlreadyCompletedException", "InvalidApprovalTokenException")


class NothingWaitsError(Exception):
    """The deploy pipeline waits for no approval."""


@command("approve-deploy", names.NoProjectError, NothingWaitsError)
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Answers; 0, or 1 when nothing waits or AWS refuses, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    project = names.find(make_client("sagemaker", region), arguments.project)
    codepipeline = make_client("codepipeline", region)
    approval = waiting(pipelines.read(codepipeline, project.deploy_pipeline), project)
    _answer(codepipeline, approval, arguments)
    did = "Rejected" if arguments.reject else "Approved"
    print(f"{did} {approval.stage} of execution {approval.execution_id} of {approval.pipeline}")
    if not arguments.reject:
        print(f"To see it through: project-status {project.name} --wait")
    return 0


def waiting(state: PipelineState | None, project: names.Project) -> Approval:
    """The approval that waits in the deploy pipeline.

    Raises:
        NothingWaitsError: telling what the pipeline is at instead.
    """
    if state is None:
        raise NothingWaitsError(
            f"Project {project.name} ({project.status}) has no pipeline {project.deploy_pipeline}."
        )
    if state.approvals:
        return state.approvals[0]
    stages = ", ".join(f"{stage.name} {stage.status or 'not run yet'}" for stage in state.stages)
    raise NothingWaitsError(
        f"Nothing of project {project.name} waits for an approval: {stages}. The deploy pipeline "
        f"starts when a model is approved: approve-model {project.group} --note TEXT"
    )


def _answer(codepipeline: Any, approval: Approval, arguments: argparse.Namespace) -> None:
    try:
        codepipeline.put_approval_result(
            pipelineName=approval.pipeline,
            stageName=approval.stage,
            actionName=approval.action,
            token=approval.token,
            result={
                "summary": arguments.note[:_SUMMARY_CHARACTERS],
                "status": "Rejected" if arguments.reject else "Approved",
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _ANSWERED:
            raise
        raise NothingWaitsError(
            f"{approval.stage} of execution {approval.execution_id} of {approval.pipeline} was "
            "answered by somebody else meanwhile, or its execution ended; this answer does not "
            f"count. What came of it: project-status {arguments.project}"
        ) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="approve-deploy",
        description="Lets the model that staging serves go on to prod, or (--reject) not.",
    )
    parser.add_argument("project", metavar="PROJECT", help="the project's name")
    parser.add_argument("--reject", action="store_true", help="reject instead of approve")
    parser.add_argument(
        "--note", default="", metavar="TEXT", help="why, kept with the execution (512 characters)"
    )
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
