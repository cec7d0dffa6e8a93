"""CodePipeline's pipelines."""

import importlib
from typing import Any

from emulator.context import Context
from emulator.json_text import read_json
from emulator.services.events.delivery.deliveries import Delivery

_OVERRIDES = ("variables", "sourceRevisions")


def deliver(context: Context, delivery: Delivery) -> None:
    """Start an execution; a repetition has the same clientRequestToken.

    Source: "Source revision overrides" of the CodePipeline user guide, for what an input of one's
    own can set.
    """
    name = delivery.target["Arn"].rpartition(":")[2]
    parameters = {"name": name, "clientRequestToken": delivery.id, **_overrides(delivery)}
    # On first use: CodePipeline itself leaves events here.
    starting = importlib.import_module("emulator.services.codepipeline.starting")
    starting.start_by_rule(context, parameters, delivery.occasion.rule_arn)


def _overrides(delivery: Delivery) -> dict[str, Any]:
    if delivery.is_given_whole:
        return {}
    given = read_json(delivery.text)
    if not isinstance(given, dict):
        return {}
    return {member: given[member] for member in _OVERRIDES if member in given}
