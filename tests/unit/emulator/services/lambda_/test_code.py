"""Zips: what may come out of them, and where it lands."""

import io
import stat
import zipfile
from pathlib import Path

import pytest

from emulator.errors import AwsError
from emulator.services.lambda_ import code
from emulator.services.lambda_.code import last_modified, unpack_zip


def zipped(entries: list[tuple[zipfile.ZipInfo, bytes]]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, data in entries:
            archive.writestr(entry, data)
    return content.getvalue()


def entry(name: str, mode: int = 0o100600) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.external_attr = mode << 16
    return found


def test_files_and_folders_come_out_readable_and_programs_runnable(tmp_path: Path) -> None:
    content = zipped([(entry("pkg/app.py"), b"x"), (entry("bin/tool", 0o100700), b"y")])
    unpack_zip(content, tmp_path / "code")

    app, tool = tmp_path / "code" / "pkg" / "app.py", tmp_path / "code" / "bin" / "tool"
    assert app.read_bytes() == b"x"
    assert stat.S_IMODE(app.stat().st_mode) == 0o644
    assert stat.S_IMODE(tool.stat().st_mode) == 0o755


def test_every_refused_entry_is_named_and_nothing_is_unpacked(tmp_path: Path) -> None:
    names = ["../up", "a/../../up", "/root", "..\\up"]
    refused = [(entry(name), b"") for name in names]
    content = zipped([(entry("fine.py"), b""), *refused, (entry("link", 0o120777), b"/etc")])
    with pytest.raises(AwsError) as caught:
        unpack_zip(content, tmp_path / "code")

    assert caught.value.code == "InvalidParameterValueException"
    assert all(repr(name) in caught.value.message for name in [*names, "link"])
    assert "fine.py" not in caught.value.message
    assert not (tmp_path / "code").exists()


def test_a_zip_that_is_too_large_unzipped_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "UNZIPPED_BYTES_AT_MOST", 1_000)
    content = zipped([(entry("zeros"), bytes(1_001))])

    with pytest.raises(AwsError, match="Unzipped size must be smaller than 1000 bytes"):
        unpack_zip(content, tmp_path / "code")


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(zipped([(entry("app.py"), bytes(range(256)) * 50)]))
    content[60] ^= 0xFF

    with pytest.raises(AwsError, match="Could not unzip uploaded file"):
        unpack_zip(bytes(content), tmp_path / "code")


def test_times_are_in_lambdas_form() -> None:
    # Source: the API reference of FunctionConfiguration: "(YYYY-MM-DDThh:mm:ss.sTZD)".
    assert last_modified(1_573_770_306.25) == "2019-11-14T22:25:06.250+0000"
