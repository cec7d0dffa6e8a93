import json

import pytest

from tests.unit.steps.title_embeddings.modules import steps

questions = steps.questions


def parse(content, content_type="application/json"):
    return questions.parse(json.dumps(content), content_type)


def test_one_title_and_a_list_of_titles_are_read():
    assert parse({"title": "A"}) == questions.Question(("A",), 10, False)
    assert parse({"titles": ["A", ""], "top_k": 3}) == questions.Question(("A", ""), 3, True)
    assert questions.parse(b'{"title": "\xc3\x89"}', "application/json; charset=utf-8").titles == (
        "\u00c9",
    )


def test_a_title_of_ten_thousand_characters_is_a_title():
    assert len(parse({"title": "x" * 10_000}).titles[0]) == 10_000


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, "title, titles: got neither, expected one of them"),
        ({"title": "A", "titles": ["B"]}, "title, titles: got both"),
        ({"title": None}, "title: got null, expected a string"),
        ({"title": 3}, "title: got a number, expected a string"),
        ({"title": "x" * 10_001}, "title: got 10001 characters, expected at most 10000"),
        ({"titles": []}, "titles: got a list of 0, expected a list of at least one title"),
        ({"titles": "A"}, "titles: got a string"),
        (
            {"titles": ["A", 1, {}]},
            "titles[1]: got a number, expected a string; titles[2]: got an object",
        ),
        ({"titles": ["A"] * 1001}, "titles: got 1001, expected at most 1000"),
        ({"titles": [1] * 9}, "(and 4 more)"),
        ({"title": "A", "top_k": 0}, "top_k: got 0, expected 1 to 1000"),
        ({"title": "A", "top_k": 1001}, "top_k: got 1001, expected 1 to 1000"),
        ({"title": "A", "top_k": True}, "top_k: got a boolean, expected an integer"),
        ({"title": "A", "top_k": 2.5}, "top_k: got the number 2.5, expected an integer"),
        ({"title": "A", "k": 3}, "unknown fields: 'k'; expected title, titles, top_k"),
        (
            {"title": 1, "top_k": "x", "k": 3},
            "title: got a number, expected a string; top_k: got a string, expected an integer; "
            "unknown fields: 'k'",
        ),
        ([], "body: got a list of 0, expected an object"),
        ("A", "body: got a string"),
    ],
)
def test_every_fault_of_a_body_is_named_with_status_400(content, expected):
    with pytest.raises(questions.RequestRefused) as caught:
        parse(content)
    assert caught.value.status_code == 400
    assert expected in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_refused_with_status_400(body):
    with pytest.raises(questions.RequestRefused, match=r"^body: not (JSON|UTF-8)") as caught:
        questions.parse(body, "application/json")
    assert caught.value.status_code == 400


@pytest.mark.parametrize("content_type", ["text/csv", "", None])
def test_another_content_type_is_refused_with_status_415(content_type):
    with pytest.raises(questions.RequestRefused, match="expected application/json") as caught:
        questions.parse('{"title": "A"}', content_type)
    assert caught.value.status_code == 415


def test_a_title_that_no_text_can_hold_is_refused_with_status_400():
    # Half of a surrogate pair: JSON can write it, UTF-8, in which the answer comes, cannot.
    with pytest.raises(questions.RequestRefused) as caught:
        parse({"titles": ["A", "\ud800"]})
    assert caught.value.status_code == 400
    assert "titles[1]: character 0 is half of a surrogate pair" in str(caught.value)
