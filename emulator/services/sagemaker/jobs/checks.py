"""What AWS refuses when a job is created, all faults of a request at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError, unsupported, validation_error
from emulator.services.sagemaker.jobs import inputs
from emulator.services.sagemaker.jobs.s3_uris import S3Uri
from emulator.services.sagemaker.networks import vpc_faults
from emulator.services.sagemaker.roles import role_fault


@dataclass
class Faults:
    """The faults found so far in one request."""

    of_the_caller: list[str] = field(default_factory=list)
    of_the_emulator: list[str] = field(default_factory=list)

    def add(self, message: str) -> None:
        """Something that AWS would refuse too."""
        self.of_the_caller.append(message)

    def add_unsupported(self, message: str) -> None:
        """Something that AWS does and the emulator does not."""
        self.of_the_emulator.append(message)

    def raise_any(self) -> None:
        """Answer with every fault.

        Raises:
            AwsError: ValidationException, or UnsupportedByEmulator when AWS would have agreed.
        """
        if self.of_the_caller:
            raise validation_error("; ".join(self.of_the_caller + self.of_the_emulator))
        if self.of_the_emulator:
            raise unsupported("; ".join(self.of_the_emulator))


def check_role(context: Context, role_arn: str, faults: Faults) -> None:
    """The role has to exist."""
    fault = role_fault(context, role_arn)
    if fault:
        faults.add(fault)


def check_vpc(
    context: Context, request: Mapping[str, Any], faults: Faults, member: str = "VpcConfig"
) -> None:
    """The subnets and security groups have to exist, in one VPC."""
    for fault in vpc_faults(context, request.get("VpcConfig"), member):
        faults.add(fault)


def check_image(context: Context, image_uri: str, faults: Faults) -> None:
    """The image has to have a recipe."""
    try:
        context.containers.resolve(image_uri)
    except AwsError as error:
        faults.add(error.message)


def check_instances(resources: Mapping[str, Any], faults: Faults) -> None:
    """One instance: the laptop."""
    count = resources.get("InstanceCount", 1)
    if count != 1:
        faults.add_unsupported(
            f"InstanceCount {count} is not supported by the emulator: a job runs on one host. "
            "Set InstanceCount to 1."
        )
    if len(resources.get("InstanceGroups", ())) > 1:
        faults.add_unsupported("InstanceGroups is not supported by the emulator beyond one group.")


def check_has_objects(context: Context, uri: S3Uri, role_arn: str, faults: Faults) -> None:
    """The data has to be there when AWS looks for it at creation.

    Source: the message as CreateTrainingJob and CreateTransformJob answer it.
    """
    if not inputs.has_objects(context, uri):
        faults.add(no_objects_message(context, uri, role_arn))


def no_objects_message(context: Context, uri: S3Uri, role_arn: str) -> str:
    """AWS's words for an input without objects."""
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that '
        f"the bucket exists in the selected region ({context.settings.region}), that objects exist "
        f'under that S3 prefix, and that the role "{role_arn}" has "s3:ListBucket" permissions on '
        f'bucket "{uri.bucket}".'
    )


def check_bucket(context: Context, uri: S3Uri, member: str, faults: Faults) -> None:
    """A bucket that results go to has to exist."""
    if not context.objects.bucket_exists(uri.bucket):
        faults.add(
            f'The S3 bucket "{uri.bucket}" given in {member} ("{uri}") does not exist. Create the '
            "bucket, or name another."
        )


def duplicates(values: Iterable[str]) -> list[str]:
    """The values that occur more than once, sorted."""
    seen: set[str] = set()
    twice: set[str] = set()
    for value in values:
        (twice if value in seen else seen).add(value)
    return sorted(twice)
