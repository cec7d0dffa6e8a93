"""What SageMaker records of training, processing and transform jobs.

    image, data --ContributedTo--> the job's trial component --Produced--> data, model

What a job reads is recorded when it is created, what it makes when it has made it.

Source: "Amazon SageMaker-Created Tracking Entities".
"""

from collections.abc import Iterable, Iterator

from emulator.context import Context
from emulator.services.sagemaker.jobs.kinds import PROCESSING, TRAINING, TRANSFORM, JobKind
from emulator.services.sagemaker.jobs.lifecycle import is_terminal
from emulator.services.sagemaker.lineage import associations, vertices
from emulator.services.sagemaker.lineage.model_records import model_artifacts
from emulator.services.sagemaker.lineage.recording import (
    CHECKPOINT,
    CONTRIBUTED_TO,
    DATA_SET,
    IMAGE,
    MODEL,
    PRODUCED,
    Observer,
    artifact,
    harmless,
    s3_artifact,
)
from emulator.services.sagemaker.lineage.vertices import Vertex
from emulator.services.sagemaker.models import existing_model, resolved_container
from emulator.store import Document


@harmless
def record_training_job(context: Context, before: Document | None, after: Document | None) -> None:
    """A training job that is created, or has ended with a model."""
    if after is None:
        return
    if before is None:
        image = artifact(context, after["AlgorithmSpecification"]["TrainingImage"], IMAGE)
        sources = [channel["DataSource"] for channel in after.get("InputDataConfig", ())]
        _record_read(context, TRAINING, after, [image, *_data_sets(context, sources)])
    elif _ends(TRAINING, before, after) and "ModelArtifacts" in after:
        made = [s3_artifact(context, after["ModelArtifacts"]["S3ModelArtifacts"], MODEL)]
        if "CheckpointConfig" in after:
            made.append(s3_artifact(context, after["CheckpointConfig"]["S3Uri"], CHECKPOINT))
        _record_made(context, TRAINING, after, made)


@harmless
def record_processing_job(
    context: Context, before: Document | None, after: Document | None
) -> None:
    """A processing job that is created, or has completed."""
    if after is None:
        return
    if before is None:
        image = artifact(context, after["AppSpecification"]["ImageUri"], IMAGE)
        sources = [{"S3DataSource": each["S3Input"]} for each in after.get("ProcessingInputs", ())]
        _record_read(context, PROCESSING, after, [image, *_data_sets(context, sources)])
    elif _ends(PROCESSING, before, after) and after[PROCESSING.status_key] == "Completed":
        outputs = after.get("ProcessingOutputConfig", {}).get("Outputs", ())
        uris = [output["S3Output"]["S3Uri"] for output in outputs]
        made = [s3_artifact(context, uri, DATA_SET) for uri in uris]
        _record_made(context, PROCESSING, after, made)


@harmless
def record_transform_job(context: Context, before: Document | None, after: Document | None) -> None:
    """A transform job that is created, or has completed."""
    if after is None:
        return
    if before is None:
        model = existing_model(context, after["ModelName"])
        given = (model.get("Containers") or [model["PrimaryContainer"]])[0]
        container = resolved_container(context, given)
        data = _data_sets(context, [after["TransformInput"]["DataSource"]])
        _record_read(context, TRANSFORM, after, [*model_artifacts(context, container), *data])
    elif _ends(TRANSFORM, before, after) and after[TRANSFORM.status_key] == "Completed":
        target = after["TransformOutput"]["S3OutputPath"]
        _record_made(context, TRANSFORM, after, [s3_artifact(context, target, DATA_SET)])


def _data_sets(context: Context, sources: Iterable[Document]) -> Iterator[Vertex]:
    for source in sources:
        if "S3DataSource" in source:
            yield s3_artifact(context, source["S3DataSource"]["S3Uri"], DATA_SET)


def _ends(kind: JobKind, before: Document, after: Document) -> bool:
    return is_terminal(kind, after) and not is_terminal(kind, before)


def _record_read(context: Context, kind: JobKind, job: Document, read: Iterable[Vertex]) -> None:
    component = vertices.of_job(context, kind, job)
    for vertex in read:
        associations.record(context, vertex, component, CONTRIBUTED_TO)


def _record_made(context: Context, kind: JobKind, job: Document, made: Iterable[Vertex]) -> None:
    component = vertices.of_job(context, kind, job)
    for vertex in made:
        associations.record(context, component, vertex, PRODUCED)


OBSERVERS: tuple[tuple[str, Observer], ...] = (
    (TRAINING.noun, record_training_job),
    (PROCESSING.noun, record_processing_job),
    (TRANSFORM.noun, record_transform_job),
)
