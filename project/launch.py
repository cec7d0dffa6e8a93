"""launch-project: makes a project from a published template, as Studio does."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipelines.command_line import UsageError, client, ends_on_interrupt, fail, pairs, region_from
from project.publish import PRODUCT_NAME
from project.stacks import Watch

_POLL_SECONDS = 1.0
_WORKING = ("Pending", "CreateInProgress")


class LaunchFailed(Exception):
    """The project could not be made; the message says why."""


@ends_on_interrupt
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Makes it; 0, or 1 when AWS refuses or the project fails, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    try:
        region = region_from(arguments, environment)
        parameters = pairs(arguments.parameter, "--parameter")
        tags = pairs(arguments.tag, "--tag")
        sagemaker = make_client("sagemaker", region)
        catalog = make_client("servicecatalog", region)
        created = sagemaker.create_project(
            ProjectName=arguments.name,
            ProjectDescription=arguments.description,
            Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
            **_template(catalog, arguments, parameters),
        )
        print(f"Creating {created['ProjectArn']}", flush=True)
        if arguments.wait:
            _wait(sagemaker, make_client("cloudformation", region), arguments.name)
    except UsageError as error:
        return fail(str(error))
    except (LaunchFailed, ClientError, BotoCoreError) as error:
        print(f"launch-project: {error}", file=sys.stderr)
        return 1
    return 0


def _template(
    catalog: Any, arguments: argparse.Namespace, parameters: Mapping[str, str]
) -> dict[str, Any]:
    given = [{"Key": key, "Value": value} for key, value in parameters.items()]
    if arguments.template_url:
        provider = {
            "TemplateName": arguments.product,
            "TemplateURL": arguments.template_url,
            "Parameters": given,
        }
        if arguments.role_arn:
            provider["RoleARN"] = arguments.role_arn
        return {"TemplateProviders": [{"CfnTemplateProvider": provider}]}
    product_id, version_id = _product(catalog, arguments.product)
    return {
        "ServiceCatalogProvisioningDetails": {
            "ProductId": product_id,
            "ProvisioningArtifactId": version_id,
            "ProvisioningParameters": given,
        }
    }


def _product(catalog: Any, name: str) -> tuple[str, str]:
    """The ids of the product of this name and of its newest active version."""
    found = {view["Name"]: view["ProductId"] for view in _views(catalog)}
    if name not in found:
        there_are = f"there are: {', '.join(sorted(found))}" if found else "there is none"
        raise LaunchFailed(
            f"You may launch no product {name!r}; {there_are}. publish-project-template makes it, "
            "and lets the roles use it that it is given."
        )
    versions = catalog.describe_product(Id=found[name])["ProvisioningArtifacts"]
    newest = max(versions, key=lambda version: version["CreatedTime"])
    return found[name], newest["Id"]


def _views(catalog: Any) -> Iterator[dict[str, Any]]:
    """Every product that the caller may launch; boto3 has no paginator for them."""
    page: dict[str, Any] = {}
    while not page or page.get("NextPageToken"):
        more = {"PageToken": page["NextPageToken"]} if page else {}
        page = catalog.search_products(**more)
        yield from page["ProductViewSummaries"]


def _wait(sagemaker: Any, cloudformation: Any, name: str) -> None:
    watch: Watch | None = None
    while True:
        project = sagemaker.describe_project(ProjectName=name)
        stack_name = _stack_name(project)
        if stack_name and watch is None:
            watch = Watch(cloudformation, stack_name, lambda line: print(line, flush=True))
        if watch is not None:
            watch.look()
        if project["ProjectStatus"] not in _WORKING:
            break
        time.sleep(_POLL_SECONDS)
    if project["ProjectStatus"] != "CreateCompleted":
        details = project.get("ServiceCatalogProvisionedProductDetails", {})
        reason = details.get("ProvisionedProductStatusMessage", "")
        fault = watch.first_fault if watch is not None else ""
        raise LaunchFailed(
            f"Project {name} is {project['ProjectStatus']}. {fault or reason} "
            f"To make it again: teardown-project {name} --apply, then this command."
        )
    print(f"Project {name} ({project['ProjectId']}) is there. project-status {name} shows it.")


def _stack_name(project: Mapping[str, Any]) -> str:
    """Service Catalog's stack of a project, "" before there is one."""
    details = project.get("ServiceCatalogProvisionedProductDetails", {})
    product_id = details.get("ProvisionedProductId", "")
    account_id = project["ProjectArn"].split(":")[4]
    return f"SC-{account_id}-{product_id}" if product_id else ""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch-project",
        description="Makes a SageMaker project from the published template, as Studio does.",
    )
    parser.add_argument("--name", required=True, help="the project's (at most 32 of a-z 0-9 -)")
    parser.add_argument("--description", default="Push to deploy.", help="what it is for")
    parser.add_argument("--product", default=PRODUCT_NAME, help=f"its name [{PRODUCT_NAME}]")
    parser.add_argument(
        "--template-url", metavar="URL", help="the template in S3, without Service Catalog"
    )
    parser.add_argument("--role-arn", help="with --template-url: the role to make resources with")
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="of the template; may be repeated",
    )
    parser.add_argument(
        "--tag", action="append", default=[], metavar="KEY=VALUE", help="may be repeated"
    )
    parser.add_argument("--wait", action="store_true", help="show the stack until it is there")
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
