"""scripts/demo: one pipeline, or all of them, from data to an endpoint that answers."""

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from demos import images, loop
from demos.demo import load, names

ACCOUNT_ID = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/AmazonSageMaker-ExecutionRole"
SCRIPTS = Path(__file__).parent.parent

console = Console(highlight=False)


def main(argv: list[str] | None = None) -> int:
    """Prepare or run the demos; 0, or the exit code of the first command that fails."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    chosen = names() if arguments.all else [arguments.pipeline]
    if chosen[0] not in names():
        parser.error(f"--pipeline: no demo of {chosen[0]}; there are {', '.join(names())}")
    given = _given(parser, arguments)
    if arguments.prepare:
        return max(_prepare(name) for name in chosen)
    place = loop.Place(arguments.role_arn, arguments.bucket)
    outcomes = [_run(name, given, place, arguments.user) for name in chosen]
    if len(chosen) > 1:
        _show(chosen, outcomes)
    console.print("Stop everything: python -m emulator down; the next `up` serves it again.")
    return max(code for code, _ in outcomes)


def _prepare(name: str) -> int:
    needed = load(name).needs
    if needed:
        done = subprocess.run([SCRIPTS / "install-system-packages", *needed], check=False)
        if done.returncode != 0:
            return done.returncode
    return images.prepare(name)


def _run(
    name: str, given: Mapping[str, Path], place: loop.Place, user_id: str
) -> tuple[int, float]:
    """One demo's exit code and seconds."""
    start = time.perf_counter()
    demo = load(name)
    code = 0
    try:
        loop.run(name, demo, given or demo.inputs(), place, user_id, console)
    except loop.DemoFailed as failed:
        code = failed.exit_code
    seconds = time.perf_counter() - start
    console.print(f"\nThe whole loop took {seconds:.1f} s.")
    return code, seconds


def _show(chosen: list[str], outcomes: list[tuple[int, float]]) -> None:
    table = Table(title="All pipelines", title_justify="left")
    for column in ("pipeline", "seconds", "outcome"):
        table.add_column(column, justify="right" if column == "seconds" else "left")
    for name, (code, seconds) in zip(chosen, outcomes, strict=True):
        outcome = "an endpoint answered" if code == 0 else f"failed with exit code {code}"
        table.add_row(name, f"{seconds:.0f}", outcome)
    console.print()
    console.print(table)


def _given(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> dict[str, Path]:
    """The files of one's own, by the parameter that they are for."""
    flags = {"RatingsS3Uri": arguments.ratings, "ItemsS3Uri": arguments.items}
    given = {parameter: arguments.relative_to / path for parameter, path in flags.items() if path}
    if len(given) == 1:
        parser.error("--ratings and --items go together: give both, or none.")
    if given and arguments.all:
        parser.error("--ratings and --items are for one --pipeline that takes both.")
    missing = [str(path) for path in given.values() if not path.is_file()]
    if missing:
        parser.error(f"no such file: {', '.join(missing)}")
    return given


def _parser() -> argparse.ArgumentParser:
    told = "\n".join(f"  {name:<28} {load(name).description}" for name in names())
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="From data to an endpoint that answers, through a SageMaker pipeline.",
        epilog=f"pipelines:\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--pipeline", default="book_ratings", metavar="NAME", help="[book_ratings]")
    which.add_argument("--all", action="store_true", help="every pipeline, one after the other")
    parser.add_argument(
        "--ratings", type=Path, metavar="FILE", help="user_id,book_id,rating (or RecBole .inter)"
    )
    parser.add_argument("--items", type=Path, metavar="FILE", help="book_id,...,title,...")
    parser.add_argument("--user", default="1", metavar="ID", help="whom to recommend to [1]")
    parser.add_argument("--role-arn", default=ROLE_ARN, help="default: the emulator's own role")
    parser.add_argument("--bucket", default=f"sagemaker-{loop.REGION}-{ACCOUNT_ID}")
    parser.add_argument("--relative-to", type=Path, default=Path(), help=argparse.SUPPRESS)
    parser.add_argument("--prepare", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
