"""CodeCommit, as boto3 and git see it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import EmulatorProcess
from tests.contract.git_client import Git
from tests.contract.inboxes import EventLab, Inbox, event_lab

__all__ = ["event_lab"]

ARN = "arn:aws:codecommit:us-east-1:123456789012:"


@pytest.fixture
def codecommit(client: Callable[[str], Any]) -> Any:
    return client("codecommit")


@pytest.fixture
def git(tmp_path: Path) -> Git:
    home = tmp_path / "home"
    home.mkdir()
    return Git(home)


@pytest.fixture
def repository(codecommit: Any, unique: Callable[[str], str]) -> str:
    """A new repository without commits."""
    name = unique("repository")
    codecommit.create_repository(repositoryName=name)
    return name


@pytest.fixture
def filled(codecommit: Any, repository: str) -> tuple[str, str]:
    """A repository with one commit on main, and the commit's id."""
    made = codecommit.create_commit(
        repositoryName=repository,
        branchName="main",
        authorName="Ada",
        email="ada@example.com",
        commitMessage="first",
        putFiles=[
            {"filePath": "README.md", "fileContent": b"one\n"},
            {"filePath": "bin/run", "fileContent": b"#!/bin/sh\n", "fileMode": "EXECUTABLE"},
            {"filePath": "bin/link", "fileContent": b"run", "fileMode": "SYMLINK"},
            {"filePath": "src/deep/a.py", "fileContent": b"print()\n"},
        ],
    )
    return repository, made["commitId"]


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_repository_is_created_and_got(codecommit: Any, unique: Callable[[str], str]) -> None:
    name = unique("Books")
    made = codecommit.create_repository(
        repositoryName=name, repositoryDescription="ratings", tags={"team": "ml"}
    )["repositoryMetadata"]
    got = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert got == made
    assert made["Arn"] == ARN + name
    assert made["accountId"] == "123456789012"
    assert made["repositoryDescription"] == "ratings"
    assert made["cloneUrlHttp"].endswith(f"/v1/repos/{name}")
    # Source: "Connect to a repository", CodeCommit user guide.
    assert made["cloneUrlSsh"] == f"ssh://git-codecommit.us-east-1.amazonaws.com/v1/repos/{name}"
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["repositoryId"])
    assert "defaultBranch" not in made
    assert codecommit.list_tags_for_resource(resourceArn=made["Arn"])["tags"] == {"team": "ml"}


def test_a_taken_name_is_refused(codecommit: Any, repository: str) -> None:
    # Source: the message as moto has it from AWS.
    assert refused(codecommit.create_repository, repositoryName=repository) == (
        "RepositoryNameExistsException",
        f"Repository named {repository} already exists",
    )


@pytest.mark.parametrize("name", ["a b", "a/b", "books.git", "n" * 101])
def test_names_that_are_not_valid_are_refused(codecommit: Any, name: str) -> None:
    code, message = refused(codecommit.create_repository, repositoryName=name)
    assert code == "InvalidRepositoryNameException"
    assert name in message


def test_what_is_not_there_is_told_by_the_operations_own_errors(
    codecommit: Any, filled: tuple[str, str]
) -> None:
    name, commit = filled
    none = "0" * 39 + "1"
    assert refused(codecommit.get_repository, repositoryName="nowhere") == (
        "RepositoryDoesNotExistException",
        "nowhere does not exist",
    )
    assert refused(codecommit.get_branch, repositoryName=name, branchName="x") == (
        "BranchDoesNotExistException",
        "Branch x does not exist",
    )
    for call, parameters, code in (
        (codecommit.get_commit, {"commitId": none}, "CommitIdDoesNotExistException"),
        (codecommit.get_commit, {"commitId": "main"}, "InvalidCommitIdException"),
        (codecommit.get_file, {"filePath": "none"}, "FileDoesNotExistException"),
        (codecommit.get_file, {"filePath": "src"}, "FileDoesNotExistException"),
        (codecommit.get_file, {"filePath": "../a"}, "InvalidPathException"),
        (codecommit.get_folder, {"folderPath": "README.md"}, "FolderDoesNotExistException"),
        (
            codecommit.get_file,
            {"filePath": "README.md", "commitSpecifier": "--all"},
            "CommitDoesNotExistException",
        ),
        (
            codecommit.create_branch,
            {"branchName": "y", "commitId": none},
            "CommitDoesNotExistException",
        ),
        (
            codecommit.create_branch,
            {"branchName": "main", "commitId": commit},
            "BranchNameExistsException",
        ),
        (
            codecommit.create_branch,
            {"branchName": "a..b", "commitId": commit},
            "InvalidBranchNameException",
        ),
        (codecommit.delete_branch, {"branchName": "main"}, "DefaultBranchCannotBeDeletedException"),
    ):
        assert refused(call, repositoryName=name, **parameters)[0] == code


