"""The patterns of artifacts, as the buildspec reference describes them."""

from pathlib import Path

import pytest

from emulator.services.codebuild.buildspec.file_patterns import (
    matching_directories,
    matching_files,
)

FILES = (
    "top.txt", ".hidden", "my-subdirectory/one.txt", "my-subdirectory/two.log",
    "my-subdirectory/deep/three.txt", "my-other/four.txt", "a[b].txt",
)  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "src"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").touch()
    (folder / "link").symlink_to(outside)
    return folder


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("top.txt", ["top.txt"]),
        ("./top.txt", ["top.txt"]),
        ("**/*", sorted((*FILES, "link"))),
        ("my-subdirectory/*", ["my-subdirectory/one.txt", "my-subdirectory/two.log"]),
        (
            "my-subdirectory/**/*",
            [
                "my-subdirectory/deep/three.txt",
                "my-subdirectory/one.txt",
                "my-subdirectory/two.log",
            ],
        ),
        ("**/*.log", ["my-subdirectory/two.log"]),
        ("my-*/*.txt", ["my-other/four.txt", "my-subdirectory/one.txt"]),
        ("my-subdirectory/???.txt", ["my-subdirectory/one.txt"]),
        ("my-subdirectory/[a-o]*.txt", ["my-subdirectory/one.txt"]),
        ("my-subdirectory/[!a-o]*.log", ["my-subdirectory/two.log"]),
        ("my-subdirectory", []),
        ("link/*", []),
        ("../outside/*", []),
        ("/etc/passwd", []),
        ("nothing*", []),
    ],
)
def test_a_pattern_means_these_files(source: Path, pattern: str, expected: list[str]) -> None:
    assert matching_files(source, [pattern]) == {pattern: expected}


def test_excluded_paths_are_left_out(source: Path) -> None:
    found = matching_files(source, ["**/*.txt"], ["my-subdirectory/**/*", "a*"])

    assert found == {"**/*.txt": ["my-other/four.txt", "top.txt"]}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (".", ["."]),
        ("my-subdirectory/", ["my-subdirectory"]),
        ("my-*", ["my-other", "my-subdirectory"]),
        ("my-subdirectory/deep", ["my-subdirectory/deep"]),
        ("nothing", []),
        ("..", []),
        ("../outside", []),
        ("/etc", []),
        ("link", []),
        ("top.txt", []),
    ],
)
def test_a_base_directory_is_within_the_source(
    source: Path, pattern: str, expected: list[str]
) -> None:
    found = [path.relative_to(source).as_posix() for path in matching_directories(source, pattern)]

    assert found == expected
