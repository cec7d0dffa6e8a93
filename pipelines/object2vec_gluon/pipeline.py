"""The graph of the object2vec_gluon pipeline.

Prepare -> Train -> Model -> Predict -> Evaluate -> CheckQuality -+-> Register
                                                                  +-> QualityTooLow

Data are prepared and predictions evaluated by the code of steps/object2vec.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.endpoint.deployment import PIPELINE_PROPERTY
from pipelines.sdk import (
    choices,
    evaluations,
    models,
    processing,
    session,
    training,
    transforms,
    values,
)
from pipelines.sdk.jobs import Channel, Compute, Script
from pipelines.sdk.session import Build
from pipelines.sdk.transforms import Lines
from pipelines.source import SourceArchive
from pipelines.target import Target

# Relative, so that a copy of this folder has its own settings.
from . import settings

# The folder of this module, and of the code in steps/ that is its own.
NAME = Path(__file__).parent.name
DATA_SOURCE = "object2vec"
SOURCES = (NAME, DATA_SOURCE)

PROCESSING = "/opt/ml/processing"
JSON_LINES = "application/jsonlines"
VOCABULARY = "vocabulary"
SIZES_FILE = "sizes.json"
MSE = "regression_metrics.mse.value"
BASELINE_MSE = "baselines.bias.mse.value"


@dataclass(frozen=True)
class Parameters:
    """What an execution may choose; the address has no default, so it must give it."""

    ratings_s3_uri: Any
    processing_instance_type: Any
    training_instance_type: Any
    transform_instance_type: Any
    mse_threshold: Any
    model_approval_status: Any
    model_package_group_name: Any

    def in_order(self) -> list[Any]:
        """The parameters in the order that the definition lists them."""
        return list(vars(self).values())


@dataclass(frozen=True)
class Graph:
    """What every step is made with."""

    build: Build
    source: SourceArchive
    data_source: SourceArchive
    parameters: Parameters

    def image(self, *names: str) -> str:
        """The address of an image by its names in the settings."""
        return session.image_uri(self.build, *names)

    def data_script(self, file: str) -> Script:
        """A script that prepares or evaluates."""
        image = self.image(*settings.SCRIPT_IMAGE)
        return Script(image, self.data_source, file, settings.ENVIRONMENT)

    def output(self, *keys: str) -> Any:
        """An address of its own for each execution."""
        return values.execution_s3_uri(self.build.target.bucket, *keys)


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition, whose steps run the code in `sources`."""
    with session.building(target) as build:
        graph = Graph(
            build,
            sources[NAME],
            sources[DATA_SOURCE],
            _parameters(),
        )
        return session.definition(build, graph.parameters.in_order(), _steps(graph))


def _parameters() -> Parameters:
    return Parameters(
        ratings_s3_uri=values.string_parameter("RatingsS3Uri"),
        processing_instance_type=values.string_parameter(
            "ProcessingInstanceType", settings.PROCESSING_INSTANCE_TYPE
        ),
        training_instance_type=values.string_parameter(
            "TrainingInstanceType", settings.TRAINING_INSTANCE_TYPE
        ),
        transform_instance_type=values.string_parameter(
            "TransformInstanceType", settings.TRANSFORM_INSTANCE_TYPE
        ),
        mse_threshold=values.float_parameter("MseThreshold", settings.MSE_THRESHOLD),
        model_approval_status=models.approval_status_parameter(settings.APPROVAL_STATUS),
        model_package_group_name=values.string_parameter(
            "ModelPackageGroupName", settings.MODEL_PACKAGE_GROUP
        ),
    )


def _steps(graph: Graph) -> list[Any]:
    prepare = _prepare(graph)
    train = _train(graph, prepare)
    model = models.create_trained_model_step(
        graph.build,
        "Model",
        graph.image(*settings.INFERENCE_IMAGE),
        settings.SERVING.environment,
        training.model_s3_uri(train),
    )
    predict = _predict(graph, prepare, model)
    evaluate = _evaluate(graph, prepare, predict)
    check = _check_quality(graph, evaluate, _register(graph, train, evaluate))
    return [prepare, train, model, predict, evaluate, check]


