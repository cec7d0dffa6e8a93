import json

import numpy as np
import pytest

from tests.unit.steps.title_embeddings.modules import steps

inference = steps.inference
VECTORS = np.float32([[0, 0], [1, 0], [0, 1], [-1, 0]])
VOCABULARY = {"<unk>": 0, "sea": 1, "war": 2, "desert": 3}
TITLES = ("The Sea", "War", "1984", "sea war", "Sea  of the SEA", "War")


def encode(words, counts):
    means = [
        VECTORS[row[: int(n)].astype(int)].mean(axis=0)
        for row, n in zip(words, counts, strict=True)
    ]
    return np.array([mean / (np.linalg.norm(mean) or 1) for mean in means], np.float32)


@pytest.fixture(scope="module")
def model():
    words = [steps.words.title_words(title) for title in TITLES]
    known = steps.encoding.index_titles(words, VOCABULARY)
    embeddings = steps.encoding.encode(known, 2, encode)
    return inference.make_model(encode, VOCABULARY, (10, 11, 12, 13, 14, 15), TITLES, embeddings)


def ask(model, content, accept="application/json"):
    body, content_type = inference.transform_fn(
        model, json.dumps(content), "application/json", accept
    )
    assert content_type == "application/json"
    return json.loads(body)


def test_a_new_title_gets_the_nearest_ones_with_their_cosine(model):
    answer = ask(model, {"title": "A War by the Sea", "top_k": 3})
    assert answer == {
        "title": "A War by the Sea",
        "is_known": False,
        "unknown_words": [],
        "neighbours": [
            {"item_id": 13, "title": "sea war", "similarity": 1.0},
            {"item_id": 10, "title": "The Sea", "similarity": 0.7071},
            {"item_id": 11, "title": "War", "similarity": 0.7071},
        ],
    }


def test_a_known_title_is_not_its_own_neighbour_however_it_is_written(model):
    answer = ask(model, {"title": " war "})
    assert answer["is_known"] is True
    assert [item["item_id"] for item in answer["neighbours"]] == [13, 10, 14]


def test_words_without_a_vector_do_not_count_and_are_told(model):
    answer = ask(model, {"title": "Xyzzy Desert xyzzy", "top_k": 1})
    assert answer["unknown_words"] == ["xyzzy"]
    assert answer["neighbours"][0]["similarity"] == 0.0


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("", "the title has no word of letters"),
        ("  1984!", "the title has no word of letters"),
        ("<unk>", "no word of the title has a vector"),
        ("Xyzzy", "no word of the title has a vector"),
        ("sea desert", "no word of the title has a vector"),
    ],
)
def test_a_title_without_a_vector_has_no_neighbours_and_a_reason(model, title, reason):
    answer = ask(model, {"title": title})
    assert answer["neighbours"] == []
    assert answer["reason"] == reason


def test_a_list_gets_one_answer_each_in_its_order(model):
    answers = ask(model, {"titles": ["War", "", "The Sea"], "top_k": 1})["answers"]
    assert [answer["title"] for answer in answers] == ["War", "", "The Sea"]
    assert [len(answer["neighbours"]) for answer in answers] == [1, 0, 1]


def test_a_title_of_ten_thousand_characters_is_answered(model):
    answer = ask(model, {"title": ("sea " * 2500)[:10_000], "top_k": 1})
    assert answer["neighbours"][0]["title"] == "The Sea"
    many = ask(model, {"title": " ".join(chr(97 + n % 26) * (2 + n // 26) for n in range(200))})
    assert len(many["unknown_words"]) == inference.UNKNOWN_WORDS_SHOWN


def test_a_catalogue_of_one_title_has_no_other(model):
    alone = inference.make_model(encode, VOCABULARY, (1,), ("War",), np.float32([[0, 1]]))
    assert (
        ask(alone, {"title": "War"})["reason"] == "the catalogue has no other title with a vector"
    )
    assert len(ask(alone, {"title": "Sea"})["neighbours"]) == 1


@pytest.mark.parametrize("accept", ["*/*", "", None, "text/csv, application/json;q=0.5"])
def test_who_takes_json_gets_it(model, accept):
    assert ask(model, {"title": "War"}, accept)["neighbours"]


def test_who_takes_no_json_is_refused_with_status_406(model):
    with pytest.raises(steps.questions.RequestRefused) as caught:
        ask(model, {"title": "War"}, "text/csv")
    assert caught.value.status_code == 406


def test_an_artefact_that_lacks_parts_names_them(tmp_path):
    (tmp_path / "embeddings.npy").touch()
    with pytest.raises(FileNotFoundError, match=r"no vocabulary.json, items.json, encoder-symbol"):
        inference.model_fn(str(tmp_path))
