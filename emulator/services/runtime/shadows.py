"""Shadow variants: they get copies of requests, and their answers are captured or thrown away.

Source: "Shadow variants" in the developer guide and ShadowProductionVariants in the API reference:
the production variant's requests are replicated, by the ratio of the variants' weights; captured
data lie under the shadow variant's own name.
"""

import asyncio
import logging
import random
import time

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.runtime.connections import NoAnswer
from emulator.services.runtime.fleets import fleets_of
from emulator.services.runtime.questions import Question
from emulator.services.runtime.sampling import sample
from emulator.services.runtime.sending import send
from emulator.services.runtime.traffic import Fleet, LiveVariant

logger = logging.getLogger(__name__)

# A shadow that is slower than production must not pile up copies without end.
_COPIES_AT_MOST = 100


def mirror(context: Context, fleet: Fleet, variant: LiveVariant, question: Question) -> None:
    """Send the fleet's shadow variants their copies; the caller does not wait for them."""
    copies = fleets_of(context).copies
    for shadow in fleet.shadows:
        is_chosen = random.random() * variant.weight < shadow.weight
        if is_chosen and len(copies) < _COPIES_AT_MOST:
            copy = asyncio.get_running_loop().create_task(_ask(context, fleet, shadow, question))
            copies.add(copy)
            copy.add_done_callback(copies.discard)


async def _ask(context: Context, fleet: Fleet, shadow: LiveVariant, question: Question) -> None:
    began = time.time()
    pool = shadow.least_busy(set())
    if pool is None:
        return
    try:
        response = await send(context, fleet, shadow, pool, question, time.perf_counter())
    except (AwsError, NoAnswer) as error:
        logger.info("endpoint %s: shadow %s: %s", fleet.endpoint_name, shadow.name, error)
        return
    if 200 <= response.status < 300:
        sample(context, fleet, shadow.name, question, response, began)
