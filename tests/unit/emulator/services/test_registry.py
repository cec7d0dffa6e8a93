import json
import subprocess
import sys

# What only some calls need, and what would make every start wait and every idle emulator larger.
HEAVY = {
    "boto3", "cfnlint", "jsonschema", "moto", "networkx", "numpy", "optuna", "pandas", "polars",
    "sagemaker", "werkzeug",
}  # fmt: skip
# What the emulator's process does before it answers: observing imports the package of each service.
START = """
import json, sys
from types import SimpleNamespace
import emulator.gateway.server
from emulator.services import registry
registry.observe(SimpleNamespace(store=SimpleNamespace(observe=lambda kind, observer: None)))
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def test_no_service_loads_a_heavy_library_at_start() -> None:
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "emulator" in loaded
    assert loaded & HEAVY == set()
