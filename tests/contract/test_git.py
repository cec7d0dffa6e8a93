"""Repositories over HTTP, as plain git sees them."""

import json
import os
import socket
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.git_client import Git


@pytest.fixture
def git(tmp_path: Path) -> Git:
    home = tmp_path / "home"
    home.mkdir()
    return Git(home)


@pytest.fixture
def url(client: Callable[[str], Any], unique: Callable[[str], str]) -> str:
    """The URL of a new repository of CodeCommit."""
    made = client("codecommit").create_repository(repositoryName=unique("repository"))
    address: str = made["repositoryMetadata"]["cloneUrlHttp"]
    return address


def documents(emulator: EmulatorProcess, kind: str, prefix: str) -> list[dict[str, Any]]:
    """What the store has, for what has no operation to ask for it."""
    with sqlite3.connect(emulator.data_dir / "store.sqlite") as database:
        rows = database.execute(
            "SELECT document FROM resource WHERE kind = ? AND name LIKE ? ORDER BY name",
            (kind, f"{prefix}%"),
        ).fetchall()
    database.close()
    return [json.loads(row[0]) for row in rows]


def test_what_was_pushed_is_cloned_and_fetched(git: Git, url: str) -> None:
    mine = git.working_copy("mine", {"README.md": "one", "src/a.py": "print()"})
    git.run("push", url, "main", at=mine)

    git.run("clone", "--quiet", url, "theirs")
    theirs = git.home / "theirs"
    assert (theirs / "src/a.py").read_text() == "print()"
    assert git.run("symbolic-ref", "--short", "HEAD", at=theirs) == "main"

    second = git.commit(mine, {"README.md": "two"}, "second")
    git.run("push", url, "main", at=mine)
    git.run("pull", "--quiet", "--ff-only", at=theirs)
    assert git.run("rev-parse", "HEAD", at=theirs) == second
    assert (theirs / "README.md").read_text() == "two"


def test_an_empty_repository_is_cloned(git: Git, url: str) -> None:
    git.run("clone", "--quiet", url, "empty")
    assert git.run("remote", "get-url", "origin", at=git.home / "empty") == url


def test_a_large_push_goes_in_chunks_and_comes_back_whole(git: Git, url: str) -> None:
    mine = git.working_copy("mine", {"README.md": "one"})
    content = os.urandom(8 * 1024 * 1024)  # eight times git's http.postBuffer
    (mine / "large.bin").write_bytes(content)
    git.commit(mine, {}, "large")
    git.run("push", url, "main", at=mine)
    git.run("clone", "--quiet", url, "theirs")
    assert (git.home / "theirs/large.bin").read_bytes() == content


def test_a_fetch_with_a_long_compressed_request_is_answered(git: Git, url: str) -> None:
    # Git compresses a request of more than 1,024 bytes: this one names 60 commits that it has.
    mine = git.working_copy("mine", {"a": "0"})
    git.run("push", url, "main", at=mine)
    git.run("clone", "--quiet", url, "theirs")
    theirs = git.home / "theirs"
    for number in range(60):
        git.run("commit", "--quiet", "--allow-empty", "-m", str(number), at=theirs)
    last = git.commit(mine, {"a": "1"}, "mine")
    git.run("push", url, "main", at=mine)
    git.run("-c", "protocol.version=0", "fetch", "--quiet", "origin", at=theirs)
    assert git.run("rev-parse", "origin/main", at=theirs) == last


def test_shallow_and_single_commit_fetches_work(git: Git, url: str) -> None:
    mine = git.working_copy("mine", {"a": "0"})
    first = git.run("rev-parse", "HEAD", at=mine)
    git.commit(mine, {"a": "1"}, "second")
    git.run("push", url, "main", at=mine)

    git.run("clone", "--quiet", "--depth", "1", url, "shallow")
    assert git.run("rev-list", "--count", "HEAD", at=git.home / "shallow") == "1"
    git.run("fetch", "--quiet", "origin", first, at=git.home / "shallow")
    assert git.run("rev-parse", "FETCH_HEAD", at=git.home / "shallow") == first


