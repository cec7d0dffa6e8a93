"""What of a spark-submit command line can be done on one machine."""

from collections.abc import Sequence
from dataclasses import dataclass

# Where the program runs and how much it gets: one machine stands for the cluster.
CLUSTER_OPTIONS = frozenset(
    {
        "--master",
        "--deploy-mode",
        "--num-executors",
        "--executor-cores",
        "--total-executor-cores",
        "--executor-memory",
        "--driver-memory",
        "--driver-cores",
        "--queue",
        "--principal",
        "--keytab",
    }
)
CLUSTER_SETTINGS = frozenset(
    {
        "spark.master",
        "spark.submit.deployMode",
        "spark.driver.memory",
        "spark.driver.host",
        "spark.driver.bindAddress",
        "spark.hadoop.fs.s3.impl",
        "spark.hadoop.fs.s3a.impl",
    }
)
FLAGS = frozenset({"--verbose", "-v", "--supervise", "--version", "--help", "-h"})


@dataclass(frozen=True)
class LocalCommand:
    """The arguments that are kept, and those that only a cluster has a use for."""

    kept: tuple[str, ...]
    left_out: tuple[str, ...]


def localize(arguments: Sequence[str]) -> LocalCommand:
    """Leaves out what is about the cluster; the program and its own arguments stay as they are."""
    kept: list[str] = []
    left_out: list[str] = []
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        words, rest = _option(rest)
        (left_out if _is_about_cluster(words) else kept).extend(words)
    return LocalCommand((*kept, *rest), tuple(left_out))


def _option(rest: list[str]) -> tuple[list[str], list[str]]:
    size = 1 if rest[0] in FLAGS or "=" in rest[0] else 2
    return rest[:size], rest[size:]


def _is_about_cluster(words: list[str]) -> bool:
    name, _, value = words[0].partition("=")
    if name in ("--conf", "-c"):
        setting = value or (words[1] if len(words) > 1 else "")
        return setting.partition("=")[0].strip() in CLUSTER_SETTINGS
    return name in CLUSTER_OPTIONS
