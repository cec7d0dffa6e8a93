import json

import pytest
from questions import Pairs, RequestRefused, TopK, parse

JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("196,242\n186, 302\n", "text/csv"),
        (b"user_id,item_id\r\n196,242\r\n186,302", "text/csv; charset=utf-8"),
        ('"196","242"\n\n186,302\n', "TEXT/CSV"),
        (
            '{"instances":[{"user_id":196,"item_id":"242"},{"user_id":"186","item_id":302}]}',
            JSON,
        ),
        ('{"instances":[[196,242],["186","302"]]}', JSON),
        (bytearray(b"[[196,242],[186,302]]"), JSON),
    ],
)
def test_every_form_of_pairs_means_the_same(body, content_type):
    pairs = parse(body, content_type)
    assert isinstance(pairs, Pairs)
    assert pairs.users == ("196", "186")
    assert pairs.items == ("242", "302")


def test_a_user_s_top_k_keeps_the_id_as_it_was_given():
    assert parse('{"user_id": 7, "top_k": 5}', JSON) == TopK(7, 5)
    assert parse('{"user_id": "7", "top_k": 1000}', JSON) == TopK("7", 1000)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"top_k": 5}, "user_id: missing"),
        ({"user_id": 1}, "top_k: missing (or give 'instances' to ask for pairs)"),
        ({"user_id": None, "top_k": 5}, "user_id: got null, expected a string or an integer"),
        ({"user_id": 1.5, "top_k": 5}, "user_id: got a number, expected a string or an integer"),
        ({"user_id": True, "top_k": 5}, "user_id: got a boolean, expected"),
        ({"user_id": [1], "top_k": 5}, "user_id: got a list of 1, expected"),
        ({"user_id": " ", "top_k": 5}, "user_id: empty"),
        ({"user_id": 1, "top_k": "5"}, "top_k: got a string, expected an integer"),
        ({"user_id": 1, "top_k": True}, "top_k: got a boolean, expected an integer"),
        ({"user_id": 1, "top_k": 0}, "top_k: got 0, expected 1 to 1000"),
        ({"user_id": 1, "top_k": 1001}, "top_k: got 1001, expected 1 to 1000"),
        (
            {"user_id": {}, "top_k": -1},
            "user_id: got an object, expected a string or an integer; "
            "top_k: got -1, expected 1 to 1000",
        ),
        ({"instances": []}, "instances: got an empty list, expected at least one pair"),
        ({"instances": {}}, "instances: got an object, expected a list"),
        ({"instances": [{"user_id": 1}]}, "instances[0].item_id: missing"),
        ({"instances": [[1, 2], [1]]}, "instances[1]: got a list of 1, expected an object with"),
        ({"instances": [[1, None]]}, "instances[0][1] (item_id): got null, expected"),
        ([[1, 2], 3], "body[1]: got a number, expected an object with user_id and item_id"),
        ("text", "body: got a string, expected an object or a list of pairs"),
    ],
)
def test_bad_json_is_a_400_that_names_the_field(body, message):
    with pytest.raises(RequestRefused) as refused:
        parse(json.dumps(body), JSON)
    assert refused.value.status_code == 400
    assert refused.value.message.startswith(message)
    assert str(refused.value) == refused.value.message


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        ("", JSON, "body: empty, expected"),
        (b" \n", "text/csv", "body: empty, expected"),
        ("{user}", JSON, "body: not JSON: "),
        ("[" * 100_000, JSON, "body: not JSON: "),
        (b"\xff\xfe1,2", "text/csv", "body: not UTF-8 at byte 0"),
        ("user_id,item_id\n", "text/csv", "body: a header without rows"),
        ("user_id,item_id\n1,2,3\n", "text/csv", "row 2: got 3 fields, expected user_id,item_id"),
        ("1,2\n,5\n7,\n", "text/csv", "row 2: user_id is empty; row 3: item_id is empty"),
    ],
)
def test_bad_bodies_are_a_400_that_says_where(body, content_type, message):
    with pytest.raises(RequestRefused) as refused:
        parse(body, content_type)
    assert refused.value.status_code == 400
    assert refused.value.message.startswith(message)


def test_many_faults_are_counted_and_the_first_shown():
    with pytest.raises(RequestRefused) as refused:
        parse("1\n" * 12, "text/csv")
    assert refused.value.message.count("row ") == 5
    assert refused.value.message.endswith("expected user_id,item_id (and 7 more)")


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-npy"])
def test_another_content_type_is_a_415(content_type):
    with pytest.raises(RequestRefused) as refused:
        parse("1,2", content_type)
    assert refused.value.status_code == 415
    assert refused.value.message == (
        f"content type: got {content_type!r}, expected application/json or text/csv"
    )


def test_a_refusal_has_what_the_serving_toolkit_answers_with():
    with pytest.raises(RequestRefused) as refused:
        parse("", JSON)
    error = refused.value
    assert (error.status_code, error.phrase) == (400, "Bad Request")
    assert [base.__name__ for base in type(error).__mro__][1] == "BaseInferenceToolkitError"


def test_an_id_that_csv_cannot_hold_is_a_400():
    with pytest.raises(RequestRefused, match="body: not csv: field larger than") as refused:
        parse("x" * 200_000 + ",1\n", "text/csv")
    assert refused.value.status_code == 400
