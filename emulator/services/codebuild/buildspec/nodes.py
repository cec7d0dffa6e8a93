"""YAML whose every value knows its line, and the faults found while it is read.

Scalars stay as they are written: ``python: 3.10`` is not 3.1, and ``yes`` is no truth value.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import yaml

_KINDS = {yaml.ScalarNode: "text", yaml.SequenceNode: "a list", yaml.MappingNode: "keys and values"}
_TRUE, _FALSE = ("yes", "true"), ("no", "false")


class NotYaml(ValueError):
    """The text is no YAML document; the message says where."""


@dataclass
class Reader:
    """Reads values of a document, and notes what they should have been."""

    faults: list[str] = field(default_factory=list)

    def fault(self, node: yaml.Node, message: str) -> None:
        """Note a fault at the node."""
        self.faults.append(f"{message} at line {node.start_mark.line + 1}")

    def members(
        self, node: yaml.Node | None, place: str, known: Sequence[str] | None = None
    ) -> dict[str, yaml.Node]:
        """The members of a mapping by key; other keys than the known ones are faults."""
        if node is None or _is_empty(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            self._wrong_type(node, place, "keys and values")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in self._pairs(node, place):
            if key in found:
                self.fault(value, f"{place}: the key {key} is there twice")
            elif known is not None and key not in known:
                self.fault(value, f"{place}: unknown key {key}, expected {', '.join(known)}")
            else:
                found[key] = value
        return found

    def _pairs(self, node: yaml.MappingNode, place: str) -> Iterator[tuple[str, yaml.Node]]:
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key.value, value
            else:
                self._wrong_type(key, f"{place}: a key", "text")

    def text(self, node: yaml.Node | None, place: str) -> str:
        """The text of a scalar; empty when there is none."""
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self._wrong_type(node, place, "text")
        return ""

    def texts(self, node: yaml.Node | None, place: str) -> tuple[str, ...]:
        """The texts of a list."""
        if node is None or _is_empty(node):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self._wrong_type(node, place, "a list")
            return ()
        found = []
        for number, item in enumerate(node.value):
            if isinstance(item, yaml.ScalarNode):
                found.append(str(item.value))
            else:
                hint = " (a command with ': ' in it has to be quoted)"
                is_mapping = isinstance(item, yaml.MappingNode)
                self._wrong_type(
                    item, f"Expected {place}[{number}] to be of string type", None,
                    hint if is_mapping else "",
                )  # fmt: skip
        return tuple(found)

    def text_map(self, node: yaml.Node | None, place: str) -> dict[str, str]:
        """A mapping of texts to texts."""
        return {
            key: self.text(value, f"{place}/{key}")
            for key, value in self.members(node, place).items()
        }

    def flag(self, node: yaml.Node | None, place: str) -> bool:
        """The truth of yes and no; false when there is none."""
        if node is None:
            return False
        text = self.text(node, place).lower()
        if text not in (*_TRUE, *_FALSE):
            self.fault(node, f"{place}: got {text!r}, expected yes or no")
        return text in _TRUE

    def _wrong_type(
        self, node: yaml.Node, place: str, expected: str | None, hint: str = ""
    ) -> None:
        kind = _KINDS.get(type(node), "something else")
        if expected is None:
            found = "subkeys" if isinstance(node, yaml.MappingNode) else kind
            self.fault(node, f"{place}: found {found} instead{hint}")
        else:
            self.fault(node, f"{place}: got {kind}, expected {expected}")


def compose(text: str) -> yaml.Node | None:
    """The document's root.

    Raises:
        NotYaml: It is none.
    """
    try:
        root: yaml.Node | None = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise NotYaml(f"{error.problem or error.context}{where}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise NotYaml(str(error)) from error
    return root


def _is_empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == ""
