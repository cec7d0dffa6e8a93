"""Fn::Cidr by the examples of the template reference, and by the arithmetic of addresses."""

import pytest

from emulator.services.cloudformation.template.cidr import blocks
from emulator.services.cloudformation.template.errors import TemplateError


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["192.168.0.0/24", "2", "5"], ["192.168.0.0/27", "192.168.0.32/27"]),
        (["10.0.7.9/16", "2", "8"], ["10.0.0.0/24", "10.0.1.0/24"]),
        (["10.0.0.0/24", "1", "8"], ["10.0.0.0/24"]),
        (
            ["2600:1f18:abc:de00::/56", "2", "64"],
            ["2600:1f18:abc:de00::/64", "2600:1f18:abc:de01::/64"],
        ),
    ],
)
def test_blocks_follow_each_other(arguments: list[str], expected: list[str]) -> None:
    assert blocks(arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["10.0.0/16", "1", "8"], "Fn::Cidr: 10.0.0/16 is no block of addresses"),
        (["10.0.0.0/24", "9", "5"], "cannot make 9 blocks of 5 bits from 10.0.0.0/24"),
        (["10.0.0.0/24", "1", "9"], "cannot make 1 blocks of 9 bits from 10.0.0.0/24"),
        (["10.0.0.0/16", "0", "8"], "cannot make 0 blocks"),
        (["10.0.0.0/8", "257", "8"], "it makes from 1 to 256"),
        (["10.0.0.0/8", "x", "8"], "needs whole numbers as count and cidrBits, not x, 8"),
    ],
)
def test_refuses_what_does_not_fit(arguments: list[str], message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        blocks(arguments)
    assert message in refusal.value.message
