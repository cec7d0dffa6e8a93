"""What the emulator says of itself."""

import os
import resource
import time
from collections import Counter
from typing import Any

from emulator.context import Context

_STATUS_MEMBERS: dict[str, str] = {
    "TrainingJob": "TrainingJobStatus",
    "ProcessingJob": "ProcessingJobStatus",
    "TransformJob": "TransformJobStatus",
    "HyperParameterTuningJob": "HyperParameterTuningJobStatus",
    "PipelineExecution": "PipelineExecutionStatus",
    "ModelPackage": "ModelApprovalStatus",
    "Endpoint": "EndpointStatus",
    "Build": "buildStatus",
    "Project": "ProjectStatus",
}


def describe_emulator(context: Context) -> dict[str, Any]:
    """The process, where it keeps its data, and how many resources have which status."""
    return {
        "Pid": os.getpid(),
        "Url": context.settings.endpoint_url,
        "DataDir": str(context.settings.data_dir),
        "CacheDir": str(context.settings.cache_dir),
        "Region": context.settings.region,
        "AccountId": context.settings.account_id,
        "CpuSeconds": round(time.process_time(), 2),
        "MemoryMegabytes": _resident_megabytes(),
        "Resources": {
            kind: dict(Counter(d.get(member, "Unknown") for d in context.store.list(kind)))
            for kind, member in _STATUS_MEMBERS.items()
        },
    }


def _resident_megabytes() -> int:
    """The most memory the process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
