"""``python -m emulator``: start, stop and use the emulator."""

import sys


def _run() -> int | str:
    try:
        from emulator.commands import main

        return main()
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("emulator"):
            raise
        return (
            f"{sys.executable} has no module {error.name!r}. Run scripts/setup, then use the "
            "Python that it made: .venv/bin/python -m emulator"
        )


sys.exit(_run())
