"""SageMaker Runtime: invocations of endpoints.

traffic      instances, variants and fleets, and how requests are shared among them
fleets       where the traffic of each endpoint goes now
connections  kept-alive HTTP connections to one of them
invocations  InvokeEndpoint
capture      what was asked and answered, as JSON lines in S3
"""

from emulator.context import Context
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.invocations import OPERATIONS

__all__ = ["OPERATIONS", "shut_down"]


def shut_down(context: Context) -> None:
    """Write the captured data that is not yet in S3."""
    fleets_of(context).captures.close()
