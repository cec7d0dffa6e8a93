"""approved-package: the newest approved model as the settings of each stage's stack.

The deploy pipeline's build runs it: it writes what CloudFormation takes, a template and one file of
parameters and tags for each stage, into the names that AWS's project templates use. To have nothing
to deploy is no failure of the pipeline, so that its build asks with --or-none, and skips the stages
if the answer is none.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model_deploy import registry
from model_deploy.deployments import Origin, origin_of
from model_deploy.registry import ModelPackage, NoModelPackageError, NothingApprovedError
from pipelines.build import UnknownPipelineError
from pipelines.command_line import UsageError, client, command, region_from
from pipelines.endpoint.deployment import Stage
from pipelines.upsert import project_tags

TEMPLATE = Path(__file__).resolve().parent / "endpoint.yaml"
GROUP_VARIABLE = "SOURCE_MODEL_PACKAGE_GROUP_NAME"
TEMPLATE_VARIABLE = "EXPORT_TEMPLATE_NAME"
_STAGE_TAG = "sagemaker:deployment-stage"
# The names of the files, by stage. Source: AWS's own project templates.
_CONFIG_VARIABLES = {
    "staging": "EXPORT_TEMPLATE_STAGING_CONFIG",
    "prod": "EXPORT_TEMPLATE_PROD_CONFIG",
}
# Parameters that are the same in all stages, and the variables that the pipeline's build has.
_SHARED = {
    "SageMakerProjectName": "SAGEMAKER_PROJECT_NAME",
    "SageMakerProjectId": "SAGEMAKER_PROJECT_ID",
    "ModelExecutionRoleArn": "MODEL_EXECUTION_ROLE_ARN",
    "KmsKeyArn": "KMS_KEY_ARN",
}
# Those that a project may have or not.
_OPTIONAL = {
    "SubnetIds": "SUBNET_IDS",
    "SecurityGroupIds": "SECURITY_GROUP_IDS",
    "NotificationTopicArn": "NOTICES_TOPIC_ARN",
}
# What stands in the file of --or-none instead of an ARN; pipeline.yaml's conditions look for it.
NONE = "none"
_PARAMETER_NAME = re.compile(r"^  (\w+):", re.M)


@command("approved-package", NoModelPackageError, usage=(UnknownPipelineError,))
def main(
    argv: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    make_client: Callable[[str, str], Any] = client,
) -> int:
    """Writes the files; 0, or 1 when nothing is approved or AWS refuses, 2 on a wrong command.

    With --or-none, 0 also when nothing is approved.
    """
    arguments = _parser().parse_args(argv)
    region = region_from(arguments, environment)
    group = arguments.group or environment.get(GROUP_VARIABLE, "")
    _require(group, environment)
    sagemaker = make_client("sagemaker", region)
    try:
        package = registry.newest_approved(sagemaker, group)
    except NothingApprovedError as nothing:
        if arguments.or_none is None:
            raise
        _answer(arguments.or_none, NONE)
        print(f"Nothing is approved: nothing is deployed, and what is served stays. {nothing}")
        return 0
    before = registry.approved_before(sagemaker, package)
    stages = stages_of(origin_of(sagemaker, package, environment))
    tags = project_tags(sagemaker, environment)
    configs = {
        name: config(Candidate(package, before), name, stage, tags, environment)
        for name, stage in stages.items()
    }
    check_parameters(configs)
    _write(arguments.directory, configs, environment)
    if arguments.or_none is not None:
        _answer(arguments.or_none, package.arn)
    print(f"Newest approved model of {group}: version {package.version}, {package.arn}")
    return 0


def _require(group: str, environment: Mapping[str, str]) -> None:
    wanted = [*_SHARED.values(), "ARTIFACT_BUCKET", *_CONFIG_VARIABLES.values(), TEMPLATE_VARIABLE]
    missing = [name for name in wanted if not environment.get(name)]
    missing += [] if group else [f"the model package group (or {GROUP_VARIABLE})"]
    if missing:
        raise UsageError(f"Missing in the environment: {', '.join(missing)}.")


def stages_of(origin: Origin) -> Mapping[str, Stage]:
    """The stages of a project, as the pipeline that made the model has them.

    Raises:
        UsageError: it lacks one.
    """
    stages = origin.deployment.stages
    missing = sorted(_CONFIG_VARIABLES.keys() - stages.keys())
    if missing:
        raise UsageError(
            f"pipelines/{origin.folder}/endpoint.py has no stage {', '.join(missing)}; "
            f"it has: {', '.join(stages)}."
        )
    return {name: stages[name] for name in _CONFIG_VARIABLES}


@dataclass(frozen=True)
class Candidate:
    """The newest approved model package, and the one that was approved before it, if any."""

    package: ModelPackage
    before: ModelPackage | None


def config(
    candidate: Candidate,
    name: str,
    stage: Stage,
    tags: Mapping[str, str],
    environment: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """A stage's template configuration: Parameters and Tags, all strings."""
    parameters = {
        **{parameter: environment[variable] for parameter, variable in _SHARED.items()},
        **{
            parameter: environment[variable]
            for parameter, variable in _OPTIONAL.items()
            if environment.get(variable)
        },
        "StageName": name,
        "EndpointName": f"{environment['SAGEMAKER_PROJECT_NAME']}-{name}",
        **_models(candidate, stage.template.get("Kind", "")),
        "InstanceType": stage.instance_type,
        "InstanceCount": str(stage.instance_count),
        **_places(name, stage, f"s3://{environment['ARTIFACT_BUCKET']}"),
        **{key: value for key, value in stage.template.items() if key != "Kind"},
    }
    return {"Parameters": parameters, "Tags": {**tags, _STAGE_TAG: name}}


