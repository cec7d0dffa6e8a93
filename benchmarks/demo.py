"""The demo's loop, first from nothing, then once more. usage: python -m benchmarks.demo."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, print_figures
from benchmarks.running import Server, emulator

ROOT = Path(__file__).resolve().parent.parent
DEMO = [sys.executable, "-m", "demos"]
SCRIPTS = {"PYTHONPATH": str(ROOT / "scripts")}


def measure() -> list[Figure]:
    """The loop's wall time on MovieLens 100K: everything runs, and everything is reused."""
    prepare = [*DEMO, "--prepare"]
    subprocess.run(prepare, check=True, stdout=subprocess.DEVNULL, env=os.environ | SCRIPTS)
    # A cache of its own, because definitions that an earlier run has built are kept in it.
    with emulator() as server, tempfile.TemporaryDirectory() as cache:
        first, again = _loop_seconds(server, cache), _loop_seconds(server, cache)
    return [
        Figure("demo: 100,000 ratings to an answering endpoint", f"{first:.1f} s", "", first, 60),
        Figure("demo: second run, all jobs reused", f"{again:.1f} s", f"{first:.1f} s", again, 10),
    ]


def _loop_seconds(server: Server, cache: str) -> float:
    environment = server.command_environment() | SCRIPTS | {"XDG_CACHE_HOME": cache}
    start = time.perf_counter()
    done = subprocess.run(DEMO, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the demo failed:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - start


if __name__ == "__main__":
    print_figures(measure())
