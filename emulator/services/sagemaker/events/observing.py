"""An observer of the store as a rule of what is told of a change, and when."""

import logging
from collections.abc import Callable
from functools import partial

from emulator.context import Context
from emulator.services.events.outbox import emit, is_heard
from emulator.services.sagemaker.events.details import Detail
from emulator.store import Document

logger = logging.getLogger(__name__)

Observer = Callable[[Context, Document | None, Document | None], None]
Telling = Callable[[Context, Document | None, Document | None], tuple[list[str], Detail] | None]
"""The event's resources and its detail, or None where there is nothing to tell."""

_SOURCE = "aws.sagemaker"


def observer(detail_type: str, telling: Telling) -> Observer:
    """An observer that emits an event of the type for each change that there is to tell of."""
    return partial(_observe, detail_type, telling)


def _observe(
    detail_type: str,
    telling: Telling,
    context: Context,
    before: Document | None,
    after: Document | None,
) -> None:
    if not is_heard(context, _SOURCE, detail_type):
        return
    try:
        told = telling(context, before, after)
    except Exception:  # the boundary between a change and what is told of it: no job fails by it
        logger.exception("no %s is emitted", detail_type)
        return
    if told is not None:
        resources, detail = told
        emit(context, _SOURCE, detail_type, resources, detail)
