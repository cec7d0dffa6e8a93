"""Whatever a document says, its transforms take it or refuse it as the caller's fault."""

import json
import random

import pytest

from emulator.errors import AwsError
from tests.unit.emulator.services.cloudformation.template.test_weird_templates import (
    shaped,
    shapeless,
    value,
)
from tests.unit.emulator.services.cloudformation.transforms.documents import transformed


def weird(chance: random.Random) -> dict[str, object]:
    """A document with loops and functions of the extensions, mostly shaped."""
    body = shaped(chance) if chance.random() < 0.7 else shapeless(chance)
    loop = [chance.choice(["N", "P", ""]), value(chance, 1), {"X${N}": value(chance, 2)}]
    for section in ("Resources", "Outputs", "Conditions"):
        if isinstance(body.get(section), dict) and chance.random() < 0.5:
            body[section][f"Fn::ForEach::{section}"] = loop if chance.random() < 0.8 else None
    if isinstance(body.get("Resources"), dict):
        body["Resources"]["J"] = {"Fn::ToJsonString": value(chance, 2), "DeletionPolicy": loop}
    return {**body, "Transform": "AWS::LanguageExtensions"}


def outcome(body: dict[str, object]) -> str:
    """What became of the document."""
    try:
        json.dumps(transformed(body))
    except AwsError as error:
        return error.code
    return "transformed"


@pytest.mark.parametrize("seed", range(8))
def test_a_weird_document_is_transformed_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    outcomes = {outcome(weird(chance)) for _ in range(150)}
    assert {"transformed", "ValidationError"} <= outcomes
    assert outcomes <= {"transformed", "ValidationError", "UnsupportedByEmulator"}
