"""Source: "Filter triggers on code push or pull requests": OR between filters, AND within one."""

from collections.abc import Iterable
from typing import Any

import pytest

from emulator.services.codepipeline.declaration.triggers import lets_through

MAIN_CODE = {
    "branches": {"includes": ["main", "release/**"], "excludes": ["release/old"]},
    "filePaths": {"includes": ["pipelines/**", "steps/**"], "excludes": ["**/*.md"]},
}
ANY_HOTFIX = {"branches": {"includes": ["hotfix/*"]}}


@pytest.mark.parametrize(
    ("branch", "files", "is_through"),
    [
        ("main", ["steps/a/train.py"], True),
        ("main", ["steps/a/notes.md"], False),
        ("main", ["steps/a/notes.md", "pipelines/b.py"], True),
        ("main", ["docs/a.txt"], False),
        ("main", [], False),
        ("release/1/a", ["steps/x"], True),
        ("release/old", ["steps/x"], False),
        ("dev", ["steps/x"], False),
        ("hotfix/a", ["docs/a.txt"], True),
    ],
)
def test_a_push_passes_by_any_filter_whose_branches_and_files_agree(
    branch: str, files: list[str], is_through: bool
) -> None:
    assert lets_through([MAIN_CODE, ANY_HOTFIX], branch, lambda: files) is is_through


@pytest.mark.parametrize("branch", ["hotfix/a", "dev"])
def test_files_are_not_asked_for_where_no_filter_needs_them(branch: str) -> None:
    def fail() -> Iterable[str]:
        raise AssertionError("the files were asked for")

    filters: list[dict[str, Any]] = [MAIN_CODE, ANY_HOTFIX]

    assert lets_through(filters, branch, fail) is (branch == "hotfix/a")
