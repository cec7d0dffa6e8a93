"""SageMaker Runtime: invocations of endpoints.

instances    a server of an endpoint, or none while it is started again
on_demand    the server of a serverless variant
traffic      instances, variants and fleets, and how requests are shared among them
fleets       where the traffic of each endpoint goes now
connections  kept-alive HTTP connections to one of the servers
questions    what a server is asked, and who answered what
sending      one question to one server, its answer and its errors
asking       where a question goes, and what else is done until it is answered
serverless   questions to serverless variants
shadows      copies of questions for the shadow variants
invocations  InvokeEndpoint
async_requests     the queues of asynchronous endpoints
async_invocations  InvokeEndpointAsync
async_work         requests from the queues to the instances
async_outcomes     their answers to S3 and their notifications
sampling     which invocations are captured
capture      what was asked and answered, as JSON lines in S3
metrics      what CloudWatch tells of invocations, on its way there
utilization  how much of the machine the servers take
"""

from collections.abc import Mapping

from emulator.context import Context, Handler
from emulator.services.runtime import async_invocations, invocations
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.metrics import metrics_of

__all__ = ["OPERATIONS", "shut_down"]

OPERATIONS: Mapping[str, Handler] = {**invocations.OPERATIONS, **async_invocations.OPERATIONS}


def shut_down(context: Context) -> None:
    """Write the captured data that is not yet in S3, and what was measured."""
    fleets_of(context).captures.close()
    metrics_of(context).close(context)
