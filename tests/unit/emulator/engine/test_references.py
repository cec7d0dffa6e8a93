import json
from collections.abc import Mapping
from typing import Any

import pytest

from emulator.engine.references import (
    Scope,
    UnresolvedReference,
    expressions,
    parse_reference,
    references,
    resolve,
)
from emulator.errors import AwsError

FILES: Mapping[str, bytes] = {
    "s3://bucket/report.json": json.dumps({"mse": {"value": 0.5}, "list": [1, 2]}).encode(),
    "s3://bucket/not.json": b"mse=0.5",
}


def read(s3_uri: str) -> bytes:
    if s3_uri not in FILES:
        raise UnresolvedReference(f"JsonGet: {s3_uri} cannot be read")
    return FILES[s3_uri]


SCOPE = Scope(
    parameters={"Epochs": 3, "Name": "blue", "IsOn": True, "Rate": 0.1},
    execution={"PipelineExecutionId": "abc"},
    properties=lambda step: {"Arn": f"arn:{step}", "Tags": [{"Key": "k", "Value": "v"}]},
    property_file_s3_uri=lambda step, file: f"s3://bucket/{file}.json",
    read=read,
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"Get": "Parameters.Epochs"}, 3),
        ({"Get": "Execution.PipelineExecutionId"}, "abc"),
        ({"Get": "Steps.Train.Arn"}, "arn:Train"),
        ({"Get": "Steps.Train.Tags[0].Value"}, "v"),
        ({"Std:Join": {"On": "/", "Values": ["a", {"Get": "Parameters.Epochs"}]}}, "a/3"),
        ({"Std:Join": {"Values": ["a", 1, 0.5, True]}}, "a10.5true"),
        (
            {"Std:Join": {"On": "-", "Values": [{"Std:Join": {"On": "+", "Values": [1, 2]}}, 3]}},
            "1+2-3",
        ),
        (
            {
                "Std:JsonGet": {
                    "PropertyFile": {"Get": "Steps.Eval.PropertyFiles.report"},
                    "Path": "mse.value",
                }
            },
            0.5,
        ),
        (
            {
                "Std:JsonGet": {
                    "S3Uri": {"Std:Join": {"On": "/", "Values": ["s3://bucket", "report.json"]}},
                    "Path": "list[1]",
                }
            },
            2,
        ),
    ],
)
def test_an_expression_is_replaced_by_its_value(expression: Any, value: Any) -> None:
    resolved = resolve({"a": [expression]}, SCOPE)["a"][0]

    assert resolved == value
    assert type(resolved) is type(value)


def test_everything_else_stays_as_it_is() -> None:
    value = {"a": [1, None, True, "x", {"Get": "a", "Put": "b"}], "b": {}}

    assert resolve(value, SCOPE) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ({"Get": "Parameters.None"}, r"Get 'Parameters.None' has no value"),
        ({"Get": "Steps.Train.Nothing"}, r"Get 'Steps.Train.Nothing' has no value: .* has: Arn"),
        (
            {"Std:JsonGet": {"S3Uri": "s3://bucket/not.json", "Path": "a"}},
            "s3://bucket/not.json is not JSON",
        ),
        (
            {"Std:JsonGet": {"S3Uri": "s3://bucket/report.json", "Path": "rmse"}},
            "s3://bucket/report.json has nothing at path 'rmse': the document has: mse, list",
        ),
        ({"Std:JsonGet": {"S3Uri": "s3://bucket/gone.json", "Path": "a"}}, "cannot be read"),
    ],
)
def test_a_value_that_is_not_there_is_named_with_its_place(expression: Any, message: str) -> None:
    with pytest.raises(UnresolvedReference, match=message):
        resolve(expression, SCOPE)


def test_the_outermost_expressions_are_found() -> None:
    inner = {"Get": "Parameters.A"}
    outer = {"Std:Join": {"On": "", "Values": [inner]}}

    assert list(expressions({"x": [outer, {"y": inner}], "z": 1})) == [outer, inner]


def test_references_inside_of_functions_are_found() -> None:
    value = {
        "a": {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.A"}, {"Get": "Steps.B.C"}]}},
        "d": {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.E.PropertyFiles.F"}, "Path": "g"}},
    }

    found = [(reference.root, reference.name) for reference in references(value)]

    assert found == [("Parameters", "A"), ("Steps", "B"), ("Steps", "E")]


def test_a_property_file_is_told_from_a_property() -> None:
    assert parse_reference("Steps.E.PropertyFiles.F").property_file == "F"
    assert parse_reference("Steps.E.ProcessingJobName").property_file is None


@pytest.mark.parametrize(
    "text", ["", "Steps", "Steps.", "Step.A.B", "Parameters.A.B", "Steps.A[", 5]
)
def test_what_names_nothing_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match="Get|path"):
        parse_reference(text)


def test_an_error_of_the_api_is_not_swallowed() -> None:
    def refuse(_: str) -> Any:
        raise AwsError("ValidationException", "no")

    scope = Scope({}, {}, refuse, lambda *_: "", read)

    with pytest.raises(AwsError):
        resolve({"Get": "Steps.A.B"}, scope)
