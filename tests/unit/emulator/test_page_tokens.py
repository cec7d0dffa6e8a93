import base64

import pytest

from emulator.page_tokens import NotOurs, entry_before, token_after


@pytest.mark.parametrize("last", ["", "10", "a-name", "Things:", "ä/b:c"])
def test_a_token_stands_for_the_entry_that_it_follows(last: str) -> None:
    assert entry_before("Things", token_after("Things", last)) == last


@pytest.mark.parametrize(
    "text",
    [
        *("", "10", "a-name", "ä", "====", "YWZ0ZXI", "_w=="),
        base64.b64encode(b"without a list").decode(),
        token_after("Things", "x") + "\n",
        token_after("OtherThings", "x"),
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(NotOurs):
        entry_before("Things", text)