def test_a_branch_is_a_resource_that_pushes_make_move_and_delete(
    git: Git, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    name = f"ada/{unique('books')}"
    url = f"{emulator.url}/git/{name}.git"
    mine = git.working_copy("mine", {"a": "0"})
    first = git.run("rev-parse", "HEAD", at=mine)
    git.run("push", url, "main", "main:feature/x", at=mine)
    branches = documents(emulator, "GitBranch", f"CodeConnections:{name}:")
    assert [(branch["BranchName"], branch["CommitId"]) for branch in branches] == [
        ("feature/x", first),
        ("main", first),
    ]
    assert branches[1]["Provider"] == "CodeConnections"
    assert branches[1]["RepositoryName"] == name
    assert git.run("--git-dir", branches[1]["Directory"], "rev-parse", "main") == first

    second = git.commit(mine, {"a": "1"}, "second")
    git.run("push", url, "main", ":feature/x", at=mine)
    branches = documents(emulator, "GitBranch", f"CodeConnections:{name}:")
    assert [(branch["BranchName"], branch["CommitId"]) for branch in branches] == [("main", second)]


def test_the_first_branch_pushed_is_the_default_one(
    git: Git, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    url = f"{emulator.url}/git/ada/{unique('old')}"
    mine = git.working_copy("mine", {"a": "0"}, branch="master")
    git.run("push", url, "master", at=mine)
    git.run("clone", "--quiet", url, "theirs")
    assert git.run("symbolic-ref", "--short", "HEAD", at=git.home / "theirs") == "master"


def test_a_repository_that_is_not_there_is_refused_in_words(
    git: Git, emulator: EmulatorProcess
) -> None:
    mine = git.working_copy("mine", {"a": "0"})
    for arguments in (("push", "{}", "main"), ("ls-remote", "{}")):
        refused = git.attempt(
            *(each.format(f"{emulator.url}/v1/repos/nowhere") for each in arguments), at=mine
        )
        assert refused.returncode != 0
        assert "The repository nowhere does not exist" in refused.stderr
        assert "aws codecommit create-repository --repository-name nowhere" in refused.stderr
    refused = git.attempt("clone", f"{emulator.url}/git/ada/nowhere.git", "theirs")
    assert "The repository ada/nowhere does not exist. Push to it to make it." in refused.stderr


def test_asking_before_a_push_makes_no_repository(
    git: Git, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    name = f"ada/{unique('asked')}"
    mine = git.working_copy("mine", {"a": "0"})
    git.run("push", "--dry-run", f"{emulator.url}/git/{name}.git", "main", at=mine)
    assert documents(emulator, "GitRepository", f"CodeConnections:{name}") == []
    assert not (emulator.data_dir / "git/connections" / f"{name}.git").exists()


@pytest.fixture
def connected(
    emulator: EmulatorProcess, client: Callable[[str], Any], unique: Callable[[str], str]
) -> Callable[[str], str]:
    """Where a repository is reached over a new connection.

    Source: "Connect to Git repositories with AWS CodeConnections" of the EKS user guide.
    """
    arn = client("codeconnections").create_connection(
        ConnectionName=unique("c")[-32:].strip("-"), ProviderType="GitHub"
    )["ConnectionArn"]
    region, account, connection = arn.replace(":connection/", ":").split(":")[3:]
    root = f"{emulator.url}/git-http/{account}/{region}/{connection}"
    return lambda repository: f"{root}/{repository}.git"


def test_a_repository_is_read_and_written_over_its_connection(
    git: Git,
    emulator: EmulatorProcess,
    connected: Callable[[str], str],
    unique: Callable[[str], str],
) -> None:
    name = f"ada/{unique('books')}"
    mine = git.working_copy("mine", {"a": "0"})
    first = git.run("rev-parse", "HEAD", at=mine)
    git.run("push", connected(name), "main", at=mine)
    (branch,) = documents(emulator, "GitBranch", f"CodeConnections:{name}:")
    assert (branch["BranchName"], branch["CommitId"]) == ("main", first)

    second = git.commit(mine, {"a": "1"}, "second")
    git.run("push", f"{emulator.url}/git/{name}.git", "main", at=mine)
    git.run("clone", "--quiet", connected(name), "theirs")
    assert git.run("rev-parse", "HEAD", at=git.home / "theirs") == second


def test_before_its_first_push_a_repository_is_empty_over_its_connection(
    git: Git,
    emulator: EmulatorProcess,
    connected: Callable[[str], str],
    unique: Callable[[str], str],
) -> None:
    name = f"ada/{unique('new')}"
    git.run("clone", "--quiet", connected(name), "empty")
    assert documents(emulator, "GitRepository", f"CodeConnections:{name}") == []
    empty = git.home / "empty"
    commit = git.commit(empty, {"a": "0"}, "first")
    git.run("push", "origin", "HEAD:main", at=empty)
    assert git.run("ls-remote", f"{emulator.url}/git/{name}.git", "main") == (
        f"{commit}\trefs/heads/main"
    )


@pytest.mark.parametrize("arguments", [("clone", "{}", "theirs"), ("push", "{}", "main")])
def test_a_connection_that_is_not_there_lets_nobody_through(
    git: Git, emulator: EmulatorProcess, arguments: tuple[str, ...]
) -> None:
    mine = git.working_copy("mine", {"a": "0"})
    arn = "arn:aws:codeconnections:us-east-1:123456789012:connection/gone"
    url = f"{emulator.url}/git-http/123456789012/us-east-1/gone/ada/books.git"
    refused = git.attempt(*(each.format(url) for each in arguments), at=mine)
    assert refused.returncode != 0
    assert f"The repository ada/books cannot be reached: there is no connection {arn}; " in (
        refused.stderr
    )
    assert "The requested URL returned error: 403" in refused.stderr


@pytest.mark.parametrize(
    "path",
    ["/git/-ada/books.git", "/git/a_b/books.git", "/git/ada/.git", "/git/ada/..", "/git/ada"],
)
def test_names_that_github_would_refuse_are_no_repositories(
    emulator: EmulatorProcess, path: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{emulator.url}{path}/info/refs?service=git-receive-pack")
    with caught.value as answer:
        assert (answer.code, b"MissingAuthenticationToken" in answer.read()) == (403, True)


def test_a_web_page_cannot_reach_a_repository(url: str) -> None:
    request = urllib.request.Request(
        f"{url}/info/refs?service=git-upload-pack", headers={"Origin": "https://example.com"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    with caught.value as answer:
        assert (answer.code, b"not web pages" in answer.read()) == (403, True)


def test_a_push_of_a_tree_that_would_leave_its_folder_is_refused(git: Git, url: str) -> None:
    # Source: git fsck, hasDotgit; GitHub and CodeCommit refuse it too.
    mine = git.working_copy("mine", {"a": "0"})
    blob = git.run("rev-parse", "HEAD:a", at=mine)
    (git.home / "tree").write_bytes(b"100644 .git\0" + bytes.fromhex(blob))
    tree = git.run(
        "hash-object", "-w", "-t", "tree", "--literally", str(git.home / "tree"), at=mine
    )
    commit = git.run("commit-tree", tree, "-m", "bad", at=mine)
    refused = git.attempt("push", url, f"{commit}:refs/heads/bad", at=mine)
    assert refused.returncode != 0
    assert "hasDotgit" in refused.stderr
    assert git.run("ls-remote", url) == ""


def test_an_upload_that_breaks_off_changes_nothing(git: Git, url: str) -> None:
    mine = git.working_copy("mine", {"a": "0"})
    git.run("push", url, "main", at=mine)
    before = git.run("ls-remote", url)
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(
            f"POST {parts.path}/git-receive-pack HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Type: application/x-git-receive-pack-request\r\n"
            "Content-Length: 100000\r\n\r\n00a0".encode()
        )
    assert git.run("ls-remote", url) == before
    git.commit(mine, {"a": "1"}, "second")
    git.run("push", url, "main", at=mine)


def test_pushes_to_one_repository_at_the_same_time_all_arrive(
    git: Git, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    name = f"ada/{unique('busy')}"
    url = f"{emulator.url}/git/{name}.git"
    mine = git.working_copy("mine", {"a": "0"})
    commit = git.run("rev-parse", "HEAD", at=mine)
    script = " & ".join(f"git push --quiet {url} main:b{number}" for number in range(6))
    git.run("-c", f"alias.all=!{script}; wait", "all", at=mine)
    branches = documents(emulator, "GitBranch", f"CodeConnections:{name}:")
    assert [branch["BranchName"] for branch in branches] == [f"b{number}" for number in range(6)]
    assert {branch["CommitId"] for branch in branches} == {commit}


def test_repositories_and_branches_outlive_kill_9(git: Git, own_emulator: EmulatorProcess) -> None:
    codecommit = own_emulator.client("codecommit")
    codecommit.create_repository(repositoryName="books")
    mine = git.working_copy("mine", {"a": "0"})
    git.run("push", f"{own_emulator.url}/v1/repos/books", "main", at=mine)
    own_emulator.kill()

    # A push that git took and the emulator did not live to record.
    late = git.commit(mine, {"a": "1"}, "late")
    directory = documents(own_emulator, "GitBranch", "CodeCommit:books:")[0]["Directory"]
    git.run("push", directory, "main", at=mine)
    own_emulator.start()

    assert documents(own_emulator, "GitBranch", "CodeCommit:books:main")[0]["CommitId"] == late
    git.run("clone", "--quiet", f"{own_emulator.url}/v1/repos/books", "theirs")
    assert git.run("rev-parse", "HEAD", at=git.home / "theirs") == late
