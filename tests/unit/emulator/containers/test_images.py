import json
from importlib.metadata import distribution
from pathlib import Path

import pytest

from emulator.containers import RecipeInvalid, recipe_directories
from emulator.containers.images import load_recipes, resolve
from emulator.errors import AwsError

US_XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost"
# Every version that AWS's SDK has an image of, and what has to run. AWS's images install xgboost
# 1.3.3, 1.5.2, 1.7.4, 3.0.5 and 3.2.0, and scikit-learn 1.2.1 and 1.4.2 (their Dockerfiles). Before
# those, scikit-learn has no wheel for Python 3.11, and xgboost none of the callbacks of today.
RUNNING = {
    ("sagemaker-xgboost", "0.90-1"): "1.3.3 in place of 0.90",
    ("sagemaker-xgboost", "0.90-2"): "1.3.3 in place of 0.90",
    ("sagemaker-xgboost", "1.0-1"): "1.3.3 in place of 1.0",
    ("sagemaker-xgboost", "1.2-1"): "1.3.3 in place of 1.2",
    ("sagemaker-xgboost", "1.2-2"): "1.3.3 in place of 1.2",
    ("sagemaker-xgboost", "1.3-1"): "1.3.3",
    ("sagemaker-xgboost", "1.5-1"): "1.5.2",
    ("sagemaker-xgboost", "1.7-1"): "1.7.4",
    ("sagemaker-xgboost", "3.0-5"): "3.0.5",
    ("sagemaker-xgboost", "3.2-0"): "3.2.0",
    ("sagemaker-scikit-learn", "0.20.0"): "1.2.1 in place of 0.20.0",
    ("sagemaker-scikit-learn", "0.23-1"): "1.2.1 in place of 0.23",
    ("sagemaker-scikit-learn", "1.0-1"): "1.2.1 in place of 1.0",
    ("sagemaker-scikit-learn", "1.2-1"): "1.2.1",
    ("sagemaker-scikit-learn", "1.4-2"): "1.4.2",
    ("sagemaker-scikit-learn", "1.4-2-py312"): "1.4.2",
    ("sagemaker-scikit-learn", "1.9-0"): "1.9.1",
}


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


@pytest.mark.parametrize(("repository", "version"), RUNNING)
@pytest.mark.parametrize("suffix", ["", "-cpu-py3"])
def test_tag_runs_the_version_that_it_names_or_the_next_one_above_and_says_so(
    repository: str, version: str, suffix: str
):
    image = resolve(f"{repository}:{version}{suffix}")
    running = RUNNING[repository, version]
    package, number = repository.removeprefix("sagemaker-"), running.partition(" ")[0]
    assert image.version_running == number
    assert f"\n{package}=={number} " in f"\n{image.recipe.lock}"
    says_why = ", which has no lock file" if "in place of" in running else ""
    assert image.description == (
        f"{repository}:{version}{suffix} runs {package} {running}{says_why}"
    )


@pytest.mark.parametrize(
    ("framework", "repository"),
    [("xgboost", "sagemaker-xgboost"), ("sklearn", "sagemaker-scikit-learn")],
)
def test_every_version_of_awss_sdk_is_accounted_for(framework: str, repository: str):
    path = f"sagemaker/core/image_uri_config/{framework}.json"
    scopes = json.loads(Path(str(distribution("sagemaker-core").locate_file(path))).read_text())
    published = {
        version
        for scope in scopes.values()
        for version, image in scope["versions"].items()
        if image["repository"] == repository
    }
    assert published == {version for name, version in RUNNING if name == repository}


@pytest.mark.parametrize("tag", ["", ":latest", "@sha256:" + "0" * 64])
def test_image_without_a_version_runs_the_newest(tag: str):
    image = resolve(US_XGBOOST + tag)
    assert (image.version_requested, image.version_running) == ("latest", "3.2.0")
    assert "in place of" not in image.description


@pytest.mark.parametrize("tag", ["4.0-1", "99", "stable"])
def test_tag_that_cannot_be_installed_is_refused(tag: str):
    with pytest.raises(AwsError) as refused:
        resolve(f"{US_XGBOOST}:{tag}")
    assert refused.value.code == "ValidationException"
    assert f"{US_XGBOOST}:{tag}" in refused.value.message
    assert "3.2.0" in refused.value.message


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
        "up --recipes DIR",
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


def test_recipes_that_are_given_go_first_and_every_place_is_absolute(monkeypatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    places = recipe_directories({"EMULATOR_RECIPES": "steps"}, Path("data"), [Path("given")])
    assert places == [tmp_path / "given", tmp_path / "steps", tmp_path / "data" / "recipes"]


def test_built_in_locks_are_hashed_and_name_no_host():
    directory = resolve(US_XGBOOST).recipe.directory.parent
    locks = [lock for recipe in load_recipes([directory]) for lock in recipe.locks.values()]
    assert len(locks) == len([*directory.glob("*/requirements-*.in")])
    for lock in locks:
        assert "://" not in lock
        pins = [line for line in lock.splitlines() if "==" in line and not line.startswith(" ")]
        assert len(pins) >= 10
        assert lock.count("--hash=sha256:") >= len(pins)


@pytest.mark.parametrize(
    ("tag", "running"),
    [
        ("1.7-1", "1.7.6"), ("1.7.6", "1.7.6"), ("1", "1.10.0"), ("1.8-1", "1.10.0"),
        ("1.10-1", "1.10.0"), ("0.9", "1.7.6"), ("1.11", "3.2.0"), ("3", "3.2.0"), ("", "3.2.0"),
    ],
)  # fmt: skip
def test_versions_are_in_the_order_of_their_numbers(tmp_path: Path, tag: str, running: str):
    recipe = 'repositories = ["boost"]\npackage = "boost"\nlock = "*.lock"\n'
    locks = {f"{version}.lock": f"boost=={version}\n" for version in ("1.10.0", "1.7.6", "3.2.0")}
    add_recipe(tmp_path, "boost", recipe, **locks)
    image = resolve(f"boost:{tag}" if tag else "boost", [tmp_path])
    assert image.version_running == running
    assert image.recipe.lock == f"boost=={running}\n"


@pytest.mark.parametrize(
    ("package", "fault"),
    [
        ("", "'*.lock' are 2 lock files: name the package"),
        ('package = "boost"', "lock file 'b.lock' pins no version of boost"),
    ],
)
def test_lock_files_that_cannot_be_told_apart_are_a_fault(tmp_path: Path, package: str, fault: str):
    locks = {"a.lock": "boost==1.0\n", "b.lock": "boosted==2.0\n"}
    add_recipe(tmp_path, "bad", f'repositories = ["x"]\nlock = "*.lock"\n{package}', **locks)
    with pytest.raises(RecipeInvalid, match="bad") as invalid:
        load_recipes([tmp_path])
    assert fault in invalid.value.message
