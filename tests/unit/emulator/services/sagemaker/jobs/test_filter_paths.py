from typing import Any

import pytest

from emulator.errors import AwsError
from emulator.services.sagemaker.jobs.filter_paths import PathMissing, parse_filter

# Examples of "Associate Prediction Results with Input Records" and API_DataProcessing.
ROW = [str(number) for number in range(8)]
RECORD = {"id": 7, "features": {"a": 1, "b": 2}, "SageMakerOutput": {"score": 0.5}}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("$", ROW, ROW),
        ("$[1:]", ROW, ROW[1:]),
        ("$[0,5:]", ROW, ["0", "5", "6", "7"]),
        ("$[:-1]", ROW, ROW[:-1]),
        ("$[-1]", ROW, "7"),
        ("$[0,-1]", ROW, ["0", "7"]),
        ("$.features", RECORD, {"a": 1, "b": 2}),
        ("$.features.b", RECORD, 2),
        ("$['id']", RECORD, 7),
        ("$['id','SageMakerOutput']", RECORD, {"id": 7, "SageMakerOutput": {"score": 0.5}}),
        ("$.features['a']", RECORD, 1),
        ("$[*]", ROW, ROW),
    ],
)
def test_a_path_selects_as_documented(path: str, value: Any, expected: Any) -> None:
    assert parse_filter(path).select(value) == expected


@pytest.mark.parametrize("path", ["", "id", "$..deep", "$[?(@.a)]", "$[", "$[]", "$.a b", "$x"])
def test_other_expressions_are_refused(path: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse_filter(path)
    assert caught.value.code == "ValidationException"
    assert repr(path) in caught.value.message


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$[8]", ROW),
        ("$.missing", RECORD),
        ("$[0]", RECORD),
        ("$.id", ROW),
        ("$[1:]", RECORD["id"]),
    ],
)
def test_what_a_record_does_not_have_is_an_error(path: str, value: Any) -> None:
    with pytest.raises(PathMissing):
        parse_filter(path).select(value)
