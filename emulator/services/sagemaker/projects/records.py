"""A project's document: its status, and what its stack is given."""

from typing import Any

from emulator.context import Context
from emulator.errors import validation_error
from emulator.services.sagemaker import tags
from emulator.store import Document

KIND = "Project"


def existing_project(context: Context, name: str) -> Document:
    """The project's document.

    Raises:
        AwsError: ValidationException.
    """
    found = context.store.get(KIND, name)
    if found is None:
        raise validation_error(f"Project {name} does not exist.")
    return found


def is_stable(project: Document) -> bool:
    """Whether nothing is under way."""
    status: str = project["ProjectStatus"]
    return status.endswith(("Completed", "Failed"))


def in_progress(context: Context, name: str, action: str, **members: Any) -> None:
    """Begin to ``Create``, ``Update`` or ``Delete``."""
    status = {"ProjectStatus": f"{action}InProgress", **members}
    context.store.update(KIND, name, lambda each: {**each, **status})


def ended(context: Context, name: str, *, is_good: bool, **members: Any) -> None:
    """End what is in progress."""

    def change(project: Document) -> None:
        action = project["ProjectStatus"].removesuffix("InProgress")
        project["ProjectStatus"] = f"{action}{'Completed' if is_good else 'Failed'}"
        project["LastModifiedTime"] = context.clock()
        project.update(members)

    context.store.update(KIND, name, change)


def stack_parameters(project: Document) -> list[dict[str, str]]:
    """What the template is given: what the caller gave, the project's name and its id."""
    if "ServiceCatalogProvisioningDetails" in project:
        details = project["ServiceCatalogProvisioningDetails"]
        given = details.get("ProvisioningParameters", [])
    else:
        template = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
        given = template.get("Parameters", [])
    filled_in = {
        "SageMakerProjectName": project["ProjectName"],
        "SageMakerProjectId": project["ProjectId"],
    }
    return [
        *({"Key": each["Key"], "Value": each.get("Value", "")} for each in given),
        *({"Key": key, "Value": value} for key, value in filled_in.items()),
    ]


def stack_tags(context: Context, project: Document) -> list[dict[str, str]]:
    """The tags of the stack: the project's own, its name and its id."""
    return [
        *tags.tags_of(context, project["ProjectArn"]),
        {"Key": "sagemaker:project-name", "Value": project["ProjectName"]},
        {"Key": "sagemaker:project-id", "Value": project["ProjectId"]},
    ]
