"""CodeCommit: repositories, with the code of a zip file from the start where the template says."""

from collections.abc import Mapping
from typing import Any

from emulator.errors import AwsError
from emulator.services.cloudformation.resources.provider import Provider, ResourceFailed, Work
from emulator.services.cloudformation.resources.tagging import retag
from emulator.services.codecommit.seeding import DEFAULT_BRANCH, seed


def _create(work: Work) -> str:
    name = work.properties["RepositoryName"]
    answer = work.call(
        "codecommit",
        "CreateRepository",
        **work.given("RepositoryName", "RepositoryDescription", "KmsKeyId"),
        Tags=work.own_tags(),
    )
    repository = str(answer["repositoryMetadata"]["repositoryId"])
    work.made(repository)
    if "Code" in work.properties:
        _commit(work, name, work.properties["Code"])
    if work.properties.get("Triggers"):
        work.call(
            "codecommit", "PutRepositoryTriggers", RepositoryName=name, **work.given("Triggers")
        )
    return repository


def _commit(work: Work, name: str, code: Mapping[str, Any]) -> None:
    place = code["S3"]
    branch = code.get("BranchName", DEFAULT_BRANCH)
    try:
        seed(work.context, name, place["Bucket"], place["Key"], branch, place.get("ObjectVersion"))
    except AwsError as error:
        where = f"s3://{place['Bucket']}/{place['Key']}"
        raise ResourceFailed(f"The code at {where} cannot be used: {error.message}") from error


def _found(work: Work) -> Mapping[str, Any]:
    """The repository: its operations know it by name, Ref by id."""
    name = (work.before or work.properties)["RepositoryName"]
    answer = work.call("codecommit", "GetRepository", RepositoryName=name)
    found: Mapping[str, Any] = answer["repositoryMetadata"]
    return found


def _update(work: Work) -> None:
    arn, name = _found(work)["Arn"], work.properties["RepositoryName"]
    if work.has_changed("RepositoryName"):
        old = work.before["RepositoryName"]
        work.call("codecommit", "UpdateRepositoryName", OldName=old, NewName=name)
    if work.has_changed("RepositoryDescription"):
        described = {"RepositoryDescription": work.properties.get("RepositoryDescription", "")}
        work.call("codecommit", "UpdateRepositoryDescription", RepositoryName=name, **described)
    if work.has_changed("KmsKeyId"):
        key = work.given("KmsKeyId")
        work.call("codecommit", "UpdateRepositoryEncryptionKey", RepositoryName=name, **key)
    if work.has_changed("Triggers"):
        triggers = work.properties.get("Triggers", [])
        work.call("codecommit", "PutRepositoryTriggers", RepositoryName=name, Triggers=triggers)
    tags = {"ResourceArn": arn.rpartition(":")[0] + f":{name}"}
    retag(work, "codecommit", tags, as_map=True, own=True)


def _delete(work: Work) -> None:
    name = work.properties["RepositoryName"]
    work.call("codecommit", "DeleteRepository", RepositoryName=name)


def _attributes(work: Work) -> Mapping[str, Any]:
    answer = work.call(
        "codecommit", "GetRepository", RepositoryName=work.properties["RepositoryName"]
    )
    found = answer["repositoryMetadata"]
    return {
        "Arn": found["Arn"],
        "CloneUrlHttp": found["cloneUrlHttp"],
        "CloneUrlSsh": found.get("cloneUrlSsh", ""),
        "Name": found["repositoryName"],
        "RepositoryId": found["repositoryId"],
    }


PROVIDERS: Mapping[str, Provider] = {
    "AWS::CodeCommit::Repository": Provider(
        properties=frozenset(
            {"RepositoryName", "RepositoryDescription", "KmsKeyId", "Code", "Triggers", "Tags"}
        ),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        # Removal and reading know it by its name; its id is there with it.
        identity=lambda work: str(work.properties["RepositoryName"]),
    )
}
