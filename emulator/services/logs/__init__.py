"""CloudWatch Logs: what jobs, endpoints and functions print, and the callers' own groups.

    files      the log files that jobs write, as groups and streams
    sources    a group's streams from both places: the files and the store
    patterns   filter patterns
    groups     operations on log groups
    tags       operations on tags of log groups
    streams    operations on log streams
    events     operations on log events

Rule: a caller's name is compared with names of files, it never becomes one.
"""

from collections.abc import Mapping

from emulator.context import Handler
from emulator.services.logs import events, groups, streams, tags

OPERATIONS: Mapping[str, Handler] = {
    **groups.OPERATIONS,
    **tags.OPERATIONS,
    **streams.OPERATIONS,
    **events.OPERATIONS,
}