def test_repositories_are_listed_renamed_described_and_deleted(
    codecommit: Any, filled: tuple[str, str], git: Git
) -> None:
    name, commit = filled
    before = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    codecommit.update_repository_name(oldName=name, newName=f"{name}.new")
    codecommit.update_repository_description(
        repositoryName=f"{name}.new", repositoryDescription="told"
    )
    codecommit.update_repository_encryption_key(repositoryName=f"{name}.new", kmsKeyId="alias/a")
    after = codecommit.get_repository(repositoryName=f"{name}.new")["repositoryMetadata"]
    assert after["kmsKeyId"] == "alias/a"
    assert after["repositoryId"] == before["repositoryId"]
    assert after["Arn"] == f"{before['Arn']}.new"
    assert after["repositoryDescription"] == "told"
    assert git.run("ls-remote", after["cloneUrlHttp"], "main") == f"{commit}\trefs/heads/main"

    batch = codecommit.batch_get_repositories(repositoryNames=[name, f"{name}.new"])
    assert batch["repositories"] == [after]
    assert batch["repositoriesNotFound"] == [name]
    listed = codecommit.list_repositories(sortBy="repositoryName", order="descending")
    found = [each["repositoryName"] for each in listed["repositories"]]
    assert f"{name}.new" in found
    assert found == sorted(found, reverse=True)

    deleted = codecommit.delete_repository(repositoryName=f"{name}.new")
    assert deleted["repositoryId"] == before["repositoryId"]
    assert "repositoryId" not in codecommit.delete_repository(repositoryName=f"{name}.new")
    assert git.attempt("ls-remote", after["cloneUrlHttp"]).returncode != 0


def test_a_commit_by_the_api_is_gits_own(
    codecommit: Any, filled: tuple[str, str], git: Git
) -> None:
    name, commit = filled
    url = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]["cloneUrlHttp"]
    git.run("clone", "--quiet", url, "copy")
    copy = git.home / "copy"
    assert git.run("rev-parse", "HEAD", at=copy) == commit
    assert git.run("log", "-1", "--format=%an <%ae> %s", at=copy) == "Ada <ada@example.com> first"
    assert (copy / "bin/run").stat().st_mode & 0o111
    assert (copy / "bin/link").readlink() == Path("run")
    assert git.run("fsck", "--strict", at=copy) == ""

    got = codecommit.get_commit(repositoryName=name, commitId=commit)["commit"]
    assert got["treeId"] == git.run("rev-parse", "HEAD^{tree}", at=copy)
    assert got["parents"] == []
    assert got["message"].strip() == "first"
    assert got["author"]["name"] == "Ada"
    assert got["author"]["date"] == git.run("log", "-1", "--format=%ad", "--date=raw", at=copy)


