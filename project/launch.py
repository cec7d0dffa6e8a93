"""launch-project: makes a project from a published template, as Studio does."""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pipelines.command_line import (
    UsageError,
    client,
    command,
    pairs,
    region_from,
    say,
)
from project import names
from project.publish import PRODUCT_NAME
from project.stacks import Watch

_POLL_SECONDS = 1.0
# Source: ProjectEntityName in SageMaker's API reference.
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
_NAME_CHARACTERS = 32
# Source: CfnTemplateName in SageMaker's API reference, a name as a project's; shown in Studio.
_TEMPLATE_NAME = "model-from-commit-to-endpoint"


class LaunchFailed(Exception):
    """The project could not be made; the message says why."""


@command("launch-project", LaunchFailed, names.NoProjectError)
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Makes it; 0, or 1 when AWS refuses or the project fails, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    parameters = pairs(arguments.parameter, "--parameter")
    tags = pairs(arguments.tag, "--tag")
    check_name(arguments.name)
    sagemaker = make_client("sagemaker", region)
    check_is_free(sagemaker, arguments.name)
    catalog = make_client("servicecatalog", region)
    cloudformation = make_client("cloudformation", region)
    created = sagemaker.create_project(
        ProjectName=arguments.name,
        ProjectDescription=arguments.description,
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        **_template(catalog, arguments, parameters),
    )
    _see_through(sagemaker, cloudformation, created["ProjectArn"], arguments)
    return 0


def check_name(name: str) -> None:
    """Look whether SageMaker would take a project's name.

    Raises:
        UsageError: It would not.
    """
    if not _NAME.fullmatch(name) or len(name) > _NAME_CHARACTERS:
        raise UsageError(
            f"--name: got {name!r} ({len(name)} characters), expected 1 to {_NAME_CHARACTERS} "
            "letters, digits and hyphens, beginning and ending with a letter or digit."
        )


def check_is_free(sagemaker: Any, name: str) -> None:
    """Say what to do with the project that has the name, which SageMaker does not.

    Raises:
        LaunchFailed: There is one.
    """
    try:
        taken = names.find(sagemaker, name)
    except names.NoProjectError:
        return
    raise LaunchFailed(
        f"There is a project {name} already ({taken.id}, {taken.status}): project-status {name} "
        f"shows it, teardown-project {name} --plan what it takes to remove it. Give another --name "
        "to make a further one."
    )


def _template(
    catalog: Any, arguments: argparse.Namespace, parameters: Mapping[str, str]
) -> dict[str, Any]:
    given = [{"Key": key, "Value": value} for key, value in parameters.items()]
    if arguments.template_url:
        provider = {
            "TemplateName": _TEMPLATE_NAME,
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


def _see_through(
    sagemaker: Any, cloudformation: Any, arn: str, arguments: argparse.Namespace
) -> None:
    name = arguments.name
    try:
        print(f"Creating {arn}", flush=True)
        if not arguments.wait:
            print(f"To see it through: project-status {name} --wait")
            return
        project = watch(sagemaker, cloudformation, name, lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        say(f"Project {name} goes on being made: project-status {name} --wait shows it.")
        raise
    print(f"Project {name} ({project.id}) is there. project-status {name} shows it.")


def watch(
    sagemaker: Any, cloudformation: Any, name: str, show: Callable[[str], object]
) -> names.Project:
    """Show what becomes of a project's stack until the project is made.

    Raises:
        LaunchFailed: It could not be made; with the reason of the first resource that failed.
    """
    stack: Watch | None = None
    while True:
        project = names.find(sagemaker, name)
        if project.stack and stack is None:
            stack = Watch(cloudformation, project.stack, show, told=())
        if stack is not None:
            stack.look()
        if project.status not in names.MAKING:
            break
        time.sleep(_POLL_SECONDS)
    if project.status in names.FAILED:
        raise LaunchFailed(failure(project, stack.first_fault if stack is not None else ""))
    return project


def failure(project: names.Project, fault: str = "") -> str:
    """What is told of a project that has failed; of the fault, if known, that came first."""
    return (
        f"Project {project.name} is {project.status}: "
        f"{fault or project.reason or 'no reason given'}. What there is of it is removed by "
        f"teardown-project {project.name} --apply; then the name can be launched again."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="launch-project",
        description="Makes a SageMaker project from the published template, as Studio does.",
    )
    parser.add_argument(
        "--name", required=True, help="the project's, at most 32 letters, digits, hyphens"
    )
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
