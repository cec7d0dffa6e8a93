import io
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from emulator.containers import Containers, EnvironmentFailed, requirements_of
from emulator.containers.environments import environment_key


def make_wheel(
    directory: Path, name: str, version: str, code: str, tag: str = "py3-none-any"
) -> Path:
    """A wheel of one module, so that no package index is needed; ``tag`` is what it says inside."""
    info = f"{name}-{version}.dist-info"
    path = directory / f"{name}-{version}-py3-none-any.whl"
    wheel_file = f"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: {tag}\n"
    files = {
        f"{name}.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": wheel_file,
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for file, content in files.items():
            wheel.writestr(file, content)
        wheel.writestr(f"{info}/RECORD", "".join(f"{file},,\n" for file in files))
    return path


@pytest.fixture
def containers(tmp_path: Path) -> Containers:
    recipe = tmp_path / "recipes" / "small"
    (recipe / "code").mkdir(parents=True)
    (recipe / "code" / "image_code.py").write_text("print('image code')")
    wheel = make_wheel(tmp_path, "locked", "1.0", "WHO = 'locked'")
    (recipe / "small.lock").write_text(
        f"locked @ {wheel.as_uri()}\nleftout==2.5\n".replace("leftout==2.5\n", "")
    )
    (recipe / "recipe.toml").write_text(
        'repositories = ["small"]\nlock = "small.lock"\npath = ["code"]\nomitted = ["left-out"]\n'
        "[commands]\n"
        'train = ["python", "-m", "image_code"]\nserve = ["sh", "{recipe}/it\'s here", "a b"]\n'
    )
    return Containers(tmp_path / "cache", {}, [tmp_path / "recipes"])


def python_says(environment, code: str) -> str:
    command = [environment.python, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_environment_has_the_lock_the_code_and_the_commands(containers: Containers, tmp_path: Path):
    lines: list[str] = []
    environment = containers.environment(containers.resolve("small:1"), None, lines.append)
    assert python_says(environment, "import locked; print(locked.WHO)") == "locked"
    train = subprocess.run([environment.bin / "train"], capture_output=True, text=True, check=True)
    assert train.stdout == "image code\n"
    recipe = tmp_path / "recipes" / "small"
    assert f"""'{recipe}/it'"'"'s here' 'a b'""" in (environment.bin / "serve").read_text()
    assert any("building the environment of small" in line for line in lines)


def test_environment_is_built_once(containers: Containers):
    image = containers.resolve("small:1")
    first = containers.environment(image, None, print)
    lines: list[str] = []
    assert containers.environment(image, "# only a comment\n\n", lines.append) == first
    assert lines == []


def test_requirements_make_an_environment_of_their_own(containers: Containers, tmp_path: Path):
    image = containers.resolve("small:1")
    plain = containers.environment(image, None, print)
    wheel = make_wheel(tmp_path, "extra", "1.0", "WHO = 'extra'")
    derived = containers.environment(image, f"extra @ {wheel.as_uri()}\n", print)
    assert derived.path != plain.path
    assert (
        python_says(derived, "import locked, extra; print(locked.WHO, extra.WHO)") == "locked extra"
    )
    assert python_says(plain, "import importlib.util as u; print(u.find_spec('extra'))") == "None"


def test_packages_are_compiled_when_they_are_installed(containers: Containers):
    environment = containers.environment(containers.resolve("small:1"), None, print)
    assert list(environment.path.glob("lib/*/site-packages/__pycache__/locked.*.pyc"))


def test_omitted_packages_count_as_installed(containers: Containers):
    environment = containers.environment(containers.resolve("small:1"), None, print)
    code = "import importlib.metadata as m; print(m.version('left-out'))"
    assert python_says(environment, code) == "0"


def test_failure_has_uvs_words_and_leaves_nothing(containers: Containers, tmp_path: Path):
    image = containers.resolve("small:1")
    plain = containers.environment(image, None, print)
    with pytest.raises(EnvironmentFailed, match="no-such-file"):
        containers.environment(image, "gone @ file:///no-such-file.whl\n", print)
    left = [path for path in (tmp_path / "cache" / "environments").iterdir() if path.is_dir()]
    assert left == [plain.path]


def test_requirements_that_replace_a_package_leave_the_images_environment_as_it_was(
    containers: Containers, tmp_path: Path
):
    image = containers.resolve("small:1")
    plain = containers.environment(image, None, print)
    wheel = make_wheel(tmp_path, "locked", "2.0", "WHO = 'newer'")
    derived = containers.environment(image, f"locked @ {wheel.as_uri()}\n", print)
    assert python_says(derived, "import locked; print(locked.WHO)") == "newer"
    assert python_says(plain, "import locked; print(locked.WHO)") == "locked"
    train = subprocess.run([derived.bin / "train"], capture_output=True, text=True, check=True)
    assert train.stdout == "image code\n"
    assert python_says(derived, "import sys; print(sys.prefix)") == str(derived.path)


def test_requirements_that_name_the_images_package_leave_its_version(tmp_path: Path):
    # As the wheels of XGBoost up to 1.7: for any Python by the name of the file, for one inside.
    make_wheel(tmp_path, "boost", "1.7", "WHO = 'locked'", tag="cp36-cp36m-manylinux1_x86_64")
    make_wheel(tmp_path, "boost", "3.2", "WHO = 'the newest'")
    index = f"--no-index\n--find-links {tmp_path}\n"
    recipe = tmp_path / "recipes" / "boost"
    recipe.mkdir(parents=True)
    (recipe / "boost.lock").write_text(f"{index}boost==1.7\n")
    (recipe / "recipe.toml").write_text(
        'repositories = ["boost"]\npackage = "boost"\nlock = "boost.lock"\n'
    )
    containers = Containers(tmp_path / "cache", {}, [tmp_path / "recipes"])
    lines: list[str] = []
    image = containers.resolve("boost:1.7")
    environment = containers.environment(image, f"{index}boost", lines.append)
    assert python_says(environment, "import boost; print(boost.WHO)") == "locked"
    assert lines[0].startswith("building the environment of boost with boost 1.7 (")
    assert lines[2].startswith("building the environment of boost with boost 1.7 and requirements")


def test_a_recipes_build_adds_to_the_environment_and_its_files_are_part_of_the_key(
    containers: Containers, tmp_path: Path
):
    recipe = tmp_path / "recipes" / "small"
    toml = (recipe / "recipe.toml").read_text()
    (recipe / "recipe.toml").write_text(f'build = ["python", "-m", "image_build"]\n{toml}')
    build = recipe / "code" / "image_build.py"
    build.write_text("from pathlib import Path; import locked; Path('built').write_text('once')")

    first = containers.environment(containers.resolve("small:1"), None, print)
    build.write_text("raise SystemExit('no compiler')")

    assert (first.path / "built").read_text() == "once"
    with pytest.raises(EnvironmentFailed, match="The build of small failed: no compiler"):
        containers.environment(containers.resolve("small:1"), None, print)


def test_two_builders_of_the_same_environment_build_it_once(containers: Containers):
    image = containers.resolve("small:1")
    lines: list[str] = []
    made = []

    def build() -> None:
        made.append(containers.environment(image, None, lines.append))

    threads = [threading.Thread(target=build) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 3
    assert len({environment.path for environment in made}) == 1
    assert sum("built in" in line for line in lines) == 1


def test_environment_of_another_python_is_another(containers: Containers, monkeypatch):
    recipe = containers.resolve("small:1").recipe
    key = environment_key(recipe, "")
    monkeypatch.setattr("platform.python_version", lambda: "3.11.99")
    assert environment_key(recipe, "") != key
    assert sys.version_info[:2] == (3, 11)


def test_requirements_are_found_in_directories_and_archives(tmp_path: Path):
    source = tmp_path / "source"
    source.mkdir()
    assert requirements_of(source) is None
    (source / "requirements.txt").write_text("polars==1.0\n")
    assert requirements_of(source) == "polars==1.0\n"
    for number, name in enumerate(("requirements.txt", "./requirements.txt")):
        archive = tmp_path / f"{number}.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            member = tarfile.TarInfo(name)
            member.size = 3
            tar.addfile(member, io.BytesIO(b"abc"))
        assert requirements_of(archive) == "abc"


@pytest.mark.parametrize("name", ["deep/requirements.txt", "other.txt"])
def test_only_the_requirements_at_the_top_count(tmp_path: Path, name: str):
    archive = tmp_path / "sourcedir.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    assert requirements_of(archive) is None


def test_no_requirements_in_what_is_no_archive(tmp_path: Path):
    (tmp_path / "script.py").write_text("pass")
    assert requirements_of(tmp_path / "script.py") is None
    assert requirements_of(tmp_path / "missing.tar.gz") is None
