"""The graph of the book_ratings pipeline.

Prepare -+-> Tune -> Train -+-> Evaluate -> CheckQuality -+-> Register
         +-> TrainDefault --+                             +-> QualityTooLow
         +-> ValidateDefault

TrainDefault and ValidateDefault train with XGBoost's own defaults and show what tuning gains: on
the held-out ratings in the evaluation, on the ratings to validate with in tuning-report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.endpoint.deployment import PIPELINE_PROPERTY
from pipelines.sdk import choices, evaluations, models, processing, session, training, values
from pipelines.sdk.jobs import Channel, Compute, Script
from pipelines.sdk.session import Build
from pipelines.source import SourceArchive
from pipelines.target import Target

# Relative, so that a copy of this folder has its own settings.
from . import settings

# The folder of this module, and of the code in steps/ which its steps run.
NAME = Path(__file__).parent.name
SOURCES = (NAME,)

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
RMSE = "regression_metrics.rmse.value"
BASELINE_RMSE = "baselines.bias.rmse.value"


@dataclass(frozen=True)
class Parameters:
    """What an execution may choose; the two addresses have no default, so it must give them."""

    ratings_s3_uri: Any
    items_s3_uri: Any
    processing_instance_type: Any
    training_instance_type: Any
    rmse_threshold: Any
    model_approval_status: Any
    model_package_group_name: Any

    def in_order(self) -> list[Any]:
        """The parameters in the order that the definition lists them."""
        return list(vars(self).values())


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition, whose steps run the code in `sources`."""
    with session.building(target) as build:
        parameters = _parameters()
        steps = _steps(build, sources[NAME], parameters)
        return session.definition(build, parameters.in_order(), steps, is_experiment=True)


def _parameters() -> Parameters:
    return Parameters(
        ratings_s3_uri=values.string_parameter("RatingsS3Uri"),
        items_s3_uri=values.string_parameter("ItemsS3Uri"),
        processing_instance_type=values.string_parameter(
            "ProcessingInstanceType", settings.PROCESSING_INSTANCE_TYPE
        ),
        training_instance_type=values.string_parameter(
            "TrainingInstanceType", settings.TRAINING_INSTANCE_TYPE
        ),
        rmse_threshold=values.float_parameter("RmseThreshold", settings.RMSE_THRESHOLD),
        model_approval_status=models.approval_status_parameter(settings.APPROVAL_STATUS),
        model_package_group_name=values.string_parameter(
            "ModelPackageGroupName", settings.MODEL_PACKAGE_GROUP
        ),
    )


def _steps(build: Build, source: SourceArchive, parameters: Parameters) -> list[Any]:
    model_image = session.image_uri(build, *settings.MODEL_IMAGE)
    prepare = _prepare(build, source, parameters)
    tune = _tune(build, source, model_image, parameters, prepare)
    train = _train(build, source, model_image, parameters, prepare, tune)
    train_default = _train_default(build, source, model_image, parameters, prepare)
    validate_default = _validate_default(build, source, model_image, parameters, prepare)
    evaluate = _evaluate(build, source, model_image, parameters, prepare, train, train_default)
    register = _register(build, source, model_image, parameters, train, evaluate)
    check = _check_quality(parameters, evaluate, register)
    return [prepare, tune, train_default, validate_default, train, evaluate, check]


