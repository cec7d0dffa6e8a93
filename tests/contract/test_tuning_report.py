"""The command tuning-report on tuning jobs that really ran, beside what boto3 says of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REGION, EmulatorProcess
from tests.contract.test_hyper_parameter_tuning_jobs import TuningLab

# The loss is least at eta = 0.3; far from it the training fails.
FAILS_FAR_OFF = """
import json, pathlib, sys
given = json.load(open("/opt/ml/input/config/hyperparameters.json"))
eta = float(given["eta"])
if eta > 0.5:
    pathlib.Path("/opt/ml/output/failure").write_text(f"eta {eta} is too large")
    sys.exit(1)
print("rmse=%r" % (1 + (eta - 0.3) ** 2))
"""


@pytest.fixture
def lab(emulator: EmulatorProcess, bucket: str) -> TuningLab:
    return TuningLab(emulator, bucket)


def report(emulator: EmulatorProcess, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment |= {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "COLUMNS": "200",
    }
    program = Path(sys.executable).parent / "tuning-report"
    return subprocess.run(
        [str(program), *words], env=environment, capture_output=True, text=True, check=False
    )


def test_the_report_says_what_boto3_says(lab: TuningLab, unique, tmp_path: Path) -> None:
    name = unique("r")[-20:].strip("-")
    tuned = lab.run(name, code=FAILS_FAR_OFF, jobs=8, parallel=4)
    counters = tuned["TrainingJobStatusCounters"]
    assert counters["Completed"] >= 1
    assert counters["NonRetryableError"] >= 1
    done = report(lab.emulator, tuned["HyperParameterTuningJobArn"], "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert f"{counters['Completed']} Completed, {counters['NonRetryableError']} Failed" in (
        done.stdout
    )
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    tables = page[page.index("Training jobs, best first") :]
    best = tuned["BestTrainingJob"]["TrainingJobName"]
    listed = [job["TrainingJobName"] for job in lab.training_jobs(name)]
    shown = [found for found in re.findall(r"<td>([^<]+)</td></tr>", tables) if found in listed]
    assert shown[0] == best
    assert sorted(shown) == sorted(listed)
    assert len(re.findall(r"eta [0-9.]+ is too large", tables)) == counters["NonRetryableError"]
    assert (tmp_path / "objective-by-hyperparameter.png").stat().st_size > 10_000


def test_an_unknown_job_is_answered_with_the_newest(lab: TuningLab, tmp_path: Path) -> None:
    done = report(lab.emulator, "no-such-job", "--output", str(tmp_path))
    assert done.returncode == 1
    assert "can't find a tuning job called no-such-job" in done.stderr
    assert "The newest tuning jobs:" in done.stderr
