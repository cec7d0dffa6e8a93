"""AWS::Include: what an object in S3 says, beside what the transform stands beside.

Source: "AWS::Include transform" in the template reference; the messages are AWS's.
"""

import re
from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.shapes import listed
from emulator.services.cloudformation.template.yaml_text import parse
from emulator.services.cloudformation.transforms.declarations import INCLUDE, declared
from emulator.services.cloudformation.transforms.setting import Setting, failure

_LOCATION = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<key>.+)")


def include(
    fragment: Mapping[str, Any], parameters: Mapping[str, Any], setting: Setting
) -> dict[str, Any]:
    """The fragment with the members of the snippet.

    Raises:
        TemplateError: There is no such snippet, it is none, or has members that are there already.
    """
    location = parameters.get("Location")
    place = _LOCATION.fullmatch(location) if isinstance(location, str) else None
    if place is None or set(parameters) != {"Location"}:
        raise failure(
            INCLUDE, f"it takes the parameter Location alone, s3://BUCKET/KEY; got {parameters}"
        )
    try:
        text = setting.snippet(place["bucket"], place["key"])
    except LookupError as error:
        raise failure(INCLUDE, str(error.args[0])) from error
    snippet = _snippet(text)
    twice = sorted(set(fragment) & set(snippet))
    if twice:
        raise failure(INCLUDE, f"{listed(twice)} of {location} are in the template already")
    return {**fragment, **snippet}


def _snippet(text: str) -> dict[str, Any]:
    try:
        snippet = parse(text, short_forms=False)
    except TemplateError as error:
        raise failure(
            INCLUDE,
            "The specified S3 object's content should be valid Yaml/JSON, without functions in "
            f"their short form ({error.message})",
        ) from error
    if not isinstance(snippet, dict):
        raise failure(INCLUDE, "The specified S3 object's content should be key-value pairs")
    if INCLUDE in declared(snippet):
        raise failure(INCLUDE, f"a snippet cannot use {INCLUDE} itself")
    return snippet
