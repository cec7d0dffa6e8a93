"""JUnit XML as several programs write it."""

import pytest

from emulator.services.codebuild.reports.junit import Case, NotJunit, read_cases

# Nested suites, as Gradle and Jest write them; a time with a thousands separator, as Surefire does.
NESTED = b"""<testsuites name="all">
  <testsuite name="outer"><testsuite name="inner">
    <testcase classname="a.B" name="one" time="1,002.5"/>
  </testsuite>
  <testcase name="two"><system-out>x</system-out><failure type="E">line 1
line 2</failure></testcase></testsuite>
</testsuites>"""


def test_suites_can_be_nested() -> None:
    assert read_cases(NESTED) == [
        Case("inner", "a.B", "one", "SUCCEEDED", 1_002_500_000_000, ""),
        Case("outer", "", "two", "FAILED", 0, "line 1\nline 2"),
    ]


def test_a_single_suite_can_be_the_root() -> None:
    (case,) = read_cases(
        b'<testsuite name="s"><testcase name="t"><skipped/></testcase></testsuite>'
    )

    assert case.status == "SKIPPED"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not xml", "it is not XML"),
        (b"<html/>", "its root is html, expected testsuites or testsuite"),
        (
            b'<!DOCTYPE a [<!ENTITY b "c">]><testsuites>&b;</testsuites>',
            "a document type is not allowed",
        ),
    ],
)
def test_what_is_no_junit_xml_is_told(content: bytes, message: str) -> None:
    with pytest.raises(NotJunit, match=message):
        read_cases(content)
