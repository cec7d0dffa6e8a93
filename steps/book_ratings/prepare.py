"""Processing step: raw ratings in; features, the fitted state and the held-out split out.

    prepare.py --test-fraction 0.1 --validation-fraction 0.1 --seed 0

Reads `processing/input/{ratings,items}` below the machine-learning directory (/opt/ml) and writes
`processing/output/{tuning_train,tuning_validation,train,state,ratings,test}`. Everything is
computed before the first file is written.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from arguments import Parser, split_base_directory
from faults import BadInput, fraction_faults, report
from features import FEATURES, FOLDS, Fit, Table, compute_features, fit, submit_out_of_fold
from interactions import Floats, Interactions
from ratings import read_ratings
from state import Catalogue, save_state
from tables import in_natural_order
from threadpoolctl import threadpool_limits
from titles import read_titles

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Split:
    """Disjoint parts of the ratings' rows; each rating is in one of the three."""

    tuning_train: Mask
    tuning_validation: Mask
    test: Mask


@dataclass(frozen=True)
class Prepared:
    """All that the step writes."""

    tuning_train: pl.DataFrame
    tuning_validation: pl.DataFrame
    train: pl.DataFrame
    ratings: pl.DataFrame
    test: pl.DataFrame
    fit: Fit
    catalogue: Catalogue


def split_rows(rows: int, test_fraction: float, validation_fraction: float, seed: int) -> Split:
    """Draws test and validation rows at random; both fractions are of all rows.

    Raises:
        BadInput: a fraction out of range, or a part that would get too few rows.
    """
    faults = [
        *fraction_faults("--test-fraction", test_fraction),
        *fraction_faults("--validation-fraction", validation_fraction),
    ]
    if not faults and test_fraction + validation_fraction >= 1.0:
        total = test_fraction + validation_fraction
        faults = [f"--test-fraction + --validation-fraction: got {total:g}, expected below 1"]
    if faults:
        raise BadInput(faults)
    test_rows = round(rows * test_fraction)
    validation_rows = round(rows * validation_fraction)
    sizes = {
        "--test-fraction": (test_rows, 1),
        "--validation-fraction": (validation_rows, 1),
        "what both fractions leave": (rows - test_rows - validation_rows, 2 * FOLDS),
    }
    for name, (size, least) in sizes.items():
        if size < least:
            faults.append(f"{name}: gives {size} of {rows} ratings, expected at least {least}")
    if faults:
        raise BadInput(faults)
    place = np.random.default_rng(seed).permutation(rows)
    test = place < test_rows
    validation = (place >= test_rows) & (place < test_rows + validation_rows)
    return Split(~test & ~validation, validation, test)


def prepare(
    ratings: pl.DataFrame, titles: dict[str, str], split: Split, seed: int, executor: Executor
) -> Prepared:
    """Fits and computes everything; ids that only the test rows have are unknown to the fit."""
    training = ratings.filter(~split.test)
    catalogue = Catalogue(
        tuple(in_natural_order(training["user_id"])),
        tuple(in_natural_order(training["item_id"])),
        titles,
    )
    full = to_interactions(training, catalogue)
    is_tuning = split.tuning_train[~split.test]
    tuning, validation = full.subset(is_tuning), full.subset(~is_tuning)
    tuning_train = submit_out_of_fold(tuning, seed, executor)
    tuning_fit = executor.submit(fit, tuning, seed)
    train = submit_out_of_fold(full, seed, executor)
    full_fit = executor.submit(fit, full, seed)
    tuning_validation = compute_features(tuning_fit.result(), validation.users, validation.items)
    return Prepared(
        tuning_train=_labelled(tuning_train(), tuning.ratings),
        tuning_validation=_labelled(tuning_validation, validation.ratings),
        train=_labelled(train(), full.ratings),
        ratings=training,
        test=ratings.filter(split.test),
        fit=full_fit.result(),
        catalogue=catalogue,
    )


