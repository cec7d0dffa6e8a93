"""publish-project-template: the project template to S3 and to Service Catalog, for Studio to offer.

The administrator's stack has the bucket, and once the template lies in it, the product. So it is
deployed twice the first time: for the bucket, and for the product that names what is in it.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from pipelines.command_line import UsageError, client, command, region_from, say
from pipelines.stacks import find_stack
from project import packaging, seed, stacks
from project.packaging import Package, PackagingError, Place
from project.seed import SeedError
from project.stacks import StackFailed

PRODUCT_NAME = "Model from commit to endpoint"
STACK_NAME = "sagemaker-project-template"
_DIRECTORY = Path(__file__).resolve().parent
_TEMPLATE = _DIRECTORY / "template.yaml"
_PORTFOLIO = _DIRECTORY / "portfolio.yaml"
_ROLE_PARAMETERS = ("StudioRoleArn", "SecondStudioRoleArn")
_BUCKET_OUTPUT = "TemplateBucketName"
_ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/\S+")
# Studio shows a product, and an object in S3, that has this tag.
_VISIBLE = "sagemaker:studio-visibility=true"


class NoRoleError(Exception):
    """A role that shall launch projects does not exist."""


@command("publish-project-template", StackFailed, usage=(SeedError, PackagingError, NoRoleError))
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Publishes; 0, or 1 when AWS refuses, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    parameters = _parameters(arguments)
    packed = seed.pack()
    if packed.has_changes:
        say(f"What is not committed is not published: the seed code is commit {packed.commit}.")
    _check_roles(make_client("iam", region), arguments.studio_role_arn)
    stack = _Stack(make_client("cloudformation", region), arguments.stack_name, parameters)
    url = _publish(stack, make_client("s3", region), packed.archive, region)
    print(f"Published {url}\nTo use it: launch-project --name NAME, or Studio's page of projects.")
    return 0


@dataclass(frozen=True)
class _Stack:
    """The administrator's stack."""

    cloudformation: Any
    name: str
    parameters: Mapping[str, str]

    def deploy(self, **given: str) -> dict[str, str]:
        template = _PORTFOLIO.read_text(encoding="utf-8")
        parameters = {**self.parameters, **given}
        return stacks.deploy(self.cloudformation, self.name, template, parameters, say)

    def bucket(self) -> str:
        """The bucket that it has, "" before there is one."""
        stack = find_stack(self.cloudformation, self.name) or {}
        outputs: dict[str, str] = {
            each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())
        }
        return outputs.get(_BUCKET_OUTPUT, "")


def _publish(stack: _Stack, s3: Any, code: bytes, region: str) -> str:
    place = Place(stack.bucket() or stack.deploy()[_BUCKET_OUTPUT], region)
    package = packaging.package(_TEMPLATE, code, place)
    _upload(s3, place, package)
    # A product's version is named, and another name is another version.
    version = package.template_key.rpartition("/")[2].partition(".")[0][:12]
    stack.deploy(TemplateKey=package.template_key, TemplateVersion=version)
    return place.url(package.template_key)


def _parameters(arguments: argparse.Namespace) -> dict[str, str]:
    faults = []
    if len(arguments.studio_role_arn) > len(_ROLE_PARAMETERS):
        faults.append(
            f"--studio-role-arn: got {len(arguments.studio_role_arn)}, expected"
            f" {len(_ROLE_PARAMETERS)} at most; {_PORTFOLIO.name} has a parameter for each."
        )
    faults += [
        f"--studio-role-arn: got {arn!r}, expected arn:aws:iam::ACCOUNT:role/NAME."
        for arn in arguments.studio_role_arn
        if not _ROLE_ARN.fullmatch(arn)
    ]
    boundary = arguments.permissions_boundary_arn
    if boundary and not _POLICY_ARN.fullmatch(boundary):
        faults.append(
            f"--permissions-boundary-arn: got {boundary!r}, expected "
            "arn:aws:iam::ACCOUNT:policy/NAME."
        )
    if faults:
        raise UsageError("\n".join(faults))
    found = dict(zip(_ROLE_PARAMETERS, arguments.studio_role_arn, strict=False))
    if boundary:
        found["PermissionsBoundaryArn"] = boundary
    return found


def _check_roles(iam: Any, arns: Sequence[str]) -> None:
    """Look before anything is made: S3 would refuse the bucket's policy, and not name the role.

    Raises:
        NoRoleError: naming every role that does not exist.
    """
    missing = [arn for arn in arns if not _exists(iam, arn)]
    if missing:
        raise NoRoleError(
            f"--studio-role-arn: there is no role {', '.join(missing)}. Those there are: "
            "aws iam list-roles --query Roles[].Arn"
        )


def _exists(iam: Any, arn: str) -> bool:
    try:
        found = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]["Arn"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return False
    return bool(found == arn)


def _upload(s3: Any, place: Place, package: Package) -> None:
    for upload in package.uploads:
        s3.put_object(Bucket=place.bucket, Key=upload.key, Body=upload.content, Tagging=_VISIBLE)
        say(f"Uploaded s3://{place.bucket}/{upload.key}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="publish-project-template",
        description=(
            "Uploads the project template with the code of the commit that is checked out, and "
            "makes or updates the Service Catalog product that Studio offers."
        ),
    )
    parser.add_argument(
        "--studio-role-arn",
        action="append",
        required=True,
        metavar="ARN",
        help="a role that may launch projects, such as a Studio domain's; may be given twice",
    )
    parser.add_argument(
        "--permissions-boundary-arn",
        metavar="ARN",
        help="the policy that must bound every role that a project makes",
    )
    parser.add_argument("--stack-name", default=STACK_NAME, help=f"the stack [{STACK_NAME}]")
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
