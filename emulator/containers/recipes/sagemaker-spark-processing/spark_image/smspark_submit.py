"""smspark-submit, the entry point of AWS's Spark image: options in AWS's form to spark-submit.

Source: https://github.com/aws/sagemaker-spark-container, whose `smspark-submit` takes directories
for --jars, --py-files and --files and reads EMR's classifications from configuration.json.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

CONFIGURATION = Path("/opt/ml/processing/input/conf/configuration.json")
# Classifications that are Spark's or Hadoop's settings, by what Spark puts before their names.
PREFIXES = {"spark-defaults": "", "core-site": "spark.hadoop.", "spark-hive-site": "spark.hadoop."}
FILE_LISTS = ("--jars", "--py-files", "--files")


class Refused(Exception):
    """Options that cannot be used; the text says why."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Becomes spark-submit; ends with 2 for options that are wrong."""
    arguments = _parser().parse_args(argv)
    try:
        command = submit_command(arguments, CONFIGURATION)
    except Refused as error:
        print(f"smspark-submit: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"running spark submit command: {' '.join(command)}", flush=True)
    os.execvp(command[0], command)


def submit_command(arguments: argparse.Namespace, configuration: Path) -> list[str]:
    """The command for spark-submit.

    Raises:
        Refused: naming every path that is not there or holds nothing, and a bad configuration.
    """
    faults: list[str] = []
    words = ["spark-submit", "--master", "yarn", "--deploy-mode", "client"]
    if arguments.class_name:
        words += ["--class", arguments.class_name]
    for option in FILE_LISTS:
        given = getattr(arguments, option[2:].replace("-", "_"))
        if given is not None:
            files = [file for path in given.split(",") for file in _files(option, path, faults)]
            words += [option, ",".join(files)]
    for name, value in _settings(arguments, configuration, faults):
        words += ["--conf", f"{name}={value}"]
    if faults:
        raise Refused("; ".join(faults))
    return [*words, *(["--verbose"] if arguments.verbose else []), arguments.app, *arguments.rest]


def _files(option: str, path: str, faults: list[str]) -> list[str]:
    if path.startswith(("s3://", "s3a://")):
        return [path]
    place = Path(path.removeprefix("file://"))
    if not place.is_absolute():
        faults.append(f"{option}: file path {path} must be an absolute path to a file or directory")
    elif not place.exists():
        faults.append(f"{option}: file path {path} does not exist")
    elif place.is_file():
        return [str(place)]
    else:
        files = [str(file) for file in sorted(place.iterdir()) if file.is_file()]
        if not files:
            faults.append(f"{option}: found zero files in {path}")
        return files
    return []


def _settings(
    arguments: argparse.Namespace, configuration: Path, faults: list[str]
) -> Iterator[tuple[str, str]]:
    events = arguments.spark_event_logs_s3_uri or arguments.local_spark_event_logs_dir
    if events:
        if events.startswith("/"):
            Path(events).mkdir(parents=True, exist_ok=True)
            events = f"file://{events}"
        yield from (("spark.eventLog.enabled", "true"), ("spark.eventLog.dir", events))
    if configuration.is_file():
        yield from _classified(configuration, faults)


def _classified(configuration: Path, faults: list[str]) -> Iterator[tuple[str, str]]:
    try:
        content = json.loads(configuration.read_text())
        entries = [content] if isinstance(content, dict) else list(content)
        found = [(entry["Classification"], dict(entry.get("Properties", {}))) for entry in entries]
    except (ValueError, TypeError, KeyError) as error:
        faults.append(f"{configuration}: not a list of classifications: {error!r}")
        return
    for classification, properties in found:
        prefix = PREFIXES.get(classification)
        if prefix is None:
            print(f"[smspark-submit: {classification} has no use on one machine; left out]")
            continue
        yield from _prefixed(prefix, properties)


def _prefixed(prefix: str, properties: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in properties.items():
        yield f"{prefix}{name}", str(value)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="smspark-submit", allow_abbrev=False)
    parser.add_argument("--class", dest="class_name", help="the application's main class")
    for option in FILE_LISTS:
        parser.add_argument(option, help="a directory, or paths separated by commas")
    parser.add_argument("--spark-event-logs-s3-uri", help="where event logs go in S3")
    parser.add_argument("--local-spark-event-logs-dir", help="where event logs go here")
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("app", help="a Python file or a jar")
    parser.add_argument("rest", nargs=argparse.REMAINDER, help="the application's own arguments")
    return parser


if __name__ == "__main__":
    main()
