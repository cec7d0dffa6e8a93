"""Macros: request, response and messages as the User Guide has them and as recorded of AWS."""

from collections.abc import Mapping
from typing import Any

import pytest

from emulator.services.cloudformation.template.errors import TemplateError
from tests.unit.emulator.services.cloudformation.transforms.documents import transformed

MARK = "<replace-this>"
TEMPLATE = f"""
Transform: [{{Name: Mine, Parameters: {{Input: global-transform}}}}]
Parameters:
  Text: {{Type: String, Default: t}}
  List: {{Type: CommaDelimitedList, Default: "a,b"}}
Resources:
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {{Type: String, Value: {MARK}}}
"""


def replaced(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {key: replaced(member, text) for key, member in value.items()}
    return value.replace(MARK, f"{text} {MARK}") if isinstance(value, str) else value


def replace(request: Mapping[str, Any]) -> dict[str, Any]:
    """Puts its parameter before each mark."""
    fragment = replaced(request["fragment"], request["params"]["Input"])
    return {"requestId": request["requestId"], "status": "SUCCESS", "fragment": fragment}


def test_the_request_is_the_documented_one() -> None:
    seen: list[Mapping[str, Any]] = []

    def macro(request: Mapping[str, Any]) -> dict[str, Any]:
        seen.append(request)
        return replace(request)

    transformed(TEMPLATE, macros={"Mine": macro})

    request = dict(seen[0])
    assert request.pop("requestId")
    assert request == {
        "region": "us-east-1",
        "accountId": "123456789012",
        "transformId": "123456789012::Mine",
        "params": {"Input": "global-transform"},
        "templateParameterValues": {"Text": "t", "List": ["a", "b"]},
        "fragment": {
            "Parameters": {
                "Text": {"Type": "String", "Default": "t"},
                "List": {"Type": "CommaDelimitedList", "Default": "a,b"},
            },
            "Resources": {
                "Parameter": {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {"Type": "String", "Value": MARK},
                }
            },
        },
    }


def test_what_is_embedded_comes_first_and_lists_go_in_their_order() -> None:
    """What AWS was recorded to give for these four calls of one macro."""

    def call(text: str) -> dict[str, Any]:
        return {"Name": "Mine", "Parameters": {"Input": text}}

    properties = {
        "Value": MARK,
        "Fn::Transform": [call("snippet-transform"), call("second-snippet-transform")],
    }
    found = transformed(
        {
            "Resources": {"Parameter": {"Properties": properties}},
            "Transform": [call("global-transform"), call("second-global-transform")],
        },
        macros={"Mine": replace},
    )

    assert found["Resources"]["Parameter"]["Properties"]["Value"] == (
        "snippet-transform second-snippet-transform global-transform second-global-transform "
        "<replace-this>"
    )


def test_the_deepest_comes_first_and_sees_its_siblings_alone() -> None:
    seen: list[Any] = []

    def macro(request: Mapping[str, Any]) -> dict[str, Any]:
        seen.append(request["fragment"])
        made = {"made": len(seen)}
        return {"requestId": request["requestId"], "status": "success", "fragment": made}

    found = transformed(
        {"Resources": {"A": {"P": {"x": 1, "Fn::Transform": "M"}, "Fn::Transform": "M"}}},
        macros={"M": macro},
    )

    assert seen == [{"x": 1}, {"P": {"made": 1}}]
    assert found == {"Resources": {"A": {"made": 2}}}


def test_a_macro_may_give_a_text_for_what_it_was_in() -> None:
    def macro(request: Mapping[str, Any]) -> dict[str, Any]:
        text = request["params"]["Text"].upper()
        return {"requestId": request["requestId"], "status": "success", "fragment": text}

    found = transformed(
        {"Resources": {"A": {"Fn::Transform": {"Name": "M", "Parameters": {"Text": "abc"}}}}},
        macros={"M": macro},
    )

    assert found == {"Resources": {"A": "ABC"}}


def test_parameters_of_a_call_are_evaluated() -> None:
    found = transformed(
        "Parameters: {Text: {Type: String, Default: t}}\n"
        "Resources:\n  A:\n    V: <replace-this>\n"
        "    Fn::Transform: {Name: Mine, Parameters: {Input: !Ref Text}}\n",
        macros={"Mine": replace},
    )

    assert found["Resources"]["A"]["V"] == "t <replace-this>"


def deep() -> Any:
    """Lists within each other without an end that anybody would want."""
    found: list[Any] = []
    for _ in range(200):
        found = [found]
    return found


def answer(**members: Any) -> Any:
    return lambda request: {"requestId": request["requestId"], **members}


@pytest.mark.parametrize(
    ("macro", "message"),
    [
        (
            answer(status="failed", errorMessage="failed because it is a test"),
            "Transform 123456789012::Mine failed with: failed because it is a test",
        ),
        (answer(status="failed"), "Transform 123456789012::Mine failed without an error message."),
        (lambda _: None, "Received malformed response from transform 123456789012::Mine"),
        (lambda _: "text", "Received malformed response from transform 123456789012::Mine"),
        (
            lambda _: {"requestId": "another", "status": "success", "fragment": {}},
            "Received malformed response from transform 123456789012::Mine",
        ),
        (answer(status="success"), "Received malformed response from transform"),
        (answer(status="success", fragment="no"), "Template format error: unsupported structure."),
        (answer(status="success", fragment=deep()), "Template format error: it is nested more"),
    ],
)
def test_a_macro_that_fails(macro: Any, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        transformed(TEMPLATE, macros={"Mine": macro})
    assert refusal.value.message.startswith(message)


def test_a_macro_that_is_not_there() -> None:
    with pytest.raises(TemplateError) as refusal:
        transformed(TEMPLATE)
    assert refusal.value.message == "No transform named 123456789012::Mine found."


def test_a_parameter_that_is_not_known() -> None:
    with pytest.raises(TemplateError) as refusal:
        transformed(
            "Resources:\n  A:\n    Fn::Transform: {Name: Mine, Parameters: "
            "{forwarderArn: !ImportValue x}}\n"
        )
    assert refusal.value.message == (
        "The value of parameter forwarderArn under transform Mine must resolve to a string, "
        "number, boolean or a list of any of these."
    )
