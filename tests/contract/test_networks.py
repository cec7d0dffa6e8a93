"""What is given a VPC keeps it and shows it, and is refused one that EC2 does not know.

Source: VpcConfig, NetworkConfig and NetworkConfiguration in the services' API references; the words
are those of EC2's errors InvalidSubnetID.NotFound, InvalidGroup.NotFound and InvalidParameter.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.clusters import CLUSTER, ClusterLab, until
from tests.contract.jobs import JobLab, ProcessingLab, TrainingLab, error_of
from tests.contract.model_images import IMAGE, add_recipe, create_model, variant
from tests.contract.networks import Network, new_network
from tests.contract.test_hyper_parameter_tuning_jobs import TuningLab
from tests.contract.test_lambda_functions import zipped

Unique = Callable[[str], str]
Config = Mapping[str, Any]
UNKNOWN = {"Subnets": ["subnet-0a", "subnet-0b"], "SecurityGroupIds": ["sg-0a"]}
NOT_THERE = (
    "The subnet ID 'subnet-0a' does not exist",
    "The subnet ID 'subnet-0b' does not exist",
    "The security group 'sg-0a' does not exist",
)


@pytest.fixture(scope="module")
def network(emulator: EmulatorProcess) -> Network:
    return new_network(emulator)


def other_group(network: Network) -> str:
    """A security group of another VPC: the default one's."""
    groups = network.ec2.describe_security_groups()["SecurityGroups"]
    return str(next(each["GroupId"] for each in groups if each["VpcId"] != network.vpc_id))


def training(lab: JobLab, name: str, config: Config) -> dict[str, Any]:
    return TrainingLab(lab.emulator, lab.bucket).request(name, "pass", VpcConfig=config)


def processing(lab: JobLab, name: str, config: Config) -> dict[str, Any]:
    return ProcessingLab(lab.emulator, lab.bucket).request(
        name, "pass", NetworkConfig={"VpcConfig": config}
    )


def tuning(lab: JobLab, name: str, config: Config) -> dict[str, Any]:
    request = TuningLab(lab.emulator, lab.bucket).request(name, jobs=1, parallel=1)
    request["TrainingJobDefinition"]["VpcConfig"] = config
    return request


JOBS = [
    (TrainingLab, training, ("VpcConfig",)),
    (ProcessingLab, processing, ("NetworkConfig", "VpcConfig")),
    (TuningLab, tuning, ("TrainingJobDefinition", "VpcConfig")),
]


@pytest.mark.parametrize(("kind", "request_of", "path"), JOBS)
def test_a_job_runs_and_shows_its_vpc(
    emulator: EmulatorProcess,
    bucket: str,
    unique: Unique,
    network: Network,
    kind: type[JobLab],
    request_of: Callable[[JobLab, str, Config], dict[str, Any]],
    path: tuple[str, ...],
) -> None:
    lab = kind(emulator, bucket)
    job = lab.finished(lab.create(request_of(lab, unique("job"), network.sagemaker)))

    found = job
    for member in path:
        found = found[member]
    assert found == network.sagemaker
    assert job[f"{lab.noun}Status"] == "Completed"


@pytest.mark.parametrize(("kind", "request_of", "path"), JOBS)
def test_a_job_in_a_network_that_is_not_there_is_refused(
    emulator: EmulatorProcess,
    bucket: str,
    unique: Unique,
    kind: type[JobLab],
    request_of: Callable[[JobLab, str, Config], dict[str, Any]],
    path: tuple[str, ...],
) -> None:
    lab = kind(emulator, bucket)

    code, message = error_of(lab.create, request=request_of(lab, unique("job"), UNKNOWN))

    assert code == "ValidationException"
    for part in NOT_THERE:
        assert part in message


def test_models_and_endpoint_configs_show_their_vpc(
    emulator: EmulatorProcess, unique: Unique, network: Network
) -> None:
    add_recipe(emulator)
    sagemaker, name = emulator.client("sagemaker"), unique("model")
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE_ARN,
        PrimaryContainer={"Image": IMAGE},
        VpcConfig=network.sagemaker,
    )
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[variant(name)], VpcConfig=network.sagemaker
    )

    model = sagemaker.describe_model(ModelName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)

    assert model["VpcConfig"] == config["VpcConfig"] == network.sagemaker


def test_models_and_endpoint_configs_in_a_network_that_is_not_there_are_refused(
    emulator: EmulatorProcess, unique: Unique
) -> None:
    add_recipe(emulator)
    sagemaker, name = emulator.client("sagemaker"), unique("model")
    create_model(emulator.client, name)

    refused = [
        error_of(
            sagemaker.create_model,
            ModelName=unique("model"),
            PrimaryContainer={"Image": IMAGE},
            VpcConfig=UNKNOWN,
        ),
        error_of(
            sagemaker.create_endpoint_config,
            EndpointConfigName=name,
            ProductionVariants=[variant(name)],
            VpcConfig=UNKNOWN,
        ),
    ]

    for code, message in refused:
        assert code == "ValidationException"
        for part in NOT_THERE:
            assert part in message


def test_subnets_and_security_groups_have_to_be_of_one_vpc(
    emulator: EmulatorProcess, unique: Unique, network: Network
) -> None:
    add_recipe(emulator)
    other = other_group(network)

    code, message = error_of(
        emulator.client("sagemaker").create_model,
        ModelName=unique("model"),
        PrimaryContainer={"Image": IMAGE},
        VpcConfig=network.sagemaker | {"SecurityGroupIds": [network.group_id, other]},
    )

    assert code == "ValidationException"
    assert f"VpcConfig: Not in {network.vpc_id}, as the rest: {other} is of vpc-" in message
    assert network.group_id not in message


