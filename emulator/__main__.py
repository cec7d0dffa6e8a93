"""``python -m emulator``: start, stop and use the emulator."""

import sys

from emulator.commands import main

sys.exit(main())
