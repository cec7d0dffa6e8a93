import pytest

from emulator.json_text import is_deeper, read_json


def test_json_is_read() -> None:
    assert read_json(b'{"a": [1, null]}') == {"a": [1, None]}
    assert read_json("Infinity") == float("inf")


@pytest.mark.parametrize("text", ["", "{", b"\xff", "[" * 100_000, '{"a":' * 100_000, "9" * 9_999])
def test_what_cannot_be_read_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match="."):
        read_json(text)


@pytest.mark.parametrize("text", ["NaN", '{"a": -Infinity}'])
def test_what_only_python_calls_a_number_is_refused_when_strict(text: str) -> None:
    with pytest.raises(ValueError, match="is no JSON number"):
        read_json(text, is_strict=True)


@pytest.mark.parametrize(
    ("value", "levels"), [({"a": 1}, 1), ([[1], 2], 2), ([{"a": [0]}], 3), ([1, [2, [3]]], 3)]
)
def test_the_levels_of_a_value_are_counted(value: object, levels: int) -> None:
    assert not is_deeper(value, levels)
    assert is_deeper(value, levels - 1)


def test_a_value_without_an_end_in_sight_is_deeper() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    assert is_deeper(value, 500)
    assert not is_deeper(1, 0)
