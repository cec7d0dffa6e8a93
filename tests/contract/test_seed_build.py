"""The build that seeds a repository, as project/seed.yaml has it, on all kinds of repositories."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.check_templates.loading import load
from tests.conftest import EmulatorProcess
from tests.contract.builds import BuildLab, lab_in, phases_of
from tests.contract.git_client import Git

TEMPLATE = load(Path(__file__).parents[2] / "project/seed.yaml")
SPEC: str = TEMPLATE["Resources"]["SeedBuild"]["Properties"]["Source"]["BuildSpec"]
# One file is tracked although the code's own .gitignore leaves it out.
SEED = {
    ".gitignore": "*.log\n",
    "README.md": "the template's",
    "buildspec.yml": "version: 0.2",
    "data/kept.log": "kept",
    "run": "#!/bin/sh\n",
}


@dataclass(frozen=True)
class Seeds:
    """A repository behind a connection, and builds that seed it."""

    lab: BuildLab
    git: Git
    name: str

    @property
    def url(self) -> str:
        return f"{self.lab.emulator.url}/git/{self.name}.git"

    def push(self, files: dict[str, str], branch: str = "main") -> str:
        mine = self.git.working_copy(f"mine-{branch.replace('/', '-')}", files, branch)
        self.git.run("push", "--quiet", self.url, f"HEAD:refs/heads/{branch}", at=mine)
        return self.git.run("rev-parse", "HEAD", at=mine)

    def build(self, branch: str = "main") -> dict[str, Any]:
        """A build as the template's project has it."""
        self.lab.put_zip("seed.zip", SEED, programs=("run",))
        arn = self.lab.emulator.client("codeconnections").create_connection(
            ConnectionName="seeds", ProviderType="GitLab"
        )["ConnectionArn"]
        region, account, connection = arn.replace(":connection/", ":").split(":")[3:]
        host = f"codeconnections.{region}.amazonaws.com"
        variables = {
            "REPOSITORY_URL": f"https://{host}/git-http/{account}/{region}/{connection}"
            f"/{self.name}.git",
            "FULL_REPOSITORY_ID": self.name,
            "BRANCH_NAME": branch,
            "SAGEMAKER_PROJECT_NAME": "books",
        }
        given = [{"name": name, "value": value} for name, value in variables.items()]
        return self.lab.run(
            SPEC,
            source={"type": "S3", "location": f"{self.lab.bucket}/seed.zip"},
            environment={"environmentVariables": given},
        )

    def files(self, branch: str = "main") -> dict[str, str]:
        """What the branch holds: each file's mode and content."""
        there = self.git.home / "there"
        self.git.run("clone", "--quiet", "--branch", branch, self.url, str(there))
        entries = [line.split() for line in self.git.run("ls-files", "-s", at=there).splitlines()]
        return {path: f"{mode} {(there / path).read_text()}" for mode, *_, path in entries}


@pytest.fixture
def seeds(emulator: EmulatorProcess, unique: Callable[[str], str], tmp_path: Path) -> Seeds:
    return Seeds(lab_in(emulator, unique), Git(tmp_path), f"ada/{unique('seeds')}")


def expected(**others: str) -> dict[str, str]:
    modes = {path: "100755" if path == "run" else "100644" for path in SEED}
    return {path: f"{modes[path]} {text}" for path, text in SEED.items()} | {
        path: f"100644 {text}" for path, text in others.items()
    }


def log(seeds: Seeds, build: dict[str, Any]) -> str:
    return "\n".join(seeds.lab.lines(build))


@pytest.mark.parametrize("branch", ["main", "release/1"])
def test_a_repository_without_a_commit_gets_the_code_as_its_first(
    seeds: Seeds, branch: str
) -> None:
    build = seeds.build(branch)
    assert build["buildStatus"] == "SUCCEEDED", log(seeds, build)
    assert seeds.files(branch) == expected()
    told, commit = seeds.git.run(
        "log", "--format=%an: %s%n%H", at=seeds.git.home / "there"
    ).splitlines()
    assert told == "SageMaker project books: Begin with the code of the project template"
    assert seeds.git.run("ls-remote", "--heads", seeds.url) == f"{commit}\trefs/heads/{branch}"
    assert f"{seeds.name} begins with commit {commit}" in log(seeds, build)


def test_what_a_provider_puts_into_a_new_repository_is_nothing(seeds: Seeds) -> None:
    first = seeds.push({"README.md": "theirs", "LICENSE.txt": "MIT", ".gitignore": "*.pyc"})
    build = seeds.build()
    assert build["buildStatus"] == "SUCCEEDED", log(seeds, build)
    assert seeds.files() == expected(**{"LICENSE.txt": "MIT"})
    assert seeds.git.run("rev-parse", "HEAD~1", at=seeds.git.home / "there") == first


def test_a_new_branch_goes_on_from_what_the_provider_put_in(seeds: Seeds) -> None:
    first = seeds.push({"README": "theirs"})
    build = seeds.build("release")
    assert build["buildStatus"] == "SUCCEEDED", log(seeds, build)
    assert seeds.files("release") == expected(README="theirs")
    assert seeds.git.run("ls-remote", seeds.url, "main").startswith(first)


@pytest.mark.parametrize(
    ("files", "held"),
    [
        ({"README.md": "theirs", "src/a.py": "1"}, "src"),
        ({"a": "1", "b": "2", "docs/LICENSE": "3"}, "a b docs"),
        ({"MY-README": "1", "x.gitignore": "2"}, "MY-README x.gitignore"),
        ({"it's here": "1"}, "it's here"),
    ],
)
@pytest.mark.parametrize("branch", ["main", "other"])
def test_a_repository_with_code_on_any_branch_is_left_as_it_is(
    seeds: Seeds, files: dict[str, str], held: str, branch: str
) -> None:
    seeds.push({"README.md": "theirs"} | (files if branch == "main" else {}))
    if branch == "other":
        seeds.push(files, branch)
    before = seeds.git.run("ls-remote", seeds.url)
    build = seeds.build()
    assert build["buildStatus"] == "SUCCEEDED", log(seeds, build)
    assert f"{seeds.name} has code already and is left as it is: {held}" in log(seeds, build)
    assert seeds.git.run("ls-remote", seeds.url) == before


def test_seeding_twice_is_seeding_once(seeds: Seeds) -> None:
    seeds.build()
    before = seeds.git.run("ls-remote", seeds.url)
    build = seeds.build()
    assert build["buildStatus"] == "SUCCEEDED", log(seeds, build)
    assert seeds.git.run("ls-remote", seeds.url) == before


def test_a_push_that_is_refused_fails_the_build(seeds: Seeds) -> None:
    seeds.push({"README.md": "theirs"})
    hooks = seeds.lab.emulator.data_dir / "git/connections" / f"{seeds.name}.git" / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-receive").write_text("#!/bin/sh\necho 'main is protected' >&2\nexit 1\n")
    (hooks / "pre-receive").chmod(0o755)
    build = seeds.build()
    assert build["buildStatus"] == "FAILED"
    assert phases_of(build)["BUILD"] == "FAILED"
    assert "main is protected" in log(seeds, build)


def test_code_that_nobody_has_looked_for_is_not_taken_for_none(tmp_path: Path) -> None:
    """The second phase by itself, as it would be if what the first one found were lost."""
    (command,) = yaml.safe_load(SPEC)["phases"]["build"]["commands"]
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "held: parameter not set" in done.stderr
