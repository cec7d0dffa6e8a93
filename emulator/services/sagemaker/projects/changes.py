"""UpdateProject and DeleteProject."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Request, blocking
from emulator.errors import AwsError, validation_error
from emulator.services.sagemaker import tags
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.projects import stacks
from emulator.services.sagemaker.projects.ordering import follow, is_provisioned, new_token, order
from emulator.services.sagemaker.projects.records import (
    KIND,
    ended,
    existing_project,
    in_progress,
    is_stable,
    stack_parameters,
)
from emulator.store import Document


@blocking
def update_project(context: Context, request: Request) -> Answer:
    """Change a project's description or tags, and begin to change its stack if that is asked for.

    Raises:
        AwsError: ValidationException; ConflictException: the project is in progress.
    """
    name = request["ProjectName"]
    details = request.get("ServiceCatalogProvisioningUpdateDetails")
    providers = request.get("TemplateProvidersToUpdate", [])
    with context.store.transaction():
        project = _stable_project(context, name)
        _check_update(project, details, providers)
        if request.get("Tags"):
            tags.add_tags(context, {"ResourceArn": project["ProjectArn"], "Tags": request["Tags"]})
        changed = {**project, "LastModifiedTime": context.clock(), "LastModifiedBy": {}}
        if "ProjectDescription" in request:
            changed["ProjectDescription"] = request["ProjectDescription"]
        changed.update(_updated_source(project, details, providers))
        context.store.put(KIND, name, changed)
        if details is not None:
            _reprovision(context, changed)
        elif providers:
            in_progress(context, name, "Update")
    if providers:
        stacks.start(context, name)
    return {"ProjectArn": project["ProjectArn"]}


def _stable_project(context: Context, name: str) -> Document:
    project = existing_project(context, name)
    if not is_stable(project):
        raise AwsError(
            "ConflictException",
            f"Project {project['ProjectArn']} is in {project['ProjectStatus']}: wait for its end.",
        )
    if project["ProjectStatus"] == "DeleteCompleted":
        raise validation_error(f"Project {project['ProjectArn']} is deleted.")
    return project


def _check_update(project: Document, details: Document | None, providers: list[Document]) -> None:
    faults = Faults()
    if details is not None and "ServiceCatalogProvisioningDetails" not in project:
        faults.add("ServiceCatalogProvisioningUpdateDetails: the project is of a template in S3")
    if providers and "TemplateProviderDetails" not in project:
        faults.add("TemplateProvidersToUpdate: the project is of a Service Catalog product")
    if any("CfnTemplateProvider" not in each for each in providers):
        faults.add("TemplateProvidersToUpdate[0].CfnTemplateProvider is required")
    faults.raise_any()


def _updated_source(
    project: Document, details: Document | None, providers: list[Document]
) -> dict[str, Any]:
    if details is not None:
        before = project["ServiceCatalogProvisioningDetails"]
        member = "ProvisioningParameters"
        merged = _merged(before.get(member, []), details.get(member, []))
        return {"ServiceCatalogProvisioningDetails": {**before, **details, member: merged}}
    if not providers:
        return {}
    before = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
    template = providers[0]["CfnTemplateProvider"]
    merged = _merged(before.get("Parameters", []), template.get("Parameters", []))
    changed = {**before, **template, "Parameters": merged}
    return {"TemplateProviderDetails": [{"CfnTemplateProviderDetail": changed}]}


def _merged(
    before: list[Mapping[str, str]], after: list[Mapping[str, str]]
) -> list[dict[str, str]]:
    by_key = {each["Key"]: each.get("Value", "") for each in [*before, *after]}
    return [{"Key": key, "Value": value} for key, value in by_key.items()]


def _reprovision(context: Context, project: Document) -> None:
    details = project["ServiceCatalogProvisioningDetails"]
    artifact = details.get("ProvisioningArtifactId")
    record = order(
        context,
        "UpdateProvisionedProduct",
        ProvisionedProductId=project["ServiceCatalogProvisionedProductDetails"][
            "ProvisionedProductId"
        ],
        UpdateToken=new_token(),
        ProvisioningParameters=stack_parameters(project),
        **({} if artifact is None else {"ProvisioningArtifactId": artifact}),
    )
    follow(context, project["ProjectName"], "Update", record)


def delete_project(context: Context, request: Request) -> Answer:
    """Begin to delete a project with its stack.

    Raises:
        AwsError: ValidationException: there is none; ConflictException: it is in progress.
    """
    name = request["ProjectName"]
    with context.store.transaction():
        project = _stable_project(context, name)
        if "ServiceCatalogProvisioningDetails" in project:
            _terminate(context, project)
        else:
            in_progress(context, name, "Delete")
    if "TemplateProviderDetails" in project:
        stacks.start(context, name)
    return {}


def _terminate(context: Context, project: Document) -> None:
    """Order the end of the project's product, which somebody may have terminated already."""
    name = project["ProjectName"]
    provisioned_id = project["ServiceCatalogProvisionedProductDetails"]["ProvisionedProductId"]
    if not is_provisioned(context, provisioned_id):
        in_progress(context, name, "Delete")
        ended(context, name, is_good=True)
        return
    record = order(
        context,
        "TerminateProvisionedProduct",
        ProvisionedProductId=provisioned_id,
        TerminateToken=new_token(),
    )
    follow(context, name, "Delete", record)
