"""An execution on the screen: a live table on a terminal, else one line for each change."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from pipelines.execution import Execution, Step

if TYPE_CHECKING:
    from rich.table import Table

_COLOURS = {"Succeeded": "green", "Failed": "red", "Stopped": "yellow", "Stopping": "yellow"}


@contextmanager
def showing(output: TextIO) -> Iterator[Callable[[Execution], None]]:
    """Gives the function that shows an execution; call it whenever the execution was read."""
    if not output.isatty():
        yield _lines(output)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(file=output), refresh_per_second=4) as live:
        yield lambda execution: live.update(table(execution, datetime.now(UTC)))


def table(execution: Execution, now: datetime) -> "Table":
    """The steps of an execution, one row each."""
    from rich.table import Table
    from rich.text import Text

    execution_id = execution.arn.rsplit("/", 1)[-1]
    rows = Table("Step", "Status", "Seconds", title=f"Execution {execution_id}")
    rows.add_column("Note", overflow="fold")
    for step in execution.steps:
        status = Text(step.status, style=_COLOURS.get(step.status, "cyan"))
        rows.add_row(Text(step.name), status, _seconds(step, now), Text(note(step)))
    return rows


def note(step: Step) -> str:
    """What a step's row says besides its status."""
    if step.reused_from:
        return f"reused from execution {step.reused_from.rsplit('/', 1)[-1]}"
    if step.failure_reason:
        return _cause(step.failure_reason)
    attempt = f"attempt {step.attempts}" if step.attempts > 1 else ""
    return ", ".join(filter(None, (attempt, step.detail))) or outcome(step)


def _cause(failure_reason: str) -> str:
    """The first line of a reason, and what a training toolkit has put behind it: the error itself.

    Source: ExecuteUserScriptError of sagemaker-training: "ExitCode 1", 'ErrorMessage "..."'.
    """
    first, *others = failure_reason.splitlines()
    told = dict(line.partition(" ")[::2] for line in reversed(others))
    message = told.get("ErrorMessage", "").strip('"')
    exit_code = f"ExitCode {told['ExitCode']}" if "ExitCode" in told else ""
    return " ".join(filter(None, (first, message or exit_code)))


def outcome(step: Step) -> str:
    """The result that a step's metadata tells, for steps that make no job."""
    details: Any = step.metadata.get(step.type, {})
    if step.type == "Condition" and details.get("Outcome"):
        return f"outcome {details['Outcome']}"
    if step.type == "RegisterModel":
        return step.arn
    return ""


def _lines(output: TextIO) -> Callable[[Execution], None]:
    told: dict[str, tuple[str, str]] = {}

    def show(execution: Execution) -> None:
        for step in execution.steps:
            now = (step.status, step.detail)
            if told.get(step.name) != now:
                told[step.name] = now
                print(_line(step), file=output, flush=True)

    return show


def _line(step: Step) -> str:
    now = datetime.now(UTC)
    seconds = f"{_seconds(step, now)} s" if step.has_ended else ""
    words = [f"{now:%H:%M:%S}", f"{step.name:24}", f"{step.status:10}", f"{seconds:>10}"]
    return "  ".join([*words, note(step)]).rstrip()


def _seconds(step: Step, now: datetime) -> str:
    seconds = step.seconds(now)
    return "" if seconds is None else f"{seconds:.1f}"
