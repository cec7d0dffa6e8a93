"""What is wrong with a recipe's file."""

import tomllib
from pathlib import Path

import pytest

from emulator.containers.images import RecipeInvalid, read_recipe
from emulator.containers.recipe_faults import faults_of


def test_every_fault_is_told_at_once() -> None:
    content = tomllib.loads(
        """
        repositories = ["books", 1]
        needs = "Rscript"
        path = ["{reciep}", "{recipe}/lib", "{"]
        build = ["python", "{built_in}/{0}"]
        colour = "red"
        [commands]
        train = "train.sh"
        serve = []
        process = ["{recipe}/process", "{}"]
        [variables]
        WORKERS = 4
        LANG = "C"
        """
    )
    places = "expected {recipe}, {built_in}"
    faults = faults_of(content)
    assert faults[0].startswith("unknown key 'colour'; known: repositories, package")
    assert faults[1:] == [
        "needs is str, expected list",
        "repositories is ['books', 1], expected a list of strings",
        f"path has '{{reciep}}': no place {{reciep}}, {places}",
        "path has '{', whose braces do not close",
        f"build has '{{built_in}}/{{0}}': no place {{0}}, {places}",
        "commands.train is 'train.sh', expected a list of strings",
        "commands.serve is empty, expected a program and its arguments",
        f"commands.process has '{{}}': no place {{}}, {places}",
        "variables.WORKERS is 4, expected a string",
    ]


def test_an_empty_recipe_lacks_its_repositories() -> None:
    assert faults_of({}) == ["repositories is missing: name at least one repository"]


@pytest.mark.parametrize("content", [b"repositories = [", b'repositories = ["\xff"]'])
def test_what_is_no_toml_is_told_with_its_place(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "recipe.toml").write_bytes(content)
    with pytest.raises(RecipeInvalid, match=f"{tmp_path}/recipe.toml: not TOML: "):
        read_recipe(tmp_path)
