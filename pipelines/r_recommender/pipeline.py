"""The graph of the r_recommender pipeline.

Prepare -> Train -> Evaluate -> CheckQuality -+-> Register
                                              +-> QualityTooLow

Prepare runs on AWS's scikit-learn image; all that follows, the endpoint included, on our own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.endpoint.deployment import PIPELINE_PROPERTY
from pipelines.sdk import choices, evaluations, models, processing, session, training, values
from pipelines.sdk.jobs import Channel, Compute, Script
from pipelines.sdk.processing import Program
from pipelines.sdk.session import Build
from pipelines.sdk.training import Algorithm
from pipelines.source import SourceArchive
from pipelines.target import Target

# Relative, so that a copy of this folder has its own settings.
from . import settings
from .image import image_uri

# The folder of this module, and of the code in steps/ which its steps run.
NAME = Path(__file__).parent.name
SOURCES = (NAME,)

PROCESSING = "/opt/ml/processing"
PRECISION = "recommender_metrics.precision_at_5.value"
POPULAR_PRECISION = "baselines.most_popular.precision_at_5.value"
RMSE = "recommender_metrics.rmse.value"
USER_MEAN_RMSE = "baselines.user_mean.rmse.value"


@dataclass(frozen=True)
class Parameters:
    """What an execution may choose; the address has no default, so it must give it."""

    ratings_s3_uri: Any
    processing_instance_type: Any
    training_instance_type: Any
    method: Any
    neighbours: Any
    precision_threshold: Any
    model_approval_status: Any
    model_package_group_name: Any

    def in_order(self) -> list[Any]:
        """The parameters in the order that the definition lists them."""
        return list(vars(self).values())


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition, whose steps run the code in `sources` and the image made of it."""
    with session.building(target) as build:
        parameters = _parameters()
        steps = _steps(build, sources[NAME], parameters)
        return session.definition(build, parameters.in_order(), steps)


def _parameters() -> Parameters:
    return Parameters(
        ratings_s3_uri=values.string_parameter("RatingsS3Uri"),
        processing_instance_type=values.string_parameter(
            "ProcessingInstanceType", settings.PROCESSING_INSTANCE_TYPE
        ),
        training_instance_type=values.string_parameter(
            "TrainingInstanceType", settings.TRAINING_INSTANCE_TYPE
        ),
        method=values.string_parameter(
            "Method", settings.METHOD, choices=("cosine", "pearson", "cosine_all")
        ),
        neighbours=values.integer_parameter("Neighbours", settings.NEIGHBOURS),
        precision_threshold=values.float_parameter(
            "PrecisionThreshold", settings.PRECISION_THRESHOLD
        ),
        model_approval_status=models.approval_status_parameter(settings.APPROVAL_STATUS),
        model_package_group_name=values.string_parameter(
            "ModelPackageGroupName", settings.MODEL_PACKAGE_GROUP
        ),
    )


def _steps(build: Build, source: SourceArchive, parameters: Parameters) -> list[Any]:
    image = image_uri(build.target, source)
    prepare = _prepare(build, source, parameters)
    train = _train(build, image, parameters, prepare)
    evaluate = _evaluate(build, image, parameters, prepare, train)
    register = _register(build, source, image, parameters, train, evaluate)
    check = _check_quality(parameters, evaluate, register)
    return [prepare, train, evaluate, check]


def _prepare(build: Build, source: SourceArchive, parameters: Parameters) -> Any:
    return processing.processing_step(
        build,
        "Prepare",
        Script(session.image_uri(build, *settings.PREPARE_IMAGE), source, "prepare.py", {}),
        _compute(parameters.processing_instance_type),
        arguments=[
            *("--test-fraction", str(settings.TEST_FRACTION)),
            *("--hidden-fraction", str(settings.HIDDEN_FRACTION)),
            *("--seed", str(settings.SEED)),
        ],
        inputs=[
            Channel("all_ratings", parameters.ratings_s3_uri, f"{PROCESSING}/input/ratings"),
        ],
        outputs=[
            Channel(
                output,
                values.execution_s3_uri(build.target.bucket, "prepare", output),
                f"{PROCESSING}/output/{output}",
            )
            for output in ("train", "shown", "hidden")
        ],
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _train(build: Build, image: str, parameters: Parameters, prepare: Any) -> Any:
    return training.training_step(
        build,
        "Train",
        Algorithm(image, {}),
        _compute(parameters.training_instance_type),
        # SageMaker adds the name of the job, so executions do not overwrite each other.
        output_s3_uri=f"s3://{build.target.bucket}/models/{NAME}",
        hyperparameters={"method": parameters.method, "nn": parameters.neighbours},
        inputs=[Channel("train", processing.output_s3_uri(prepare, "train"))],
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _evaluate(build: Build, image: str, parameters: Parameters, prepare: Any, train: Any) -> Any:
    return processing.processing_step(
        build,
        "Evaluate",
        # The image's own program, because it takes R to read the model and to recommend by it.
        Program(image, ("evaluate",), {}),
        _compute(parameters.processing_instance_type),
        arguments=[],
        inputs=[
            Channel("model", training.model_s3_uri(train), f"{PROCESSING}/model"),
            *(
                Channel(
                    part, processing.output_s3_uri(prepare, part), f"{PROCESSING}/held_out/{part}"
                )
                for part in ("shown", "hidden")
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
    precision, popular_precision, rmse, user_mean_rmse = (
        evaluations.number(evaluate, path)
        for path in (PRECISION, POPULAR_PRECISION, RMSE, USER_MEAN_RMSE)
    )
    too_low = choices.fail_step(
        "QualityTooLow",
        values.join(
            "",
            *("The model is not registered: of five recommended items, a share of ", precision),
            *(" is liked by users it has not seen; it must be above ", popular_precision),
            *(", that of the most popular items, and at least the PrecisionThreshold ",),
            parameters.precision_threshold,
            *(". Its RMSE on their ratings is ", rmse),
            *("; it must be below ", user_mean_rmse, ", that of each user's mean."),
        ),
    )
    return choices.condition_step(
        "CheckQuality",
        [
            choices.greater_than(precision, popular_precision),
            choices.at_least(precision, parameters.precision_threshold),
            choices.less_than(rmse, user_mean_rmse),
        ],
        then=[register],
        otherwise=[too_low],
    )


def _compute(instance_type: Any) -> Compute:
    return Compute(instance_type, settings.VOLUME_SIZE_GB, settings.MAX_RUNTIME_SECONDS)
