import json
import random
from pathlib import Path

import numpy as np
import pytest

from tests.unit.steps.modules import load

prepare, ratings, faults = load("object2vec", "prepare", "ratings", "faults")


def csv(count: int = 200, columns: str = "user_id,book_id,rating") -> str:
    """Ratings of pairs that are all different, in no order."""
    pairs = [(user, item) for user in range(9, 29) for item in range(95, 115)]
    random.Random(0).shuffle(pairs)
    lines = [f"{user},{item},{1 + (user + item) % 5}" for user, item in pairs[:count]]
    return "\n".join([columns, *lines]) + "\n"


def place(base: Path, text: str, name: str = "ratings.csv") -> Path:
    directory = base / "processing/input/ratings"
    directory.mkdir(parents=True, exist_ok=True)
    (directory / name).write_text(text)
    return base


def run(base: Path, *arguments: str) -> int:
    code: int = prepare.main(["--base-directory", str(base), *arguments])
    return code


def lines_of(base: Path, name: str) -> list[dict]:
    text = (base / "processing/output" / name).read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_each_rating_is_in_one_part_under_the_numbers_of_the_vocabulary(tmp_path: Path) -> None:
    assert run(place(tmp_path, csv())) == 0
    vocabulary = json.loads((tmp_path / "processing/output/vocabulary/vocabulary.json").read_text())
    sizes = json.loads((tmp_path / "processing/output/vocabulary/sizes.json").read_text())
    assert sizes == {"users": "20", "items": "20"}
    assert vocabulary["users"][:3] == ["9", "10", "11"]  # by value, not as text
    parts = {name: lines_of(tmp_path, f"{name}/{name}.jsonl")
             for name in ("train", "validation", "test")}  # fmt: skip
    assert {name: len(lines) for name, lines in parts.items()} == {
        "train": 160,
        "validation": 20,
        "test": 20,
    }
    found = sorted(
        f"{vocabulary['users'][line['in0'][0]]},{vocabulary['items'][line['in1'][0]]},"
        f"{line['label']}"
        for lines in parts.values()
        for line in lines
    )
    assert found == sorted(csv().splitlines()[1:])


def test_pairs_to_predict_are_the_held_out_ones_without_their_labels(tmp_path: Path) -> None:
    run(place(tmp_path, csv()))
    for name in ("validation", "test"):
        labelled = lines_of(tmp_path, f"{name}/{name}.jsonl")
        asked = lines_of(tmp_path, f"pairs/{name}.jsonl")
        assert asked == [{"in0": line["in0"], "in1": line["in1"]} for line in labelled]


def test_the_split_depends_on_the_seed_and_not_on_the_order_of_rows(tmp_path: Path) -> None:
    header, *rows = csv().splitlines()
    texts = {
        "first": (csv(), "0"),
        "sorted": ("\n".join([header, *sorted(rows)]) + "\n", "0"),
        "other": (csv(), "1"),
    }
    tests = {}
    for name, (text, seed) in texts.items():
        run(place(tmp_path / name, text), "--seed", seed)
        tests[name] = (tmp_path / name / "processing/output/test/test.jsonl").read_text()
    assert tests["first"] == tests["sorted"]
    assert tests["first"] != tests["other"]


def test_recboles_files_and_chapter_sevens_columns_are_read(tmp_path: Path) -> None:
    inter = csv(columns="user_id:token,item_id:token,rating:float").replace(",", "\t")
    assert run(place(tmp_path / "inter", inter, "ml.inter")) == 0
    assert run(place(tmp_path / "chapter", csv(columns="user_ind,book_ind,rating"))) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (csv(columns="user_id,book_id,stars"), "expected user_id (or user_ind)"),
        (csv().replace(",5", ",NaN", 1), "column rating: 1 rows are not finite numbers, line"),
        (csv().replace(",5", ",good", 1), "'good'"),
        (csv() + ",1,5\n", "column user_id: 1 rows are not an id, line 202"),
        (csv() + csv().splitlines()[1] + "\n", "1 rows rate an item that the same user rated"),
        (csv(3), "got 3 ratings, expected at least 50"),
        ("user_id,book_id,rating\n", "no rows below the header"),
        ("", "not a readable table"),
    ],
)
def test_bad_ratings_are_told_where_sagemaker_looks(tmp_path: Path, text: str, told: str) -> None:
    assert run(place(tmp_path, text)) == 1
    assert told in (tmp_path / "output/message").read_text()
    assert not (tmp_path / "processing/output").exists()


def test_no_file_is_a_fault(tmp_path: Path) -> None:
    assert run(tmp_path) == 1
    assert "no file in" in (tmp_path / "output/message").read_text()


@pytest.mark.parametrize(
    ("test", "validation", "seed", "told"),
    [
        (0.0, 1.5, -1, ["--test-fraction", "--validation-fraction", "--seed"]),
        (0.6, 0.4, 0, ["expected below 1"]),
        (0.001, 0.1, 0, ["no rating is left for test"]),
    ],
)
def test_fractions_and_seeds_that_make_no_split_are_refused(
    test: float, validation: float, seed: int, told: list[str]
) -> None:
    with pytest.raises(faults.BadInput) as caught:
        prepare.split_rows(100, test, validation, seed)
    assert all(part in str(caught.value) for part in told)


def test_parts_are_disjoint_and_complete() -> None:
    parts = prepare.split_rows(1000, 0.1, 0.2, 7)
    assert {name: len(rows) for name, rows in parts.items()} == {
        "test": 100,
        "validation": 200,
        "train": 700,
    }
    assert np.array_equal(np.sort(np.concatenate(list(parts.values()))), np.arange(1000))


def test_rows_that_are_all_longer_than_the_header_are_refused_and_not_cut(tmp_path: Path) -> None:
    longer = csv().replace("\n", ",x\n").replace("rating,x", "rating")
    assert run(place(tmp_path, longer)) == 1
    assert "ratings.csv: not a readable table" in (tmp_path / "output/message").read_text()
    assert not (tmp_path / "processing/output").exists()
