"""YAML and JSON templates as plain data, short forms of functions in their long form."""

import json
from collections.abc import Hashable
from typing import Any

import yaml

from emulator.services.cloudformation.template.errors import TemplateError

_SHORT_FORMS = frozenset(
    [
        "And",
        "Base64",
        "Cidr",
        "Contains",
        "EachMemberEquals",
        "EachMemberIn",
        "Equals",
        "FindInMap",
        "GetAZs",
        "GetAtt",
        "GetStackOutput",
        "If",
        "ImportValue",
        "Join",
        "Not",
        "Or",
        "RefAll",
        "Select",
        "Split",
        "Sub",
        "Transform",
        "ValueOf",
        "ValueOfAll",
    ]
)
# AWS::LanguageExtensions in the template reference: "use Fn::Length instead of !Length".
_LONG_FORMS_ALONE = frozenset({"ForEach", "Length", "ToJsonString"})
_WITHOUT_PREFIX = frozenset({"Ref", "Condition"})
_MOST_LEVELS = 100
_TOO_DEEP = f"Template format error: it is nested more than {_MOST_LEVELS} levels deep"
# "Template format" in the User Guide names the tags of YAML 1.1 that CloudFormation does not read.
_SCALAR_TAGS = ("bool", "float", "int", "null", "str")


def parse(text: str, *, short_forms: bool = True) -> Any:
    """What the text says: JSON when it starts as JSON does, else YAML.

    Raises:
        TemplateError: It is neither, a key comes twice, it is nested too deeply, or has short
            forms of functions where there may be none.
    """
    loader = _Loader if short_forms else _PlainLoader
    try:
        value = _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text, loader)
    except RecursionError:
        raise TemplateError([_TOO_DEEP]) from None
    check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Level by level, so that all that walks a template later may do so by recursion.

    Raises:
        TemplateError: It is nested too deeply.
    """
    level = [value]
    for _ in range(_MOST_LEVELS):
        level = [member for holder in level for member in _members(holder)]
    if level:
        raise TemplateError([_TOO_DEEP])


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_json_object, parse_constant=_json_constant)
    except json.JSONDecodeError as error:
        raise TemplateError(
            [
                "Template format error: JSON not well-formed. "
                f"(line {error.lineno}, column {error.colno})"
            ]
        ) from error
    except ValueError as error:
        raise TemplateError([f"Template format error: JSON not well-formed: {error}"]) from error


def _json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise TemplateError(
            [f"Template format error: JSON not well-formed: the key {twice!r} comes more than once"]
        )
    return found


def _json_constant(name: str) -> Any:
    raise TemplateError([f"Template format error: JSON not well-formed: {name} is no number"])


def _parse_yaml(text: str, loader: "type[_Loader]") -> Any:
    try:
        return yaml.load(text, loader)  # noqa: S506 - a safe loader, made stricter
    except yaml.MarkedYAMLError as error:
        raise TemplateError([_malformed(error)]) from error
    except (yaml.YAMLError, ValueError) as error:
        told = " ".join(str(error).split())
        raise TemplateError([f"Template format error: YAML not well-formed: {told}"]) from error


def _malformed(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
    problem = f": {error.problem}" if error.problem else ""
    return f"Template format error: YAML not well-formed.{place}{problem}"


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads what CloudFormation reads: no aliases, merges, dates or binaries, no key twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the name by which PyYAML finds them
        first: [
            (tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in _SCALAR_TAGS
        ]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise TemplateError(
                [
                    "Template error: YAML aliases are not allowed in CloudFormation templates "
                    f"(line {self.peek_event().start_mark.line + 1})"
                ]
            )
        return super().compose_node(parent, index)


class _PlainLoader(_Loader):
    """The same without functions in their short form."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _key(loader, key_node)
        if key in found:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} comes more than once", key_node.start_mark
            )
        found[key] = loader.construct_object(value_node, deep=True)
    return found


def _key(loader: _Loader, node: yaml.Node) -> str:
    key = loader.construct_object(node, deep=True)
    line = node.start_mark.line + 1
    if isinstance(key, str):
        return key
    # A number or a boolean as a key is the text it was written as.
    if isinstance(key, Hashable) and key is not None and isinstance(node, yaml.ScalarNode):
        return str(node.value)
    received = "null" if key is None else f"a {'map' if isinstance(key, dict) else 'list'}"
    raise TemplateError(
        [f"Template format error: map keys must be strings; received {received} (line {line})"]
    )


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> list[Any]:
    return [loader.construct_object(item, deep=True) for item in node.value]


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if suffix in _LONG_FORMS_ALONE:
        raise yaml.constructor.ConstructorError(
            None, None, f"!{suffix} has no short form: write Fn::{suffix}", node.start_mark
        )
    if suffix not in _SHORT_FORMS | _WITHOUT_PREFIX:
        raise yaml.constructor.ConstructorError(
            None, None, f"there is no function !{suffix}", node.start_mark
        )
    name = suffix if suffix in _WITHOUT_PREFIX else f"Fn::{suffix}"
    return {name: _argument(loader, name, node)}


def _argument(loader: _Loader, name: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node)
    if isinstance(node, yaml.SequenceNode):
        return _sequence(loader, node)
    text = str(node.value)
    if name == "Fn::GetAtt":
        return text.split(".", 1)
    return text


def _refuse_tag(loader: _Loader, node: yaml.Node) -> Any:
    raise yaml.constructor.ConstructorError(
        None, None, f"the tag {node.tag} is not supported", node.start_mark
    )


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)
_Loader.add_multi_constructor("!", _function)
for _tag in ("binary", "omap", "pairs", "set", "timestamp", "merge", "value"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _refuse_tag)
_Loader.add_constructor(None, _refuse_tag)
_PlainLoader.add_multi_constructor("!", lambda loader, _, node: _refuse_tag(loader, node))