def test_files_and_folders_of_a_commit_are_got(
    codecommit: Any, filled: tuple[str, str], git: Git
) -> None:
    name, commit = filled
    got = codecommit.get_file(repositoryName=name, filePath="/bin/run", commitSpecifier="main")
    assert got["fileContent"] == b"#!/bin/sh\n"
    assert (got["fileMode"], got["fileSize"], got["commitId"]) == ("EXECUTABLE", 10, commit)
    (git.home / "content").write_bytes(b"#!/bin/sh\n")
    assert got["blobId"] == git.run("hash-object", "content")

    top = codecommit.get_folder(repositoryName=name, folderPath="/")
    assert [each["absolutePath"] for each in top["files"]] == ["README.md"]
    assert [each["absolutePath"] for each in top["subFolders"]] == ["bin", "src"]
    within = codecommit.get_folder(repositoryName=name, folderPath="bin")
    assert [each["relativePath"] for each in within["files"]] == ["run"]
    assert [each["relativePath"] for each in within["symbolicLinks"]] == ["link"]


def test_put_file_goes_on_from_the_branchs_commit_only(
    codecommit: Any, filled: tuple[str, str]
) -> None:
    name, first = filled
    put = {"repositoryName": name, "branchName": "main", "filePath": "README.md"}
    assert refused(codecommit.put_file, **put, fileContent=b"two")[0] == (
        "ParentCommitIdRequiredException"
    )
    second = codecommit.put_file(**put, fileContent=b"two", parentCommitId=first)["commitId"]
    for parameters, code in (
        ({"fileContent": b"x", "parentCommitId": first}, "ParentCommitIdOutdatedException"),
        ({"fileContent": b"x", "parentCommitId": "0" * 40}, "ParentCommitDoesNotExistException"),
        ({"fileContent": b"two", "parentCommitId": second}, "SameFileContentException"),
    ):
        assert refused(codecommit.put_file, **put, **parameters)[0] == code
    for path, code in (
        ("src/deep", "FileNameConflictsWithDirectoryNameException"),
        ("README.md/a", "DirectoryNameConflictsWithFileNameException"),
        ("a/../b", "InvalidPathException"),
        (".git/config", "InvalidPathException"),
    ):
        parameters = {**put, "filePath": path, "fileContent": b"x", "parentCommitId": second}
        assert refused(codecommit.put_file, **parameters)[0] == code
    assert codecommit.get_branch(repositoryName=name, branchName="main")["branch"] == {
        "branchName": "main",
        "commitId": second,
    }


def test_a_file_is_got_by_its_blob_and_deleted(codecommit: Any, filled: tuple[str, str]) -> None:
    name, first = filled
    got = codecommit.get_file(repositoryName=name, filePath="README.md")
    assert codecommit.get_blob(repositoryName=name, blobId=got["blobId"])["content"] == b"one\n"
    said = {"repositoryName": name, "branchName": "main", "parentCommitId": first}
    deleted = codecommit.delete_file(**said, filePath="README.md")
    assert (deleted["blobId"], deleted["filePath"]) == (got["blobId"], "README.md")
    commit = codecommit.get_commit(repositoryName=name, commitId=deleted["commitId"])["commit"]
    assert (commit["parents"], commit["treeId"]) == ([first], deleted["treeId"])
    again = {**said, "parentCommitId": deleted["commitId"], "filePath": "README.md"}
    assert refused(codecommit.delete_file, **again)[0] == "FileDoesNotExistException"
    for blob_id, code in (
        ("0" * 40, "BlobIdDoesNotExistException"),
        (first, "BlobIdDoesNotExistException"),
        ("HEAD", "InvalidBlobIdException"),
    ):
        assert refused(codecommit.get_blob, repositoryName=name, blobId=blob_id)[0] == code


