"""Steps that let a model predict a file: batch transform."""

from dataclasses import dataclass
from typing import Any

from pipelines.sdk.jobs import Compute
from pipelines.sdk.session import Build


@dataclass(frozen=True)
class Lines:
    """Files in S3 of one record a line, and what the model is asked to give for each."""

    s3_uri: Any
    content_type: str
    accept: str


def transform_step(
    build: Build,
    name: str,
    model_name: Any,
    compute: Compute,
    lines: Lines,
    *,
    output_s3_uri: Any,
    expire_after: str,
) -> Any:
    """A step that writes `<file>.out` with the answers, line by line, for each file."""
    from sagemaker.core.transformer import Transformer
    from sagemaker.mlops.workflow.steps import CacheConfig, TransformStep

    transformer = Transformer(
        model_name=model_name,
        instance_count=compute.instance_count,
        instance_type=compute.instance_type,
        strategy="MultiRecord",
        assemble_with="Line",
        accept=lines.accept,
        # One request is for so many MB of lines.
        max_payload=1,
        output_path=output_s3_uri,
        sagemaker_session=build.session,
    )
    run = transformer.transform(
        data=lines.s3_uri,
        data_type="S3Prefix",
        content_type=lines.content_type,
        split_type="Line",
        # SageMaker names the job; a name that the SDK makes up would carry the time.
        job_name=name,
    )
    cache = CacheConfig(enable_caching=True, expire_after=expire_after)
    return TransformStep(name, step_args=run, cache_config=cache)


def output_s3_uri(step: Any) -> Any:
    """Where a transform step put its answers."""
    return step.properties.TransformOutput.S3OutputPath
