"""EMR's classifications, as far as they are settings of Spark on one machine.

Source: https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-configure-apps.html
"""

from collections.abc import Iterable, Mapping
from typing import Any

# What Spark puts before the names of Hadoop's settings.
_PREFIXES: Mapping[str, str] = {
    "spark-defaults": "",
    "core-site": "spark.hadoop.",
    "spark-hive-site": "spark.hadoop.",
}
# What they say is of machines in a cluster, which is one here.
_WITHOUT_EFFECT = frozenset(
    {"spark", "yarn-site", "yarn-env", "capacity-scheduler", "hdfs-site", "spark-log4j2"}
)


def classification_faults(configurations: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    """The classifications that change what a program does in a way that is not emulated.

    Args:
        configurations: As EMR ("Classification") or EMR Serverless ("classification") has them.
        key: The name of that member.
    """
    known = sorted({*_PREFIXES, *_WITHOUT_EFFECT})
    return [
        f"The configuration classification {name!r} is not emulated; known: {', '.join(known)}"
        for each in configurations
        if (name := each.get(key, "")) not in known
    ]


def spark_settings(configurations: Iterable[Mapping[str, Any]], key: str) -> list[str]:
    """The arguments for spark-submit that say what the configurations say."""
    properties = "Properties" if key == "Classification" else "properties"
    arguments: list[str] = []
    for each in configurations:
        prefix = _PREFIXES.get(each.get(key, ""))
        if prefix is not None:
            for name, value in each.get(properties, {}).items():
                arguments += ["--conf", f"{prefix}{name}={value}"]
    return arguments
