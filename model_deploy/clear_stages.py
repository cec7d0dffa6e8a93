"""clear-stages: lets a stage whose very first deployment failed be deployed again.

A stack whose creation was rolled back holds nothing and can only be deleted: CloudFormation neither
updates it nor creates another of its name. The deploy pipeline's build runs this before the stages.
A stack in any other state may serve, so it is left as it is.
Source: "Stack status codes" of the CloudFormation user guide, ROLLBACK_COMPLETE.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_deploy.stages import STAGES, require, stack_name
from pipelines.command_line import client, command, region_from
from pipelines.stacks import find_stack


@command("clear-stages")
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Deletes them; 0, or 1 when AWS refuses or a deletion fails, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    require(environment)
    cloudformation = make_client("cloudformation", region)
    for stage in STAGES:
        _clear(cloudformation, stack_name(stage, environment))
    return 0


def _clear(cloudformation: Any, name: str) -> None:
    stack = find_stack(cloudformation, name)
    if stack is None or stack["StackStatus"] != "ROLLBACK_COMPLETE":
        return
    print(f"The first deployment of {name} was rolled back: deleting what is left.", flush=True)
    # By its id, so that it is never a stack that somebody makes meanwhile.
    cloudformation.delete_stack(StackName=stack["StackId"])
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=stack["StackId"], WaiterConfig={"Delay": 2, "MaxAttempts": 150}
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="clear-stages",
        description="Deletes the stacks of stages whose very first deployment was rolled back.",
    )
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
