"""A session of the SDK that asks AWS for nothing, and the definition that comes out of it."""

import json
import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pipelines.target import Target


@dataclass(frozen=True)
class Build:
    """One build of one definition: the SDK's pipeline session, and where the definition is for."""

    session: Any
    target: Target


@contextmanager
def building(target: Target) -> Iterator[Build]:
    """Gives a session that asks AWS for nothing: role, bucket and region are the target's.

    The SDK's own configuration files are not read, because a definition may not depend on the
    machine that built it.
    """
    # Importing the SDK creates clients: without a region that fails, and without credentials it
    # waits for an instance's metadata service. It checks roles through IAM unless told not to.
    settings = {
        "AWS_DEFAULT_REGION": target.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAGEMAKER_VALIDATE_ROLE": "false",
    }
    with _environment(settings), warnings.catch_warnings():
        _ignore_warnings_of_the_sdk()
        with _quiet_logging():
            yield Build(_session(target), target)


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _quiet_logging() -> Iterator[None]:
    # The import gives the root logger a handler, so that every library's INFO is printed from then
    # on. The SDK tells each configuration file that it looks for, and warns of each job name that
    # it leaves to SageMaker, which is what we want.
    root, before = logging.getLogger(), logging.root.manager.disable
    handlers, level = list(root.handlers), root.level
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
        root.handlers[:] = handlers
        root.setLevel(level)


def _ignore_warnings_of_the_sdk() -> None:
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", "Running within a PipelineSession", UserWarning)
    warnings.filterwarnings("ignore", "Lambda function won't be updated", UserWarning)


def _session(target: Target) -> Any:
    import boto3
    from sagemaker.core.workflow.pipeline_context import PipelineSession

    # Given here, the configuration replaces the files; without it, each call starts a thread that
    # reports to a fixed host.
    modules = {"Modules": {"TelemetryOptOut": True}}
    return PipelineSession(
        boto_session=boto3.Session(region_name=target.region),
        default_bucket=target.bucket,
        sagemaker_config={"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": modules}},
    )


def image_uri(
    build: Build,
    framework: str,
    version: str,
    py_version: str | None = None,
    image_scope: str | None = None,
    container_version: str | None = None,
) -> str:
    """The address of an AWS image: framework "xgboost" or "sklearn", version as in "3.2-0".

    Deep learning frameworks ("mxnet") have images by Python ("py38") and by scope ("training" or
    "inference"), always the one for processors without an accelerator. That of "spark" has a
    version of its container ("v1") besides.
    """
    from sagemaker.core import image_uris

    return str(
        image_uris.retrieve(
            framework,
            build.target.region,
            version=version,
            py_version=py_version,
            # What an image runs on decides whether it is the one for accelerators.
            instance_type="ml.m5.xlarge" if image_scope else None,
            image_scope=image_scope,
            container_version=container_version,
        )
    )


def definition(
    build: Build, parameters: Sequence[Any], steps: Sequence[Any], *, is_experiment: bool = False
) -> str:
    """The pipeline definition as JSON: the same text for the same arguments, in every process.

    `is_experiment`: SageMaker records the pipeline as an experiment and each execution as a trial
    of it, with the jobs of its steps, in the regions that have Experiments.
    """
    from sagemaker.mlops.workflow.pipeline import Pipeline

    pipeline = Pipeline(
        parameters=list(parameters),
        steps=list(steps),
        sagemaker_session=build.session,
        # The SDK names the experiment like the pipeline and the trial like the execution.
        **({} if is_experiment else {"pipeline_experiment_config": None}),
    )
    document = json.loads(pipeline.definition())
    return json.dumps(_without_nulls(document), indent=2) + "\n"


def _without_nulls(value: Any) -> Any:
    # The SDK writes null for what was not asked for; no API shape has a null member.
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