def new_function(emulator: EmulatorProcess, name: str, **members: Any) -> Any:
    return emulator.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE_ARN,
        Handler="app.handler",
        Code={"ZipFile": zipped(app="def handler(event, context):\n    return 'here'\n")},
        **members,
    )


def test_a_function_shows_its_vpc_until_it_leaves_it(
    emulator: EmulatorProcess, unique: Unique, network: Network
) -> None:
    functions, name = emulator.client("lambda"), unique("function")

    made = new_function(emulator, name, VpcConfig=network.lambda_)
    answer = functions.invoke(FunctionName=name)["Payload"].read()
    left = functions.update_function_configuration(
        FunctionName=name, VpcConfig={"SubnetIds": [], "SecurityGroupIds": []}
    )

    outside = {"SubnetIds": [], "SecurityGroupIds": []}
    more = {"Ipv6AllowedForDualStack": False}
    assert made["VpcConfig"] == network.lambda_ | more | {"VpcId": network.vpc_id}
    assert answer == b'"here"'
    assert left["VpcConfig"] == outside | more | {"VpcId": ""}


# Source: InvalidParameterValueException as Lambda answers it.
@pytest.mark.parametrize(
    ("config", "messages"),
    [
        (
            {"SubnetIds": ["subnet-0a"], "SecurityGroupIds": ["sg-0a"]},
            (
                "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
                "EC2 Error Message: The subnet ID 'subnet-0a' does not exist",
                "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound"
                ". EC2 Error Message: The security group 'sg-0a' does not exist",
            ),
        ),
        (
            {"SubnetIds": ["subnet-0a"]},
            ("SubnetIds and SecurityIds must coexist or be both empty list.",),
        ),
    ],
)
def test_a_function_in_a_network_that_is_not_there_is_refused(
    emulator: EmulatorProcess, unique: Unique, config: Config, messages: tuple[str, ...]
) -> None:
    name = unique("function")
    new_function(emulator, name)
    functions = emulator.client("lambda")

    refused = [
        error_of(new_function, emulator=emulator, name=unique("function"), VpcConfig=config),
        error_of(functions.update_function_configuration, FunctionName=name, VpcConfig=config),
    ]

    for code, told in refused:
        assert code == "InvalidParameterValueException"
        for message in messages:
            assert message in told


# Source: what EMR says of clusters whose subnet does not exist.
def test_a_cluster_in_a_subnet_that_is_not_there_ends_with_errors(
    emulator: EmulatorProcess, bucket: str, unique: Unique
) -> None:
    lab = ClusterLab(emulator, bucket, unique)
    instances = CLUSTER["Instances"] | {"Ec2SubnetIds": ["subnet-0a"]}

    cluster_id = lab.emr.run_job_flow(Name="c", **CLUSTER | {"Instances": instances})["JobFlowId"]

    ended = until(
        lambda: lab.emr.describe_cluster(ClusterId=cluster_id)["Cluster"],
        lambda cluster: cluster["Status"]["State"] == "TERMINATED_WITH_ERRORS",
    )
    assert ended["Status"]["StateChangeReason"] == {
        "Code": "VALIDATION_ERROR",
        "Message": "The VPC/subnet configuration was invalid: The subnet configuration was invalid:"
        " The subnet ID 'subnet-0a' does not exist.",
    }


def test_a_cluster_starts_in_a_subnet_that_is_there(
    emulator: EmulatorProcess, bucket: str, unique: Unique, network: Network
) -> None:
    lab = ClusterLab(emulator, bucket, unique)
    instances = CLUSTER["Instances"] | {
        "Ec2SubnetIds": list(network.subnet_ids),
        "EmrManagedMasterSecurityGroup": network.group_id,
        "KeepJobFlowAliveWhenNoSteps": True,
    }

    cluster_id = lab.emr.run_job_flow(Name="c", **CLUSTER | {"Instances": instances})["JobFlowId"]

    waiting = until(
        lambda: lab.emr.describe_cluster(ClusterId=cluster_id)["Cluster"],
        lambda cluster: cluster["Status"]["State"] == "WAITING",
    )
    lab.emr.terminate_job_flows(JobFlowIds=[cluster_id])
    attributes = waiting["Ec2InstanceAttributes"]
    assert attributes["RequestedEc2SubnetIds"] == list(network.subnet_ids)


def test_an_application_of_emr_serverless_needs_a_network_that_is_there(
    emulator: EmulatorProcess, bucket: str, unique: Unique, network: Network
) -> None:
    serverless = ClusterLab(emulator, bucket, unique).serverless
    wanted = {"type": "Spark", "releaseLabel": "emr-7.12.0", "clientToken": unique("token")}
    config = {"subnetIds": list(network.subnet_ids), "securityGroupIds": [network.group_id]}

    made = serverless.create_application(**wanted, networkConfiguration=config)
    code, message = error_of(
        serverless.update_application,
        applicationId=made["applicationId"],
        clientToken=unique("token"),
        networkConfiguration={"subnetIds": ["subnet-0a"]},
    )

    found = serverless.get_application(applicationId=made["applicationId"])["application"]
    assert found["networkConfiguration"] == config
    assert code == "ValidationException"
    assert "networkConfiguration: The subnet ID 'subnet-0a' does not exist" in message
