"""smoke-test: asks what a stage serves each of the model's questions, and checks the answers."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_deploy import asking, registry
from model_deploy.deployments import origin_of
from model_deploy.stages import STAGES, require, stack_name
from pipelines.build import UnknownPipelineError
from pipelines.command_line import client, command, region_from
from pipelines.endpoint.deployment import Deployment
from pipelines.stacks import find_stack


class NotDeployedError(Exception):
    """The stage's stack serves no model that could be asked."""


@dataclass(frozen=True)
class Stack:
    """The stack of a stage: what it was given, defaults too, and what it made."""

    name: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def kind(self) -> str:
        """How the stage answers: the template's Kind, whatever the code says by now."""
        return self.parameters["Kind"]


@command("smoke-test", NotDeployedError, usage=(UnknownPipelineError,))
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Asks; 0, or 1 when an answer is wrong or AWS refuses, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    require(environment, "ARTIFACT_BUCKET")

    def make(service: str) -> Any:
        return make_client(service, region)

    stack = _stack(make("cloudformation"), arguments.stage, environment)
    deployment = _deployment(make("sagemaker"), stack, environment)
    return _ask_all(deployment, _served(stack, environment, make), stack.kind)


def _stack(cloudformation: Any, stage: str, environment: Mapping[str, str]) -> Stack:
    """The stage's stack, once it has made a model.

    Raises:
        NotDeployedError: it has not, as after a creation that was rolled back.
    """
    name = stack_name(stage, environment)
    found = find_stack(cloudformation, name)
    if found is None:
        raise NotDeployedError(f"There is no stack {name}: the stage has not been deployed.")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())}
    if "ModelName" not in outputs:
        raise NotDeployedError(
            f"Stack {name} serves no model: it is {found['StackStatus']} and has no output "
            "ModelName. Its events say why."
        )
    parameters = {
        each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", ())
    }
    return Stack(name, parameters, outputs)


def _deployment(sagemaker: Any, stack: Stack, environment: Mapping[str, str]) -> Deployment:
    """The questions of the pipeline that made the model which answers."""
    model_name = stack.outputs["ModelName"]
    container = sagemaker.describe_model(ModelName=model_name).get("PrimaryContainer", {})
    if "ModelPackageName" not in container:
        raise NotDeployedError(
            f"Model {model_name} of stack {stack.name} is of no model package, so nothing tells "
            "what to ask it."
        )
    package = registry.by_arn(sagemaker, container["ModelPackageName"])
    return origin_of(sagemaker, package, environment).deployment


def _served(
    stack: Stack, environment: Mapping[str, str], make: Callable[[str], Any]
) -> asking.Served:
    return asking.Served(
        endpoint_name=stack.parameters["EndpointName"],
        config_name=stack.outputs.get("EndpointConfigName", ""),
        model_name=stack.outputs["ModelName"],
        instance_type=stack.parameters["InstanceType"],
        bucket=environment["ARTIFACT_BUCKET"],
        make=make,
    )


def _ask_all(deployment: Deployment, served: asking.Served, kind: str) -> int:
    failed = 0
    for name, check in deployment.checks.items():
        try:
            print(f"{name}: {asking.ask(served, kind, check)}", flush=True)
        except asking.NoAnswerError as error:
            print(f"{name} failed: {error}", file=sys.stderr, flush=True)
            failed += 1
    print(f"{len(deployment.checks) - failed} of {len(deployment.checks)} answers are right.")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="smoke-test",
        description="Asks what a stage of a project serves, and checks the answers.",
    )
    parser.add_argument("--stage", required=True, choices=STAGES)
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