def to_interactions(ratings: pl.DataFrame, catalogue: Catalogue) -> Interactions:
    """The ratings by index; the last user and the last item stand for the unknown."""
    return Interactions(
        catalogue.user_indices(ratings["user_id"].to_list()),
        catalogue.item_indices(ratings["item_id"].to_list()),
        ratings["rating"].to_numpy(),
        len(catalogue.user_ids) + 1,
        len(catalogue.item_ids) + 1,
    )


@contextmanager
def worker_processes(count: int) -> Iterator[Executor]:
    """Processes with one BLAS thread each, so that results do not depend on the number of cores.

    Threads would not do: OpenBLAS lets small solves of several threads through one by one. Polars
    is multi-threaded, so workers are spawned, not forked.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, context, initializer=_use_one_thread) as pool:
        yield pool


def _use_one_thread() -> None:
    threadpool_limits(1)  # by now numpy is loaded, so its BLAS is found


def write(prepared: Prepared, output: Path) -> None:
    """Writes each output into its own directory; files appear complete or not at all."""
    tables = {
        "tuning_train/features.parquet": prepared.tuning_train,
        "tuning_validation/features.parquet": prepared.tuning_validation,
        "train/features.parquet": prepared.train,
        "ratings/ratings.parquet": prepared.ratings,
        "test/ratings.parquet": prepared.test,
    }
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output, prefix=".") as beside:
        for name, table in tables.items():
            path = Path(beside, name)
            path.parent.mkdir(exist_ok=True)
            table.write_parquet(path, statistics=False)
        Path(beside, "state").mkdir()
        save_state(prepared.fit, prepared.catalogue, Path(beside, "state"))
        for path in sorted(Path(beside).glob("*/*")):
            target = output / path.relative_to(beside)
            target.parent.mkdir(exist_ok=True)
            path.replace(target)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the step; gives 1 after bad input, whose text goes to `output/message` too."""
    base, rest = split_base_directory(argv)
    processing = base / "processing"
    try:
        arguments = _parser().parse_args(rest)
        faults = [
            *fraction_faults("--test-fraction", arguments.test_fraction),
            *fraction_faults("--validation-fraction", arguments.validation_fraction),
            *_seed_faults(arguments.seed),
        ]
        if faults:
            raise BadInput(faults)
        ratings, item_column = read_ratings(processing / "input/ratings")
        titles = read_titles(processing / "input/items", ratings["item_id"].unique(), item_column)
        split = split_rows(
            len(ratings), arguments.test_fraction, arguments.validation_fraction, arguments.seed
        )
        with worker_processes(len(os.sched_getaffinity(0))) as executor:
            prepared = prepare(ratings, titles, split, arguments.seed, executor)
    except BadInput as error:
        report(error, base / "output/message")
        return 1
    write(prepared, processing / "output")
    _print_summary(ratings, prepared)
    return 0


def _parser() -> Parser:
    parser = Parser(__doc__.splitlines()[0])
    parser.add_argument("--test-fraction", type=float, default=0.1)
    parser.add_argument("--validation-fraction", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _seed_faults(seed: int) -> list[str]:
    if 0 <= seed < 2**31:  # the bounds of train.py's hyperparameter
        return []
    return [f"argument --seed: got {seed}, expected an integer from 0 to {2**31 - 1}"]


def _labelled(features: Table, ratings: Floats) -> pl.DataFrame:
    label = pl.Series("rating", ratings.astype(np.float32))
    return pl.DataFrame(
        [label, *(pl.Series(n, c) for n, c in zip(FEATURES, features.T, strict=True))]
    )


def _print_summary(ratings: pl.DataFrame, prepared: Prepared) -> None:
    print(
        f"{len(ratings)} ratings, {ratings['user_id'].n_unique()} users, "
        f"{ratings['item_id'].n_unique()} items, {len(prepared.catalogue.titles)} titles: "
        f"{len(prepared.tuning_train)} to tune on, {len(prepared.tuning_validation)} to validate, "
        f"{len(prepared.test)} held out; {len(FEATURES)} features",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
