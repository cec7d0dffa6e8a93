"""CreateProject."""

import secrets
import string
from typing import Any

from emulator.context import Answer, Context, Request, blocking
from emulator.errors import validation_error
from emulator.services.sagemaker import names, tags
from emulator.services.sagemaker.jobs.checks import Faults, check_role
from emulator.services.sagemaker.projects import stacks
from emulator.services.sagemaker.projects.ordering import follow, new_token, order
from emulator.services.sagemaker.projects.records import (
    KIND,
    in_progress,
    stack_parameters,
    stack_tags,
)
from emulator.store import Document

_ID_CHARACTERS = string.ascii_lowercase + string.digits
_ID_LENGTH = 12
_FILLED_IN = ("SageMakerProjectName", "SageMakerProjectId")


@blocking
def create_project(context: Context, request: Request) -> Answer:
    """Begin to make a project.

    Raises:
        AwsError: ValidationException, with every fault: the name is taken; there is no template,
            or more than one; the product, its version or the role does not exist.
    """
    _check(context, request)
    name = request["ProjectName"]
    project_id = f"p-{''.join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))}"
    project = {
        "ProjectArn": names.arn(context, "project", name),
        "ProjectName": name,
        "ProjectId": project_id,
        "ProjectStatus": "Pending",
        "CreatedBy": {},
        "CreationTime": context.clock(),
        **_source(request),
        **{k: request[k] for k in ("ProjectDescription",) if k in request},
    }
    with context.store.transaction():
        _refuse_taken(context, name)
        context.store.put(KIND, name, project)
        tags.forget(context, project["ProjectArn"])
        tags.save(context, project["ProjectArn"], request.get("Tags"))
        if "ServiceCatalogProvisioningDetails" in project:
            _provision(context, project)
        else:
            in_progress(context, name, "Create")
    if "TemplateProviderDetails" in project:
        stacks.start(context, name)
    return {"ProjectArn": project["ProjectArn"], "ProjectId": project_id}


def _check(context: Context, request: Request) -> None:
    faults = Faults()
    product = request.get("ServiceCatalogProvisioningDetails")
    providers = request.get("TemplateProviders", [])
    templates = [each["CfnTemplateProvider"] for each in providers if "CfnTemplateProvider" in each]
    if (product is None) == (not templates):
        faults.add(
            "Expected one of ServiceCatalogProvisioningDetails and "
            "TemplateProviders[0].CfnTemplateProvider"
        )
    given = [*(product or {}).get("ProvisioningParameters", [])]
    for template in templates:
        given += template.get("Parameters", [])
        if "RoleARN" in template:
            check_role(context, template["RoleARN"], faults)
    own = [each["Key"] for each in given if each.get("Key") in _FILLED_IN]
    if own:
        faults.add(f"{', '.join(own)}: SageMaker gives these parameters, leave them out")
    faults.raise_any()


def _refuse_taken(context: Context, name: str) -> None:
    taken = context.store.get(KIND, name)
    if taken is not None and taken["ProjectStatus"] != "DeleteCompleted":
        raise validation_error(f"Project already exists: {taken['ProjectArn']}")


def _source(request: Request) -> dict[str, Any]:
    if "ServiceCatalogProvisioningDetails" in request:
        details = request["ServiceCatalogProvisioningDetails"]
        return {"ServiceCatalogProvisioningDetails": details}
    template = request["TemplateProviders"][0]["CfnTemplateProvider"]
    return {"TemplateProviderDetails": [{"CfnTemplateProviderDetail": template}]}


def _provision(context: Context, project: Document) -> None:
    """Order the product; its record tells the rest.

    Raises:
        AwsError: ValidationException: Service Catalog refuses.
    """
    details = project["ServiceCatalogProvisioningDetails"]
    kept = ("ProductId", "ProvisioningArtifactId", "PathId")
    record = order(
        context,
        "ProvisionProduct",
        ProvisionedProductName=f"{project['ProjectName']}-{project['ProjectId']}",
        ProvisionToken=new_token(),
        ProvisioningParameters=stack_parameters(project),
        Tags=stack_tags(context, project),
        **{key: details[key] for key in kept if key in details},
    )
    follow(context, project["ProjectName"], "Create", record)
