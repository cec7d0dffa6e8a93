"""Names of resources that have none of their own: ``stack-LogicalId-RANDOM``.

Source: "Name type" in the CloudFormation template reference.
"""

import secrets
import string

from emulator.services.cloudformation.resources.provider import Naming

_RANDOM_CHARACTERS = 12


def physical_name(stack_name: str, logical_id: str, naming: Naming) -> str:
    """A new name that is like no other, within the type's length and characters."""
    characters = string.ascii_uppercase + string.digits
    suffix = "".join(secrets.choice(characters) for _ in range(_RANDOM_CHARACTERS))
    room = naming.at_most - len(naming.prefix) - len(suffix) - 1
    name = f"{naming.prefix}{_stem(stack_name, logical_id, room)}-{suffix}"
    return name.lower() if naming.is_lower else name


def _stem(stack_name: str, logical_id: str, room: int) -> str:
    """Both names, each cut to half of the room where they do not fit."""
    whole = f"{stack_name}-{logical_id}"
    if len(whole) <= room:
        return whole
    half = (room - 1) // 2
    kept = logical_id[: max(half, room - 1 - len(stack_name))]
    return f"{stack_name[: room - 1 - len(kept)].rstrip('-')}-{kept}"
