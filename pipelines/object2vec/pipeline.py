"""The graph of the object2vec pipeline.

Prepare -+-> Tune -> Train -> Model -> Predict -------------+-> Evaluate -> CheckQuality -+-> Register
         +-> TrainUntuned -> UntunedModel -> PredictUntuned -+                            +-> QualityTooLow

The image of the algorithm runs no script of ours, so the models predict by batch transform.
"""  # noqa: E501 - a picture

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
from pipelines.sdk.training import Algorithm
from pipelines.sdk.transforms import Lines
from pipelines.source import SourceArchive
from pipelines.target import Target

# Relative, so that a copy of this folder has its own settings.
from . import settings

# The folder of this module, and of the code in steps/ which its steps run.
NAME = Path(__file__).parent.name
SOURCES = (NAME,)

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
    parameters: Parameters
    algorithm: Algorithm
    script_image: str

    def script(self, file: str) -> Script:
        """A script of the pipeline's steps."""
        return Script(self.script_image, self.source, file, settings.ENVIRONMENT)

    def output(self, *keys: str) -> Any:
        """An address of its own for each execution."""
        return values.execution_s3_uri(self.build.target.bucket, *keys)


def definition(target: Target, sources: Mapping[str, SourceArchive]) -> str:
    """Builds the definition, whose steps run the code in `sources`."""
    with session.building(target) as build:
        graph = Graph(
            build,
            sources[NAME],
            _parameters(),
            Algorithm(session.image_uri(build, *settings.ALGORITHM_IMAGE), {}),
            session.image_uri(build, *settings.SCRIPT_IMAGE),
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
    tune = _tune(graph, prepare)
    best = {name: training.best_hyperparameter(tune, name) for name in settings.TUNING.ranges}
    train = _train(graph, "Train", prepare, {**settings.TUNED_HYPERPARAMETERS, **best})
    untuned = _train(graph, "TrainUntuned", prepare, settings.UNTUNED_HYPERPARAMETERS)
    model, predict = _predict(graph, "Model", "Predict", prepare, train)
    untuned_model, predict_untuned = _predict(
        graph, "UntunedModel", "PredictUntuned", prepare, untuned
    )
    evaluate = _evaluate(graph, prepare, predict, predict_untuned)
    check = _check_quality(graph, evaluate, _register(graph, train, evaluate))
    return [
        *(prepare, tune, train, untuned, model, predict),
        *(untuned_model, predict_untuned, evaluate, check),
    ]


def _prepare(graph: Graph) -> Any:
    return processing.processing_step(
        graph.build,
        "Prepare",
        graph.script("prepare.py"),
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


def _channels(prepare: Any) -> list[Channel]:
    return [
        Channel(name, processing.output_s3_uri(prepare, name), content_type=JSON_LINES)
        for name in ("train", "validation")
    ]


def _vocabulary_sizes(prepare: Any) -> dict[str, Any]:
    return {
        "enc0_vocab_size": values.json_value(prepare, VOCABULARY, "users"),
        "enc1_vocab_size": values.json_value(prepare, VOCABULARY, "items"),
    }


def _tune(graph: Graph, prepare: Any) -> Any:
    return training.tuning_step(
        graph.build,
        "Tune",
        graph.algorithm,
        _compute(graph.parameters.training_instance_type),
        output_s3_uri=_models_s3_uri(graph),
        hyperparameters={**settings.TUNED_HYPERPARAMETERS, **_vocabulary_sizes(prepare)},
        inputs=_channels(prepare),
        tuning=settings.TUNING,
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _train(graph: Graph, name: str, prepare: Any, hyperparameters: Mapping[str, Any]) -> Any:
    return training.training_step(
        graph.build,
        name,
        graph.algorithm,
        _compute(graph.parameters.training_instance_type),
        output_s3_uri=_models_s3_uri(graph),
        hyperparameters={**hyperparameters, **_vocabulary_sizes(prepare)},
        inputs=_channels(prepare),
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _predict(
    graph: Graph, model_step: str, predict_step: str, prepare: Any, train: Any
) -> tuple[Any, Any]:
    model = models.create_trained_model_step(
        graph.build,
        model_step,
        graph.algorithm.image_uri,
        settings.SERVING.environment,
        training.model_s3_uri(train),
    )
    predict = transforms.transform_step(
        graph.build,
        predict_step,
        models.model_name(model),
        _compute(graph.parameters.transform_instance_type),
        Lines(processing.output_s3_uri(prepare, "pairs"), JSON_LINES, JSON_LINES),
        output_s3_uri=graph.output(predict_step),
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )
    return model, predict


def _evaluate(graph: Graph, prepare: Any, predict: Any, predict_untuned: Any) -> Any:
    predictions = {"predictions": predict, "untuned_predictions": predict_untuned}
    return processing.processing_step(
        graph.build,
        "Evaluate",
        graph.script("evaluate.py"),
        _compute(graph.parameters.processing_instance_type),
        arguments=["--beside", "untuned"],
        inputs=[
            *(
                Channel(name, processing.output_s3_uri(prepare, name), f"{PROCESSING}/{name}")
                for name in ("train", "validation", "test")
            ),
            *(
                Channel(name, transforms.output_s3_uri(step), f"{PROCESSING}/{name}")
                for name, step in predictions.items()
            ),
        ],
        outputs=[evaluations.output(graph.build)],
        property_files=evaluations.PROPERTY_FILES,
        expire_after=settings.CACHE_EXPIRE_AFTER,
    )


def _register(graph: Graph, train: Any, evaluate: Any) -> Any:
    return models.register_step(
        graph.build,
        "Register",
        graph.algorithm.image_uri,
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


def _models_s3_uri(graph: Graph) -> str:
    # SageMaker adds the name of the job, so executions do not overwrite each other.
    return f"s3://{graph.build.target.bucket}/models/{NAME}"
