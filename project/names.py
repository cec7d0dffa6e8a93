"""A project, found by its name, and what its template calls its resources."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

NAME_TAG = "sagemaker:project-name"
ID_TAG = "sagemaker:project-id"
GONE = "DeleteCompleted"
STAGES = ("staging", "prod")


class NoProjectError(Exception):
    """There is no project of that name."""


@dataclass(frozen=True)
class Project:
    """A SageMaker project as DescribeProject tells it."""

    name: str
    id: str
    arn: str
    status: str

    @property
    def prefix(self) -> str:
        """How the names of its resources begin."""
        return f"sagemaker-{self.name}-{self.id}"

    @property
    def build_pipeline(self) -> str:
        """The CodePipeline that a push starts."""
        return f"{self.prefix}-modelbuild"

    @property
    def deploy_pipeline(self) -> str:
        """The CodePipeline that an approval in the Model Registry starts."""
        return f"{self.prefix}-modeldeploy"

    @property
    def repository(self) -> str:
        """Its CodeCommit repository, where it has one."""
        return self.prefix

    @property
    def group(self) -> str:
        """Its model package group."""
        return self.name

    @property
    def buckets(self) -> tuple[str, ...]:
        """The bucket of its artifacts, and the one of that one's access logs."""
        return f"sagemaker-project-{self.id}", f"sagemaker-project-{self.id}-logs"

    @property
    def endpoint_stacks(self) -> tuple[str, ...]:
        """The stacks that its deploy pipeline makes, the last one deployed first."""
        return tuple(f"{self.prefix}-{stage}" for stage in reversed(STAGES))

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Its endpoints."""
        return tuple(f"{self.name}-{stage}" for stage in STAGES)

    @property
    def log_group_prefixes(self) -> tuple[str, ...]:
        """How the names of the log groups of its builds, functions and endpoints begin."""
        services = (f"/aws/codebuild/{self.prefix}-", f"/aws/lambda/{self.prefix}-")
        return (*services, *(f"/aws/sagemaker/Endpoints/{name}" for name in self.endpoints))


def find(sagemaker: Any, name: str) -> Project:
    """The project of this name.

    Raises:
        NoProjectError: naming those that there are.
    """
    try:
        described = sagemaker.describe_project(ProjectName=name)
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        raise NoProjectError(_which_there_are(sagemaker, name)) from error
    return Project(
        described["ProjectName"],
        described["ProjectId"],
        described["ProjectArn"],
        described["ProjectStatus"],
    )


def _which_there_are(sagemaker: Any, name: str) -> str:
    pages = sagemaker.get_paginator("list_projects").paginate()
    known = [entry["ProjectName"] for page in pages for entry in page["ProjectSummaryList"]]
    there_are = f"there are: {', '.join(sorted(known))}" if known else "there is none"
    return f"There is no project {name!r}; {there_are}. launch-project makes one."
