"""Processing step: raw ratings in; training users, and held-out users with hidden ratings, out.

    prepare.py --test-fraction 0.2 --hidden-fraction 0.2 --seed 0

Reads `processing/input/ratings` below the machine-learning directory (/opt/ml) and writes
`processing/output/{train,shown,hidden}/ratings.csv`, each of user_id, item_id, rating. A model that
is trained on `train` has never seen the users of the others; it is told what is in `shown` and must
tell what is in `hidden`. Everything is computed before the first file is written.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import pandas as pd
from raw_ratings import COLUMNS, BadInput, in_natural_order, read_ratings

MESSAGE_BYTES = 1024
# Held-out users show one rating at least and hide one.
RATINGS_AT_LEAST = 2
TRAINING_USERS_AT_LEAST = 2


@dataclass(frozen=True)
class Split:
    """Disjoint parts of the ratings; each rating is in one of the three."""

    train: pd.DataFrame
    shown: pd.DataFrame
    hidden: pd.DataFrame


def split_ratings(
    ratings: pd.DataFrame, test_fraction: float, hidden_fraction: float, seed: int
) -> Split:
    """Draws held-out users at random, and of each of them the ratings to hide.

    Neither depends on the order of the rows. Users with fewer than two ratings always train.

    Raises:
        BadInput: a part would get too few users.
    """
    random = np.random.default_rng(seed)
    counts = ratings["user_id"].value_counts()
    users = in_natural_order(ratings["user_id"])
    eligible = [user for user in users if counts[user] >= RATINGS_AT_LEAST]
    held_out_users = round(len(users) * test_fraction)
    at_most = min(len(eligible), len(users) - TRAINING_USERS_AT_LEAST)
    if at_most < 1:
        raise BadInput(
            [
                f"ratings: got {len(users)} users, {len(eligible)} of them with "
                f"{RATINGS_AT_LEAST} ratings or more; expected at least one of these to hold out "
                f"and {TRAINING_USERS_AT_LEAST} more to train on"
            ]
        )
    if not 1 <= held_out_users <= at_most:
        raise BadInput(
            [
                f"--test-fraction: gives {held_out_users} of {len(users)} users to hold out; "
                f"expected 1 to {at_most}"
            ]
        )
    held_out = set(random.permutation(eligible)[:held_out_users])
    is_held_out = ratings["user_id"].isin(held_out)
    # In the order of users and items, which the numbers that are drawn are for.
    rest = ratings[is_held_out].sort_values(["user_id", "item_id"])
    order = pd.Series(random.random(len(rest)), index=rest.index).groupby(rest["user_id"]).rank()
    count = rest.groupby("user_id")["rating"].transform("size")
    hidden_count = (count * hidden_fraction).round().clip(lower=1, upper=count - 1)
    is_hidden = order <= hidden_count
    return Split(ratings[~is_held_out], rest[~is_hidden], rest[is_hidden])


def write(split: Split, output: Path) -> None:
    """Writes each part into its own directory; files appear complete or not at all."""
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".") as beside:
        for name, part in vars(split).items():
            part.to_csv(Path(beside, f"{name}.csv"), index=False, columns=list(COLUMNS))
        for name in vars(split):
            target = output / name / "ratings.csv"
            target.parent.mkdir(exist_ok=True)
            Path(beside, f"{name}.csv").replace(target)


class Parser(argparse.ArgumentParser):
    """Raises BadInput where argparse would end the process; takes no shortened flags."""

    def error(self, message: str) -> NoReturn:
        """Raises what argparse found.

        Raises:
            BadInput: always.
        """
        raise BadInput([f"arguments: {message}"])


def read_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments.

    Raises:
        BadInput: naming every one that is wrong.
    """
    parser = Parser(description=__doc__.splitlines()[0], allow_abbrev=False)
    parser.add_argument("--test-fraction", type=float, default=0.2, help="of the users")
    parser.add_argument("--hidden-fraction", type=float, default=0.2, help="of a user's ratings")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    faults = [
        f"argument --{name.replace('_', '-')}: got {value}, expected above 0 and below 1"
        for name in ("test_fraction", "hidden_fraction")
        if not 0 < (value := getattr(arguments, name)) < 1
    ]
    if arguments.seed < 0:
        faults.append(f"argument --seed: got {arguments.seed}, expected an integer from 0")
    if faults:
        raise BadInput(faults)
    return arguments


def report(error: BadInput, path: Path) -> None:
    """Prints the error and writes its start to the file that SageMaker reads.

    Source: ExitMessage of DescribeProcessingJob is `/opt/ml/output/message`, 1,024 characters.
    """
    text = f"bad input: {error}"
    print(text, file=sys.stderr, flush=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.encode()[:MESSAGE_BYTES].decode(errors="ignore"), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the step; gives 1 after bad input, whose text goes to `output/message` too."""
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    try:
        arguments = read_arguments(argv)
        ratings = read_ratings(base / "processing/input/ratings")
        split = split_ratings(
            ratings, arguments.test_fraction, arguments.hidden_fraction, arguments.seed
        )
    except BadInput as error:
        report(error, base / "output/message")
        return 1
    write(split, base / "processing/output")
    print(
        f"{len(ratings)} ratings: {len(split.train)} of {split.train['user_id'].nunique()} users "
        f"to train on; of {split.shown['user_id'].nunique()} others {len(split.shown)} shown and "
        f"{len(split.hidden)} hidden",
        flush=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
