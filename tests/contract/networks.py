"""A VPC with two subnets and a security group, for what is to run in one."""

from dataclasses import dataclass
from typing import Any

from tests.conftest import EmulatorProcess


@dataclass(frozen=True)
class Network:
    """A VPC, by the ids of its parts."""

    ec2: Any
    vpc_id: str
    subnet_ids: tuple[str, ...]
    group_id: str

    @property
    def sagemaker(self) -> dict[str, Any]:
        """The VpcConfig that SageMaker takes."""
        return {"Subnets": list(self.subnet_ids), "SecurityGroupIds": [self.group_id]}

    @property
    def lambda_(self) -> dict[str, Any]:
        """The VpcConfig that Lambda takes."""
        return {"SubnetIds": list(self.subnet_ids), "SecurityGroupIds": [self.group_id]}

    @property
    def codebuild(self) -> dict[str, Any]:
        """The vpcConfig that CodeBuild takes."""
        return {
            "vpcId": self.vpc_id,
            "subnets": list(self.subnet_ids),
            "securityGroupIds": [self.group_id],
        }

    def delete(self) -> None:
        for each in self.subnet_ids:
            self.ec2.delete_subnet(SubnetId=each)
        self.ec2.delete_security_group(GroupId=self.group_id)
        self.ec2.delete_vpc(VpcId=self.vpc_id)


def new_network(emulator: EmulatorProcess) -> Network:
    ec2 = emulator.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
        for number in range(2)
    ]
    group = ec2.create_security_group(GroupName="own", Description="own", VpcId=vpc_id)
    return Network(ec2, vpc_id, tuple(subnets), group["GroupId"])
