from typing import Any

import pytest

from emulator.engine.json_paths import PathNotFound, look_up, parse_path, write_path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("regression_metrics.mse.value", ("regression_metrics", "mse", "value")),
        ("$.a.b", ("a", "b")),
        ("a[0].b", ("a", 0, "b")),
        ("[1]", (1,)),
        # Source: AWS's guide names https://github.com/json-path/JsonPath, whose README has
        # book[-2] for the second to last.
        ("a[-2]", ("a", -2)),
        ("Outputs['train'].S3Output", ("Outputs", "train", "S3Output")),
        ("a[\"x.y\"]['z']", ("a", "x.y", "z")),
        ("5.1", ("5", "1")),
        ("", ()),
    ],
)
def test_a_path_is_names_and_positions(text: str, path: tuple[Any, ...]) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize("text", ["a[", "a]", "a['b", "a..b", "a[-]"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        parse_path(text)


def test_a_path_leads_through_objects_and_arrays() -> None:
    assert look_up({"a": [{"b": 1}, {"b": 2}]}, ("a", 1, "b")) == 2
    assert look_up({"a": [{"b": 1}, {"b": 2}]}, ("a", -2, "b")) == 1


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (("a", "x"), "'a' has: b, c"),
        (("x",), "the document has: a, d"),
        (("d", 3), "'d' has 2 elements"),
        (("d", "x"), "'d' has 2 elements"),
        (("a", "b", "x"), "'a.b' is a single value"),
    ],
)
def test_a_path_that_leads_nowhere_says_how_far_it_came(
    path: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(PathNotFound, match=message):
        look_up({"a": {"b": 1, "c": 2}, "d": [1, 2]}, path)


def test_a_path_is_written_as_it_is_read() -> None:
    assert write_path(("a", 0, "b")) == "a[0].b"
