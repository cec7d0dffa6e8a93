"""Processing step: do near titles belong together? And a map of the titles to look at.

    evaluate.py --map-titles 5000 --seed 0

Reads `processing/model/model.tar.gz` below the machine-learning directory (/opt/ml) and writes
`processing/evaluation/{evaluation.json,titles.png,titles.html}`. A good map is no proof, so the
figure that counts is measured in the vectors' own space: the share of a title's ten nearest that
share a group (author, genre) with it. The embeddings never saw the groups.
`evaluation.json` says where the two pictures are.
"""

from __future__ import annotations

import json
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np
from arguments import Parser, split_base_directory
from faults import BadInput, report
from items import ITEMS_FILE, Items, load_items
from pictures import choose_labels, write_html, write_png
from relatedness import NEIGHBOURS, Shares, measure
from title_map import draw_map

EMBEDDINGS_FILE = "embeddings.npy"
SOURCE_FILE = "source.json"
MAP_TITLES = 5000


@dataclass(frozen=True)
class Trained:
    """What train.py says of the catalogue."""

    items: Items
    embeddings: Any
    source: Mapping[str, Any]


def read_model(archive: Path) -> Trained:
    """Reads the parts it needs out of `model.tar.gz`; nothing else is unpacked.

    Raises:
        BadInput: no archive, not a gzipped tar, or a part is missing or has other content.
    """
    if not archive.is_file():
        raise BadInput([f"{archive}: no such file, expected the training step's artefact"])
    try:
        with tarfile.open(archive, "r:gz") as tar, tempfile.TemporaryDirectory() as name:
            for member in tar:
                part = member.name.lstrip("./")
                if part in (ITEMS_FILE, EMBEDDINGS_FILE, SOURCE_FILE) and member.isfile():
                    (Path(name) / part).write_bytes(tar.extractfile(member).read())
            items = load_items(Path(name) / ITEMS_FILE)
            embeddings = np.load(Path(name) / EMBEDDINGS_FILE, allow_pickle=False)
            source = json.loads((Path(name) / SOURCE_FILE).read_text(encoding="utf-8"))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BadInput([f"{archive.name}: not a usable model: {error}"]) from error
    if len(embeddings) != len(items.titles):
        raise BadInput(
            [f"{archive.name}: got {len(embeddings)} vectors for {len(items.titles)} titles"]
        )
    return Trained(items, embeddings, source)


def evaluate(trained: Trained, seed: int) -> dict[str, Any]:
    """The content of `evaluation.json`."""
    shares = measure(trained.items, trained.embeddings, seed)
    value, chance = float(shares.model.mean()), float(shares.random.mean())
    return {
        "retrieval_metrics": {
            "related_at_10": _metric(shares.model),
            "related_without_common_word_at_10": _metric(shares.model_no_common_word),
            "lift_over_random": {"value": value / chance},
        },
        "baselines": _baselines(shares),
        "coverage": {
            name: {"value": trained.source["coverage"][name]} for name in ("words", "titles")
        },
        "vectors": {name: trained.source[name] for name in ("name", "reason")},
        "group_column": trained.items.group_column,
        "rows": {"titles": len(trained.items.titles), "asked": len(shares.model)},
    }


def locate(config: Path, output: Path) -> dict[str, str]:
    """Where the pictures will be: in S3 if SageMaker's configuration of the job says so.

    Source: processingjobconfig.json, which a processing container finds in /opt/ml/config.
    """
    folder = str(output)
    if config.is_file():
        job = json.loads(config.read_text(encoding="utf-8"))
        for described in job.get("ProcessingOutputConfig", {}).get("Outputs", []):
            place = described.get("S3Output", {})
            if place.get("LocalPath") == folder:
                folder = place["S3Uri"].rstrip("/")
    return {kind: f"{folder}/titles.{kind}" for kind in ("png", "html")}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the step; gives 1 after bad input, whose text goes to `output/message` too."""
    base, rest = split_base_directory(argv)
    processing = base / "processing"
    try:
        arguments = _parser().parse_args(rest)
        _check(arguments.map_titles, arguments.seed)
        trained = read_model(processing / "model/model.tar.gz")
        evaluation = evaluate(trained, arguments.seed)
        _print_table(evaluation)
        title_map = draw_map(
            trained.items, trained.embeddings, arguments.map_titles, arguments.seed
        )
    except BadInput as error:
        report(error, base / "output/message")
        return 1
    target = processing / "evaluation"
    target.mkdir(parents=True, exist_ok=True)
    labels = choose_labels(title_map, trained.items, trained.embeddings, arguments.seed)
    heading = f"{len(title_map.rows):,} titles by {trained.source['name']}"
    written = write_png(title_map, trained.items, labels, heading, target / "titles.png")
    write_html(title_map, trained.items, written, heading, target / "titles.html")
    evaluation["maps"] = locate(base / "config/processingjobconfig.json", target)
    text = json.dumps(evaluation, indent=2) + "\n"
    (target / "evaluation.json").write_text(text, encoding="utf-8")
    return 0


def _baselines(shares: Shares) -> dict[str, Any]:
    return {
        "random": {
            "related_at_10": _metric(shares.random),
            "related_without_common_word_at_10": _metric(shares.random_no_common_word),
        },
        "word_overlap": {"related_at_10": _metric(shares.word_overlap)},
    }


def _metric(shares: Any) -> dict[str, float]:
    error = float(shares.std() / len(shares) ** 0.5)
    return {"value": float(shares.mean()), "standard_error": error}


def _check(map_titles: int, seed: int) -> None:
    faults = []
    if map_titles < 1:
        faults.append(f"argument --map-titles: got {map_titles}, expected at least 1")
    if not 0 <= seed < 2**31:
        faults.append(f"argument --seed: got {seed}, expected an integer from 0 to {2**31 - 1}")
    if faults:
        raise BadInput(faults)


def _parser() -> Parser:
    parser = Parser(__doc__.splitlines()[0])
    parser.add_argument("--map-titles", type=int, default=MAP_TITLES)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _print_table(evaluation: Mapping[str, Any]) -> None:
    rows = {"embeddings": evaluation["retrieval_metrics"], **evaluation["baselines"]}
    column = evaluation["group_column"]
    print(
        f"share of the {NEIGHBOURS} nearest with a common value of '{column}': all | no common word"
    )
    for name, metrics in rows.items():
        values = [
            f"{metrics[metric]['value']:8.4f}" if metric in metrics else f"{'-':>8}"
            for metric in ("related_at_10", "related_without_common_word_at_10")
        ]
        print(f"{name:14} {' '.join(values)}")
    print(f"{evaluation['rows']['asked']} titles asked", flush=True)


if __name__ == "__main__":
    sys.exit(main())
