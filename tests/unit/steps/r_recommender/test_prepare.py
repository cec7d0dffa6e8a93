"""The prepare step: users held out, ratings hidden, and bad input named."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

STEPS = Path(__file__).resolve().parents[4] / "steps/r_recommender"


def prepare(base, files, *arguments):
    """Run the step as a container does."""
    for name, text in files.items():
        path = base / "processing/input/ratings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return subprocess.run(
        [sys.executable, str(STEPS / "prepare.py"), *arguments],
        env={"SAGEMAKER_BASE_DIR": str(base), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def outputs(base):
    return {
        name: pd.read_csv(base / "processing/output" / name / "ratings.csv", dtype=str)
        for name in ("train", "shown", "hidden")
    }


@pytest.fixture
def table(ratings):
    return pd.DataFrame(ratings.rows(), columns=["user_id", "item_id", "rating"])


def test_each_rating_is_in_one_part_and_users_train_or_are_held_out(tmp_path, ratings, table):
    done = prepare(tmp_path, {"r.csv": ratings.csv("user_id,book_id,rating")})
    assert done.returncode == 0, done.stderr
    parts = outputs(tmp_path)
    together = pd.concat(parts.values()).astype({"rating": float})
    pair = ["user_id", "item_id"]
    assert together.sort_values(pair).values.tolist() == table.sort_values(pair).values.tolist()
    trained, asked = set(parts["train"]["user_id"]), set(parts["shown"]["user_id"])
    assert asked == set(parts["hidden"]["user_id"])
    assert not trained & asked
    assert len(asked) == round(0.2 * table["user_id"].nunique())
    counts = table["user_id"].value_counts()
    hidden = parts["hidden"]["user_id"].value_counts()
    assert all(hidden[user] == round(0.2 * counts[user]) for user in asked)


def test_the_split_depends_on_the_seed_and_not_on_rows_or_files(tmp_path, ratings):
    header, *rows = ratings.csv().split()
    tabbed = "\n".join(["user_id:token\titem_id:token\trating:float\ttime:float"])
    tabbed += "".join("\n" + row.replace(",", "\t") + "\t0" for row in rows[40:])
    cases = {
        "one": ({"r.csv": "\n".join([header, *rows])}, "0"),
        "two": ({"b.csv": "\n".join([header, *rows[39::-1]]), "a.inter": tabbed}, "0"),
        "three": ({"r.csv": "\n".join([header, *rows])}, "1"),
    }
    results = {}
    for name, (files, seed) in cases.items():
        done = prepare(tmp_path / name, files, "--seed", seed)
        assert done.returncode == 0, done.stderr
        results[name] = {
            key: each.values.tolist() for key, each in outputs(tmp_path / name).items()
        }
    assert results["one"] == results["two"]
    assert results["one"]["hidden"] != results["three"]["hidden"]


@pytest.mark.parametrize(
    ("files", "arguments", "parts"),
    [
        ({"r.csv": "user,item,stars\n1,1,1\n"}, (), ["got columns user, item, stars", "expected"]),
        ({"r.csv": ""}, (), ["r.csv: the file is empty"]),
        ({"r.csv": "user_id,item_id,rating\n"}, (), ["r.csv: no rows below the header"]),
        (
            {
                "a.csv": "user_id,item_id,rating\n1,1,NaN\n1,2,inf\n,3,4\n",
                "b.csv": "user_id,rating\n1,1\n",
            },
            (),
            [
                "a.csv: 2 rows have no finite number for a rating: row 1, 2: got 'NaN', 'inf'",
                "a.csv: 1 rows have no user: row 3",
                "b.csv: got columns user_id, rating",
            ],
        ),
        (
            {"r.csv": "user_id,item_id,rating\n1,1,4\n2,1,5\n1,1,3\n"},
            (),
            ["1 rows rate an item again that the user rated: row 3"],
        ),
        ({"r.csv": "user_id,item_id,rating\n1,1,4,7\n"}, (), ["r.csv: not a readable table"]),
        (
            {"r.csv": "user_id,item_id,rating\n1,1,4\n"},
            (),
            ["ratings: got 1 users, 0 of them with 2 ratings or more"],
        ),
        (
            {"r.csv": "user_id,item_id,rating\n1,1,4\n1,2,4\n2,1,4\n3,2,4\n"},
            ("--test-fraction", "0.9"),
            ["--test-fraction: gives 3 of 3 users to hold out; expected 1 to 1"],
        ),
        ({}, (), ["channel 'ratings': no file"]),
        (
            {},
            ("--test-fraction", "1", "--hidden-fraction", "0", "--seed", "-1"),
            [
                "argument --test-fraction: got 1.0, expected above 0 and below 1",
                "argument --hidden-fraction: got 0.0",
                "argument --seed: got -1",
            ],
        ),
        ({}, ("--test-fraction", "x"), ["arguments: argument --test-fraction: invalid float"]),
    ],
)
def test_bad_input_is_named_in_one_message_and_nothing_is_written(
    tmp_path, files, arguments, parts
):
    done = prepare(tmp_path, files, *arguments)
    assert done.returncode == 1
    text = (tmp_path / "output/message").read_text()
    assert f"{text}\n" == done.stderr
    for part in ["bad input", *parts]:
        assert part in text
    assert not (tmp_path / "processing/output").exists()
