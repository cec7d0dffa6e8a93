"""Fn::Cidr: blocks within a block of addresses."""

import ipaddress
from collections.abc import Sequence
from itertools import islice

from emulator.services.cloudformation.template.errors import TemplateError

_MOST_BLOCKS = 256


def blocks(arguments: Sequence[str]) -> list[str]:
    """The first ``count`` blocks whose hosts have so many bits.

    ``arguments`` are the block, the count from 1 to 256 and the bits of the hosts, which are
    needed for IPv6 and, left out, are so many for IPv4 that the count fits. Source: "Fn::Cidr" in
    the template reference.

    Raises:
        TemplateError: They are not such numbers, or so many blocks do not fit.
    """
    network = _network(arguments[0])
    try:
        count = int(arguments[1])
        host_bits = int(arguments[2]) if len(arguments) > 2 else _fitting_bits(network, count)
    except ValueError:
        raise TemplateError(
            [
                "Template error: Fn::Cidr needs whole numbers as count and cidrBits, not "
                f"{', '.join(arguments[1:])}"
            ]
        ) from None
    prefix = network.max_prefixlen - host_bits
    fits = network.prefixlen <= prefix <= network.max_prefixlen
    if not 1 <= count <= _MOST_BLOCKS or not fits or count > 1 << (prefix - network.prefixlen):
        raise TemplateError(
            [
                f"Template error: Fn::Cidr cannot make {count} blocks of {host_bits} bits from "
                f"{network}; it makes from 1 to {_MOST_BLOCKS}"
            ]
        )
    return [str(block) for block in islice(network.subnets(new_prefix=prefix), count)]


def _network(block: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(block, strict=False)
    except ValueError:
        raise TemplateError(
            [f"Template error: Fn::Cidr: {block} is no block of addresses"]
        ) from None


def _fitting_bits(network: ipaddress.IPv4Network | ipaddress.IPv6Network, count: int) -> int:
    taken = (count - 1).bit_length()
    return network.max_prefixlen - network.prefixlen - taken
