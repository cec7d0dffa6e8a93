"""Event patterns: read once with all their faults, then asked of each event. Pure.

``reading``    JSON text -> a tree of fields, each with its matchers
``operators``  the operand of each operator, checked, as a matcher
``matchers``   what a single value of an event has to be
``wildcards``  patterns with asterisks
``matching``   the tree against an event

Source: "Comparison operators for use in event patterns" of the EventBridge user guide, and AWS's
own matcher, github.com/aws/event-ruler, for what that page leaves open.
"""

from emulator.services.events.patterns.matching import matches, may_match
from emulator.services.events.patterns.reading import InvalidPattern, Pattern, read_pattern

__all__ = ["InvalidPattern", "Pattern", "matches", "may_match", "read_pattern"]
