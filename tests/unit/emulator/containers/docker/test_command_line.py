"""Docker's command line: what it takes, and its words and exit codes where it refuses.

Those are the ones that Docker 28.2 printed without a daemon, and "Exit status" of `docker run`.
"""

import json
from pathlib import Path

import pytest

from emulator.containers.docker.command_line import main
from emulator.containers.docker.engine import Engine, Surroundings

NO_DAEMON = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon "
    "running?\n"
)
RECIPE = 'repositories = ["books"]\n[commands]\nprocess = ["python", "{recipe}/run.py"]\n'
Printed = pytest.CaptureFixture[str]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    # Nobody listens there: what needs ECR is in the contract tests.
    surroundings = Surroundings(
        "http://127.0.0.1:1", "us-east-1", "123456789012", tmp_path / "images", tmp_path / "cache"
    )
    return Engine.start(surroundings, "build")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "run.py").write_text("print('run')\n")
    return folder


def docker(engine: Engine, *words: str) -> int:
    return main(["--engine", str(engine.path), *words])


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["foo"], 1, "docker: unknown command: docker foo\n\nRun 'docker --help' for"),
        (["--nope"], 125, "unknown flag: --nope"),
        (["build"], 1, "docker: 'docker build' requires 1 argument"),
        (["build", "a", "b"], 1, "docker: 'docker build' requires 1 argument"),
        (["build", "--nope", "."], 125, "unknown flag: --nope\n\nUsage:  docker build [OPTIONS]"),
        (["build", "-t", "a:b:c", "."], 125, 'invalid argument "a:b:c" for "-t, --tag" flag: inv'),
        (["push"], 1, "docker: 'docker push' requires 1 argument"),
        (["push", "Foo"], 1, "invalid reference format: repository name"),
        (["tag", "a"], 1, "docker: 'docker tag' requires 2 arguments"),
        (["tag", "A", "b"], 1, 'Error parsing reference: "A" is not a valid repository/tag: inv'),
        (["images", "a", "b"], 1, "docker: 'docker images' requires at most 1 argument"),
        (["version", "x"], 1, "docker: 'docker version' accepts no arguments"),
        (["login", "-p"], 125, "flag needs an argument: 'p' in -p"),
        (["login", "-u", "AWS"], 1, "Error: Cannot perform an interactive login from a non TTY"),
        (
            ["login", "--password-stdin", "h"],
            1,
            "the --password-stdin option requires --username to be set",
        ),
        (
            ["login", "-u", "AWS", "-p", "x", "--password-stdin", "h"],
            1,
            "conflicting options: cannot specify both --password and --password-stdin",
        ),
    ],
)
def test_a_wrong_command_line_is_refused_in_docker_s_words(
    engine: Engine, capsys: Printed, words: list[str], code: int, message: str
) -> None:
    assert docker(engine, *words) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(message)


@pytest.mark.parametrize("name", ["run", "buildx", "compose", "pull", "exec", "save"])
def test_what_takes_a_docker_engine_is_refused_with_the_reason(
    engine: Engine, capsys: Printed, name: str
) -> None:
    assert docker(engine, name, "anything", "--at", "all") == (125 if name == "run" else 1)
    said = capsys.readouterr().err
    assert f"'docker {name}' cannot be run here" in said
    assert "builds and pushes images by the recipe.toml beside their Dockerfile" in said
    assert "build, images, info, login, push, tag, version" in said


def test_arguments_of_a_build_are_refused_since_nothing_would_read_them(
    engine: Engine, context: Path, capsys: Printed
) -> None:
    assert docker(engine, "build", "--build-arg", "A=b", str(context)) == 125
    said = capsys.readouterr().err
    assert "unknown flag: --build-arg" in said
    assert "docker build takes --tag, --file, --iidfile, --quiet, --pull, --no-cache:" in said


@pytest.mark.parametrize(
    "words",
    [
        ["images"],
        ["version"],
        ["info"],
        ["build", "."],
        ["push", "a:b"],
        ["tag", "a", "b"],
        ["login", "-u", "AWS", "-p", "x", "h"],
    ],
)
def test_without_an_engine_docker_cannot_connect(capsys: Printed, words: list[str]) -> None:
    assert main(words) == 1
    assert capsys.readouterr() == ("", NO_DAEMON)


def test_help_says_what_it_can(capsys: Printed) -> None:
    assert main([]) == main(["--help"]) == main(["build", "--help"]) == 0
    said = capsys.readouterr().out
    assert said.count("Its commands: build, images") == 3
    assert "docker build [OPTIONS] PATH | URL | -" in said


