from pathlib import Path

import pytest

from emulator.containers import RecipeInvalid, recipe_directories
from emulator.containers.images import load_recipes, resolve
from emulator.errors import AwsError

US_XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost"


def add_recipe(directory: Path, name: str, content: str, **files: str) -> Path:
    recipe = directory / name
    recipe.mkdir(parents=True)
    (recipe / "recipe.toml").write_text(content)
    for file, text in files.items():
        (recipe / file).write_text(text)
    return recipe


@pytest.mark.parametrize(
    "image_uri",
    [
        US_XGBOOST + ":3.2-0",
        "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0",
        "390780980154.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-xgboost:3.2-0",
        "sagemaker-xgboost:3.2-0",
    ],
)
def test_image_is_matched_in_any_account_and_region(image_uri: str):
    image = resolve(image_uri)
    assert (image.recipe.name, image.version_requested) == ("sagemaker-xgboost", "3.2")
    assert image.version_running.startswith("3.2.")
    assert image.uri == image_uri
    assert "in place of" not in image.description


@pytest.mark.parametrize(
    ("tag", "requested"),
    [(":1.7-1", "1.7"), (":0.90-2-cpu-py3", "0.90"), (":latest", "latest"), ("", "latest")],
)
def test_older_tag_runs_the_locked_version_and_says_so(tag: str, requested: str):
    image = resolve(US_XGBOOST + tag)
    assert image.version_requested == requested
    assert image.version_running == resolve(US_XGBOOST + ":3.2-0").version_running
    says_so = f"in place of {requested}" in image.description
    assert says_so == (requested != "latest")


def test_scikit_learn_tag_with_processor_and_python_resolves():
    image = resolve(
        "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
    )
    assert image.version_running.startswith("1.9.")


def test_image_by_digest_runs_the_locked_version():
    assert resolve(US_XGBOOST + "@sha256:" + "0" * 64).version_requested == "latest"


@pytest.mark.parametrize("tag", ["4.0-1", "99", "stable"])
def test_tag_that_cannot_be_installed_is_refused(tag: str):
    with pytest.raises(AwsError) as refused:
        resolve(f"{US_XGBOOST}:{tag}")
    assert refused.value.code == "ValidationException"
    assert f"{US_XGBOOST}:{tag}" in refused.value.message


def test_unknown_image_names_itself_the_known_ones_and_how_to_add_one():
    with pytest.raises(AwsError) as refused:
        resolve("1.dkr.ecr.us-east-1.amazonaws.com/my-image:7")
    assert refused.value.code == "ValidationException"
    for part in (
        "1.dkr.ecr.us-east-1.amazonaws.com/my-image:7",
        "sagemaker-xgboost",
        "sagemaker-scikit-learn",
        "recipe.toml",
        "EMULATOR_RECIPES",
    ):
        assert part in refused.value.message


def test_users_recipe_goes_before_the_built_in_one(tmp_path: Path):
    recipe = 'repositories = ["sagemaker-xgboost"]\npackage = "xgboost"\nlock = "my.lock"'
    lock = "xgboost==4.1.0 \\\n    --hash=sha256:0\n"
    add_recipe(tmp_path, "mine", recipe, **{"my.lock": lock})
    image = resolve(US_XGBOOST + ":4.1-0", [tmp_path])
    assert (image.recipe.name, image.version_running) == ("mine", "4.1.0")


def test_recipe_without_a_main_package_takes_any_tag(tmp_path: Path):
    add_recipe(tmp_path, "r-model", 'repositories = ["r-model"]')
    assert (
        resolve("r-model:whatever", [tmp_path]).description == "r-model:whatever by recipe r-model"
    )


def test_all_faults_of_a_recipe_are_named_at_once(tmp_path: Path):
    recipe = add_recipe(tmp_path, "bad", 'repositories = "x"\nlock = "none.lock"\ncolour = 1\n')
    with pytest.raises(RecipeInvalid) as invalid:
        load_recipes([tmp_path])
    assert str(recipe) in invalid.value.message
    for part in ("'colour'", "repositories is str, expected list", "'none.lock' does not exist"):
        assert part in invalid.value.message


def test_recipe_that_is_not_toml_is_named(tmp_path: Path):
    recipe = add_recipe(tmp_path, "bad", "repositories = [")
    with pytest.raises(RecipeInvalid, match=f"{recipe}/recipe.toml: not TOML"):
        load_recipes([tmp_path])


def test_recipes_are_looked_for_where_the_variable_says_and_in_the_data(tmp_path: Path):
    environ = {"EMULATOR_RECIPES": "/one:/two"}
    assert recipe_directories(environ, tmp_path) == [
        Path("/one"),
        Path("/two"),
        tmp_path / "recipes",
    ]
    assert recipe_directories({}) == []


def test_built_in_locks_are_hashed_and_name_no_host():
    for recipe in load_recipes([Path(resolve(US_XGBOOST).recipe.directory).parent]):
        assert recipe.package_version
        assert "://" not in recipe.lock
        pins = [line for line in recipe.lock.splitlines() if "==" in line]
        assert len(pins) > 20
        assert recipe.lock.count("--hash=sha256:") >= len(pins)


@pytest.mark.parametrize(
    ("tag", "running"), [("1.7-1", "1.7.6"), ("1.7.6", "1.7.6"), ("1.5-1", "3.2.0"), ("", "3.2.0")]
)
def test_tag_with_a_lock_of_its_own_runs_what_it_asks_for(tmp_path: Path, tag: str, running: str):
    recipe = 'repositories = ["boost"]\npackage = "boost"\nlock = "new.lock"\n'
    locks = {"new.lock": "boost==3.2.0\n", "old.lock": "boost==1.7.6\n"}
    add_recipe(tmp_path, "boost", recipe + '[locks]\n"1.7" = "old.lock"\n', **locks)
    image = resolve(f"boost:{tag}" if tag else "boost", [tmp_path])
    assert image.version_running == running
    assert ("in place of" in image.description) == (tag == "1.5-1")
