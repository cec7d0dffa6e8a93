"""Parameters that an execution must give, taken from the environment when no flag gives them."""

import json
import re
from collections.abc import Mapping

from pipelines.command_line import UsageError

# What a SageMaker project decides, so that its variable also comes before a default.
_OF_THE_PROJECT = frozenset({"ModelPackageGroupName"})
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|-")


def variable(parameter: str) -> str:
    """The environment variable of a parameter: RATINGS_S3_URI for RatingsS3Uri."""
    return _WORD_START.sub("_", parameter).upper()


def from_environment(
    definition: str, given: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, str]:
    """The parameters without a default that are not `given`, from their variables.

    The model package group comes from its variable, if that is set, in place of its default.

    Raises:
        UsageError: naming every parameter that has no value; or this is no definition.
    """
    defaults = {name: value for name, value in _defaults(definition).items() if name not in given}
    wanted = {name: variable(name) for name, value in defaults.items() if value is None}
    missing = [
        f"--parameter {name}=VALUE (or {source})"
        for name, source in wanted.items()
        if not environment.get(source)
    ]
    if missing:
        raise UsageError(f"Missing: {', '.join(missing)}.")
    decided = {name: variable(name) for name in defaults if name in _OF_THE_PROJECT}
    wanted |= {name: source for name, source in decided.items() if environment.get(source)}
    return {name: environment[source] for name, source in wanted.items()}


def _defaults(definition: str) -> dict[str, object]:
    """The definition's parameters and their defaults, None without one."""
    try:
        parameters = json.loads(definition).get("Parameters", [])
        return {entry["Name"]: entry.get("DefaultValue") for entry in parameters}
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise UsageError(
            f"This is no pipeline definition ({type(error).__name__}: {error}). "
            "Make it with get-pipeline-definition."
        ) from error
