import pytest

from tests.unit.steps.title_embeddings.modules import steps

words = steps.words


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (
            "Harry Potter and the Goblet of Fire (Harry Potter, #4)",
            "harry potter goblet fire harry potter",
        ),
        ("Ender's Game", "ender game"),
        ("I Don\u2019t Know", "i don know"),
        ("Les Mis\u00e9rables", "les mis\u00e9rables"),
        ("Catch-22", "catch"),
        ("snake_case", "snake case"),
        ("1984", ""),
        ("", ""),
    ],
)
def test_words_are_runs_of_letters_in_lower_case_without_endings(title, expected):
    assert words.title_words(title) == expected.split()


def test_a_title_of_function_words_alone_keeps_them():
    assert words.title_words("To and From") == ["to", "and", "from"]


def test_case_and_spaces_do_not_make_another_title():
    assert words.title_key("  Star   WARS ") == words.title_key("Star Wars")
    assert words.title_key("Star Wars") != words.title_key("Star War")
