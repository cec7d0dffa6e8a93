import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.containers import Isolation
from emulator.containers.temporary import shared_memory_mounts, shown, temporary_mounts
from tests.unit.emulator.containers.conftest import Bench

ROOTLESS = Isolation(("user", "mount", "pid"), has_overlay=True)


has_shared_memory = pytest.mark.skipif(
    not Path("/dev/shm").is_dir(), reason="this machine has no /dev/shm"
)


def sees_its_own(bench: Bench) -> bool:
    return bench.run(bench.job("true", name="trial")).isolation == "mount namespace"


@pytest.fixture(params=[None, ROOTLESS], ids=["best", "rootless"])
def isolation(request: pytest.FixtureRequest) -> Isolation | None:
    chosen: Isolation | None = request.param
    return chosen


@pytest.fixture
def machine(isolation: Isolation | None) -> Iterator[Bench]:
    """A bench of which everything is in the machine's /tmp: data, recipes and environments."""
    directory = Path(tempfile.mkdtemp(dir="/tmp"))
    (directory / "recipes" / "trivial").mkdir(parents=True)
    (directory / "recipes" / "trivial" / "recipe.toml").write_text(
        'repositories = ["trivial"]\npath = ["."]\n'
    )
    (directory / "recipes" / "trivial" / "of_the_image.py").write_text("")
    bench = Bench(directory / "jobs", directory / "recipes", directory / "cache", isolation)
    if not sees_its_own(bench):
        pytest.skip("this kernel gives no mount namespaces")
    yield bench
    bench.containers.close()
    for process in bench.processes:
        process.wait(20)
    shutil.rmtree(directory)


@pytest.mark.parametrize("directory", ["/tmp", "/var/tmp"])
def test_a_job_sees_nothing_of_what_another_left_in_tmp(machine: Bench, directory: str) -> None:
    left = f"{directory}/{machine.directory.parent.name}-left"

    machine.output_of("sh", "-c", 'echo of one job > "$0"', left, name="one")

    assert not Path(left).exists()
    assert machine.output_of("sh", "-c", 'test ! -e "$0" && echo nothing', left, name="other") == [
        "nothing"
    ]


@has_shared_memory
def test_shared_memory_that_a_job_did_not_free_is_free_when_it_has_ended(machine: Bench) -> None:
    left = Path("/dev/shm", f"{machine.directory.parent.name}-left")

    machine.output_of("sh", "-c", 'echo segment > "$0"', str(left))

    assert not left.exists()


@has_shared_memory
def test_shared_memory_is_the_machines_where_something_needed_lies_in_it() -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        assert shared_memory_mounts([Path(directory)]) == []


def test_a_job_sees_nothing_of_what_the_machine_has_in_tmp(machine: Bench) -> None:
    precious = machine.directory.parent / "precious"
    precious.touch()

    code = "import os, sys; print(os.path.exists(sys.argv[1]))"
    assert machine.output_of("python", "-c", code, str(precious)) == ["False"]


def test_temporary_files_go_to_tmp_and_are_everybodys(machine: Bench) -> None:
    code = "import os, tempfile; d = tempfile.gettempdir(); print(d, oct(os.stat(d).st_mode)[-4:])"
    assert machine.output_of("python", "-c", code) == ["/tmp 1777"]


def test_environment_and_code_of_an_image_are_reached_in_tmp(machine: Bench) -> None:
    code = "import of_the_image, sys; print(of_the_image.__file__); print(sys.prefix)"
    folder = machine.image.recipe.directory
    assert machine.output_of("python", "-c", code) == [
        str(folder / "of_the_image.py"),
        str(machine.environment.path),
    ]


def test_a_job_that_clears_tmp_takes_nothing_from_the_machine(machine: Bench) -> None:
    kept = machine.image.recipe.directory / "of_the_image.py"

    # Not all of /tmp, which would be the machine's if this failed.
    machine.run(machine.job("rm", "-rf", str(machine.directory.parent))).wait(20)

    assert kept.exists()
    assert machine.environment.python.exists()


def test_rewritten_paths_share_tmp_and_say_so(rewriting_bench: Bench) -> None:
    job = rewriting_bench.job("sh", "-c", 'echo "$TMPDIR"')
    rewriting_bench.run(job).wait(20)

    first, directory = job.log_path.read_text().splitlines()
    assert "isolation: rewritten paths, /tmp is shared with the machine]" in first
    assert directory.endswith("/job/ml.run/tmp")


def test_every_name_on_the_way_to_what_is_needed_is_shown(tmp_path: Path) -> None:
    hidden, elsewhere = tmp_path / "hidden", tmp_path / "elsewhere"
    (hidden / "python-3.11.7" / "bin").mkdir(parents=True)
    elsewhere.mkdir()
    (tmp_path / "scratch").mkdir()
    (hidden / "python-3.11").symlink_to("python-3.11.7")
    (elsewhere / "python").symlink_to(hidden / "python-3.11")

    mounts = temporary_mounts(tmp_path / "scratch", shown([elsewhere / "python/bin"]), [hidden])

    own = Path(mounts[-1][1])
    assert own.is_relative_to(tmp_path / "scratch")
    assert mounts == [
        ["read-only", str(hidden / name), str(own / name), ""]
        for name in ("python-3.11/bin", "python-3.11.7/bin")
    ] + [["bind", str(own), str(hidden), ""]]


def test_what_cannot_be_looked_at_is_not_shown(tmp_path: Path) -> None:
    assert shown([tmp_path / "missing", tmp_path / ("x" * 300)]) == {}


def test_a_directory_is_shown_before_what_can_be_changed_in_it(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    (hidden / "all" / "home").mkdir(parents=True)
    (tmp_path / "scratch").mkdir()

    mounts = temporary_mounts(
        tmp_path / "scratch", shown([hidden / "all"], [hidden / "all" / "home"]), [hidden]
    )

    assert [(kind, source) for kind, source, _, _ in mounts[:2]] == [
        ("read-only", str(hidden / "all")),
        ("bind", str(hidden / "all" / "home")),
    ]
    assert all(Path(target).is_dir() for _, _, target, _ in mounts)


def test_the_directory_that_holds_the_scratch_is_hidden_last(tmp_path: Path) -> None:
    hidden = [tmp_path / "a", tmp_path / "b"]
    for directory in hidden:
        (directory / "scratch").mkdir(parents=True)
    for holder, other in (hidden, reversed(hidden)):
        mounts = temporary_mounts(holder / "scratch", {}, hidden)
        assert [target for _, _, target, _ in mounts] == [str(other), str(holder)]
