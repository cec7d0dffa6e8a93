"""Steps that train: by a script or by an image itself, once or over ranges of hyperparameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.sdk.jobs import Channel, Compute, Script, cache_config
from pipelines.sdk.session import Build
from pipelines.sdk.values import as_text


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
    return TrainingStep(name, step_args=run, cache_config=cache_config(expire_after))


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
    return TuningStep(name, step_args=run, cache_config=cache_config(expire_after))


def best_hyperparameter(step: Any, hyperparameter: str) -> Any:
    """The value that a hyperparameter had in the best training job of a tuning step."""
    return step.properties.BestTrainingJob.TunedHyperParameters[hyperparameter]


def model_s3_uri(step: Any) -> Any:
    """Where a training step put model.tar.gz."""
    return step.properties.ModelArtifacts.S3ModelArtifacts


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
