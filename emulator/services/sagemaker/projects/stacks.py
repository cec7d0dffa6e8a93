"""What becomes of projects: those of products by their records, those of templates by a thread."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from emulator.context import Context
from emulator.services.sagemaker.projects.records import (
    KIND,
    ended,
    existing_project,
    is_stable,
    stack_parameters,
    stack_tags,
)
from emulator.services.servicecatalog import stacks as cloudformation
from emulator.services.servicecatalog.carrying_out import ENDED
from emulator.services.servicecatalog.records import RECORD
from emulator.services.servicecatalog.stacks import StackOrder, StackOutcome, StackRefused
from emulator.store import Document

_GOOD = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")
_MESSAGE_CHARACTERS = 4096  # botocore shape CfnStackStatusMessage


def follow_record(context: Context, before: Document | None, after: Document | None) -> None:
    """End a project's change when the record that it follows ends."""
    if after is None or after["Status"] not in ENDED:
        return
    for project in context.store.list(KIND):
        if project.get("_RecordId") == after["RecordId"] and not is_stable(project):
            said = "; ".join(error["Description"] for error in after["RecordErrors"])
            details = project["ServiceCatalogProvisionedProductDetails"]
            ended(
                context,
                project["ProjectName"],
                is_good=after["Status"] == "SUCCEEDED",
                ServiceCatalogProvisionedProductDetails={
                    **details,
                    "ProvisionedProductStatusMessage": said,
                },
            )


def start(context: Context, name: str) -> None:
    """Carry out what a project of a template has in progress, in a thread."""
    context.workers.start(f"project {name}", _carry_out, context, name)


def recover(context: Context) -> None:
    """Go on with what was in progress when the last process ended."""
    for project in context.store.list(KIND):
        if not is_stable(project) and "TemplateProviderDetails" in project:
            start(context, project["ProjectName"])


def _carry_out(context: Context, name: str) -> None:
    project = existing_project(context, name)
    action = project["ProjectStatus"].removesuffix("InProgress")
    try:
        outcome = _ACTIONS[action](context, _order(context, project))
    except StackRefused as refused:
        outcome = StackOutcome(None, "", (), str(refused))
    except Exception as error:  # the thread's boundary: no project may wait for ever
        _finish(context, project, StackOutcome(None, "", (), f"The emulator failed: {error!r}"))
        raise
    _finish(context, project, outcome)


def _delete(context: Context, order: StackOrder) -> StackOutcome:
    return cloudformation.delete(context, order.name)


_ACTIONS: Mapping[str, Callable[[Context, StackOrder], StackOutcome]] = {
    "Create": cloudformation.create,
    "Update": cloudformation.update,
    "Delete": _delete,
}


def _order(context: Context, project: Document) -> StackOrder:
    template = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
    return StackOrder(
        name=f"sagemaker-{project['ProjectName']}-{project['ProjectId']}",
        token=str(uuid4()),
        template_url=template["TemplateURL"],
        parameters=[
            {"ParameterKey": each["Key"], "ParameterValue": each["Value"]}
            for each in stack_parameters(project)
        ],
        tags=stack_tags(context, project),
        role_arn=template.get("RoleARN"),
    )


def _finish(context: Context, project: Document, outcome: StackOutcome) -> None:
    template = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
    said = ": ".join(part for part in (outcome.status, outcome.reason) if part)
    detail: dict[str, Any] = {
        **template.get("StackDetail", {}),
        "StatusMessage": said[:_MESSAGE_CHARACTERS],
    }
    if outcome.stack_id is not None:
        detail["Id"] = outcome.stack_id
        detail["Name"] = _order(context, project).name
    shown = {"CfnTemplateProviderDetail": {**template, "StackDetail": detail}}
    ended(
        context,
        project["ProjectName"],
        is_good=outcome.status in _GOOD,
        TemplateProviderDetails=[shown],
    )


OBSERVERS = ((RECORD.name, follow_record),)