def _prepare(build: Build, source: SourceArchive, parameters: Parameters) -> Any:
    outputs = ("tuning_train", "tuning_validation", "train", "state", "ratings", "test")
    return processing.processing_step(
        build,
        "Prepare",
        _script(session.image_uri(build, *settings.PREPARE_IMAGE), source, "prepare.py"),
        _compute(parameters.processing_instance_type),
        arguments=[
            *("--test-fraction", str(settings.TEST_FRACTION)),
            *("--validation-fraction", str(settings.VALIDATION_FRACTION)),
            *("--seed", str(settings.SEED)),
        ],
        inputs=[
            Channel("all_ratings", parameters.ratings_s3_uri, f"{INPUT}/ratings"),
            Channel("items", parameters.items_s3_uri, f"{INPUT}/items"),
        ],
        outputs=[
            Channel(
                output,
                values.execution_s3_uri(build.target.bucket, "prepare", output),
                f"{OUTPUT}/{output}",
            )
            for output in outputs
        ],
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _tune(
    build: Build, source: SourceArchive, image: str, parameters: Parameters, prepare: Any
) -> Any:
    return training.tuning_step(
        build,
        "Tune",
        _script(image, source, "train.py"),
        _compute(parameters.training_instance_type),
        output_s3_uri=_models_s3_uri(build),
        hyperparameters=settings.HYPERPARAMETERS,
        inputs=_tuning_channels(prepare),
        tuning=settings.TUNING,
        expire_after=settings.CACHE_EXPIRE_AFTER,
        metrics=settings.METRICS,
    )


def _train(
    build: Build,
    source: SourceArchive,
    image: str,
    parameters: Parameters,
    prepare: Any,
    tune: Any,
) -> Any:
    best = {name: training.best_hyperparameter(tune, name) for name in settings.TUNING.ranges}
    return training.training_step(
        build,
        "Train",
        _script(image, source, "train.py"),
        _compute(parameters.training_instance_type),
        output_s3_uri=_models_s3_uri(build),
        hyperparameters={**settings.HYPERPARAMETERS, **best},
        inputs=[
            Channel("train", processing.output_s3_uri(prepare, "train")),
            Channel("state", processing.output_s3_uri(prepare, "state")),
        ],
        expire_after=settings.CACHE_EXPIRE_AFTER,
        metrics={"train:rmse": settings.METRICS["train:rmse"]},
    )


def _train_default(
    build: Build, source: SourceArchive, image: str, parameters: Parameters, prepare: Any
) -> Any:
    """The model without tuning, on the ratings that the tuned one trains on."""
    return training.training_step(
        build,
        "TrainDefault",
        _script(image, source, "train.py"),
        _compute(parameters.training_instance_type),
        output_s3_uri=_models_s3_uri(build),
        hyperparameters={**settings.HYPERPARAMETERS, **settings.DEFAULT_HYPERPARAMETERS},
        inputs=[Channel("train", processing.output_s3_uri(prepare, "train"))],
        metrics={"train:rmse": settings.METRICS["train:rmse"]},
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _validate_default(
    build: Build, source: SourceArchive, image: str, parameters: Parameters, prepare: Any
) -> Any:
    """The objective that no tuning would have had: a line in the report of the tuning job."""
    return training.training_step(
        build,
        "ValidateDefault",
        _script(image, source, "train.py"),
        _compute(parameters.training_instance_type),
        output_s3_uri=_models_s3_uri(build),
        hyperparameters={**settings.HYPERPARAMETERS, **settings.DEFAULT_HYPERPARAMETERS},
        inputs=_tuning_channels(prepare),
        metrics=settings.METRICS,
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _tuning_channels(prepare: Any) -> list[Channel]:
    return [
        Channel("train", processing.output_s3_uri(prepare, "tuning_train")),
        Channel("validation", processing.output_s3_uri(prepare, "tuning_validation")),
    ]


def _evaluate(
    build: Build,
    source: SourceArchive,
    image: str,
    parameters: Parameters,
    prepare: Any,
    train: Any,
    train_default: Any,
) -> Any:
    return processing.processing_step(
        build,
        "Evaluate",
        _script(image, source, "evaluate.py"),
        _compute(parameters.processing_instance_type),
        arguments=[],
        inputs=[
            Channel("model", training.model_s3_uri(train), "/opt/ml/processing/model"),
            Channel(
                "default_model",
                training.model_s3_uri(train_default),
                "/opt/ml/processing/default_model",
            ),
            Channel("test", processing.output_s3_uri(prepare, "test"), "/opt/ml/processing/test"),
            Channel(
                "ratings",
                processing.output_s3_uri(prepare, "ratings"),
                "/opt/ml/processing/ratings",
            ),
        ],
        outputs=[evaluations.output(build)],
        property_files=evaluations.PROPERTY_FILES,
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _register(
    build: Build,
    source: SourceArchive,
    image: str,
    parameters: Parameters,
    train: Any,
    evaluate: Any,
) -> Any:
    return models.register_step(
        build,
        "Register",
        image,
        settings.SERVING,
        model_s3_uri=training.model_s3_uri(train),
        metrics_s3_uri=evaluations.s3_uri(evaluate),
        package_group=parameters.model_package_group_name,
        approval_status=parameters.model_approval_status,
        metadata={"SourceS3Uri": source.s3_uri, PIPELINE_PROPERTY: NAME},
    )


def _check_quality(parameters: Parameters, evaluate: Any, register: Any) -> Any:
    rmse = evaluations.number(evaluate, RMSE)
    baseline_rmse = evaluations.number(evaluate, BASELINE_RMSE)
    too_low = choices.fail_step(
        "QualityTooLow",
        values.join(
            "",
            *("The model is not registered: its RMSE on the held-out ratings is ", rmse),
            *("; it must be below the bias baseline's ", baseline_rmse),
            *(" and at most the RmseThreshold ", parameters.rmse_threshold, "."),
        ),
    )
    return choices.condition_step(
        "CheckQuality",
        [
            choices.less_than(rmse, baseline_rmse),
            choices.at_most(rmse, parameters.rmse_threshold),
        ],
        then=[register],
        otherwise=[too_low],
    )


def _script(image: str, source: SourceArchive, file: str) -> Script:
    return Script(image, source, file, settings.ENVIRONMENT)


def _compute(instance_type: Any) -> Compute:
    return Compute(instance_type, settings.VOLUME_SIZE_GB, settings.MAX_RUNTIME_SECONDS)


def _models_s3_uri(build: Build) -> str:
    # SageMaker adds the name of the job, so executions do not overwrite each other.
    return f"s3://{build.target.bucket}/models/{NAME}"
