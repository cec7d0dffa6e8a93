"""A measured figure beside its target, and the table they are printed in."""

import os
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, against what, and the bound the ratio or value should keep.

    Attributes:
        value: The measured value in words, with its unit.
        compared: The floor or the peer of the same run, in words; empty if there is none.
        number: What the bound is about: a ratio, or the value itself.
        bound: The target; met if ``number`` is at most, or for ``at_least`` at least, this.
    """

    name: str
    value: str
    compared: str
    number: float
    bound: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return self.number >= self.bound if self.at_least else self.number <= self.bound


def machine() -> str:
    """The machine in one line, as every quoted figure needs it."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} cores of {model}, {memory_gb:.0f} GB, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def print_figures(figures: Iterable[Figure]) -> None:
    """Print the table; figures that miss their target say so."""
    table = Table(title=f"Measured on {machine()}", title_justify="left")
    for column in ("figure", "measured", "against", "number", "target", ""):
        table.add_column(column, justify="right" if column in ("number", "target") else "left")
    for figure in figures:
        sign = ">=" if figure.at_least else "<="
        table.add_row(
            figure.name,
            figure.value,
            figure.compared,
            f"{figure.number:.3g}",
            f"{sign} {figure.bound:g}",
            "met" if figure.is_met else "missed",
        )
    Console(width=150).print(table)


def median_seconds(run: Callable[[], object], times: int) -> float:
    """The median duration of a call, after one that warms up."""
    run()
    durations = []
    for _ in range(times):
        start = perf_counter()
        run()
        durations.append(perf_counter() - start)
    return median(durations)
