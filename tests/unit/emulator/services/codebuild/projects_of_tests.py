"""Projects and builds without a server around them."""

from typing import Any

from emulator.context import Context
from emulator.services.codebuild.projects import create_project
from emulator.services.codebuild.records import BUILD
from emulator.store import Document
from tests.conftest import ROLE_ARN

WAIT_SECONDS = 60


def project(context: Context, name: str, buildspec: str, **members: Any) -> None:
    """Make a project of an inline buildspec."""
    create_project(
        context,
        {
            "name": name,
            "source": {"type": "NO_SOURCE", "buildspec": buildspec},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": ROLE_ARN,
            **members,
        },
    )


def ended(context: Context, build_id: str) -> Document:
    """The build when it has ended."""
    return context.store.wait_until(
        BUILD, build_id, lambda found: bool(found["buildComplete"]), WAIT_SECONDS
    )
