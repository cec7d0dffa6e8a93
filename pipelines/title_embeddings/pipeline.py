"""The graph of the title_embeddings pipeline.

Prepare -> Train -> Evaluate -> CheckQuality -+-> Register
                                              +-> QualityTooLow
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
RELATED = "retrieval_metrics.related_at_10.value"
LIFT = "retrieval_metrics.lift_over_random.value"
BASELINE_RELATED = "baselines.random.related_at_10.value"


@dataclass(frozen=True)
class Parameters:
    """What an execution may choose; the titles' address has no default, so it must give it."""

    titles_s3_uri: Any
    vectors_s3_uri: Any
    embedding: Any
    further_words: Any
    processing_instance_type: Any
    training_instance_type: Any
    minimum_lift: Any
    model_approval_status: Any
    model_package_group_name: Any

    def in_order(self) -> list[Any]:
        """The parameters in the order that the definition lists them."""
        return list(vars(self).values())


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition, whose steps run the code in `sources`."""
    with session.building(target) as build:
        parameters = _parameters(sources[NAME])
        steps = _steps(build, sources[NAME], parameters)
        return session.definition(build, parameters.in_order(), steps, is_experiment=True)


def _parameters(source: SourceArchive) -> Parameters:
    return Parameters(
        titles_s3_uri=values.string_parameter("TitlesS3Uri"),
        # A channel must have an address where something is. The code's is the one that always
        # exists; train.py knows it, and that it holds no vectors.
        vectors_s3_uri=values.string_parameter("VectorsS3Uri", source.s3_uri),
        embedding=values.string_parameter(
            "Embedding", settings.EMBEDDING, choices=settings.EMBEDDINGS
        ),
        further_words=values.integer_parameter("FurtherWords", settings.FURTHER_WORDS),
        processing_instance_type=values.string_parameter(
            "ProcessingInstanceType", settings.PROCESSING_INSTANCE_TYPE
        ),
        training_instance_type=values.string_parameter(
            "TrainingInstanceType", settings.TRAINING_INSTANCE_TYPE
        ),
        minimum_lift=values.float_parameter("MinimumLift", settings.MINIMUM_LIFT),
        model_approval_status=models.approval_status_parameter(settings.APPROVAL_STATUS),
        model_package_group_name=values.string_parameter(
            "ModelPackageGroupName", settings.MODEL_PACKAGE_GROUP
        ),
    )


def _steps(build: Build, source: SourceArchive, parameters: Parameters) -> list[Any]:
    image = session.image_uri(build, *settings.TRAINING_IMAGE)
    prepare = _prepare(build, source, image, parameters)
    train = _train(build, source, image, parameters, prepare)
    evaluate = _evaluate(build, source, image, parameters, train)
    register = _register(build, source, parameters, train, evaluate)
    check = _check_quality(parameters, evaluate, register)
    return [prepare, train, evaluate, check]


def _prepare(build: Build, source: SourceArchive, image: str, parameters: Parameters) -> Any:
    return processing.processing_step(
        build,
        "Prepare",
        _script(image, source, "prepare.py"),
        _compute(parameters.processing_instance_type),
        arguments=[],
        inputs=[Channel("titles", parameters.titles_s3_uri, f"{INPUT}/titles")],
        outputs=[
            Channel(
                output,
                values.execution_s3_uri(build.target.bucket, "prepare", output),
                f"{OUTPUT}/{output}",
            )
            for output in ("items", "vocabulary")
        ],
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _train(
    build: Build, source: SourceArchive, image: str, parameters: Parameters, prepare: Any
) -> Any:
    return training.training_step(
        build,
        "Train",
        _script(image, source, "train.py"),
        _compute(parameters.training_instance_type),
        # SageMaker adds the name of the job, so executions do not overwrite each other.
        output_s3_uri=f"s3://{build.target.bucket}/models/{NAME}",
        hyperparameters={
            "embedding": parameters.embedding,
            "further_words": parameters.further_words,
        },
        inputs=[
            Channel("items", processing.output_s3_uri(prepare, "items")),
            Channel("vocabulary", processing.output_s3_uri(prepare, "vocabulary")),
            Channel("vectors", parameters.vectors_s3_uri),
        ],
        metrics=settings.METRICS,
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _evaluate(
    build: Build, source: SourceArchive, image: str, parameters: Parameters, train: Any
) -> Any:
    return processing.processing_step(
        build,
        "Evaluate",
        _script(image, source, "evaluate.py"),
        _compute(parameters.processing_instance_type),
        arguments=[
            *("--map-titles", str(settings.MAP_TITLES)),
            *("--seed", str(settings.SEED)),
        ],
        inputs=[Channel("model", training.model_s3_uri(train), "/opt/ml/processing/model")],
        outputs=[evaluations.output(build)],
        property_files=evaluations.PROPERTY_FILES,
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _register(
    build: Build, source: SourceArchive, parameters: Parameters, train: Any, evaluate: Any
) -> Any:
    return models.register_step(
        build,
        "Register",
        session.image_uri(build, *settings.INFERENCE_IMAGE),
        settings.SERVING,
        model_s3_uri=training.model_s3_uri(train),
        metrics_s3_uri=evaluations.s3_uri(evaluate),
        package_group=parameters.model_package_group_name,
        approval_status=parameters.model_approval_status,
        metadata={"SourceS3Uri": source.s3_uri, PIPELINE_PROPERTY: NAME},
    )


def _check_quality(parameters: Parameters, evaluate: Any, register: Any) -> Any:
    related = evaluations.number(evaluate, RELATED)
    baseline = evaluations.number(evaluate, BASELINE_RELATED)
    lift = evaluations.number(evaluate, LIFT)
    too_low = choices.fail_step(
        "QualityTooLow",
        values.join(
            "",
            *("The model is not registered: of the ten nearest titles the share ", related),
            *(" is related; it must be above chance's ", baseline, ", and ", lift),
            *(" times that must be at least the MinimumLift ", parameters.minimum_lift, "."),
        ),
    )
    return choices.condition_step(
        "CheckQuality",
        [
            choices.greater_than(related, baseline),
            choices.at_least(lift, parameters.minimum_lift),
        ],
        then=[register],
        otherwise=[too_low],
    )


def _script(image: str, source: SourceArchive, file: str) -> Script:
    return Script(image, source, file, settings.ENVIRONMENT)


def _compute(instance_type: Any) -> Compute:
    return Compute(instance_type, settings.VOLUME_SIZE_GB, settings.MAX_RUNTIME_SECONDS)
