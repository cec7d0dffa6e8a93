"""Service Catalog, as boto3 sees it: from a portfolio to the stack of a provisioned product."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.catalog import PRINCIPAL, TEMPLATE, Catalog


@pytest.fixture
def catalog(client: Callable[[str], Any], unique: Callable[[str], str], bucket: str) -> Catalog:
    return Catalog(client, unique, bucket)


@pytest.fixture
def servicecatalog(catalog: Catalog) -> Any:
    return catalog.servicecatalog


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_portfolios_are_made_described_changed_listed_and_deleted(servicecatalog: Any) -> None:
    made = servicecatalog.create_portfolio(
        DisplayName="MLOps", ProviderName="ml", Tags=[{"Key": "team", "Value": "ml"}]
    )
    portfolio_id = made["PortfolioDetail"]["Id"]
    assert re.fullmatch(r"port-[a-z0-9]{13}", portfolio_id)
    assert made["PortfolioDetail"]["ARN"] == (
        f"arn:aws:catalog:us-east-1:123456789012:portfolio/{portfolio_id}"
    )
    changed = servicecatalog.update_portfolio(
        Id=portfolio_id,
        Description="templates",
        AddTags=[{"Key": "x", "Value": "1"}],
        RemoveTags=["team"],
    )
    described = servicecatalog.describe_portfolio(Id=portfolio_id)
    assert described["PortfolioDetail"] == changed["PortfolioDetail"]
    assert described["PortfolioDetail"]["Description"] == "templates"
    assert described["Tags"] == [{"Key": "x", "Value": "1"}]
    pages = servicecatalog.get_paginator("list_portfolios").paginate(
        PaginationConfig={"PageSize": 1}
    )
    found = [each["Id"] for page in pages for each in page["PortfolioDetails"]]
    assert portfolio_id in found
    servicecatalog.delete_portfolio(Id=portfolio_id)
    assert refused(servicecatalog.describe_portfolio, Id=portfolio_id)[0] == (
        "ResourceNotFoundException"
    )


def test_tags_of_aws_are_cloudformations_alone(servicecatalog: Any) -> None:
    said = {"DisplayName": "MLOps", "ProviderName": "ml"}
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "catalog"}]
    assert servicecatalog.create_portfolio(**said, Tags=tags)["Tags"] == tags
    code, message = refused(
        servicecatalog.create_portfolio, **said, Tags=[{"Key": "aws:own", "Value": "x"}]
    )
    assert (code, "aws:own" in message) == ("InvalidParametersException", True)


def test_one_idempotency_token_makes_one_portfolio(servicecatalog: Any) -> None:
    said = {"DisplayName": "Once", "ProviderName": "ml", "IdempotencyToken": "once-and-only"}
    first = servicecatalog.create_portfolio(**said)["PortfolioDetail"]
    assert servicecatalog.create_portfolio(**said)["PortfolioDetail"] == first


def test_what_is_in_use_is_not_deleted_until_it_is_free(
    catalog: Catalog, servicecatalog: Any
) -> None:
    product_id = catalog.product_id()
    portfolio_id = catalog.portfolio_id(product_id)
    both = {"PortfolioId": portfolio_id, "ProductId": product_id}
    constraint_id = servicecatalog.create_constraint(
        **both, Type="LAUNCH", Parameters=json.dumps({"RoleArn": ROLE_ARN})
    )["ConstraintDetail"]["ConstraintId"]

    code, message = refused(servicecatalog.delete_portfolio, Id=portfolio_id)
    assert code == "ResourceInUseException"
    assert all(each in message for each in (product_id, PRINCIPAL, constraint_id))
    code, message = refused(servicecatalog.delete_product, Id=product_id)
    assert (code, portfolio_id in message) == ("ResourceInUseException", True)
    code, message = refused(servicecatalog.disassociate_product_from_portfolio, **both)
    assert (code, constraint_id in message) == ("ResourceInUseException", True)

    servicecatalog.delete_constraint(Id=constraint_id)
    servicecatalog.disassociate_product_from_portfolio(**both)
    servicecatalog.disassociate_principal_from_portfolio(
        PortfolioId=portfolio_id, PrincipalARN=PRINCIPAL
    )
    servicecatalog.delete_product(Id=product_id)
    servicecatalog.delete_portfolio(Id=portfolio_id)
    assert refused(servicecatalog.describe_product_as_admin, Id=product_id)[0] == (
        "ResourceNotFoundException"
    )


def test_a_product_has_tags_versions_and_launch_paths(
    catalog: Catalog, servicecatalog: Any
) -> None:
    made = catalog.product(Tags=[{"Key": "sagemaker:studio-visibility", "Value": "true"}])
    detail = made["ProductViewDetail"]
    product_id = detail["ProductViewSummary"]["ProductId"]
    assert detail["ProductARN"] == (f"arn:aws:catalog:us-east-1:123456789012:product/{product_id}")
    as_admin = servicecatalog.describe_product_as_admin(Id=product_id)
    assert as_admin["Tags"] == [{"Key": "sagemaker:studio-visibility", "Value": "true"}]
    assert servicecatalog.describe_product(Id=product_id)["LaunchPaths"] == []
    assert servicecatalog.list_launch_paths(ProductId=product_id)["LaunchPathSummaries"] == []

    portfolio_id = catalog.portfolio_id(product_id)
    second = servicecatalog.create_provisioning_artifact(
        ProductId=product_id,
        Parameters={"Name": "v2", "Info": {"LoadTemplateFromURL": catalog.template_url()}},
    )["ProvisioningArtifactDetail"]
    described = servicecatalog.describe_product(Id=product_id)
    assert [each["Name"] for each in described["ProvisioningArtifacts"]] == ["v1", "v2"]
    assert len(described["LaunchPaths"]) == 1
    assert described["ProductViewSummary"]["HasDefaultPath"] is True
    portfolios = servicecatalog.list_portfolios_for_product(ProductId=product_id)
    assert [each["Id"] for each in portfolios["PortfolioDetails"]] == [portfolio_id]

    first_id = made["ProvisioningArtifactDetail"]["Id"]
    servicecatalog.update_provisioning_artifact(
        ProductId=product_id, ProvisioningArtifactId=first_id, Active=False
    )
    described = servicecatalog.describe_product(Id=product_id)
    assert [each["Name"] for each in described["ProvisioningArtifacts"]] == ["v2"]
    servicecatalog.delete_provisioning_artifact(
        ProductId=product_id, ProvisioningArtifactId=first_id
    )
    code, _ = refused(
        servicecatalog.delete_provisioning_artifact,
        ProductId=product_id,
        ProvisioningArtifactId=second["Id"],
    )
    assert code == "ResourceInUseException"


def test_products_are_searched_by_text_owner_and_portfolio(
    catalog: Catalog, servicecatalog: Any
) -> None:
    made = catalog.product(Description="recommends books")["ProductViewDetail"]
    product_id = made["ProductViewSummary"]["ProductId"]
    name = made["ProductViewSummary"]["Name"]
    other = catalog.product_id()
    portfolio_id = catalog.portfolio_id(product_id)

    def found(**parameters: Any) -> list[str]:
        pages = servicecatalog.get_paginator("search_products_as_admin").paginate(**parameters)
        details = [each for page in pages for each in page["ProductViewDetails"]]
        return [each["ProductViewSummary"]["ProductId"] for each in details]

    assert found(Filters={"FullTextSearch": [name.upper()]}) == [product_id]
    assert found(PortfolioId=portfolio_id) == [product_id]
    assert found(Filters={"Owner": ["nobody"]}) == []
    assert {product_id, other} <= set(found(Filters={"Owner": ["ml"]}))
    launchable = servicecatalog.search_products(Filters={"FullTextSearch": [name]})
    assert [each["ProductId"] for each in launchable["ProductViewSummaries"]] == [product_id]


def test_templates_that_cannot_be_used_are_refused(catalog: Catalog, servicecatalog: Any) -> None:
    bad = copy.deepcopy(TEMPLATE)
    bad["Outputs"]["Name"]["Value"] = {"Ref": "Nothing"}
    for url, said in (
        (catalog.template_url(bad), "Nothing"),
        (f"https://{catalog.bucket}.s3.us-east-1.amazonaws.com/none.json", "NoSuchKey"),
        ("https://example.com/template.json", "is no URL of a template in S3"),
    ):
        code, message = refused(
            servicecatalog.create_product,
            Name=catalog.unique("bad"),
            Owner="ml",
            ProductType="CLOUD_FORMATION_TEMPLATE",
            ProvisioningArtifactParameters={"Info": {"LoadTemplateFromURL": url}},
        )
        assert code == "InvalidParametersException"
        assert said in message
    code, message = refused(
        servicecatalog.create_product,
        Name="terraform",
        Owner="ml",
        ProductType="TERRAFORM_OPEN_SOURCE",
    )
    assert code == "UnsupportedByEmulator"
    assert "TERRAFORM_OPEN_SOURCE" in message


@pytest.mark.parametrize(
    ("kind", "parameters", "code", "said"),
    [
        (
            "LAUNCH",
            {"RoleArn": "arn:aws:iam::123456789012:role/Nobody"},
            "InvalidParametersException",
            "role/Nobody does not exist",
        ),
        ("LAUNCH", {}, "InvalidParametersException", "one of RoleArn and LocalRoleName"),
        ("TEMPLATE", {"Rules": {}}, "UnsupportedByEmulator", "TEMPLATE constraints"),
        ("FLIGHT", {}, "InvalidParametersException", "'FLIGHT' is no type"),
    ],
)
def test_constraints_that_cannot_be_kept_are_refused(
    catalog: Catalog, servicecatalog: Any, kind: str, parameters: Any, code: str, said: str
) -> None:
    product_id = catalog.product_id()
    answered = refused(
        servicecatalog.create_constraint,
        PortfolioId=catalog.portfolio_id(product_id),
        ProductId=product_id,
        Type=kind,
        Parameters=json.dumps(parameters),
    )
    assert answered[0] == code
    assert said in answered[1]


def test_a_launch_constraint_names_the_role_of_its_path(
    catalog: Catalog, servicecatalog: Any
) -> None:
    product_id = catalog.product_id()
    portfolio_id = catalog.portfolio_id(product_id)
    said = {
        "PortfolioId": portfolio_id,
        "ProductId": product_id,
        "Type": "LAUNCH",
        "Parameters": json.dumps({"RoleArn": ROLE_ARN}),
        "Description": "as the launch role",
    }
    made = servicecatalog.create_constraint(**said)
    assert refused(servicecatalog.create_constraint, **said)[0] == "DuplicateResourceException"
    constraint_id = made["ConstraintDetail"]["ConstraintId"]
    described = servicecatalog.describe_constraint(Id=constraint_id)
    assert json.loads(described["ConstraintParameters"]) == {"RoleArn": ROLE_ARN}
    listed = servicecatalog.list_constraints_for_portfolio(PortfolioId=portfolio_id)
    assert listed["ConstraintDetails"] == [made["ConstraintDetail"]]
    path = servicecatalog.list_launch_paths(ProductId=product_id)["LaunchPathSummaries"][0]
    assert path["ConstraintSummaries"] == [{"Type": "LAUNCH", "Description": "as the launch role"}]


def test_a_product_without_a_launch_path_is_not_provisioned(
    catalog: Catalog, servicecatalog: Any
) -> None:
    product_id = catalog.product_id()
    code, message = refused(
        servicecatalog.provision_product,
        ProductId=product_id,
        ProvisioningArtifactName="v1",
        ProvisionedProductName=catalog.unique("none"),
    )
    assert code == "ResourceNotFoundException"
    assert message.startswith(f"No launch paths found for resource: {product_id}.")


def test_the_parameters_of_a_version_are_those_of_its_template(
    catalog: Catalog, servicecatalog: Any
) -> None:
    product_id = catalog.product_id()
    catalog.portfolio_id(product_id)
    told = servicecatalog.describe_provisioning_parameters(
        ProductId=product_id, ProvisioningArtifactName="v1"
    )["ProvisioningArtifactParameters"]
    by_key = {each["ParameterKey"]: each for each in told}
    assert by_key.keys() == {"BucketName", "Kind"}
    assert by_key["BucketName"]["Description"] == "Its name"
    assert by_key["Kind"]["DefaultValue"] == "raw"
    assert by_key["Kind"]["ParameterConstraints"]["AllowedValues"] == ["raw", "clean"]


def provision(catalog: Catalog, product_id: str, bucket: str, **members: Any) -> dict[str, Any]:
    record: dict[str, Any] = catalog.servicecatalog.provision_product(
        ProductId=product_id,
        ProvisioningArtifactName="v1",
        ProvisionedProductName=catalog.unique("provisioned"),
        ProvisioningParameters=[{"Key": "BucketName", "Value": bucket}],
        **members,
    )["RecordDetail"]
    return record


def test_a_product_is_provisioned_updated_and_terminated_as_a_stack(
    catalog: Catalog, servicecatalog: Any
) -> None:
    product_id = catalog.product_id(
        Tags=[
            {"Key": "from", "Value": "product"},
            {"Key": "aws:cloudformation:stack-name", "Value": "catalog"},
        ]
    )
    catalog.portfolio_id(product_id)
    name = catalog.unique("made").lower()
    record = provision(catalog, product_id, name, Tags=[{"Key": "by", "Value": "ada"}])
    assert (record["RecordType"], record["Status"]) == ("PROVISION_PRODUCT", "CREATED")
    ended = catalog.ended(record["RecordId"])
    assert ended["RecordDetail"]["Status"] == "SUCCEEDED", ended["RecordDetail"]["RecordErrors"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in ended["RecordOutputs"]}
    assert outputs["Name"] == name
    catalog.client("s3").head_bucket(Bucket=name)

    provisioned_id = record["ProvisionedProductId"]
    stack_name = f"SC-123456789012-{provisioned_id}"
    stack = catalog.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    assert stack["StackId"] == outputs["CloudformationStackARN"]
    tags = {tag["Key"]: tag["Value"] for tag in stack["Tags"]}
    assert tags == {"from": "product", "by": "ada"}
    detail = servicecatalog.describe_provisioned_product(Id=provisioned_id)
    assert detail["ProvisionedProductDetail"]["Status"] == "AVAILABLE"
    assert detail["ProvisionedProductDetail"]["Type"] == "CFN_STACK"
    found = servicecatalog.get_provisioned_product_outputs(
        ProvisionedProductId=provisioned_id, OutputKeys=["Name"]
    )["Outputs"]
    assert [each["OutputValue"] for each in found] == [name]
    for query in (f"name:{record['ProvisionedProductName']}", f"physicalId:{stack['StackId']}"):
        searched = servicecatalog.search_provisioned_products(Filters={"SearchQuery": [query]})
        assert [each["Id"] for each in searched["ProvisionedProducts"]] == [provisioned_id]

    updated = servicecatalog.update_provisioned_product(
        ProvisionedProductId=provisioned_id,
        ProvisioningParameters=[
            {"Key": "BucketName", "UsePreviousValue": True},
            {"Key": "Kind", "Value": "clean"},
        ],
    )["RecordDetail"]
    assert catalog.ended(updated["RecordId"])["RecordDetail"]["Status"] == "SUCCEEDED"
    tagging = catalog.client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    assert {"Key": "kind", "Value": "clean"} in tagging

    gone = servicecatalog.terminate_provisioned_product(ProvisionedProductId=provisioned_id)
    ended = catalog.ended(gone["RecordDetail"]["RecordId"])["RecordDetail"]
    assert (ended["RecordType"], ended["Status"]) == ("TERMINATE_PROVISIONED_PRODUCT", "SUCCEEDED")
    assert refused(servicecatalog.describe_provisioned_product, Id=provisioned_id)[0] == (
        "ResourceNotFoundException"
    )
    assert refused(catalog.client("s3").head_bucket, Bucket=name)[0] == "404"


def test_a_failed_stack_is_told_by_its_resources_and_can_be_terminated(
    catalog: Catalog, servicecatalog: Any
) -> None:
    product_id = catalog.product_id()
    catalog.portfolio_id(product_id)
    record = provision(catalog, product_id, catalog.bucket)  # which is there already
    ended = catalog.ended(record["RecordId"])["RecordDetail"]
    assert ended["Status"] == "FAILED"
    assert "Bucket (AWS::S3::Bucket): " in ended["RecordErrors"][0]["Description"]
    detail = servicecatalog.describe_provisioned_product(Id=record["ProvisionedProductId"])
    assert detail["ProvisionedProductDetail"]["Status"] == "ERROR"
    message = detail["ProvisionedProductDetail"]["StatusMessage"]
    assert "Bucket (AWS::S3::Bucket): " in message
    gone = servicecatalog.terminate_provisioned_product(
        ProvisionedProductId=record["ProvisionedProductId"]
    )["RecordDetail"]
    assert catalog.ended(gone["RecordId"])["RecordDetail"]["Status"] == "SUCCEEDED"
    catalog.client("s3").head_bucket(Bucket=catalog.bucket)


def test_a_parameter_that_the_template_does_not_have_fails_the_record(
    catalog: Catalog, servicecatalog: Any
) -> None:
    product_id = catalog.product_id()
    catalog.portfolio_id(product_id)
    record = servicecatalog.provision_product(
        ProductId=product_id,
        ProvisioningArtifactName="v1",
        ProvisionedProductName=catalog.unique("bad"),
        ProvisioningParameters=[{"Key": "Nothing", "Value": "x"}],
    )["RecordDetail"]
    ended = catalog.ended(record["RecordId"])["RecordDetail"]
    assert ended["Status"] == "FAILED"
    assert "Nothing" in ended["RecordErrors"][0]["Description"]


def test_a_launch_role_that_is_gone_fails_the_record(catalog: Catalog, servicecatalog: Any) -> None:
    iam, role = catalog.client("iam"), catalog.unique("Launch")
    policy = {"Version": "2012-10-17", "Statement": []}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(policy))
    product_id = catalog.product_id()
    servicecatalog.create_constraint(
        PortfolioId=catalog.portfolio_id(product_id),
        ProductId=product_id,
        Type="LAUNCH",
        Parameters=json.dumps({"LocalRoleName": role}),
    )
    iam.delete_role(RoleName=role)
    record = provision(catalog, product_id, catalog.unique("never").lower())
    role_arn = f"arn:aws:iam::123456789012:role/{role}"
    assert record["LaunchRoleArn"] == role_arn
    ended = catalog.ended(record["RecordId"])["RecordDetail"]
    assert ended["Status"] == "FAILED"
    message = ended["RecordErrors"][0]["Description"]
    assert message.startswith(f"The launch role {role_arn} does not exist.")


def test_a_taken_name_is_refused_and_a_token_gives_its_record_again(
    catalog: Catalog, servicecatalog: Any
) -> None:
    product_id = catalog.product_id()
    catalog.portfolio_id(product_id)
    token = catalog.unique("token")
    name = catalog.unique("once").lower()
    said = {
        "ProductId": product_id,
        "ProvisioningArtifactName": "v1",
        "ProvisionedProductName": name,
        "ProvisioningParameters": [{"Key": "BucketName", "Value": name}],
    }
    first = servicecatalog.provision_product(**said, ProvisionToken=token)["RecordDetail"]
    again = servicecatalog.provision_product(**said, ProvisionToken=token)["RecordDetail"]
    assert again["RecordId"] == first["RecordId"]
    assert refused(servicecatalog.provision_product, **said)[0] == "DuplicateResourceException"
    assert catalog.ended(first["RecordId"])["RecordDetail"]["Status"] == "SUCCEEDED"


def test_a_provisioning_goes_on_after_kill_9(
    own_emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    own_emulator.client("s3").create_bucket(Bucket="templates")
    catalog = Catalog(own_emulator.client, unique, "templates")
    product_id = catalog.product_id()
    catalog.portfolio_id(product_id)
    record = provision(catalog, product_id, "after-the-kill")
    own_emulator.kill()
    own_emulator.start()
    ended = catalog.ended(record["RecordId"])["RecordDetail"]
    assert ended["Status"] == "SUCCEEDED", ended["RecordErrors"]
    own_emulator.client("s3").head_bucket(Bucket="after-the-kill")
