"""What the graphs of spark_ratings share: the model behind the selected ratings.

SelectRatings -> Prepare -> Train -> Evaluate -> CheckQuality -+-> Register
                                                               +-> QualityTooLow

Only SelectRatings differs, which each graph brings; the rest runs the code of book_ratings.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.endpoint.deployment import PIPELINE_PROPERTY
from pipelines.sdk import (
    choices,
    clusters,
    evaluations,
    models,
    processing,
    session,
    training,
    values,
)
from pipelines.sdk.jobs import Channel, Compute, Script
from pipelines.sdk.session import Build
from pipelines.source import SourceArchive
from pipelines.target import Target

# Relative, so that a copy of this folder has its own settings.
from . import settings

NAME = Path(__file__).parent.name
# In steps/: the model's code, and the two programs that select ratings.
MODEL_SOURCE = "book_ratings"
SPARK_SOURCE = "spark_ratings/prepare_spark.py"
POLARS_SOURCE = "spark_ratings"

SELECT = "SelectRatings"
SELECTED = "selected_ratings"
INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
RMSE = "regression_metrics.rmse.value"
BASELINE_RMSE = "baselines.bias.rmse.value"

Sources = Mapping[str, SourceArchive]


@dataclass(frozen=True)
class Parameters:
    """What an execution may choose; the two addresses have no default, so it must give them."""

    ratings_s3_uri: Any
    items_s3_uri: Any
    min_user_ratings: Any
    min_book_ratings: Any
    processing_instance_type: Any
    training_instance_type: Any
    rmse_threshold: Any
    model_approval_status: Any
    model_package_group_name: Any

    def in_order(self) -> list[Any]:
        """The parameters in the order that the definition lists them."""
        return list(vars(self).values())

    @property
    def thresholds(self) -> list[Any]:
        """The arguments that say which ratings to select."""
        return [
            *("--min-user-ratings", self.min_user_ratings),
            *("--min-book-ratings", self.min_book_ratings),
        ]


@dataclass(frozen=True)
class Selection:
    """The step that selects ratings, and the address that it writes them to."""

    step: Any
    ratings_s3_uri: Any


Select = Callable[[Build, Sources, Parameters], Selection]


def build_definition(target: Target, sources: Sources, select: Select) -> str:
    """Builds the definition of a graph that selects ratings in its own way."""
    with session.building(target) as build:
        parameters = _parameters()
        selection = select(build, sources, parameters)
        steps = [selection.step, *_model_steps(build, sources, parameters, selection)]
        return session.definition(build, parameters.in_order(), steps)


def processing_selection(
    build: Build,
    program: Script | processing.SparkScript,
    parameters: Parameters,
) -> Selection:
    """Ratings selected by a processing job, whose data SageMaker brings and takes away."""
    step = processing.processing_step(
        build,
        SELECT,
        program,
        compute(parameters.processing_instance_type),
        arguments=parameters.thresholds,
        inputs=[
            Channel("ratings", parameters.ratings_s3_uri, f"{INPUT}/ratings"),
            Channel("items", parameters.items_s3_uri, f"{INPUT}/items"),
        ],
        outputs=[Channel(SELECTED, selected_s3_uri(build), f"{OUTPUT}/ratings")],
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )
    return Selection(step, processing.output_s3_uri(step, SELECTED))


def cluster_arguments(build: Build, parameters: Parameters) -> Sequence[Any]:
    """The program's arguments on a cluster, which reads and writes S3 itself."""
    return [
        *parameters.thresholds,
        *("--ratings", parameters.ratings_s3_uri),
        *("--items", parameters.items_s3_uri),
        *("--output", selected_s3_uri(build)),
    ]


def selected_s3_uri(build: Build) -> Any:
    """Where the selected ratings of an execution are: each has an address of its own."""
    return values.execution_s3_uri(build.target.bucket, SELECTED)


def compute(instance_type: Any) -> Compute:
    """What a job runs on."""
    return Compute(instance_type, settings.VOLUME_SIZE_GB, settings.MAX_RUNTIME_SECONDS)


def _parameters() -> Parameters:
    return Parameters(
        ratings_s3_uri=values.string_parameter("RatingsS3Uri"),
        items_s3_uri=values.string_parameter("ItemsS3Uri"),
        min_user_ratings=values.integer_parameter("MinUserRatings", settings.MIN_USER_RATINGS),
        min_book_ratings=values.integer_parameter("MinBookRatings", settings.MIN_BOOK_RATINGS),
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


def _model_steps(
    build: Build, sources: Sources, parameters: Parameters, selection: Selection
) -> list[Any]:
    source = sources[MODEL_SOURCE]
    image = session.image_uri(build, *settings.MODEL_IMAGE)
    prepare = _prepare(build, source, parameters, selection)
    train = _train(build, source, image, parameters, prepare)
    evaluate = _evaluate(build, source, image, parameters, prepare, train)
    register = _register(build, source, image, parameters, train, evaluate)
    return [prepare, train, evaluate, _check_quality(parameters, evaluate, register)]


def _prepare(
    build: Build, source: SourceArchive, parameters: Parameters, selection: Selection
) -> Any:
    step = processing.processing_step(
        build,
        "Prepare",
        _script(session.image_uri(build, *settings.PREPARE_IMAGE), source, "prepare.py"),
        compute(parameters.processing_instance_type),
        arguments=[
            *("--test-fraction", str(settings.TEST_FRACTION)),
            *("--validation-fraction", str(settings.VALIDATION_FRACTION)),
            *("--seed", str(settings.SEED)),
        ],
        inputs=[
            Channel("all_ratings", selection.ratings_s3_uri, f"{INPUT}/ratings"),
            Channel("items", parameters.items_s3_uri, f"{INPUT}/items"),
        ],
        outputs=[
            Channel(
                output,
                values.execution_s3_uri(build.target.bucket, "prepare", output),
                f"{OUTPUT}/{output}",
            )
            for output in ("train", "state", "ratings", "test")
        ],
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )
    clusters.run_after(step, selection.step)
    return step


def _train(
    build: Build, source: SourceArchive, image: str, parameters: Parameters, prepare: Any
) -> Any:
    return training.training_step(
        build,
        "Train",
        _script(image, source, "train.py"),
        compute(parameters.training_instance_type),
        # SageMaker adds the name of the job, so executions do not overwrite each other.
        output_s3_uri=f"s3://{build.target.bucket}/models/{NAME}",
        hyperparameters=settings.HYPERPARAMETERS,
        inputs=[
            Channel("train", processing.output_s3_uri(prepare, "train")),
            Channel("state", processing.output_s3_uri(prepare, "state")),
        ],
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _evaluate(
    build: Build,
    source: SourceArchive,
    image: str,
    parameters: Parameters,
    prepare: Any,
    train: Any,
) -> Any:
    inputs = {"model": training.model_s3_uri(train)}
    inputs |= {name: processing.output_s3_uri(prepare, name) for name in ("test", "ratings")}
    return processing.processing_step(
        build,
        "Evaluate",
        _script(image, source, "evaluate.py"),
        compute(parameters.processing_instance_type),
        arguments=[],
        inputs=[Channel(name, uri, f"/opt/ml/processing/{name}") for name, uri in inputs.items()],
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
