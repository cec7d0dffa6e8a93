from pathlib import Path

import pytest

from emulator.containers.log import LINE_BYTES, JobLog


def test_lines_are_stamped_with_milliseconds_and_given_on(tmp_path: Path):
    lines = []
    log = JobLog(tmp_path / "logs" / "job.log", lines.append, clock=lambda: 12.3456)
    log.write(b"one\ntwo\nthr")
    log.write(b"ee\n")
    log.close()
    assert lines == ["one", "two", "three"]
    assert log.path.read_text() == "12345\tone\n12345\ttwo\n12345\tthree\n"


def test_unfinished_last_line_is_kept(tmp_path: Path):
    lines = []
    log = JobLog(tmp_path / "job.log", lines.append, clock=lambda: 1)
    log.write(b"no newline")
    assert lines == []
    log.close()
    assert lines == ["no newline"]


def test_bytes_that_are_not_utf_8_do_not_stop_the_log(tmp_path: Path):
    lines = []
    log = JobLog(tmp_path / "job.log", lines.append)
    log.write(b"\xff\n")
    log.close()
    assert lines == ["\ufffd"]


def test_line_without_end_is_cut_where_cloudwatch_cuts_events(tmp_path: Path):
    lines = []
    log = JobLog(tmp_path / "job.log", lines.append)
    log.write(b"x" * LINE_BYTES)
    log.close()
    assert [len(line) for line in lines] == [256 * 1024]


def test_log_that_is_there_is_continued(tmp_path: Path):
    path = tmp_path / "job.log"
    path.write_text("1\tbuilding the environment\n")
    log = JobLog(path, clock=lambda: 2)
    log.write(b"started\n")
    log.close()
    assert path.read_text() == "1\tbuilding the environment\n2000\tstarted\n"


def test_flood_leaves_the_beginning_and_the_end_and_says_what_was_dropped(tmp_path: Path):
    numbers = []
    log = JobLog(
        tmp_path / "job.log", lambda line: numbers.append(int(line)), 2000, 2000, clock=lambda: 1
    )
    for number in range(10_000):
        log.write(b"%07d\n" % number)
    log.close()
    assert numbers == list(range(10_000))
    assert log.path.stat().st_size <= 2000 + 2 * 2000 + 500
    texts = [line.split("\t")[1] for line in log.path.read_text().splitlines()]
    (marker,) = [text for text in texts if not text.isdigit()]
    head = [int(text) for text in texts[: texts.index(marker)]]
    tail = [int(text) for text in texts[texts.index(marker) + 1 :]]
    assert head == list(range(len(head)))
    assert tail == list(range(tail[0], 10_000))
    assert len(head) > 100
    assert len(tail) > 100
    dropped = 10_000 - len(head) - len(tail)
    assert marker.startswith(f"[emulator: {dropped} lines ({dropped * 8} bytes) dropped")


@pytest.mark.parametrize("chunk_bytes", [70, 4096, 300_000])
def test_flood_is_bounded_whatever_the_size_of_the_chunks(tmp_path: Path, chunk_bytes: int):
    log = JobLog(tmp_path / "job.log", None, 10_000, 10_000)
    content = b"a line of text\n" * 40_000
    for start in range(0, len(content), chunk_bytes):
        log.write(content[start : start + chunk_bytes])
        assert log.path.stat().st_size <= 10_000 + 20_000 + 2 * chunk_bytes * 2 + 500
    log.close()
