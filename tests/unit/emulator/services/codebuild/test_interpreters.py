"""Python environments of builds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.services.codebuild.failures import PhaseFailed
from emulator.services.codebuild.interpreters import make_environment, runtime_faults

OWN = ".".join(map(str, sys.version_info[:2]))


def variables(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}


def test_without_a_network_the_environment_still_has_a_pip_of_its_own(tmp_path: Path) -> None:
    offline = {**variables(tmp_path), "UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "cache")}

    folder = make_environment(tmp_path / "python", OWN, offline)

    done = subprocess.run(
        [folder / "python", "-m", "pip", "--version"], capture_output=True, text=True, check=True
    )
    assert str(tmp_path / "python") in done.stdout


def test_a_version_that_no_interpreter_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PhaseFailed) as caught:
        make_environment(tmp_path / "python", "3.99", variables(tmp_path))

    assert caught.value.code == "YAML_FILE_ERROR"
    assert caught.value.message.startswith("Unknown runtime version named '3.99' of python.")


def test_all_runtimes_that_are_missing_are_told(tmp_path: Path) -> None:
    nothing = {**variables(tmp_path), "PATH": str(tmp_path)}

    faults = runtime_faults({"python": OWN, "nodejs": "20", "ruby": "3.2"}, nothing)

    assert [fault.partition(".")[0] for fault in faults] == [
        "Unknown runtime version named '20' of nodejs",
        "Unknown runtime version named '3",
    ]
    assert "this machine has no node" in faults[0]