def _prepare(graph: Graph) -> Any:
    return processing.processing_step(
        graph.build,
        "Prepare",
        graph.data_script("prepare.py"),
        _compute(graph.parameters.processing_instance_type),
        arguments=[
            *("--test-fraction", str(settings.TEST_FRACTION)),
            *("--validation-fraction", str(settings.VALIDATION_FRACTION)),
            *("--seed", str(settings.SEED)),
        ],
        inputs=[Channel("ratings", graph.parameters.ratings_s3_uri, f"{PROCESSING}/input/ratings")],
        outputs=[
            Channel(name, graph.output("prepare", name), f"{PROCESSING}/output/{name}")
            for name in ("train", "validation", "test", "pairs", VOCABULARY)
        ],
        property_files={VOCABULARY: (VOCABULARY, SIZES_FILE)},
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _train(graph: Graph, prepare: Any) -> Any:
    script = Script(
        graph.image(*settings.TRAINING_IMAGE), graph.source, "train.py", settings.ENVIRONMENT
    )
    sizes = {name: values.json_value(prepare, VOCABULARY, name) for name in ("users", "items")}
    return training.training_step(
        graph.build,
        "Train",
        script,
        _compute(graph.parameters.training_instance_type),
        output_s3_uri=f"s3://{graph.build.target.bucket}/models/{NAME}",
        hyperparameters={**settings.HYPERPARAMETERS, **sizes},
        inputs=[
            Channel(name, processing.output_s3_uri(prepare, name))
            for name in ("train", "validation")
        ],
        metrics=settings.METRICS,
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _predict(graph: Graph, prepare: Any, model: Any) -> Any:
    return transforms.transform_step(
        graph.build,
        "Predict",
        models.model_name(model),
        _compute(graph.parameters.transform_instance_type),
        Lines(processing.output_s3_uri(prepare, "pairs"), JSON_LINES, JSON_LINES),
        output_s3_uri=graph.output("Predict"),
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _evaluate(graph: Graph, prepare: Any, predict: Any) -> Any:
    return processing.processing_step(
        graph.build,
        "Evaluate",
        graph.data_script("evaluate.py"),
        _compute(graph.parameters.processing_instance_type),
        arguments=[],
        inputs=[
            *(
                Channel(name, processing.output_s3_uri(prepare, name), f"{PROCESSING}/{name}")
                for name in ("train", "validation", "test")
            ),
            Channel("predictions", transforms.output_s3_uri(predict), f"{PROCESSING}/predictions"),
        ],
        outputs=[evaluations.output(graph.build)],
        property_files=evaluations.PROPERTY_FILES,
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _register(graph: Graph, train: Any, evaluate: Any) -> Any:
    return models.register_step(
        graph.build,
        "Register",
        graph.image(*settings.INFERENCE_IMAGE),
        settings.SERVING,
        model_s3_uri=training.model_s3_uri(train),
        metrics_s3_uri=evaluations.s3_uri(evaluate),
        package_group=graph.parameters.model_package_group_name,
        approval_status=graph.parameters.model_approval_status,
        metadata={"SourceS3Uri": graph.source.s3_uri, PIPELINE_PROPERTY: NAME},
    )


def _check_quality(graph: Graph, evaluate: Any, register: Any) -> Any:
    mse = evaluations.number(evaluate, MSE)
    baseline_mse = evaluations.number(evaluate, BASELINE_MSE)
    threshold = graph.parameters.mse_threshold
    too_low = choices.fail_step(
        "QualityTooLow",
        values.join(
            "",
            *("The model is not registered: its MSE on the held-out ratings is ", mse),
            *("; it must be below the bias baseline's ", baseline_mse),
            *(" and at most the MseThreshold ", threshold, "."),
        ),
    )
    return choices.condition_step(
        "CheckQuality",
        [choices.less_than(mse, baseline_mse), choices.at_most(mse, threshold)],
        then=[register],
        otherwise=[too_low],
    )


def _compute(instance_type: Any) -> Compute:
    return Compute(instance_type, settings.VOLUME_SIZE_GB, settings.MAX_RUNTIME_SECONDS)
