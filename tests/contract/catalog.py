"""A small catalog: templates that make a bucket, products of them, and what becomes of them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WAIT_SECONDS = 60
PRINCIPAL = "arn:aws:iam::123456789012:role/Studio"
TEMPLATE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "A bucket",
    "Parameters": {
        "BucketName": {"Type": "String", "Description": "Its name"},
        "Kind": {"Type": "String", "Default": "raw", "AllowedValues": ["raw", "clean"]},
    },
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": {"Ref": "BucketName"},
                "Tags": [{"Key": "kind", "Value": {"Ref": "Kind"}}],
            },
        }
    },
    "Outputs": {"Name": {"Value": {"Ref": "Bucket"}, "Description": "The bucket"}},
}


@dataclass(frozen=True)
class Catalog:
    """Makes what tests of the catalog and of projects need."""

    client: Callable[[str], Any]
    unique: Callable[[str], str]
    bucket: str

    @property
    def servicecatalog(self) -> Any:
        return self.client("servicecatalog")

    def template_url(self, template: dict[str, Any] = TEMPLATE) -> str:
        """Where the template lies in S3, as AWS writes it."""
        key = f"{self.unique('template')}.json"
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=json.dumps(template))
        return f"https://{self.bucket}.s3.us-east-1.amazonaws.com/{key}"

    def product(self, template: dict[str, Any] = TEMPLATE, **members: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.servicecatalog.create_product(
            Name=self.unique("product"),
            Owner="ml",
            ProductType="CLOUD_FORMATION_TEMPLATE",
            ProvisioningArtifactParameters={
                "Name": "v1",
                "Info": {"LoadTemplateFromURL": self.template_url(template)},
                "Type": "CLOUD_FORMATION_TEMPLATE",
            },
            **members,
        )
        return made

    def product_id(self, template: dict[str, Any] = TEMPLATE, **members: Any) -> str:
        made = self.product(template, **members)
        return str(made["ProductViewDetail"]["ProductViewSummary"]["ProductId"])

    def portfolio_id(self, *product_ids: str) -> str:
        """A portfolio of these products that somebody may use."""
        made = self.servicecatalog.create_portfolio(
            DisplayName=self.unique("portfolio"), ProviderName="ml"
        )
        portfolio_id = str(made["PortfolioDetail"]["Id"])
        self.servicecatalog.associate_principal_with_portfolio(
            PortfolioId=portfolio_id, PrincipalARN=PRINCIPAL, PrincipalType="IAM"
        )
        for product_id in product_ids:
            self.servicecatalog.associate_product_with_portfolio(
                PortfolioId=portfolio_id, ProductId=product_id
            )
        return portfolio_id

    def ended(self, record_id: str) -> dict[str, Any]:
        """The record when it has ended."""
        return until(
            lambda: self.servicecatalog.describe_record(Id=record_id),
            lambda found: found["RecordDetail"]["Status"] in ("SUCCEEDED", "FAILED"),
        )


def until(ask: Callable[[], Any], is_reached: Callable[[Any], bool]) -> Any:
    """Ask until the answer is as wanted."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = ask()
        if is_reached(found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"not reached in {WAIT_SECONDS} s: {found}")
