"""status: what runs, and what it holds."""

import argparse

from emulator.commands.running import describe, require_running


def status(arguments: argparse.Namespace) -> int:
    """Print the process and the number of resources by status."""
    described = describe(require_running(arguments.data))
    print(f"url      {described['Url']}")
    print(f"process  {described['Pid']}, {described['MemoryMegabytes']} MB at most so far")
    print(f"account  {described['AccountId']} in {described['Region']}")
    print(f"data     {described['DataDir']}")
    print(f"cache    {described['CacheDir']}")
    for kind, statuses in described["Resources"].items():
        if statuses:
            counts = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
            print(f"{kind:<24} {counts}")
    return 0