def check_parameters(configs: Mapping[str, Mapping[str, Mapping[str, str]]]) -> None:
    """Holds the parameters of all stages to those that the endpoint template has.

    Raises:
        UsageError: naming every parameter that it does not have, and those that it has.
    """
    known = template_parameters(TEMPLATE.read_text(encoding="utf-8"))
    unknown = {name: sorted(each["Parameters"].keys() - known) for name, each in configs.items()}
    faults = [
        f"Stage {name} sets what {TEMPLATE.name} has no parameter for: {', '.join(found)}."
        for name, found in unknown.items()
        if found
    ]
    if faults:
        raise UsageError(f"{' '.join(faults)} It has: {', '.join(sorted(known))}.")


def _models(candidate: Candidate, kind: str) -> dict[str, str]:
    """Which model answers, and which one gets copies of the requests.

    A shadow stands behind the model that was approved before it; the first one has none before it,
    and answers itself.
    """
    if kind != "Shadow":
        return {"Kind": kind or "RealTime", "ModelPackageName": candidate.package.arn}
    if candidate.before is None:
        return {"Kind": "RealTime", "ModelPackageName": candidate.package.arn}
    return {
        "Kind": kind,
        "ModelPackageName": candidate.before.arn,
        "ShadowModelPackageName": candidate.package.arn,
    }


def _places(name: str, stage: Stage, bucket_s3_uri: str) -> dict[str, str]:
    """Where a stage keeps what it was asked and answered."""
    places = {}
    if stage.data_capture_percentage:
        places["DataCaptureS3Uri"] = f"{bucket_s3_uri}/data-capture/{name}"
        places["DataCapturePercentage"] = str(stage.data_capture_percentage)
    if stage.template.get("Kind") == "Asynchronous":
        places["AsyncOutputS3Uri"] = f"{bucket_s3_uri}/answers/{name}"
        places["AsyncFailureS3Uri"] = f"{bucket_s3_uri}/failures/{name}"
    return places


def template_parameters(template: str) -> frozenset[str]:
    """The names of a template's parameters, without a YAML reader, which the build has not."""
    section = re.search(r"^Parameters:\n((?:[ #].*\n|\n)*)", template, re.M)
    return frozenset(_PARAMETER_NAME.findall(section[1])) if section else frozenset()


def _write(
    directory: Path, configs: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str]
) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / environment[TEMPLATE_VARIABLE]).write_bytes(TEMPLATE.read_bytes())
    for name, content in configs.items():
        path = directory / environment[_CONFIG_VARIABLES[name]]
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        print(f"Wrote {path}")


def _answer(path: Path, answer: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{answer}\n", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="approved-package",
        description="Writes the endpoint template and each stage's settings for CloudFormation.",
    )
    parser.add_argument("group", nargs="?", metavar="GROUP", help=f"[{GROUP_VARIABLE}]")
    parser.add_argument("--directory", type=Path, default=Path(), help="where to [here]")
    parser.add_argument(
        "--or-none",
        type=Path,
        metavar="FILE",
        help="write the model package's ARN into FILE; if nothing is approved, that is no failure, "
        f"nothing else is written, and FILE says {NONE}",
    )
    parser.add_argument("--region", help="region [AWS_REGION or AWS_DEFAULT_REGION]")
    return parser


if __name__ == "__main__":
    sys.exit(main())
