"""An invocation's output in its file and in the answer's tail."""

from pathlib import Path

import pytest

from emulator.services.lambda_ import invocation_log
from emulator.services.lambda_.invocation_log import InvocationLog


def written(path: Path, *pieces: bytes, last: str | None = None) -> tuple[list[str], bytes]:
    with InvocationLog(path, lambda: 12.5) as log:
        for piece in pieces:
            log.write(piece)
        log.finish_line()
        if last:
            log.say(last)
        return path.read_text().splitlines(), log.tail


def test_lines_carry_the_time_however_they_come_in_pieces(tmp_path: Path) -> None:
    lines, tail = written(tmp_path / "a" / "log", b"on", b"e\ntwo\nthr", b"ee", last="END")

    assert lines == ["12500\tone", "12500\ttwo", "12500\tthree", "12500\tEND"]
    assert tail == b"one\ntwo\nthree\nEND\n"


def test_output_over_the_limit_is_dropped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invocation_log, "LOG_BYTES_AT_MOST", 10)
    lines, _ = written(tmp_path / "log", b"12345\n", b"67890\n", b"no more\n", last="END")

    assert lines == [
        "12500\t12345",
        "12500\t67890",
        "12500\t... 8 more bytes of output were dropped",
        "12500\tEND",
    ]


def test_a_line_without_an_end_does_not_grow_in_memory(tmp_path: Path) -> None:
    pieces = [b"x" * 10_000] * 100
    lines, _ = written(tmp_path / "log", *pieces)

    assert sum(len(line.partition("\t")[2]) for line in lines) == 1_000_000
    assert len(lines) > 1
