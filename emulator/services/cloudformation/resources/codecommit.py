"""CodeCommit: repositories, with the code of a zip file from the start where the template says."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Provider, ResourceFailed, Work
from emulator.services.cloudformation.resources.tagging import retag

# Source: "Quotas in AWS CodeCommit": files that one commit by API can change.
_FILES_A_COMMIT = 100
_DEFAULT_BRANCH = "main"


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
    version = {"VersionId": place["ObjectVersion"]} if "ObjectVersion" in place else {}
    answer = work.call("s3", "GetObject", Bucket=place["Bucket"], Key=place["Key"], **version)
    parent: dict[str, str] = {}
    for files in _chunks(answer["Body"].read(), f"s3://{place['Bucket']}/{place['Key']}"):
        made = work.call(
            "codecommit",
            "CreateCommit",
            RepositoryName=name,
            BranchName=code.get("BranchName", _DEFAULT_BRANCH),
            PutFiles=files,
            CommitMessage="Initial commit by AWS CloudFormation",
            **parent,
        )
        parent = {"ParentCommitId": made["commitId"]}


def _chunks(content: bytes, where: str) -> Iterator[list[dict[str, Any]]]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise ResourceFailed(f"The code at {where} is no zip file: {error}") from error
    with archive:
        members = [each for each in archive.infolist() if not each.is_dir()]
        for start in range(0, len(members), _FILES_A_COMMIT):
            yield [_file(archive, each) for each in members[start : start + _FILES_A_COMMIT]]


def _file(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> dict[str, Any]:
    is_executable = member.external_attr >> 16 & 0o100
    return {
        "filePath": member.filename,
        "fileContent": archive.read(member),
        "fileMode": "EXECUTABLE" if is_executable else "NORMAL",
    }


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
