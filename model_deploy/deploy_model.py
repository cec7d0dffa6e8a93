"""deploy-model: puts the newest approved model of a group behind the endpoint of a stage."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_deploy import check_function, deployed, registry
from model_deploy.check_function import Function
from model_deploy.registry import ModelPackage, NoModelPackageError
from pipelines.build import (
    STEPS_DIRECTORY,
    UnknownPipelineError,
    build,
    default_cache_directory,
    load_module,
    name_in_sagemaker,
)
from pipelines.command_line import (
    UsageError,
    add_target_flags,
    client,
    command,
    pairs,
    say,
    target_from,
)
from pipelines.endpoint import deployment
from pipelines.endpoint.deployment import Stage
from pipelines.run import Clients, submit, wait
from pipelines.target import Target
from pipelines.upsert import PipelineRequest, project_tags

ROLE_VARIABLE = "MODEL_EXECUTION_ROLE_ARN"
GROUP_VARIABLE = "SOURCE_MODEL_PACKAGE_GROUP_NAME"


@command("deploy-model", NoModelPackageError, usage=(UnknownPipelineError,))
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Deploys; 0, or 1 when nothing is approved or the run fails, 2 when it cannot start."""
    words = sys.argv[1:] if argv is None else argv
    arguments = _parser().parse_args(words, argparse.Namespace(words=words))
    group = arguments.group or environment.get(GROUP_VARIABLE, "")
    if not group:
        raise UsageError(f"Missing: the model package group (or {GROUP_VARIABLE}).")
    target = target_from(arguments, environment, ROLE_VARIABLE)
    tags = pairs(arguments.tag, "--tag")
    return _deploy(arguments, group, target, tags, environment, make_client)


def _deploy(
    arguments: argparse.Namespace,
    group: str,
    target: Target,
    tags: Mapping[str, str],
    environment: Mapping[str, str],
    make_client: Callable[[str, str], Any],
) -> int:
    clients = Clients(*(make_client(name, target.region) for name in ("sagemaker", "s3", "logs")))
    package = registry.newest_approved(clients.sagemaker, group)
    print(f"Newest approved model of {group}: version {package.version}, {package.arn}")
    pipeline = _pipeline(arguments, clients.sagemaker, package)
    stage = _stage(arguments, pipeline)
    name = arguments.pipeline_name or name_in_sagemaker(pipeline)
    if not arguments.force and deployed.is_deployed(clients.sagemaker, name, stage, package.arn):
        print(f"Endpoint {stage.endpoint_name} serves it already; --force deploys it again.")
        return 0
    function = _function(arguments, target)
    did = check_function.ensure(make_client("lambda", target.region), function)
    print(f"{did} function {function.name}")
    request = PipelineRequest(
        name=name,
        definition=build(pipeline, target, default_cache_directory(environment), say).definition,
        role_arn=target.role_arn,
        description="Deploys an approved model package to an endpoint and checks it.",
        tags=project_tags(clients.sagemaker, environment) | dict(tags),
    )
    return _run(arguments, clients, request, stage, package)


def _run(
    arguments: argparse.Namespace,
    clients: Clients,
    request: PipelineRequest,
    stage: Stage,
    package: ModelPackage,
) -> int:
    parameters = {"ModelPackageArn": package.arn, **stage.parameters()}
    arn = submit(clients, request, (), parameters, sys.stdout)
    if not arguments.wait or wait(clients, request.name, arn, sys.stdout, sys.stderr).has_succeeded:
        return 0
    if deployed.is_serving(clients.sagemaker, stage, package.arn):
        print(_way_back(arguments, stage, package), file=sys.stderr)
    return 1


def _way_back(arguments: argparse.Namespace, stage: Stage, package: ModelPackage) -> str:
    """What to say when an endpoint serves a model whose deployment failed."""
    reject = ["approve-model", package.group, "--version", str(package.version), "--reject"]
    reject += ["--note", "TEXT", *(["--region", arguments.region] if arguments.region else [])]
    return (
        f"\nEndpoint {stage.endpoint_name} serves version {package.version} now, {package.arn},\n"
        "although this deployment failed. To go back to the version approved before it:\n"
        f"  {shlex.join(reject)}\n"
        f"  {shlex.join(['deploy-model', *arguments.words])}"
    )


def _pipeline(arguments: argparse.Namespace, sagemaker: Any, package: ModelPackage) -> str:
    """The name of the pipeline that deploys the package."""
    made_by = arguments.pipeline or registry.pipeline_of(sagemaker, package)
    if not made_by:
        raise UsageError(
            f"The model package does not say which pipeline made it: its customer metadata has no "
            f"{deployment.PIPELINE_PROPERTY}. Give it: --pipeline NAME, a folder of pipelines/."
        )
    return f"{made_by}.endpoint"


def _stage(arguments: argparse.Namespace, pipeline: str) -> Stage:
    stages: Mapping[str, Stage] = load_module(pipeline).DEPLOYMENT.stages
    name = arguments.stage or next(iter(stages))
    if name not in stages:
        raise UsageError(f"There is no stage {name!r}: expected one of {', '.join(stages)}.")
    return stages[name]


def _function(arguments: argparse.Namespace, target: Target) -> Function:
    return Function(
        name=deployment.FUNCTION_NAME,
        role_arn=arguments.lambda_role_arn or target.role_arn,
        runtime=deployment.FUNCTION_RUNTIME,
        timeout_seconds=deployment.FUNCTION_TIMEOUT_SECONDS,
        code=check_function.pack(STEPS_DIRECTORY / "endpoint_check"),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="deploy-model",
        description="Deploys the newest approved model of a group to a stage's endpoint.",
    )
    parser.add_argument("group", nargs="?", metavar="GROUP", help=f"[{GROUP_VARIABLE}]")
    parser.add_argument("--stage", help="stage of the model's deployment [its first, staging]")
    parser.add_argument(
        "--pipeline", metavar="NAME", help="folder of pipelines/ that says how [the package's own]"
    )
    add_target_flags(parser, ROLE_VARIABLE)
    parser.add_argument("--lambda-role-arn", help="role of the checking function [--role-arn]")
    parser.add_argument("--pipeline-name", help="its name in SageMaker [NAME-endpoint]")
    parser.add_argument(
        "--tag", action="append", default=[], metavar="KEY=VALUE", help="may be repeated"
    )
    parser.add_argument("--force", action="store_true", help="deploy what is deployed already")
    parser.add_argument("--wait", action="store_true", help="show the steps until the run ends")
    return parser


if __name__ == "__main__":
    sys.exit(main())
