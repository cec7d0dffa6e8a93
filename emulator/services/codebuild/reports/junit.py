"""JUnit XML -> test cases.

Source: the schema that JUnit's Ant task and Maven's Surefire write, as CodeBuild reads JUNITXML:
``testsuites`` or ``testsuite``, in which each ``testcase`` may have failure, error or skipped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

_STATUSES = {"failure": "FAILED", "error": "ERROR", "skipped": "SKIPPED"}
_NANOSECONDS = 1_000_000_000
_MESSAGE_CHARACTERS = 5000


class NotJunit(ValueError):
    """The file is no JUnit XML; the message says why."""


@dataclass(frozen=True)
class Case:
    """A test case; the prefix is its class name."""

    suite: str
    prefix: str
    name: str
    status: str
    duration_nanoseconds: int
    message: str


class _Builder(ElementTree.TreeBuilder):
    """Refuses what is there only to have entities expanded."""

    def doctype(self, name: str, public_id: str, system: str) -> None:
        raise ValueError("a document type is not allowed")


def read_cases(content: bytes) -> list[Case]:
    """The test cases of a file, in its order.

    Raises:
        NotJunit: It has none of the elements of a JUnit file, or is no XML.
    """
    parser = ElementTree.XMLParser(target=_Builder())  # noqa: S314
    try:
        root = ElementTree.fromstring(content, parser)  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        raise NotJunit(f"it is not XML: {error}") from error
    if _local(root) not in ("testsuites", "testsuite"):
        raise NotJunit(f"its root is {root.tag}, expected testsuites or testsuite")
    return list(_cases(root, ""))


def _cases(element: ElementTree.Element, suite: str) -> Iterator[Case]:
    suite = element.get("name", suite)
    for child in element:
        if _local(child) == "testsuite":
            yield from _cases(child, suite)
        elif _local(child) == "testcase":
            yield _case(child, suite)


def _case(element: ElementTree.Element, suite: str) -> Case:
    status, message = "SUCCEEDED", ""
    for child in element:
        if _local(child) in _STATUSES:
            status = _STATUSES[_local(child)]
            texts = (child.get("message", ""), (child.text or "").strip())
            message = "\n".join(text for text in texts if text)
            break
    seconds = _seconds(element.get("time", "0"))
    return Case(
        suite,
        element.get("classname", ""),
        element.get("name", ""),
        status,
        round(seconds * _NANOSECONDS),
        message[:_MESSAGE_CHARACTERS],
    )


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text.replace(",", "")))
    except ValueError:
        return 0.0


def _local(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
