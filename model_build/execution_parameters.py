"""Parameters that an execution must give, taken from the environment when no flag gives them."""

import json
import re
from collections.abc import Mapping

from pipelines.command_line import UsageError

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|-")


def variable(parameter: str) -> str:
    """The environment variable of a parameter: RATINGS_S3_URI for RatingsS3Uri."""
    return _WORD_START.sub("_", parameter).upper()


def from_environment(
    definition: str, given: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """The parameters without a default that are not `given`, from their variables.

    Raises:
        UsageError: naming every parameter that has no value; or this is no definition.
    """
    wanted = {name: variable(name) for name in _required(definition) if name not in given}
    missing = [
        f"--parameter {name}=VALUE (or {source})"
        for name, source in wanted.items()
        if not environment.get(source)
    ]
    if missing:
        raise UsageError(f"Missing: {', '.join(missing)}.")
    return {name: environment[source] for name, source in wanted.items()}


def _required(definition: str) -> list[str]:
    try:
        parameters = json.loads(definition).get("Parameters", [])
        return [entry["Name"] for entry in parameters if "DefaultValue" not in entry]
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise UsageError(
            f"This is no pipeline definition ({type(error).__name__}: {error}). "
            "Make it with get-pipeline-definition."
        ) from error
