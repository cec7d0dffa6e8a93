"""Runtimes of buildspecs beside what programs say of themselves."""

import pytest

from emulator.services.codebuild.buildspec.runtimes import is_wanted, runtime_fault

# What the programs print, each as its own documents show it.
SAID = {
    ("node", "--version"): "v20.11.1\n",
    ("java", "-version"): 'openjdk version "17.0.10" 2024-01-16 LTS\n',
    ("go", "version"): "go version go1.22.1 linux/amd64\n",
}


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("3.11.7", "3.11", True),
        ("3.11.7", "3.x", True),
        ("3.11.7", "latest", True),
        ("3.11.7", "3.1", False),
        ("3.1.1", "3.10", False),
        ("17.0.10", "corretto17", True),
        ("17.0.10", "corretto21", False),
    ],
)
def test_a_version_is_meant_by_its_first_numbers(version: str, wanted: str, expected: bool) -> None:
    assert is_wanted(version, wanted) is expected


@pytest.mark.parametrize(
    ("name", "version"), [("nodejs", "20"), ("java", "corretto17"), ("golang", "1.22")]
)
def test_what_the_machine_has_is_found(name: str, version: str) -> None:
    assert runtime_fault(name, version, SAID.__getitem__) is None


@pytest.mark.parametrize(
    ("name", "version", "has"),
    [("nodejs", "18", "this machine has 20.11.1"), ("ruby", "3.2", "this machine has no ruby")],
)
def test_what_it_has_not_is_told(name: str, version: str, has: str) -> None:
    fault = runtime_fault(name, version, lambda command: SAID.get(command, ""))

    assert fault is not None
    assert fault.startswith(f"Unknown runtime version named '{version}' of {name}.")
    assert has in fault
