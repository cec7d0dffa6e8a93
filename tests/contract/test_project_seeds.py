"""Projects whose repository is behind a connection begin with the published code."""

import re
from collections.abc import Iterator

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.projects import Lab, Made, connection_words, published, succeed

REFUSE = "#!/bin/sh\necho 'main is protected' >&2\nexit 1\n"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("seeds")
    emulator = EmulatorProcess(directory / "data")
    emulator.start()
    yield published(directory, emulator)
    emulator.stop()


def fetched(made: Made) -> str:
    """The commit of the repository's branch, fetched into the checkout."""
    made.lab.checkout.git("fetch", "--quiet", made.url, "main")
    return made.lab.checkout.git("rev-parse", "FETCH_HEAD")


def revisions(made: Made) -> list[str]:
    """The commits that the build pipeline has run with."""
    executions = made.lab.client("codepipeline").list_pipeline_executions(
        pipelineName=f"{made.prefix}-modelbuild"
    )["pipelineExecutionSummaries"]
    return [each["revisionId"] for run in executions for each in run["sourceRevisions"]]


def test_an_empty_repository_gets_the_published_code_before_the_pipelines_look_at_it(
    lab: Lab,
) -> None:
    made = lab.launch("grown", *lab.connection("grown"))
    commit = fetched(made)
    git = lab.checkout.git
    assert git("rev-list", "--count", commit) == "1"
    assert git("rev-parse", f"{commit}^{{tree}}") == git("rev-parse", "HEAD^{tree}")
    assert git("ls-remote", made.url).split()[1::2] == ["HEAD", "refs/heads/main"]
    said = succeed(made.status("--wait", "--commit", commit))
    assert "modelbuild   Build           Build             Succeeded" in said
    assert revisions(made) == [commit]

    pushed = made.push("Go on from it")
    succeed(made.status("--wait", "--commit", pushed))
    assert revisions(made) == [pushed, commit]
    lab.checkout.git("reset", "--quiet", "--hard", "HEAD~1")
    assert "Nothing is left" in succeed(made.teardown("--apply"))
    assert made.leftovers() == []


def test_a_repository_that_has_code_keeps_its_history(lab: Lab) -> None:
    connection = lab.connection("kept")
    first = lab.checkout.push(f"{lab.emulator.url}/git/local/kept.git", "Mine", {"MINE.md": "me"})
    lab.checkout.git("reset", "--quiet", "--hard", "HEAD~1")
    # By the older of the service's two names, as a connection of some years has it.
    words = [word.replace(":codeconnections:", ":codestar-connections:") for word in connection]
    made = lab.launch("kept", *words)
    assert fetched(made) == first
    build = made.seed_build()
    assert build["buildStatus"] == "SUCCEEDED"
    given = {each["name"]: each["value"] for each in build["environment"]["environmentVariables"]}
    assert given["REPOSITORY_URL"].startswith("https://codestar-connections.us-east-1.amazonaws.")
    succeed(made.status("--wait", "--commit", first))
    assert revisions(made) == [first]
    succeed(made.teardown("--apply"))
    assert made.leftovers() == []


def failed(lab: Lab, name: str, *words: str) -> tuple[Made, str]:
    """A project that cannot be launched, and what launch-project says of it."""
    done = lab.run("launch-project", "--name", name, *words, "--wait")
    assert done.returncode == 1, done.stdout + done.stderr
    project = lab.client("sagemaker").describe_project(ProjectName=name)
    return Made(lab, name, project["ProjectId"]), done.stderr


def log_of(lab: Lab, said: str) -> str:
    """What the build printed, found by what launch-project says of it."""
    found = re.search(r"its log: (\S+), stream ([^;]+);", said)
    assert found is not None, said
    events = lab.client("logs").get_log_events(logGroupName=found[1], logStreamName=found[2])
    return "\n".join(each["message"] for each in events["events"])


def test_a_connection_that_is_gone_fails_the_project_and_the_reason_says_where_to_look(
    lab: Lab,
) -> None:
    gone = "arn:aws:codeconnections:us-east-1:123456789012:connection/gone"
    made, said = failed(lab, "unconnected", *connection_words(gone, "unconnected"))
    assert "Project unconnected is CreateFailed: Seed, SeededRepository (Custom::Seeded" in said
    assert f"local/unconnected was not seeded: {made.prefix}-seed:" in said
    assert "phase PRE_BUILD FAILED: Error while executing command: git clone" in said
    assert f"there is no connection {gone}" in log_of(lab, said)
    assert "teardown-project unconnected --apply" in said
    succeed(made.teardown("--apply"))
    assert made.leftovers() == []


def test_a_branch_that_takes_no_push_fails_the_project(lab: Lab) -> None:
    git = lab.checkout.git
    empty = git("commit-tree", git("hash-object", "-w", "-t", "tree", "/dev/null"), "-m", "New")
    git("push", "--quiet", f"{lab.emulator.url}/git/local/closed.git", f"{empty}:refs/heads/main")
    hook = lab.emulator.data_dir / "git/connections/local/closed.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(REFUSE)
    hook.chmod(0o755)
    made, said = failed(lab, "closed", *lab.connection("closed"))
    assert f"local/closed was not seeded: {made.prefix}-seed:" in said
    assert "phase BUILD FAILED: " in said
    assert "main is protected" in log_of(lab, said)
    assert fetched(made) == empty
    succeed(made.teardown("--apply"))
    assert made.leftovers() == []
