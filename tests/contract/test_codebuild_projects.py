"""Projects, and what is refused of them.

Source: botocore's model of CodeBuild and its API reference.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ROLE_ARN, EmulatorProcess
from tests.contract.builds import ENVIRONMENT, BuildLab, buildspec, lab_in
from tests.contract.jobs import error_of
from tests.contract.networks import new_network

SPEC = buildspec(build=["true"])


@pytest.fixture
def lab(emulator: EmulatorProcess, unique: Callable[[str], str]) -> BuildLab:
    return lab_in(emulator, unique)


def request(lab: BuildLab, **members: Any) -> dict[str, Any]:
    return {
        "name": lab.unique("project"),
        "source": {"type": "NO_SOURCE", "buildspec": SPEC},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": ENVIRONMENT,
        "serviceRole": ROLE_ARN,
        **members,
    }


def test_a_project_is_created_with_codebuilds_defaults(lab: BuildLab) -> None:
    wanted = request(lab, tags=[{"key": "team", "value": "books"}], description="Books")

    created = lab.codebuild.create_project(**wanted)["project"]

    (found,) = lab.codebuild.batch_get_projects(names=[wanted["name"]])["projects"]
    assert created == found
    assert found["arn"] == f"arn:aws:codebuild:us-east-1:123456789012:project/{wanted['name']}"
    assert (found["timeoutInMinutes"], found["queuedTimeoutInMinutes"]) == (60, 480)
    assert found["cache"] == {"type": "NO_CACHE"}
    assert found["badge"] == {"badgeEnabled": False}
    assert found["environment"] == {
        **ENVIRONMENT,
        "privilegedMode": False,
        "imagePullCredentialsType": "CODEBUILD",
        "environmentVariables": [],
    }
    assert found["tags"] == [{"key": "team", "value": "books"}]
    assert found["created"] == found["lastModified"]


def test_a_name_is_taken_once(lab: BuildLab) -> None:
    wanted = request(lab)
    lab.codebuild.create_project(**wanted)

    code, message = error_of(lab.codebuild.create_project, **wanted)

    assert code == "ResourceAlreadyExistsException"
    assert message.startswith("Project already exists: arn:aws:codebuild:")


def test_a_project_is_updated_listed_and_deleted(lab: BuildLab) -> None:
    name = lab.project(SPEC, description="old", concurrentBuildLimit=3)

    updated = lab.codebuild.update_project(
        name=name,
        description="new",
        concurrentBuildLimit=-1,
        environment={
            **ENVIRONMENT,
            "environmentVariables": [{"name": "A", "value": "1"}],
        },
    )["project"]

    assert updated["description"] == "new"
    assert "concurrentBuildLimit" not in updated
    assert updated["environment"]["environmentVariables"] == [
        {"name": "A", "value": "1", "type": "PLAINTEXT"}
    ]
    assert updated["lastModified"] >= updated["created"]
    names = lab.codebuild.list_projects(sortBy="CREATED_TIME", sortOrder="DESCENDING")["projects"]
    assert name in names
    lab.codebuild.delete_project(name=name)
    answer = lab.codebuild.batch_get_projects(names=[name])
    assert (answer["projects"], answer["projectsNotFound"]) == ([], [name])
    lab.codebuild.delete_project(name=name)


def test_all_faults_of_a_project_come_at_once(lab: BuildLab) -> None:
    wanted = request(
        lab,
        source={"type": "S3"},
        artifacts={"type": "S3", "location": "some-bucket"},
        secondaryArtifacts=[{"type": "S3", "artifactIdentifier": "other"}],
        serviceRole="arn:aws:iam::123456789012:role/nobody",
        cache={"type": "LOCAL"},
        vpcConfig={"vpcId": "vpc-1"},
    )

    code, message = error_of(lab.codebuild.create_project, **wanted)

    assert code == "InvalidInputException"
    for part in (
        "source.location is required when source.type is S3",
        "artifacts.name is required",
        "secondaryArtifacts[other].location is required",
        "not authorized to perform: sts:AssumeRole on service role arn:aws:iam::123456789012:role",
        "cache.modes: expected one at least",
        "vpcConfig: subnets, securityGroupIds must be given too",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"source": {"type": "NO_SOURCE"}}, "source.buildspec must be given inline"),
        ({"source": {"type": "NO_SOURCE", "buildspec": "buildspec.yml"}}, "must be given inline"),
        (
            {"source": {"type": "NO_SOURCE", "buildspec": "version: 0.2\na: b: c"}},
            "source.buildspec is not YAML: mapping values are not allowed here at line 2",
        ),
        (
            {"source": {"type": "CODEPIPELINE"}},
            "artifacts.type must be CODEPIPELINE when source.type is CODEPIPELINE",
        ),
        (
            {"artifacts": {"type": "CODEPIPELINE"}},
            "source.type must be CODEPIPELINE when artifacts.type is CODEPIPELINE",
        ),
        (
            {"secondarySources": [{"type": "S3", "location": "a/b", "sourceIdentifier": "a-b"}]},
            "secondarySources[a-b]: the identifier can only have letters, digits",
        ),
        (
            {"secondaryArtifacts": [{"type": "NO_ARTIFACTS"}]},
            "secondaryArtifacts: each needs an artifactIdentifier",
        ),
        (
            {"logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": "../x"}}},
            "logsConfig.cloudWatchLogs.groupName: '../x' is no name of a log",
        ),
    ],
)
def test_what_codebuild_refuses_is_refused(
    lab: BuildLab, members: dict[str, Any], message: str
) -> None:
    code, told = error_of(lab.codebuild.create_project, **request(lab, **members))

    assert code == "InvalidInputException"
    assert message in told


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"badgeEnabled": True}, "badgeEnabled"),
        ({"buildBatchConfig": {"serviceRole": ROLE_ARN}}, "there are no batch builds"),
        ({"environment": {**ENVIRONMENT, "type": "WINDOWS_CONTAINER"}}, "WINDOWS_CONTAINER"),
        (
            {"environment": {**ENVIRONMENT, "fleet": {"fleetArn": "arn:aws:codebuild:f"}}},
            "environment.fleet",
        ),
        (
            {"source": {"type": "GITHUB_ENTERPRISE", "location": "https://x/y", "buildspec": SPEC}},
            "source.type GITHUB_ENTERPRISE",
        ),
    ],
)
def test_what_the_emulator_cannot_do_is_told(
    lab: BuildLab, members: dict[str, Any], message: str
) -> None:
    code, told = error_of(lab.codebuild.create_project, **request(lab, **members))

    assert code == "UnsupportedByEmulator"
    assert message in told


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("start_build_batch", {"projectName": "any-project"}),
        ("create_webhook", {"projectName": "any-project"}),
        ("create_fleet", {
            "name": "fleet", "baseCapacity": 1, "environmentType": "LINUX_CONTAINER",
            "computeType": "BUILD_GENERAL1_SMALL",
        }),
    ],
)  # fmt: skip
def test_operations_that_are_not_here_are_refused_by_name(
    lab: BuildLab, operation: str, members: dict[str, Any]
) -> None:
    code, told = error_of(getattr(lab.codebuild, operation), **members)

    assert code == "UnsupportedByEmulator"
    assert "".join(part.title() for part in operation.split("_")) in told


def test_overrides_are_checked_like_a_project(lab: BuildLab) -> None:
    project = lab.project(SPEC)

    code, message = error_of(
        lab.codebuild.start_build,
        projectName=project,
        sourceTypeOverride="S3",
        serviceRoleOverride="arn:aws:iam::123456789012:role/nobody",
    )

    assert code == "InvalidInputException"
    assert "source.location is required" in message
    assert "sts:AssumeRole" in message
    assert lab.codebuild.list_builds_for_project(projectName=project)["ids"] == []


def test_a_project_has_a_vpc_until_an_empty_one_takes_it_away(
    lab: BuildLab,
) -> None:
    network = new_network(lab.emulator)
    name = lab.project(SPEC, vpcConfig=network.codebuild)

    (made,) = lab.codebuild.batch_get_projects(names=[name])["projects"]
    kept = lab.codebuild.update_project(name=name, description="new")["project"]
    left = lab.codebuild.update_project(name=name, vpcConfig={})["project"]

    assert made["vpcConfig"] == kept["vpcConfig"] == network.codebuild
    assert "vpcConfig" not in left


@pytest.mark.parametrize("operation", ["create_project", "update_project"])
def test_a_vpc_has_to_exist_with_all_that_is_named_of_it(lab: BuildLab, operation: str) -> None:
    network = new_network(lab.emulator)
    unknown = {
        "vpcId": network.vpc_id,
        "subnets": [network.subnet_ids[0], "subnet-0a"],
        "securityGroupIds": ["sg-0a"],
    }
    wanted = request(lab, name=lab.project(SPEC)) if operation == "update_project" else request(lab)

    code, message = error_of(getattr(lab.codebuild, operation), **wanted, vpcConfig=unknown)

    assert code == "InvalidInputException"
    assert "vpcConfig: The subnet ID 'subnet-0a' does not exist" in message
    assert "vpcConfig: The security group 'sg-0a' does not exist" in message
    assert network.subnet_ids[0] not in message


def test_subnets_of_another_vpc_are_refused(lab: BuildLab) -> None:
    network, other = new_network(lab.emulator), new_network(lab.emulator)
    mixed = network.codebuild | {"subnets": list(other.subnet_ids)}

    code, message = error_of(lab.codebuild.create_project, **request(lab, vpcConfig=mixed))

    assert code == "InvalidInputException"
    for each in other.subnet_ids:
        assert f"{each} is of {other.vpc_id}" in message


# Source: the shapes Subnets and SecurityGroupIds.
def test_a_vpc_of_a_build_has_at_most_16_subnets_and_5_security_groups(lab: BuildLab) -> None:
    many = {
        "vpcId": "vpc-0a",
        "subnets": [f"subnet-{number}" for number in range(17)],
        "securityGroupIds": [f"sg-{number}" for number in range(6)],
    }

    code, message = error_of(lab.codebuild.create_project, **request(lab, vpcConfig=many))

    assert code == "ValidationException"
    assert "'vpcConfig.subnets' failed to satisfy constraint: Member must have length" in message
    assert "less than or equal to 16" in message
    assert "less than or equal to 5" in message


def test_only_a_pipeline_starts_builds_of_its_source(lab: BuildLab) -> None:
    project = lab.project(source={"type": "CODEPIPELINE"}, artifacts={"type": "CODEPIPELINE"})

    code, message = error_of(lab.codebuild.start_build, projectName=project)

    assert code == "InvalidInputException"
    assert "CODEPIPELINE, which only a pipeline gives" in message
