import json
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.errors import AwsError
from emulator.objects import Objects
from emulator.services.sagemaker import pipeline_executions, pipelines
from emulator.store import Store

ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/old"


def test_a_definition_that_is_kept_but_refused_by_now_starts_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    nothing = cast(Any, None)
    objects = Objects(tmp_path / "objects")
    context = Context(settings, store, objects, nothing, nothing, Workers(), lambda: 0.0)
    definition = json.dumps({"Version": "2020-12-01", "Steps": [{"Name": "A", "Type": "Old"}]})
    store.put(
        pipelines.KIND,
        "old",
        {"PipelineArn": ARN, "PipelineName": "old", "_LatestVersionId": 1},
    )
    store.put(pipelines.VERSION_KIND, f"{ARN}/1", {"PipelineDefinition": definition})
    request = {"PipelineName": "old", "ClientRequestToken": "t" * 32}

    with pytest.raises(AwsError, match="Step 'A': unknown Type 'Old'") as caught:
        pipeline_executions.start_pipeline_execution(context, request)

    assert caught.value.code == "ValidationException"
    assert store.list("PipelineExecution") == []
    store.close()