def test_an_image_is_built_tagged_and_listed(
    engine: Engine, context: Path, tmp_path: Path, capsys: Printed
) -> None:
    written = tmp_path / "iid"
    words = ("-t", "books:1", "-t", "books", "--iidfile", str(written), str(context))
    assert docker(engine, "build", *words) == 0
    lines = capsys.readouterr().out.splitlines()
    digest = written.read_text()
    first = digest.removeprefix("sha256:")[:12]
    assert lines[0] == (
        "The emulator's docker runs no instruction of Dockerfile: recipe.toml beside it stands "
        "for it"
    )
    assert lines[-3:] == [
        f"Successfully built {first}",
        "Successfully tagged books:1",
        "Successfully tagged books:latest",
    ]
    assert docker(engine, "tag", "books:1", "other/books:2") == 0
    assert docker(engine, "tag", first, "by-id") == 0
    assert docker(engine, "images") == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header.split() == ["REPOSITORY", "TAG", "IMAGE", "ID", "SIZE"]
    assert [row.split()[:3] for row in rows] == [
        ["books", "1", first],
        ["books", "latest", first],
        ["by-id", "latest", first],
        ["other/books", "2", first],
    ]
    assert docker(engine, "images", "-q", "books") == 0
    assert capsys.readouterr().out == f"{first}\n"


def test_the_same_files_are_the_same_image_and_others_another(
    engine: Engine, context: Path, capsys: Printed
) -> None:
    digests = []
    for text in ("print(1)", "print(2)", "print(1)"):
        (context / "run.py").write_text(text)
        assert docker(engine, "build", "-q", str(context)) == 0
        digests.append(capsys.readouterr().out)
    assert digests[0] == digests[2] != digests[1]


def test_a_tag_of_an_image_that_is_not_there_is_refused(engine: Engine, capsys: Printed) -> None:
    assert docker(engine, "tag", "none", "b") == 1
    assert capsys.readouterr().err == "Error response from daemon: No such image: none:latest\n"


def test_a_push_needs_the_image_a_login_and_the_account_s_own_registry(
    engine: Engine, context: Path, capsys: Printed
) -> None:
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    own, others = f"{registry}/books:1", f"{registry.replace('us-east-1', 'eu-west-1')}/books:1"
    assert docker(engine, "push", own) == 1
    missing = f"An image does not exist locally with the tag: {registry}/books\n"
    assert capsys.readouterr().err == missing
    assert docker(engine, "build", "-t", own, "-t", others, "-t", "books:1", str(context)) == 0
    for name, message in (
        (own, "no basic auth credentials\n"),
        ("books:1", f"the account's own registry alone, {registry}, and not Docker Hub\n"),
        (others, f"the account's own registry alone, {registry}, and not {others[:-8]}\n"),
    ):
        assert docker(engine, "push", name) == 1
        assert capsys.readouterr().err.endswith(message)


def test_every_fault_of_a_recipe_is_told_where_it_is(
    engine: Engine, context: Path, capsys: Printed
) -> None:
    (context / "recipe.toml").write_text('unknown = 1\nlock = "none.lock"\n')
    assert docker(engine, "build", "-t", "books", str(context)) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"ERROR: failed to build: {context}/recipe.toml: unknown key 'unknown'")
    assert "repositories is missing" in said
    assert "lock file 'none.lock' does not exist" in said
    assert docker(engine, "images", "-q") == 0
    assert capsys.readouterr().out == ""


def test_a_recipe_runs_nothing_outside_of_the_context(
    engine: Engine, context: Path, capsys: Printed
) -> None:
    lock = context.parent / "requirements.lock"
    lock.write_text("six==1.17.0\n")
    (context / "recipe.toml").write_text(
        f'repositories = ["books"]\npath = ["../lib"]\nlock = "{lock}"\n'
        '[commands]\ntrain = ["python", "{recipe}/../train.py"]\n'
    )
    assert docker(engine, "build", str(context)) == 1
    said = capsys.readouterr().err
    assert f"path has {context.parent}/lib, which is outside of the context" in said
    assert "the command train has '{recipe}/../train.py', which is outside" in said
    assert f"lock has {lock}, which is outside of the context" in said


def test_a_program_that_this_machine_has_not_is_named(
    engine: Engine, context: Path, capsys: Printed
) -> None:
    (context / "recipe.toml").write_text(
        f'needs = ["no-such-program"]\nneeds_hint = "brew install it"\n{RECIPE}'
    )
    assert docker(engine, "build", "-t", "books", str(context)) == 1
    said = capsys.readouterr().err
    assert "The image books:latest needs no-such-program on this machine" in said
    assert "brew install it" in said
    assert json.loads(engine.path.read_text())["tags"] == {}
