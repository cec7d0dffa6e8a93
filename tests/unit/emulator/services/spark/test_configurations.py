"""EMR's classifications and releases.

Source: https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-configure-apps.html
"""

import pytest

from emulator.services.spark.configurations import classification_faults, spark_settings
from emulator.services.spark.releases import release_fault


def test_spark_and_hadoop_settings_become_arguments_of_spark_submit() -> None:
    configurations = [
        {"Classification": "spark-defaults", "Properties": {"spark.executor.memory": "2g"}},
        {"Classification": "core-site", "Properties": {"fs.s3.maxRetries": "20"}},
        {"Classification": "yarn-site", "Properties": {"yarn.nodemanager.vmem-pmem-ratio": "5"}},
    ]
    assert spark_settings(configurations, "Classification") == [
        *("--conf", "spark.executor.memory=2g"),
        *("--conf", "spark.hadoop.fs.s3.maxRetries=20"),
    ]
    assert classification_faults(configurations, "Classification") == []


def test_serverless_spells_them_in_lower_case() -> None:
    configurations = [{"classification": "spark-defaults", "properties": {"spark.a": "b"}}]
    assert spark_settings(configurations, "classification") == ["--conf", "spark.a=b"]


def test_other_classifications_are_named() -> None:
    (fault,) = classification_faults([{"Classification": "hive-site"}], "Classification")
    assert "'hive-site' is not emulated" in fault


@pytest.mark.parametrize("label", ["emr-7.12.0", "emr-6.15.0", "emr-7.9.0-latest"])
def test_releases_of_spark_three_run(label: str) -> None:
    assert release_fault(label) is None


@pytest.mark.parametrize("label", ["emr-5.36.0", "emr-8.0.0", "7.12.0", None])
def test_others_do_not(label: str | None) -> None:
    assert repr(label) in (release_fault(label) or "")
