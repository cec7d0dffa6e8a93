"""What every job has: channels of data, compute, a script, and the cache of its step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.source import SourceArchive


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


def cache_config(expire_after: str) -> Any:
    """Lets an unchanged step be reused for this long, an ISO 8601 duration."""
    from sagemaker.mlops.workflow.steps import CacheConfig

    return CacheConfig(enable_caching=True, expire_after=expire_after)
