"""SageMaker projects, of a Service Catalog product and of a template in S3."""

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.catalog import TEMPLATE, Catalog, until

PROJECT: dict[str, Any] = copy.deepcopy(TEMPLATE)
PROJECT["Parameters"] = {
    "SageMakerProjectName": {"Type": "String"},
    "SageMakerProjectId": {"Type": "String"},
    "Kind": {"Type": "String", "Default": "raw"},
}
PROJECT["Resources"]["Bucket"]["Properties"]["BucketName"] = {
    "Fn::Sub": "sagemaker-project-${SageMakerProjectId}"
}


@pytest.fixture
def sagemaker(client: Callable[[str], Any]) -> Any:
    return client("sagemaker")


@pytest.fixture
def catalog(client: Callable[[str], Any], unique: Callable[[str], str], bucket: str) -> Catalog:
    return Catalog(client, unique, bucket)


@pytest.fixture
def name(unique: Callable[[str], str]) -> str:
    return unique("p")[-32:].strip("-")


def source_of(catalog: Catalog, form: str, template: dict[str, Any]) -> dict[str, Any]:
    """What CreateProject is given for a template, in either form."""
    if form == "product":
        product_id = catalog.product_id(template)
        catalog.portfolio_id(product_id)
        return {"ServiceCatalogProvisioningDetails": {"ProductId": product_id}}
    provider = {"TemplateName": "mlops", "TemplateURL": catalog.template_url(template)}
    return {"TemplateProviders": [{"CfnTemplateProvider": provider}]}


def ended(sagemaker: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = until(
        lambda: sagemaker.describe_project(ProjectName=name),
        lambda project: project["ProjectStatus"].endswith(("Completed", "Failed")),
    )
    return found


def stack_of(catalog: Catalog, project: dict[str, Any]) -> dict[str, Any]:
    if "ServiceCatalogProvisionedProductDetails" in project:
        details = project["ServiceCatalogProvisionedProductDetails"]
        stack_name = f"SC-123456789012-{details['ProvisionedProductId']}"
    else:
        detail = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
        stack_name = detail["StackDetail"]["Name"]
    stacks = catalog.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
    found: dict[str, Any] = stacks[0]
    return found


def message_of(project: dict[str, Any]) -> str:
    if "ServiceCatalogProvisionedProductDetails" in project:
        details = project["ServiceCatalogProvisionedProductDetails"]
        return str(details["ProvisionedProductStatusMessage"])
    detail = project["TemplateProviderDetails"][0]["CfnTemplateProviderDetail"]
    return str(detail["StackDetail"]["StatusMessage"])


@pytest.mark.parametrize("form", ["product", "s3"])
def test_a_project_is_made_updated_and_deleted_with_its_stack(
    catalog: Catalog, sagemaker: Any, name: str, form: str
) -> None:
    made = sagemaker.create_project(
        ProjectName=name,
        ProjectDescription="books",
        Tags=[{"Key": "team", "Value": "ml"}],
        **source_of(catalog, form, PROJECT),
    )
    project_id = made["ProjectId"]
    assert re.fullmatch(r"p-[a-z0-9]{12}", project_id)
    assert made["ProjectArn"] == f"arn:aws:sagemaker:us-east-1:123456789012:project/{name}"
    project = ended(sagemaker, name)
    assert project["ProjectStatus"] == "CreateCompleted", message_of(project)
    assert project["ProjectDescription"] == "books"
    stack = stack_of(catalog, project)
    assert {tag["Key"]: tag["Value"] for tag in stack["Tags"]} == {
        "team": "ml",
        "sagemaker:project-name": name,
        "sagemaker:project-id": project_id,
    }
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert parameters == {
        "SageMakerProjectName": name,
        "SageMakerProjectId": project_id,
        "Kind": "raw",
    }
    bucket = f"sagemaker-project-{project_id}"
    catalog.client("s3").head_bucket(Bucket=bucket)
    assert sagemaker.list_tags(ResourceArn=made["ProjectArn"])["Tags"] == [
        {"Key": "team", "Value": "ml"}
    ]

    sagemaker.update_project(ProjectName=name, **update_of(catalog, form))
    project = ended(sagemaker, name)
    assert project["ProjectStatus"] == "UpdateCompleted", message_of(project)
    tagging = catalog.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]
    assert {"Key": "kind", "Value": "clean"} in tagging

    sagemaker.delete_project(ProjectName=name)
    assert ended(sagemaker, name)["ProjectStatus"] == "DeleteCompleted"
    with pytest.raises(ClientError, match="404"):
        catalog.client("s3").head_bucket(Bucket=bucket)


def update_of(catalog: Catalog, form: str) -> dict[str, Any]:
    parameters = [{"Key": "Kind", "Value": "clean"}]
    if form == "product":
        return {"ServiceCatalogProvisioningUpdateDetails": {"ProvisioningParameters": parameters}}
    provider = {
        "TemplateName": "mlops",
        "TemplateURL": catalog.template_url(PROJECT),
        "Parameters": parameters,
    }
    return {"TemplateProvidersToUpdate": [{"CfnTemplateProvider": provider}]}


