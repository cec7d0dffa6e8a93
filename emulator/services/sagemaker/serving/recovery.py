"""Endpoints after a restart: what a killed emulator left running is ended, and all serve again."""

import shutil

from emulator.containers import end_leftovers
from emulator.context import Context
from emulator.services.runtime.fleets import fleets_of
from emulator.services.sagemaker.serving import deployments
from emulator.services.sagemaker.serving.instances import endpoints_directory
from emulator.services.sagemaker.serving.statuses import KIND, settle

_SERVING = ("InService", "Updating", "RollingBack", "UpdateRollbackFailed")


def recover(context: Context) -> None:
    """End what a killed emulator left running, and serve the endpoints again."""
    directory = endpoints_directory(context)
    end_leftovers(directory)
    shutil.rmtree(directory, ignore_errors=True)
    for document in context.store.list(KIND):
        name, status = document["EndpointName"], document["EndpointStatus"]
        if status in _SERVING:
            fleets_of(context).expect(name)
        context.workers.start(f"endpoint-{name}", _resume, context, name, status)


def _resume(context: Context, name: str, status: str) -> None:
    """Go on where the endpoint was when the emulator ended."""
    if status == "Creating":
        deployments.create(context, name)
    elif status == "Deleting":
        deployments.delete(context, name)
    elif status != "Failed":
        is_served = deployments.serve_again(context, name)
        if is_served and status == "Updating":
            deployments.update(context, name)
        elif is_served and status == "RollingBack":
            settle(context, name, "InService")
