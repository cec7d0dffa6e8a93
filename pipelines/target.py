"""Where a pipeline definition is for."""

import re
from dataclasses import dataclass

_ROLE_ARN = re.compile(r"^arn:(?P<partition>aws[a-z\-]*):iam::(?P<account>\d{12}):role/.+$")
_BUCKET = re.compile(r"^[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$")
_REGION = re.compile(r"^[a-z]{2}(-[a-z]+)+-\d$")


class TargetError(ValueError):
    """A role, bucket or region that AWS would not accept."""


@dataclass(frozen=True)
class Target:
    """The account, region and bucket that a definition names; nothing is looked up in AWS.

    Raises:
        TargetError: naming every member that is malformed.
    """

    role_arn: str
    bucket: str
    region: str

    def __post_init__(self) -> None:
        faults = [
            f"{member}: got {value!r}, expected {expected}"
            for member, value, pattern, expected in (
                ("role_arn", self.role_arn, _ROLE_ARN, "arn:aws:iam::<12 digits>:role/<name>"),
                ("bucket", self.bucket, _BUCKET, "an S3 bucket name (3 to 63 of a-z 0-9 . -)"),
                ("region", self.region, _REGION, "a region such as us-east-1"),
            )
            if not pattern.match(value)
        ]
        if faults:
            raise TargetError("The target of a pipeline is wrong. " + "; ".join(faults))

    @property
    def partition(self) -> str:
        """The ARN partition of the role: aws, aws-cn, ..."""
        return self.role_arn.split(":")[1]

    @property
    def account_id(self) -> str:
        """The 12 digits of the account that owns the role."""
        return self.role_arn.split(":")[4]

    def image_uri(self, repository: str, tag: str) -> str:
        """The address that an image has in the container registry of this account and region."""
        # Source: https://docs.aws.amazon.com/general/latest/gr/ecr.html
        domain = "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"
        return f"{self.account_id}.dkr.ecr.{self.region}.{domain}/{repository}:{tag}"

    def lambda_arn(self, function_name: str) -> str:
        """The ARN that a Lambda function of this name has in this account and region."""
        return (
            f"arn:{self.partition}:lambda:{self.region}:{self.account_id}:function:{function_name}"
        )
