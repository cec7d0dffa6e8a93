"""Steps that run a program: a script on AWS's images or on Spark, or what an image has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.sdk.jobs import Channel, Compute, Script, cache_config
from pipelines.sdk.session import Build
from pipelines.sdk.values import as_text
from pipelines.source import ARCHIVE_NAME, SourceArchive

CODE_INPUT = "/opt/ml/processing/input/code"

# AWS's processing images start nothing by themselves and do not install requirements.txt.
# SageMaker takes at most 256 characters for each item of an entrypoint.
RUN_SCRIPT = (
    "mkdir -p /opt/ml/code && cd /opt/ml/code"
    f" && tar -xzf {CODE_INPUT}/{ARCHIVE_NAME}"
    " && if [ -f requirements.txt ]; then python3 -m pip install -q -r requirements.txt; fi"
    ' && exec python3 "$0" "$@"'
)


@dataclass(frozen=True)
class Program:
    """A program that an image of one's own has, with its first arguments, to run as a job."""

    image_uri: str
    command: Sequence[str]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class SparkScript:
    """A Python file to submit in AWS's Spark image, and its environment."""

    image_uri: str
    source: SourceArchive
    environment: Mapping[str, str]


def processing_step(
    build: Build,
    name: str,
    processing: Script | SparkScript | Program,
    compute: Compute,
    *,
    arguments: Sequence[Any],
    inputs: Sequence[Channel],
    outputs: Sequence[Channel],
    expire_after: str,
    property_files: Mapping[str, tuple[str, str]] | None = None,
) -> Any:
    """A step that runs one script of a source, its requirements installed before, or a program.

    `property_files` maps a name to (output name, file name), for `values.json_value`.
    """
    from sagemaker.core.workflow.properties import PropertyFile
    from sagemaker.mlops.workflow.steps import ProcessingStep

    run = _processor(build, processing, compute).run(
        inputs=[_processing_input(channel) for channel in (*_code(processing), *inputs)],
        outputs=[_processing_output(channel) for channel in outputs],
        arguments=[as_text(argument) for argument in arguments] or None,
        # SageMaker names the job; a name that the SDK makes up would carry the time.
        job_name=name,
    )
    files = [PropertyFile(file, *place) for file, place in (property_files or {}).items()]
    return ProcessingStep(
        name, step_args=run, property_files=files, cache_config=cache_config(expire_after)
    )


def output_s3_uri(step: Any, output_name: str) -> Any:
    """Where a processing step put one of its outputs."""
    return step.properties.ProcessingOutputConfig.Outputs[output_name].S3Output.S3Uri


def _code(processing: Script | SparkScript | Program) -> list[Channel]:
    if isinstance(processing, Program):
        return []
    return [Channel("code", processing.source.s3_uri, CODE_INPUT)]


def _entrypoint(processing: Script | SparkScript | Program) -> list[str]:
    if isinstance(processing, Program):
        return list(processing.command)
    if isinstance(processing, SparkScript):
        return ["smspark-submit", f"{CODE_INPUT}/{processing.source.file_name}"]
    return ["/bin/bash", "-c", RUN_SCRIPT, processing.file]


def _processor(build: Build, processing: Script | SparkScript | Program, compute: Compute) -> Any:
    from sagemaker.core.processing import Processor

    return Processor(
        role=build.target.role_arn,
        image_uri=processing.image_uri,
        instance_count=compute.instance_count,
        instance_type=compute.instance_type,
        volume_size_in_gb=compute.volume_size_gb,
        max_runtime_in_seconds=compute.max_runtime_seconds,
        entrypoint=_entrypoint(processing),
        env={"PIP_DISABLE_PIP_VERSION_CHECK": "1", **processing.environment},
        sagemaker_session=build.session,
    )


def _processing_input(channel: Channel) -> Any:
    from sagemaker.core.shapes import ProcessingInput, ProcessingS3Input

    s3_input = ProcessingS3Input(
        s3_uri=channel.s3_uri,
        local_path=channel.local_path,
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    return ProcessingInput(input_name=channel.name, s3_input=s3_input)


def _processing_output(channel: Channel) -> Any:
    from sagemaker.core.shapes import ProcessingOutput, ProcessingS3Output

    s3_output = ProcessingS3Output(
        s3_uri=channel.s3_uri, local_path=channel.local_path, s3_upload_mode="EndOfJob"
    )
    return ProcessingOutput(output_name=channel.name, s3_output=s3_output)
