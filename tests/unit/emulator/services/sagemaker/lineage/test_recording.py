"""Lineage never fails the change that it follows from."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from emulator.services.sagemaker.lineage.recording import harmless
from emulator.store import Document, Store


def test_a_fault_in_an_observer_is_logged_and_the_change_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(tmp_path / "store.sqlite")

    @harmless
    def record(context: Any, before: Document | None, after: Document | None) -> None:
        raise KeyError("AppSpecification")

    store.observe("ProcessingJob", partial(record, None))
    with caplog.at_level(logging.ERROR):
        store.insert("ProcessingJob", "job", {"ProcessingJobStatus": "InProgress"})

    assert store.get("ProcessingJob", "job") == {"ProcessingJobStatus": "InProgress"}
    assert "lineage of record is incomplete" in caplog.text
    store.close()
