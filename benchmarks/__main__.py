"""Every figure in one table. usage: python -m benchmarks [NAME ...] | --list."""

import argparse
import importlib
import sys
import traceback

from benchmarks.figures import print_figures

# In the order of the table; each module has measure() -> list[Figure].
BENCHMARKS = {
    "gateway": "start, memory, DescribeTrainingJob",
    "pipeline_steps": "ten no-op processing steps",
    "objects": "S3, 100 MB up and down",
    "serving": "one-row XGBoost endpoint",
    "invocations": "what InvokeEndpoint adds to the model server's own answer",
    "endpoint_updates": "requests lost while endpoints are updated, and the time of a rollback",
    "search": "Search among a thousand training jobs",
    "lineage": "QueryLineage over a thousand entities",
    "spark": "Spark and polars on the same ratings",
    "demo": "scripts/demo, the first run and the cached one",
    "push_to_deploy": "a project: push to model, approvals to endpoints, and its cost at rest",
    "accuracy": "RMSE over five folds",
    "r_recommender": "the R container: a one-user answer, and its quality beside baselines",
    "tuning": "what tuning gains over default hyperparameters, on validation and test",
    "leakage": "the chapter's two errors, made on purpose",
    "title_embeddings": "near titles against chance, and one request for them",
    "object2vec": "samples a second and held-out MSE of the built-in algorithm",
}


def main(argv: list[str] | None = None) -> int:
    """Run the benchmarks named, or all, and print their figures as one table."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--list", action="store_true", help="print the names and what they measure")
    arguments = parser.parse_args(argv)
    if arguments.list:
        print("\n".join(f"{name:<16} {what}" for name, what in BENCHMARKS.items()))
        return 0
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    figures, failed = [], []
    for name in arguments.names or BENCHMARKS:
        print(f"measuring {name}: {BENCHMARKS[name]} ...", file=sys.stderr, flush=True)
        try:
            figures += importlib.import_module(f"benchmarks.{name}").measure()
        except Exception:  # noqa: BLE001 - the others' figures took minutes and are told all the same
            traceback.print_exc()
            failed.append(name)
    print_figures(figures)
    if failed:
        print(f"failed, see above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
