import json
import subprocess
import sys

import pytest
from boosting import load_xgboost


def run_python(script, environment, directory):
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(("given", "policy"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "a"}, "a")])
def test_waiting_threads_sleep_unless_told_otherwise(trained, given, policy):
    script = (
        "import json, os, boosting; boosting.load_xgboost(); "
        "print(json.dumps(os.environ['OMP_WAIT_POLICY']))"
    )
    assert run_python(script, given, trained / "model/code") == policy


def test_scikit_learn_is_not_loaded_yet_can_be_imported_afterwards(trained):
    script = (
        "import json, sys, boosting; boosting.load_xgboost(); before = 'sklearn' in sys.modules; "
        "import sklearn; print(json.dumps([before, hasattr(sklearn, '__version__')]))"
    )
    assert run_python(script, {}, trained / "model/code") == [False, True]


def test_a_module_that_is_loaded_already_is_used():
    assert load_xgboost() is load_xgboost()
