"""Service Catalog: portfolios, their products, who may launch them and with which role."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Provider, Work

_SERVICE = "servicecatalog"
_PORTFOLIO = ("AcceptLanguage", "DisplayName", "Description", "ProviderName")
_PRODUCT = (
    "AcceptLanguage",
    "Name",
    "Owner",
    "Description",
    "Distributor",
    "SupportDescription",
    "SupportEmail",
    "SupportUrl",
    "SourceConnection",
)
_ARTIFACTS = "ProvisioningArtifactParameters"
_PAIR = ("AcceptLanguage", "PortfolioId", "ProductId")
_PRINCIPAL = ("AcceptLanguage", "PortfolioId", "PrincipalARN", "PrincipalType")


def _changed_tags(work: Work) -> dict[str, Any]:
    added = work.tag_list() if work.tags != work.tags_before else []
    return {"AddTags": added or None, "RemoveTags": work.removed_tags() or None}


def _create_portfolio(work: Work) -> str:
    answer = work.call(_SERVICE, "CreatePortfolio", **work.given(*_PORTFOLIO), Tags=work.tag_list())
    return str(answer["PortfolioDetail"]["Id"])


def _update_portfolio(work: Work) -> None:
    given = work.given(*_PORTFOLIO)
    work.call(_SERVICE, "UpdatePortfolio", Id=work.physical_id, **given, **_changed_tags(work))


def _delete_portfolio(work: Work) -> None:
    work.call(_SERVICE, "DeletePortfolio", Id=work.physical_id)


def _portfolio_attributes(work: Work) -> Mapping[str, Any]:
    found = work.call(_SERVICE, "DescribePortfolio", Id=work.physical_id)["PortfolioDetail"]
    return {"PortfolioName": found["DisplayName"], "Id": found["Id"]}


def _artifact(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"Type": "CLOUD_FORMATION_TEMPLATE", **given}


def _create_product(work: Work) -> str:
    artifacts = work.properties.get(_ARTIFACTS, [])
    first = {_ARTIFACTS: _artifact(artifacts[0])} if artifacts else {}
    kind = work.properties.get("ProductType", "CLOUD_FORMATION_TEMPLATE")
    answer = work.call(
        _SERVICE,
        "CreateProduct",
        **work.given(*_PRODUCT),
        **first,
        ProductType=kind,
        Tags=work.tag_list(),
    )
    product = str(answer["ProductViewDetail"]["ProductViewSummary"]["ProductId"])
    work.made(product)
    _add_artifacts(work, product, artifacts[1:])
    return product


def _add_artifacts(work: Work, product: str, artifacts: list[Mapping[str, Any]]) -> None:
    for each in artifacts:
        work.call(
            _SERVICE, "CreateProvisioningArtifact", ProductId=product, Parameters=_artifact(each)
        )


def _update_product(work: Work) -> None:
    given = work.given(*_PRODUCT)
    work.call(_SERVICE, "UpdateProduct", Id=work.physical_id, **given, **_changed_tags(work))
    if work.has_changed(_ARTIFACTS):
        _change_artifacts(work)


def _change_artifacts(work: Work) -> None:
    """Versions that are new are added and those that are gone removed; with Replace, all anew.

    Source: ReplaceProvisioningArtifacts and ProvisioningArtifactParameters in the reference.
    """
    is_anew = str(work.properties.get("ReplaceProvisioningArtifacts", False)).lower() == "true"
    before = list(work.before.get(_ARTIFACTS, []))
    wanted = list(work.properties.get(_ARTIFACTS, []))
    gone = before if is_anew else [each for each in before if each not in wanted]
    names = {each.get("Name") for each in gone}
    old = [each for each in _artifacts(work) if each["Name"] in names]
    _add_artifacts(
        work, work.physical_id, wanted if is_anew else [e for e in wanted if e not in before]
    )
    for each in old:
        work.call(
            _SERVICE,
            "DeleteProvisioningArtifact",
            ProductId=work.physical_id,
            ProvisioningArtifactId=each["Id"],
        )


def _artifacts(work: Work) -> list[dict[str, Any]]:
    answer = work.call(_SERVICE, "DescribeProductAsAdmin", Id=work.physical_id)
    found: list[dict[str, Any]] = answer["ProvisioningArtifactSummaries"]
    return found


def _delete_product(work: Work) -> None:
    work.call(_SERVICE, "DeleteProduct", Id=work.physical_id)


def _product_attributes(work: Work) -> Mapping[str, Any]:
    found = _artifacts(work)
    return {
        "Id": work.physical_id,
        "ProductName": work.properties["Name"],
        "ProvisioningArtifactIds": ",".join(each["Id"] for each in found),
        "ProvisioningArtifactNames": ",".join(each["Name"] for each in found),
    }


def _associate_product(work: Work) -> str:
    given = work.given(*_PAIR, "SourcePortfolioId")
    work.call(_SERVICE, "AssociateProductWithPortfolio", **given)
    return f"{work.properties['PortfolioId']}|{work.properties['ProductId']}"


def _disassociate_product(work: Work) -> None:
    work.call(_SERVICE, "DisassociateProductFromPortfolio", **work.given(*_PAIR))


def _associate_principal(work: Work) -> str:
    work.call(_SERVICE, "AssociatePrincipalWithPortfolio", **work.given(*_PRINCIPAL))
    return f"{work.properties['PortfolioId']}|{work.properties['PrincipalARN']}"


def _disassociate_principal(work: Work) -> None:
    work.call(_SERVICE, "DisassociatePrincipalFromPortfolio", **work.given(*_PRINCIPAL))


def _role(work: Work) -> dict[str, Any]:
    return {"Parameters": work.given("RoleArn", "LocalRoleName")}


def _create_launch_role(work: Work) -> str:
    answer = work.call(
        _SERVICE,
        "CreateConstraint",
        **work.given(*_PAIR, "Description"),
        **_role(work),
        Type="LAUNCH",
    )
    return str(answer["ConstraintDetail"]["ConstraintId"])


def _update_launch_role(work: Work) -> None:
    given = work.given("AcceptLanguage", "Description")
    work.call(_SERVICE, "UpdateConstraint", Id=work.physical_id, **given, **_role(work))


def _delete_launch_role(work: Work) -> None:
    work.call(_SERVICE, "DeleteConstraint", Id=work.physical_id)


PROVIDERS: Mapping[str, Provider] = {
    "AWS::ServiceCatalog::Portfolio": Provider(
        properties=frozenset({"Tags", *_PORTFOLIO}),
        create=_create_portfolio,
        update=_update_portfolio,
        delete=_delete_portfolio,
        attributes=_portfolio_attributes,
    ),
    "AWS::ServiceCatalog::CloudFormationProduct": Provider(
        properties=frozenset(
            {"ProductType", "ReplaceProvisioningArtifacts", "Tags", _ARTIFACTS, *_PRODUCT}
        ),
        create=_create_product,
        update=_update_product,
        delete=_delete_product,
        attributes=_product_attributes,
    ),
    "AWS::ServiceCatalog::PortfolioProductAssociation": Provider(
        properties=frozenset({"SourcePortfolioId", *_PAIR}),
        create=_associate_product,
        delete=_disassociate_product,
    ),
    "AWS::ServiceCatalog::PortfolioPrincipalAssociation": Provider(
        properties=frozenset(_PRINCIPAL),
        create=_associate_principal,
        delete=_disassociate_principal,
    ),
    "AWS::ServiceCatalog::LaunchRoleConstraint": Provider(
        properties=frozenset({"Description", "RoleArn", "LocalRoleName", *_PAIR}),
        create=_create_launch_role,
        update=_update_launch_role,
        delete=_delete_launch_role,
        attributes=lambda work: {"Id": work.physical_id},
    ),
}
