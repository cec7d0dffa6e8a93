"""A project, found by its name, and what its template calls its resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

NAME_TAG = "sagemaker:project-name"
ID_TAG = "sagemaker:project-id"
# Source: ProjectStatus of DescribeProject in SageMaker's API reference.
MAKING = ("Pending", "CreateInProgress", "UpdateInProgress")
FAILED = ("CreateFailed", "UpdateFailed", "DeleteFailed")
DELETING = "DeleteInProgress"
GONE = "DeleteCompleted"
STAGES = ("staging", "prod")


class NoProjectError(Exception):
    """There is no project of that name."""


@dataclass(frozen=True)
class Project:
    """A SageMaker project as DescribeProject tells it.

    Attributes:
        stack: The name or id of its stack, "" before there is one.
        reason: What its stack says of the status, "" where there is nothing to say.
    """

    name: str
    id: str
    arn: str
    status: str
    stack: str = ""
    reason: str = ""

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "Project":
        """The project of an answer of DescribeProject."""
        stack, reason = _stack_of(described)
        return cls(
            described["ProjectName"],
            described["ProjectId"],
            described["ProjectArn"],
            described["ProjectStatus"],
            stack,
            reason,
        )

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
    def builds(self) -> tuple[str, ...]:
        """Its CodeBuild projects."""
        kinds = ("modelbuild", "modeldeploy", "smoke-test", "image", "seed")
        return tuple(f"{self.prefix}-{kind}" for kind in kinds)

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
    def log_group_prefixes(self) -> tuple[str, ...]:
        """How the names of the log groups of its builds and functions begin."""
        return f"/aws/codebuild/{self.prefix}-", f"/aws/lambda/sagemaker-{self.id}-"

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Its endpoints."""
        return tuple(f"{self.name}-{stage}" for stage in STAGES)


def _stack_of(described: Mapping[str, Any]) -> tuple[str, str]:
    """Name of a project's stack and what it says, in either form: product or template in S3."""
    if "ServiceCatalogProvisionedProductDetails" in described:
        details = described["ServiceCatalogProvisionedProductDetails"]
        account_id, product = described["ProjectArn"].split(":")[4], details["ProvisionedProductId"]
        return f"SC-{account_id}-{product}", details.get("ProvisionedProductStatusMessage", "")
    for template in described.get("TemplateProviderDetails", ()):
        stack = template["CfnTemplateProviderDetail"].get("StackDetail", {})
        return stack.get("Name", ""), stack.get("StatusMessage", "")
    return "", ""


def find(sagemaker: Any, name: str) -> Project:
    """The project of this name; a deleted one is none.

    Raises:
        NoProjectError: naming those that there are.
    """
    project = find_or_gone(sagemaker, name)
    if project.status == GONE:
        raise NoProjectError(_which_there_are(sagemaker, name))
    return project


def find_or_gone(sagemaker: Any, name: str) -> Project:
    """The project of this name, also a deleted one, as long as SageMaker still tells of it.

    Raises:
        NoProjectError: naming those that there are.
    """
    try:
        return Project.of(sagemaker.describe_project(ProjectName=name))
    except ClientError as error:
        if "does not exist" not in error.response["Error"]["Message"]:
            raise
        raise NoProjectError(_which_there_are(sagemaker, name)) from error


def _which_there_are(sagemaker: Any, name: str) -> str:
    pages = sagemaker.get_paginator("list_projects").paginate()
    known = [
        entry["ProjectName"]
        for page in pages
        for entry in page["ProjectSummaryList"]
        if entry["ProjectStatus"] != GONE
    ]
    there_are = f"there are: {', '.join(sorted(known))}" if known else "there is none"
    return f"There is no project {name!r}; {there_are}. launch-project makes one."
