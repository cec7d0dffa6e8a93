"""The scripts import by bare name, as in a container."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "steps/spark_ratings"))
