import itertools
import os

import pytest

from emulator.containers.launching import LaunchFailed, _read_start


def read(*lines: str) -> tuple[int, int, bytes]:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write("".join(f"{line}\n" for line in lines).encode())
    try:
        return _read_start(reader)
    finally:
        os.close(reader)


@pytest.mark.parametrize(
    "lines",
    [
        order
        for order in itertools.permutations(("supervisor 4", "started 5", "exit 3"))
        if order.index("started 5") < order.index("exit 3")
    ],
)
def test_exit_is_kept_wherever_it_comes_among_the_first_lines(lines: tuple[str, ...]):
    supervisor, group, rest = read(*lines)
    assert (supervisor, group, rest) == (4, 5, b"exit 3\n")


def test_group_of_the_first_process_of_a_namespace_is_its_own():
    assert read("supervisor 4", "started 0")[:2] == (4, 4)


@pytest.mark.parametrize("lines", [("failed no overlay",), ("supervisor 4", "failed no overlay")])
def test_failure_has_the_kernels_words(lines: tuple[str, ...]):
    with pytest.raises(LaunchFailed, match="no overlay"):
        read(*lines)


def test_supervisor_that_dies_at_once_is_a_failure():
    with pytest.raises(LaunchFailed, match="no answer"):
        read("supervisor 4")