@pytest.mark.parametrize("form", ["product", "s3"])
def test_a_project_whose_stack_fails_says_why_and_its_name_is_free_once_deleted(
    catalog: Catalog, sagemaker: Any, name: str, form: str
) -> None:
    broken = copy.deepcopy(PROJECT)
    broken["Resources"]["Bucket"]["Properties"]["BucketName"] = catalog.bucket
    source = source_of(catalog, form, broken)
    sagemaker.create_project(ProjectName=name, **source)
    project = ended(sagemaker, name)
    assert project["ProjectStatus"] == "CreateFailed"
    assert "Bucket (AWS::S3::Bucket): " in message_of(project)

    with pytest.raises(ClientError, match="ValidationException.*Project already exists"):
        sagemaker.create_project(ProjectName=name, **source)
    sagemaker.delete_project(ProjectName=name)
    assert ended(sagemaker, name)["ProjectStatus"] == "DeleteCompleted"
    sagemaker.create_project(ProjectName=name, **source_of(catalog, form, PROJECT))
    assert ended(sagemaker, name)["ProjectStatus"] == "CreateCompleted"


def test_a_template_without_the_projects_parameters_fails_the_project(
    catalog: Catalog, sagemaker: Any, name: str
) -> None:
    sagemaker.create_project(ProjectName=name, **source_of(catalog, "s3", TEMPLATE))
    project = ended(sagemaker, name)
    assert project["ProjectStatus"] == "CreateFailed"
    assert "SageMakerProjectName" in message_of(project)


def test_a_project_whose_product_was_terminated_can_be_deleted(
    catalog: Catalog, sagemaker: Any, name: str
) -> None:
    sagemaker.create_project(ProjectName=name, **source_of(catalog, "product", PROJECT))
    details = ended(sagemaker, name)["ServiceCatalogProvisionedProductDetails"]
    record = catalog.servicecatalog.terminate_provisioned_product(
        ProvisionedProductId=details["ProvisionedProductId"]
    )["RecordDetail"]
    assert catalog.ended(record["RecordId"])["RecordDetail"]["Status"] == "SUCCEEDED"
    sagemaker.delete_project(ProjectName=name)
    assert ended(sagemaker, name)["ProjectStatus"] == "DeleteCompleted"


def test_projects_are_listed_and_searched(catalog: Catalog, sagemaker: Any, name: str) -> None:
    made = sagemaker.create_project(
        ProjectName=name,
        Tags=[{"Key": "team", "Value": name}],
        **source_of(catalog, "s3", PROJECT),
    )
    ended(sagemaker, name)
    listed = sagemaker.list_projects(NameContains=name)["ProjectSummaryList"]
    assert [each["ProjectId"] for each in listed] == [made["ProjectId"]]
    assert listed[0]["ProjectStatus"] == "CreateCompleted"
    expression = {"Filters": [{"Name": "Tags.team", "Operator": "Equals", "Value": name}]}
    found = sagemaker.search(Resource="Project", SearchExpression=expression)["Results"]
    assert [each["Project"]["ProjectArn"] for each in found] == [made["ProjectArn"]]


@pytest.mark.parametrize("bad", ["-a", "a_b", "a" * 33, "a b"])
def test_names_that_are_not_valid_are_refused(sagemaker: Any, catalog: Catalog, bad: str) -> None:
    with pytest.raises(ClientError) as caught:
        sagemaker.create_project(ProjectName=bad, **source_of(catalog, "s3", PROJECT))
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert "'projectName'" in error["Message"]


def test_every_fault_of_a_request_is_told_and_nothing_is_kept(
    sagemaker: Any, catalog: Catalog, name: str
) -> None:
    provider = {
        "TemplateName": "mlops",
        "TemplateURL": catalog.template_url(PROJECT),
        "RoleARN": f"{ROLE_ARN}-none",
        "Parameters": [{"Key": "SageMakerProjectId", "Value": "p-1"}],
    }
    with pytest.raises(ClientError) as caught:
        sagemaker.create_project(
            ProjectName=name,
            ServiceCatalogProvisioningDetails={"ProductId": "prod-none"},
            TemplateProviders=[{"CfnTemplateProvider": provider}],
        )
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    for said in ("Expected one of", f"{ROLE_ARN}-none", "SageMakerProjectId: SageMaker gives"):
        assert said in error["Message"]
    with pytest.raises(ClientError, match="Product prod-none not found"):
        sagemaker.create_project(
            ProjectName=name, ServiceCatalogProvisioningDetails={"ProductId": "prod-none"}
        )
    with pytest.raises(ClientError, match=f"Project {name} does not exist"):
        sagemaker.describe_project(ProjectName=name)


def test_the_portfolio_of_sagemakers_own_templates_is_switched(
    own_emulator: EmulatorProcess,
) -> None:
    sagemaker = own_emulator.client("sagemaker")
    status = sagemaker.get_sagemaker_servicecatalog_portfolio_status
    assert status()["Status"] == "Disabled"
    sagemaker.enable_sagemaker_servicecatalog_portfolio()
    assert status()["Status"] == "Enabled"
    sagemaker.disable_sagemaker_servicecatalog_portfolio()
    assert status()["Status"] == "Disabled"


@pytest.mark.parametrize("form", ["product", "s3"])
def test_a_project_goes_on_after_kill_9(
    own_emulator: EmulatorProcess, unique: Callable[[str], str], form: str
) -> None:
    own_emulator.client("s3").create_bucket(Bucket="templates")
    catalog = Catalog(own_emulator.client, unique, "templates")
    source = source_of(catalog, form, PROJECT)
    made = own_emulator.client("sagemaker").create_project(ProjectName="books", **source)
    own_emulator.kill()
    own_emulator.start()
    project = ended(own_emulator.client("sagemaker"), "books")
    assert project["ProjectStatus"] == "CreateCompleted", message_of(project)
    bucket = f"sagemaker-project-{made['ProjectId']}"
    own_emulator.client("s3").head_bucket(Bucket=bucket)
