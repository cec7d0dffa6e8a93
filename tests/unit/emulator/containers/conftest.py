from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from emulator.containers import (
    ContainerJob,
    ContainerProcess,
    Containers,
    Environment,
    Image,
    Isolation,
)

TRIVIAL_RECIPE = """
repositories = ["trivial"]
[commands]
train = ["python", "-c", "print('default train')"]
[variables]
FROM_RECIPE = "yes"
"""


class Bench:
    """Containers of a recipe without packages, whose jobs live in one directory."""

    def __init__(self, directory: Path, recipes: Path, cache: Path, isolation: Isolation | None):
        self.containers = Containers(cache, {"FROM_BASE": "yes"}, [recipes], isolation)
        self.image: Image = self.containers.resolve("trivial:1")
        self.environment: Environment = self.containers.environment(self.image, None, print)
        self.directory = directory
        self.processes: list[ContainerProcess] = []

    def job(
        self,
        *command: str,
        name: str = "job",
        arguments: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        inputs: tuple[str, ...] = (),
        on_line: Callable[[str], None] | None = None,
    ) -> ContainerJob:
        root = self.directory / name / "ml"
        root.mkdir(parents=True, exist_ok=True)
        return ContainerJob(
            name, self.image, self.environment, command or None, arguments, variables or {},
            root, inputs, self.directory / f"{name}.log", on_line,
        )  # fmt: skip

    def run(self, job: ContainerJob) -> ContainerProcess:
        process = self.containers.run(job)
        self.processes.append(process)
        return process

    def output_of(self, *command: str, **options: object) -> list[str]:
        lines: list[str] = []
        job = self.job(*command, on_line=lines.append, **options)
        assert self.run(job).wait(20) == 0, lines
        return lines


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("recipes")
    (directory / "trivial").mkdir()
    (directory / "trivial" / "recipe.toml").write_text(TRIVIAL_RECIPE)
    return directory


@pytest.fixture
def bench(tmp_path: Path, recipes: Path, cache_dir: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, recipes, cache_dir, None)
    yield made
    made.containers.close()
    for process in made.processes:
        process.wait(20)


@pytest.fixture
def rewriting_bench(tmp_path: Path, recipes: Path, cache_dir: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, recipes, cache_dir, Isolation((), has_overlay=False))
    yield made
    made.containers.close()
    for process in made.processes:
        process.wait(20)
