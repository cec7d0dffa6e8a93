"""Steps that run a job: processing, tuning, training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
class Channel:
    """Data of a job: an S3 address (text or a pipeline variable) and where the job sees it.

    A training job sees a channel at /opt/ml/input/data/<name>, so `local_path` is for processing;
    `content_type` is for training by an image that reads files of several kinds.
    """

    name: str
    s3_uri: Any
    local_path: str = ""
    content_type: str | None = None


@dataclass(frozen=True)
class Compute:
    """What a job runs on; `instance_type` may be a pipeline variable, the rest may not."""

    instance_type: Any
    volume_size_gb: int
    max_runtime_seconds: int
    instance_count: int = 1


@dataclass(frozen=True)
class Script:
    """A script to run in a container: image, packed source, the file in it, its environment."""

    image_uri: str
    source: SourceArchive
    file: str
    environment: Mapping[str, str]


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


@dataclass(frozen=True)
class Algorithm:
    """An image that trains by itself: a built-in algorithm, or a container of one's own."""

    image_uri: str
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Range:
    """A hyperparameter range of a tuning job; whole numbers when both ends are `int`."""

    minimum: float
    maximum: float
    scaling: str = "Auto"


@dataclass(frozen=True)
class Tuning:
    """The aim and the limits of a tuning job.

    `metric_regex` finds the metric's values in the log; None with a built-in algorithm, which
    brings its own.
    """

    metric: str
    metric_regex: str | None
    metric_aim: str
    strategy: str
    jobs: int
    parallel_jobs: int
    seed: int
    ranges: Mapping[str, Range]


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
        name, step_args=run, property_files=files, cache_config=_cache(expire_after)
    )


def training_step(
    build: Build,
    name: str,
    training: Script | Algorithm,
    compute: Compute,
    *,
    output_s3_uri: Any,
    hyperparameters: Mapping[str, Any],
    inputs: Sequence[Channel],
    expire_after: str,
    metrics: Mapping[str, str] | None = None,
) -> Any:
    """A step that trains, by a script or by the image itself.

    Hyperparameters may be pipeline variables. `metrics` maps the name of a metric to the regular
    expression that finds its values in the log; a built-in algorithm brings its own.
    """
    from sagemaker.mlops.workflow.steps import TrainingStep

    trainer = _trainer(build, training, compute, output_s3_uri, hyperparameters)
    if metrics:
        trainer.with_metric_definitions(_metric_definitions(metrics))
    run = trainer.train(input_data_config=[_training_input(channel) for channel in inputs])
    return TrainingStep(name, step_args=run, cache_config=_cache(expire_after))


def tuning_step(
    build: Build,
    name: str,
    training: Script | Algorithm,
    compute: Compute,
    *,
    output_s3_uri: Any,
    hyperparameters: Mapping[str, Any],
    inputs: Sequence[Channel],
    tuning: Tuning,
    expire_after: str,
    metrics: Mapping[str, str] | None = None,
) -> Any:
    """A step that searches the ranges with training jobs, for `best_hyperparameter` to read.

    `metrics` are kept of each training job besides the one that is tuned, as in `training_step`.
    """
    from sagemaker.mlops.workflow.steps import TuningStep
    from sagemaker.train.tuner import HyperparameterTuner

    definitions = dict(metrics or {})
    if tuning.metric_regex:
        definitions[tuning.metric] = tuning.metric_regex
    tuner = HyperparameterTuner(
        _trainer(build, training, compute, output_s3_uri, hyperparameters),
        tuning.metric,
        {hyperparameter: _range(ends) for hyperparameter, ends in tuning.ranges.items()},
        metric_definitions=[{"Name": name, "Regex": regex} for name, regex in definitions.items()]
        or None,
        strategy=tuning.strategy,
        objective_type=tuning.metric_aim,
        max_jobs=tuning.jobs,
        max_parallel_jobs=tuning.parallel_jobs,
        random_seed=tuning.seed,
    )
    run = tuner.tune(inputs=[_training_input(channel) for channel in inputs], job_name=name)
    return TuningStep(name, step_args=run, cache_config=_cache(expire_after))


def best_hyperparameter(step: Any, hyperparameter: str) -> Any:
    """The value that a hyperparameter had in the best training job of a tuning step."""
    return step.properties.BestTrainingJob.TunedHyperParameters[hyperparameter]


def output_s3_uri(step: Any, output_name: str) -> Any:
    """Where a processing step put one of its outputs."""
    return step.properties.ProcessingOutputConfig.Outputs[output_name].S3Output.S3Uri


def model_s3_uri(step: Any) -> Any:
    """Where a training step put model.tar.gz."""
    return step.properties.ModelArtifacts.S3ModelArtifacts


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


def _trainer(
    build: Build,
    training: Script | Algorithm,
    compute: Compute,
    output_s3_uri: Any,
    hyperparameters: Mapping[str, Any],
) -> Any:
    from sagemaker.core import shapes
    from sagemaker.train.configs import Compute as SdkCompute
    from sagemaker.train.model_trainer import ModelTrainer

    return ModelTrainer(
        sagemaker_session=build.session,
        role=build.target.role_arn,
        training_image=training.image_uri,
        compute=SdkCompute(
            instance_type=compute.instance_type,
            instance_count=compute.instance_count,
            volume_size_in_gb=compute.volume_size_gb,
        ),
        stopping_condition=shapes.StoppingCondition(
            max_runtime_in_seconds=compute.max_runtime_seconds
        ),
        output_data_config=shapes.OutputDataConfig(s3_output_path=output_s3_uri),
        hyperparameters={
            **{name: as_text(value) for name, value in hyperparameters.items()},
            **(_script_mode(build, training) if isinstance(training, Script) else {}),
        },
        environment=dict(training.environment),
    )


def _metric_definitions(metrics: Mapping[str, str]) -> list[Any]:
    from sagemaker.core.shapes import MetricDefinition

    return [MetricDefinition(name=name, regex=regex) for name, regex in metrics.items()]


def _script_mode(build: Build, script: Script) -> dict[str, str]:
    # The SDK's `source_code` uploads under a key with the time in it, so no step would ever be
    # reused. These hyperparameters are what AWS's containers read instead.
    return {
        "sagemaker_program": script.file,
        "sagemaker_submit_directory": script.source.s3_uri,
        "sagemaker_region": build.target.region,
        "sagemaker_container_log_level": "20",
    }


def _training_input(channel: Channel) -> Any:
    from sagemaker.train.configs import InputData

    content_type = {} if channel.content_type is None else {"content_type": channel.content_type}
    return InputData(channel_name=channel.name, data_source=channel.s3_uri, **content_type)


def _range(ends: Range) -> Any:
    from sagemaker.core.parameter import ContinuousParameter, IntegerParameter

    whole = isinstance(ends.minimum, int) and isinstance(ends.maximum, int)
    kind = IntegerParameter if whole else ContinuousParameter
    return kind(ends.minimum, ends.maximum, ends.scaling)


def _cache(expire_after: str) -> Any:
    from sagemaker.mlops.workflow.steps import CacheConfig

    return CacheConfig(enable_caching=True, expire_after=expire_after)
