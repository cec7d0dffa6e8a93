"""Commands with arguments and data directories that cannot be used: one line, and no traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import EmulatorProcess

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The exit code and the words of ``python -m emulator``."""

    def command(name: str, *arguments: str, data: str = "d", **variables: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "emulator", name, "--data", str(tmp_path / data), *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | variables,
            check=False,
        )
        assert "Traceback" not in done.stdout
        return done.returncode, done.stdout

    return command


def test_ports_and_regions_that_do_not_exist_are_refused(run: Run, tmp_path: Path) -> None:
    code, said = run("up", "--port", "65536")
    assert code == 2
    assert "argument --port: got 65536, expected a port from 0 to 65535" in said
    for port in ("abc", "-1", "4.5"):
        code, said = run("up", f"--port={port}")
        assert code == 2
        assert f"argument --port: got {port}, expected a port from 0 to 65535" in said
    for code, said in (run("up", "--region", "moon"), run("up", AWS_DEFAULT_REGION="moon")):
        assert code == 2
        assert "argument --region: got 'moon', expected a region such as us-east-1" in said
    assert not (tmp_path / "d").exists()


def test_a_data_directory_that_is_a_file_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    code, said = run("up", "--port", "0", data="file")

    assert code == 1
    assert said.startswith(f"The data directory {tmp_path / 'file'} cannot be used: ")
    assert (tmp_path / "file").read_text() == "mine"
    assert run("status", data="file")[0] == 1


@pytest.mark.parametrize("command", [["up", "--port", "0"], ["build", "image"]])
def test_a_cache_that_cannot_be_written_is_named(
    run: Run, tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "file").write_text("mine")

    code, said = run(*command, XDG_CACHE_HOME=str(tmp_path / "file"))

    assert code == 1
    cache = tmp_path / "file" / "sagemaker-emulator"
    assert said.startswith(f"The cache directory {cache} cannot be used: Not a directory. ")
    assert "EMULATOR_CACHE=DIR, or XDG_CACHE_HOME=DIR" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_output_that_has_no_room_is_said(emulator: EmulatorProcess) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "emulator", "status", "--data", str(emulator.data_dir)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, "status: No space left on device\n")


@pytest.mark.parametrize("file", ["store.sqlite", "objects/index.sqlite"])
def test_damaged_data_is_named_and_left_as_it_is(run: Run, tmp_path: Path, file: str) -> None:
    path = tmp_path / "d" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database" * 400)

    code, said = run("up", "--port", "0")

    assert code == 1
    assert said == (
        f"The emulator cannot start: the data in {tmp_path / 'd'} is damaged: file is not a "
        "database. Put a copy of it back, or move it away to begin anew.\n"
    )
    assert path.read_bytes() == b"not a database" * 400


def test_a_state_file_that_says_nothing_is_no_emulator(run: Run, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for state in ("{broken", "[]", "{}"):
        (tmp_path / "d" / "emulator.json").write_text(state)
        code, said = run("status")
        assert code == 1
        assert said.startswith(f"No emulator serves {tmp_path / 'd'}. Start it: python -m emulator")


def test_requirements_that_cannot_be_read_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xac\x00")
    for name, why in (("none", "No such file"), (".", "Is a directory"), ("binary", "not UTF-8")):
        code, said = run("build", "image", "--requirements", str(tmp_path / name))
        assert code == 2
        assert f"--requirements: {tmp_path / name}: " in said
        assert why in said
