"""Processing step: ratings in; JSON lines for Object2Vec, a vocabulary and a held-out split out.

    prepare.py --test-fraction 0.1 --validation-fraction 0.1 --seed 0

Reads `processing/input/ratings` below the machine-learning directory (/opt/ml) and writes below
`processing/output`

    train, validation, test    {"in0": [user], "in1": [item], "label": rating}
    pairs                      validation and test without labels, to be predicted
    vocabulary                 vocabulary.json: user and item ids in the order of their numbers;
                               sizes.json: how many there are of each
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from faults import BadInput, report
from ratings import in_natural_order, read_ratings

PARTS = ("test", "validation", "train")


def split_rows(
    rows: int, test_fraction: float, validation_fraction: float, seed: int
) -> dict[str, np.ndarray]:
    """Draws the rows of each part at random; both fractions are of all rows.

    Raises:
        BadInput: a fraction out of range, or a part without rows.
    """
    fractions = {"--test-fraction": test_fraction, "--validation-fraction": validation_fraction}
    faults = [
        f"argument {name}: got {value}, expected a number above 0 and below 1"
        for name, value in fractions.items()
        if not 0 < value < 1
    ]
    if not faults and sum(fractions.values()) >= 1:
        faults = [f"{' + '.join(fractions)}: got {sum(fractions.values()):g}, expected below 1"]
    if not 0 <= seed < 2**32:
        faults.append(f"argument --seed: got {seed}, expected 0 to {2**32 - 1}")
    if faults:
        raise BadInput(faults)
    ends = np.cumsum([round(rows * fraction) for fraction in fractions.values()])
    parts = np.split(np.random.default_rng(seed).permutation(rows), ends)
    found = {name: np.sort(part) for name, part in zip(PARTS, parts, strict=True)}
    empty = [
        f"no rating is left for {name}, of {rows}" for name, part in found.items() if not len(part)
    ]
    if empty:
        raise BadInput(empty)
    return found


def as_lines(ratings: pd.DataFrame, *, labelled: bool) -> str:
    """JSON lines of numbered ratings."""
    lines = [
        f'{{"in0":[{user}],"in1":[{item}]' + (f',"label":{rating:g}}}\n' if labelled else "}\n")
        for user, item, rating in ratings[["user", "item", "rating"]].itertuples(index=False)
    ]
    return "".join(lines)


def prepare(ratings: pd.DataFrame, parts: dict[str, np.ndarray]) -> dict[str, str]:
    """The content of every file by its path below the output directory."""
    users, items = in_natural_order(ratings.user_id), in_natural_order(ratings.item_id)
    numbered = pd.DataFrame(
        {
            "user": users.get_indexer(ratings.user_id),
            "item": items.get_indexer(ratings.item_id),
            "rating": ratings.rating,
        }
    )
    files = {
        f"{name}/{name}.jsonl": as_lines(numbered.iloc[rows], labelled=True)
        for name, rows in parts.items()
    }
    for name in ("validation", "test"):
        files[f"pairs/{name}.jsonl"] = as_lines(numbered.iloc[parts[name]], labelled=False)
    vocabulary = {"users": list(users), "items": list(items)}
    files["vocabulary/vocabulary.json"] = json.dumps(vocabulary)
    # As text, which is what hyperparameters are.
    sizes = {name: str(len(ids)) for name, ids in vocabulary.items()}
    files["vocabulary/sizes.json"] = json.dumps(sizes)
    return files


def write(files: dict[str, str], output: Path) -> None:
    """Writes the files, each complete or not at all."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".") as beside:
        for name, content in files.items():
            partial, target = Path(beside, "partial"), output / name
            partial.write_text(content, encoding="utf-8")
            target.parent.mkdir(exist_ok=True)
            partial.replace(target)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the step; gives 1 after bad input, whose text goes to `output/message` too."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base-directory", default=os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    parser.add_argument("--test-fraction", type=float, default=0.1)
    parser.add_argument("--validation-fraction", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    base = Path(arguments.base_directory)
    try:
        ratings = read_ratings(base / "processing/input/ratings")
        fractions = (arguments.test_fraction, arguments.validation_fraction)
        parts = split_rows(len(ratings), *fractions, arguments.seed)
    except BadInput as error:
        report(error, base)
        return 1
    write(prepare(ratings, parts), base / "processing/output")
    counts = ", ".join(f"{len(rows)} for {name}" for name, rows in parts.items())
    print(f"{len(ratings)} ratings of {ratings.item_id.nunique()} items by "
          f"{ratings.user_id.nunique()} users: {counts}", flush=True)  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
