import pytest

from emulator.json_text import read_json


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
