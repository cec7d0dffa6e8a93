"""The Spark image's command lines; tests/contract/test_spark.py runs them."""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.containers.images import BUILT_IN_RECIPES


@pytest.fixture
def image(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BUILT_IN_RECIPES / "sagemaker-spark-processing"))
    yield lambda name: importlib.import_module(f"spark_image.{name}")
    for name in [name for name in sys.modules if name.startswith("spark_image")]:
        del sys.modules[name]


def test_what_is_about_the_cluster_is_left_out_of_spark_submits_arguments(image: Any) -> None:
    command = image("arguments").localize(
        [
            *("--master", "yarn", "--deploy-mode", "cluster", "--num-executors", "3"),
            *("--conf", "spark.driver.memory=8g", "--conf", "spark.sql.ansi.enabled=true"),
            *("--verbose", "--py-files", "a.zip", "--executor-memory=4g"),
            *("s3://bucket/app.py", "--master", "of the program"),
        ]
    )
    assert command.kept == (
        *("--conf", "spark.sql.ansi.enabled=true", "--verbose", "--py-files", "a.zip"),
        *("s3://bucket/app.py", "--master", "of the program"),
    )
    assert "spark.driver.memory=8g" in command.left_out
    assert "--executor-memory=4g" in command.left_out


def submit(image: Any, configuration: Path, *words: str) -> list[str]:
    module = image("smspark_submit")
    arguments: argparse.Namespace = module._parser().parse_args(words)
    command: list[str] = module.submit_command(arguments, configuration)
    return command


def test_smspark_submit_takes_folders_and_emrs_classifications(image: Any, tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    for name in ("b.py", "a.py"):
        (tmp_path / "modules" / name).touch()
    configuration = tmp_path / "configuration.json"
    configuration.write_text(
        json.dumps(
            [
                {"Classification": "spark-defaults", "Properties": {"spark.a": "b"}},
                {"Classification": "yarn-env", "Properties": {"c": "d"}},
            ]
        )
    )
    events, modules = tmp_path / "events", tmp_path / "modules"

    command = submit(
        image,
        configuration,
        *("--py-files", str(modules), "--local-spark-event-logs-dir", str(events)),
        *("--jars", "s3://bucket/a.jar", "app.py", "--class", "of the program"),
    )

    assert command == [
        *("spark-submit", "--master", "yarn", "--deploy-mode", "client"),
        *("--jars", "s3://bucket/a.jar", "--py-files", f"{modules}/a.py,{modules}/b.py"),
        *("--conf", "spark.eventLog.enabled=true", "--conf", f"spark.eventLog.dir=file://{events}"),
        *("--conf", "spark.a=b", "app.py", "--class", "of the program"),
    ]
    assert events.is_dir()


def test_smspark_submit_names_every_path_that_it_cannot_use(image: Any, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"must be an absolute path.*; --files: .* not exist"):
        submit(
            image, tmp_path / "none", "--jars", "a.jar", "--files", str(tmp_path / "no"), "app.py"
        )