def test_a_commit_puts_moves_deletes_and_changes_modes(
    codecommit: Any, filled: tuple[str, str]
) -> None:
    name, first = filled
    made = codecommit.create_commit(
        repositoryName=name,
        branchName="main",
        parentCommitId=first,
        putFiles=[
            {"filePath": "new", "fileContent": b"new"},
            {"filePath": "moved.py", "sourceFile": {"filePath": "src/deep/a.py", "isMove": True}},
        ],
        deleteFiles=[{"filePath": "bin/link"}],
        setFileModes=[{"filePath": "README.md", "fileMode": "EXECUTABLE"}],
    )
    assert {each["absolutePath"] for each in made["filesAdded"]} == {"moved.py", "new"}
    assert [each["absolutePath"] for each in made["filesUpdated"]] == ["README.md"]
    assert {each["absolutePath"] for each in made["filesDeleted"]} == {"bin/link", "src/deep/a.py"}
    differences = codecommit.get_differences(
        repositoryName=name, beforeCommitSpecifier=first, afterCommitSpecifier="main"
    )["differences"]
    found = {
        (each.get("afterBlob") or each["beforeBlob"])["path"]: each["changeType"]
        for each in differences
    }
    assert found == {
        "README.md": "M",
        "bin/link": "D",
        "moved.py": "A",
        "new": "A",
        "src/deep/a.py": "D",
    }


def test_commits_that_make_no_sense_are_refused_and_change_nothing(
    codecommit: Any, filled: tuple[str, str]
) -> None:
    name, first = filled
    commit = {"repositoryName": name, "branchName": "main", "parentCommitId": first}
    file = {"filePath": "README.md", "fileContent": b"one\n"}
    for parameters, code in (
        ({}, "FileEntryRequiredException"),
        ({"putFiles": [file]}, "NoChangeException"),
        ({"putFiles": [file, file]}, "SamePathRequestException"),
        ({"putFiles": [{"filePath": "x"}]}, "SourceFileOrContentRequiredException"),
        (
            {"putFiles": [{**file, "sourceFile": {"filePath": "bin/run"}}]},
            "FileContentAndSourceFileSpecifiedException",
        ),
        ({"deleteFiles": [{"filePath": "none"}]}, "FileDoesNotExistException"),
        (
            {"putFiles": [{**file, "filePath": f"f{n}"} for n in range(101)]},
            "MaximumFileEntriesExceededException",
        ),
        ({"putFiles": [file], "keepEmptyFolders": True}, "UnsupportedByEmulator"),
    ):
        assert refused(codecommit.create_commit, **commit, **parameters)[0] == code
    branch = codecommit.get_branch(repositoryName=name, branchName="main")["branch"]
    assert branch["commitId"] == first


def test_differences_come_by_pages_and_by_path(codecommit: Any, filled: tuple[str, str]) -> None:
    name, _ = filled
    pages = codecommit.get_paginator("get_differences").paginate(
        repositoryName=name, afterCommitSpecifier="main", PaginationConfig={"PageSize": 3}
    )
    found = [[each["afterBlob"]["path"] for each in page["differences"]] for page in pages]
    assert found == [["README.md", "bin/link", "bin/run"], ["src/deep/a.py"]]
    within = codecommit.get_differences(
        repositoryName=name, afterCommitSpecifier="main", afterPath="src"
    )["differences"]
    assert [each["afterBlob"]["path"] for each in within] == ["src/deep/a.py"]


def test_branches_are_made_listed_made_default_and_deleted(
    codecommit: Any, filled: tuple[str, str]
) -> None:
    name, commit = filled
    codecommit.create_branch(repositoryName=name, branchName="dev/x", commitId=commit)
    assert codecommit.list_branches(repositoryName=name)["branches"] == ["dev/x", "main"]
    codecommit.update_default_branch(repositoryName=name, defaultBranchName="dev/x")
    got = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert got["defaultBranch"] == "dev/x"
    deleted = codecommit.delete_branch(repositoryName=name, branchName="main")["deletedBranch"]
    assert deleted == {"branchName": "main", "commitId": commit}
    assert codecommit.list_branches(repositoryName=name)["branches"] == ["dev/x"]


