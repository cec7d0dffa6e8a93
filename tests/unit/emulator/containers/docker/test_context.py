"""The files of a build's context."""

import os
from pathlib import Path

import pytest

from emulator.containers.docker.context import read_context
from emulator.containers.docker.failures import DockerFailed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "image"
    (root / "sub").mkdir(parents=True)
    for name in ("Dockerfile", "recipe.toml", "run.py", "sub/more.py"):
        (root / name).write_text("x")
    return root


def refused(folder: str, file: str | None = None) -> str:
    with pytest.raises(DockerFailed) as caught:
        read_context(folder, file)
    assert caught.value.exit_code == 1
    assert caught.value.message.startswith("unable to prepare context: ")
    return caught.value.message


def test_a_context_is_all_that_is_below_the_folder(folder: Path) -> None:
    context = read_context(str(folder), None)
    assert context.files == ("Dockerfile", "recipe.toml", "run.py", "sub/more.py")
    assert (context.dockerfile, context.recipe_folder) == ("Dockerfile", ".")


def test_what_is_ignored_is_left_out_but_for_what_the_build_needs(folder: Path) -> None:
    (folder / ".dockerignore").write_text("*\n!sub\n")
    assert read_context(str(folder), None).files == ("Dockerfile", "recipe.toml", "sub/more.py")


def test_a_dockerfile_can_have_an_ignore_file_of_its_own(folder: Path) -> None:
    (folder / ".dockerignore").write_text("run.py")
    (folder / "Dockerfile.dockerignore").write_text("sub")
    assert "run.py" in read_context(str(folder), None).files
    assert "sub/more.py" not in read_context(str(folder), None).files


def test_the_recipe_is_beside_the_dockerfile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    context = read_context(".", "image/Dockerfile")
    assert (context.dockerfile, context.recipe_folder) == ("image/Dockerfile", "image")
    assert "image/recipe.toml" in context.files


def test_everything_that_lacks_is_told_at_once(tmp_path: Path) -> None:
    message = refused(str(tmp_path))
    assert f"lstat {tmp_path}/Dockerfile: no such file or directory" in message
    assert f"{tmp_path}/recipe.toml: no such file" in message


def test_a_dockerfile_with_nothing_in_it_is_refused(folder: Path) -> None:
    (folder / "Dockerfile").write_text("\n")
    assert "cannot be empty" in refused(str(folder))


def test_a_dockerfile_outside_of_the_context_is_refused(folder: Path) -> None:
    message = refused(str(folder / "sub"), str(folder / "Dockerfile"))
    assert f"{folder}/Dockerfile is outside of the context {folder}/sub" in message
    assert f"{folder}/recipe.toml is outside" in message


def test_links_stay_inside(folder: Path) -> None:
    (folder / "inside").symlink_to("sub")
    assert "inside" in read_context(str(folder), None).files
    (folder / "outside").symlink_to("../..")
    (folder / "sub/absolute").symlink_to(folder / "run.py")
    os.mkfifo(folder / "pipe")
    message = refused(str(folder))
    assert "outside is a link out of the context, to ../.." in message
    assert f"sub/absolute is a link out of the context, to {folder}/run.py" in message
    assert "pipe is neither a file nor a folder" in message


@pytest.mark.parametrize("context", ["-", "https://example.com/a.git", "git@example.com:a.git"])
def test_only_folders_are_built(context: str) -> None:
    assert f"and not {context}" in refused(context)


def test_a_folder_that_is_not_there_is_told_in_docker_s_words() -> None:
    assert refused("nope") == 'unable to prepare context: path "nope" not found'


def test_an_ignore_file_with_faults_is_named(folder: Path) -> None:
    (folder / ".dockerignore").write_text("[a")
    assert f"{folder}/.dockerignore: syntax error in pattern: line 1" in refused(str(folder))
