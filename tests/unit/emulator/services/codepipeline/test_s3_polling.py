"""Objects that change and start executions."""

import time

from emulator.services import codepipeline
from emulator.services.codepipeline import s3_polling
from tests.unit.emulator.services.codepipeline.conftest import (
    BUCKET,
    WAIT_SECONDS,
    Harness,
    source_action,
)


def test_an_object_that_changed_while_nobody_looked_starts_an_execution(
    harness: Harness,
) -> None:
    objects, store = harness.context.objects, harness.context.store
    objects.put_bytes(BUCKET, "code.zip", b"old")
    polled = source_action("S3", S3Bucket=BUCKET, S3ObjectKey="code.zip")
    harness.create("p", polled)
    harness.create("q", source_action("S3", S3Bucket=BUCKET, S3ObjectKey="other.zip"))
    seen = store.get(s3_polling.SEEN, "p/Source") or {}
    bucket, key, _ = seen["Found"]
    store.put(s3_polling.SEEN, "p/Source", {**seen, "Found": [bucket, key, ["older", 0.0]]})

    codepipeline.recover(harness.context)

    deadline = time.monotonic() + WAIT_SECONDS
    while len(harness.executions("p")) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert harness.executions("p")[-1]["trigger"] == {
        "triggerType": "PollForSourceChanges",
        "triggerDetail": "Source",
    }
    assert len(harness.executions("q")) == 1
