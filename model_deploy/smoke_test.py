"""smoke-test: asks what a stage serves each of the model's questions, and checks the answers."""

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from model_deploy import registry
from model_deploy.asking import NoAnswerError, Served, ask
from pipelines.build import UnknownPipelineError, load_module
from pipelines.command_line import UsageError, client, ends_on_interrupt, fail, region_from
from pipelines.endpoint.deployment import Deployment

_VARIABLES = ("SAGEMAKER_PROJECT_NAME", "SAGEMAKER_PROJECT_ID", "ARTIFACT_BUCKET")


@ends_on_interrupt
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Asks; 0, or 1 when an answer is wrong or AWS refuses, 2 on a wrong command."""
    arguments = _parser().parse_args(argv)
    try:
        region = region_from(arguments, environment)
        missing = [name for name in _VARIABLES if not environment.get(name)]
        if missing:
            raise UsageError(f"Missing in the environment: {', '.join(missing)}.")

        def make(service: str) -> Any:
            return make_client(service, region)

        outputs = _outputs(make("cloudformation"), arguments.stage, environment)
        deployment = _deployment(make("sagemaker"), outputs["ModelName"], environment)
        return _ask_all(deployment, arguments.stage, outputs, environment, make)
    except (UsageError, UnknownPipelineError) as error:
        return fail(str(error))
    except (ClientError, BotoCoreError) as error:
        print(f"smoke-test: {error}", file=sys.stderr)
        return 1


def _deployment(sagemaker: Any, model_name: str, environment: Mapping[str, str]) -> Deployment:
    """The questions of the pipeline that made the model which the stage serves."""
    container = sagemaker.describe_model(ModelName=model_name)["PrimaryContainer"]
    package = registry.by_arn(sagemaker, container["ModelPackageName"])
    folder = registry.pipeline_of(sagemaker, package) or environment.get("PIPELINE", "")
    deployment: Deployment = load_module(f"{folder}.endpoint").DEPLOYMENT
    return deployment


def _outputs(cloudformation: Any, stage: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    project = f"{environment['SAGEMAKER_PROJECT_NAME']}-{environment['SAGEMAKER_PROJECT_ID']}"
    name = f"sagemaker-{project}-{stage}"
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}


def _ask_all(
    deployment: Deployment,
    stage_name: str,
    outputs: Mapping[str, str],
    environment: Mapping[str, str],
    make: Callable[[str], Any],
) -> int:
    stage = deployment.stages[stage_name]
    kind = stage.template.get("Kind", "RealTime")
    served = Served(
        endpoint_name=f"{environment['SAGEMAKER_PROJECT_NAME']}-{stage_name}",
        model_name=outputs["ModelName"],
        instance_type=stage.instance_type,
        bucket=environment["ARTIFACT_BUCKET"],
        make=make,
    )
    failed = 0
    for name, check in deployment.checks.items():
        try:
            print(f"{name}: {ask(served, kind, check)}", flush=True)
        except NoAnswerError as error:
            print(f"{name} failed: {error}", file=sys.stderr, flush=True)
            failed += 1
    print(f"{len(deployment.checks) - failed} of {len(deployment.checks)} answers are right.")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="smoke-test",
        description="Asks what a stage of a project serves, and checks the answers.",
    )
    parser.add_argument("--stage", required=True, choices=("staging", "prod"))
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