def test_each_reference_that_a_push_changes_has_its_event(
    codecommit: Any, repository: str, git: Git, event_lab: EventLab
) -> None:
    # Source: "Monitoring CodeCommit events in Amazon EventBridge".
    got = codecommit.get_repository(repositoryName=repository)["repositoryMetadata"]
    url = got["cloneUrlHttp"]
    pattern = {
        "source": ["aws.codecommit"],
        "detail-type": ["CodeCommit Repository State Change"],
        "resources": [got["Arn"]],
    }
    inbox = event_lab.listen(pattern)
    mine = git.working_copy("mine", {"a": "0"})
    first = git.run("rev-parse", "HEAD", at=mine)
    git.run("push", url, "main", at=mine)
    second = git.commit(mine, {"a": "1"}, "second")
    git.run("tag", "--annotate", "-m", "one", "v1", at=mine)
    git.run("push", url, "main", "v1", at=mine)
    git.run("push", url, "main:dev", at=mine)
    git.run("push", url, ":dev", at=mine)

    common = {
        "repositoryName": repository,
        "repositoryId": got["repositoryId"],
        "callerUserArn": "arn:aws:iam::123456789012:root",
    }
    main = {
        **common,
        "referenceType": "branch",
        "referenceName": "main",
        "referenceFullName": "refs/heads/main",
    }
    tag = {
        **common,
        "referenceType": "tag",
        "referenceName": "v1",
        "referenceFullName": "refs/tags/v1",
    }
    dev = {**main, "referenceName": "dev", "referenceFullName": "refs/heads/dev"}
    events = inbox.until(lambda bodies: len(bodies) == 5)
    told = [event["detail"] for event in events]
    # A queue keeps no order.
    assert sorted(told, key=lambda each: (each["referenceName"], each["event"])) == [
        {**dev, "event": "referenceCreated", "commitId": second},
        {**dev, "event": "referenceDeleted", "oldCommitId": second},
        {**main, "event": "referenceCreated", "commitId": first},
        {**main, "event": "referenceUpdated", "commitId": second, "oldCommitId": first},
        {**tag, "event": "referenceCreated", "commitId": second},
    ]


def test_a_push_that_the_emulator_did_not_live_to_tell_is_told_at_its_next_start(
    own_emulator: EmulatorProcess, unique: Callable[[str], str], git: Git
) -> None:
    own_emulator.client("codecommit").create_repository(repositoryName="books")
    lab = EventLab(own_emulator, unique)
    inbox = lab.listen({"source": ["aws.codecommit"], "detail": {"referenceName": ["late"]}})
    mine = git.working_copy("mine", {"a": "0"})
    commit = git.run("rev-parse", "HEAD", at=mine)
    own_emulator.kill()
    # What git leaves when only it has ended its work.
    (directory,) = (own_emulator.data_dir / "git" / "codecommit").glob("*.git")
    git.run("push", str(directory), "main:late", at=mine)
    own_emulator.start()

    told = Inbox(own_emulator.client("sqs"), inbox.name).first()["detail"]
    assert (told["event"], told["commitId"]) == ("referenceCreated", commit)


def test_tags_are_added_removed_and_refused(codecommit: Any, repository: str) -> None:
    arn = ARN + repository
    codecommit.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    codecommit.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert codecommit.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    tags = {"aws:x": "1"}
    assert refused(codecommit.tag_resource, resourceArn=arn, tags=tags)[0] == (
        "InvalidSystemTagUsageException"
    )
    assert refused(codecommit.list_tags_for_resource, resourceArn="arn:aws:s3:::x")[0] == (
        "InvalidResourceArnException"
    )


def test_a_repository_is_seeded_by_a_push_from_a_clone_of_nothing(
    codecommit: Any, repository: str, git: Git
) -> None:
    url = codecommit.get_repository(repositoryName=repository)["repositoryMetadata"]["cloneUrlHttp"]
    git.run("clone", "--quiet", url, "copy")
    commit = git.commit(git.home / "copy", {"a": "1"}, "first")
    git.run("push", "--quiet", "origin", "HEAD", at=git.home / "copy")
    got = codecommit.get_branch(repositoryName=repository, branchName="main")["branch"]
    assert got["commitId"] == commit
    described = codecommit.get_repository(repositoryName=repository)["repositoryMetadata"]
    assert described["defaultBranch"] == "main"
    assert described["lastModifiedDate"] > described["creationDate"]
