"""Which documents are checked."""

from pathlib import Path

import pytest

from scripts import check_docs


def test_a_copy_without_git_has_all_documents_but_those_of_hidden_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CodePipeline hands a build the files of a commit, and no .git."""
    for name in ("README.md", "docs/decisions/0001.md", ".venv/lib/package/README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    monkeypatch.setattr(check_docs, "ROOT", tmp_path)
    found = [path.relative_to(tmp_path).as_posix() for path in check_docs.documents()]
    assert found == ["README.md", "docs/decisions/0001.md"]
