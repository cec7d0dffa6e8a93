"""The names that Pipelines gives to the jobs and resources its steps make."""

import secrets
import string

_ALPHABET = string.ascii_letters + string.digits
_RANDOM_CHARACTERS = 10
_MAX_CHARACTERS = 63
# A tuning job's name must leave room for what its training jobs add to it. Source: names of such
# jobs as AWS's notebooks show them, e.g. "2lfsdqz14tgv-hptunin-vqjnmd9uwx".
_MAX_TUNING_STEP_CHARACTERS = 7
_EXECUTION_ID_CHARACTERS = 12


def new_execution_id() -> str:
    """A new id of twelve lower-case letters and digits."""
    alphabet = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(_EXECUTION_ID_CHARACTERS))


def job_name(step_type: str, step_name: str, execution_id: str, prefix: str | None = None) -> str:
    """A new name, no longer than the API allows.

    ``prefix`` is the name in the step's Arguments, which the new name then starts with (what the
    SDK calls a custom job prefix).
    """
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARACTERS))
    step = step_name.replace("_", "-").strip("-") or "step"
    if step_type == "Tuning":
        start = prefix or execution_id
        middle = step[:_MAX_TUNING_STEP_CHARACTERS].rstrip("-")
        return f"{start[:_EXECUTION_ID_CHARACTERS].rstrip('-')}-{middle}-{random}"
    start = f"{prefix}-{execution_id}" if prefix else f"pipelines-{execution_id}-{step}"
    room = _MAX_CHARACTERS - _RANDOM_CHARACTERS - 1
    return f"{start[:room].rstrip('-')}-{random}"
