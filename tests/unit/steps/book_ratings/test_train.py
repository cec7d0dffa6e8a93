import json
import re
import shutil
import subprocess
import sys

import polars as pl
import pytest
from features import FEATURES
from train import HYPERPARAMETERS, SERVING_MODULES, main, read_hyperparameters


@pytest.fixture
def base(tmp_path, prepared):
    """A training job's directory with the channels of a tuning job."""
    output = prepared / "processing/output"
    shutil.copytree(output / "tuning_train", tmp_path / "input/data/train")
    shutil.copytree(output / "tuning_validation", tmp_path / "input/data/validation")
    return tmp_path


def train(base, *arguments):
    return main(["--base-directory", str(base), *arguments])


def test_each_round_prints_the_metrics_that_the_tuner_reads(base, capfd):
    assert train(base, "--num_round", "3", "--_tuning_objective_metric", "validation:rmse") == 0
    printed = capfd.readouterr().out
    found = re.findall(r"\[(\d)\]\ttrain-rmse:[0-9.]+\tvalidation-rmse:([0-9\.]+)", printed)
    assert [number for number, _ in found] == ["0", "1", "2"]
    values = [float(value) for _, value in found]
    assert values == sorted(values, reverse=True)


def test_the_same_input_and_seed_give_the_same_bytes_and_another_seed_does_not(base):
    def model(seed):
        assert train(base, "--num_round", "20", "--seed", seed) == 0
        return (base / "model/xgboost-model.ubj").read_bytes()

    first = model("1")
    assert model("1") == first
    assert model("2") != first


def test_a_tuning_job_s_artefact_is_the_booster_alone(base):
    assert train(base, "--num_round", "2") == 0
    assert [path.name for path in (base / "model").iterdir()] == ["xgboost-model.ubj"]


def test_channels_are_where_the_training_toolkit_says(base, tmp_path, monkeypatch):
    moved = tmp_path / "elsewhere"
    (base / "input/data/train").rename(moved)
    monkeypatch.setenv("SM_CHANNEL_TRAIN", str(moved))
    monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path / "other-model"))
    assert train(base, "--num_round", "2") == 0
    assert (tmp_path / "other-model/xgboost-model.ubj").is_file()


def test_the_artefact_serves_alone_without_polars_or_scikit_learn(trained):
    model = trained / "model"
    script = (
        "import json, sys\n"
        "from inference import input_fn, model_fn, output_fn, predict_fn\n"
        f"model = model_fn({str(model)!r})\n"
        "request = input_fn(b'{\"user_id\": 100, \"top_k\": 3}', 'application/json')\n"
        "answer = output_fn(predict_fn(request, model), 'application/json')[0]\n"
        "print(json.dumps([len(json.loads(answer)['recommendations']), "
        "[name for name in ('polars', 'sklearn', 'pandas') if name in sys.modules]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=model / "code",
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [3, []]
    assert sorted(path.name for path in (model / "code").glob("*.py")) == sorted(SERVING_MODULES)


def test_hyperparameters_default_and_parse_by_kind():
    values = read_hyperparameters({"max_depth": "7", "eta": "0.3"})
    assert values["max_depth"] == 7
    assert values["eta"] == 0.3
    assert values["num_round"] == HYPERPARAMETERS["num_round"].default


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (
            ("--eta", "0", "--max_depth", "deep", "--subsample", "nan"),
            (
                "hyperparameter eta: got '0', expected float from above 0 to 1",
                "hyperparameter max_depth: got 'deep', expected int from 1 to 16",
                "hyperparameter subsample: got 'nan', expected float from above 0 to 1",
            ),
        ),
        (
            ("--num_round", "0"),
            ("hyperparameter num_round: got '0', expected int from 1 to",),
        ),
    ],
)
def test_bad_hyperparameters_are_all_named_in_the_failure_file(base, capsys, arguments, messages):
    assert train(base, *arguments) == 1
    printed = capsys.readouterr().err
    assert all(message in printed for message in messages)
    assert (base / "output/failure").read_text() == printed.strip()
    assert not (base / "model").exists()


def test_an_unknown_hyperparameter_is_refused(base, capsys):
    assert train(base, "--max_dept", "5") == 1
    assert "unrecognized arguments: --max_dept 5" in capsys.readouterr().err
    assert "unrecognized arguments: --max_dept 5" in (base / "output/failure").read_text()


def spoil_columns(channel):
    pl.DataFrame({"rating": [1.0], "x": [2.0]}).write_parquet(channel / "features.parquet")


def spoil_bytes(channel):
    (channel / "features.parquet").write_bytes(b"PAR1 not really")


def spoil_rows(channel):
    frame = pl.DataFrame({name: [] for name in ("rating", *FEATURES)}, schema_overrides={})
    frame.write_parquet(channel / "features.parquet")


def remove_file(channel):
    (channel / "features.parquet").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_columns, "features.parquet: got columns rating, x; expected rating, factor_pred"),
        (spoil_bytes, "channel 'train': features.parquet is not parquet: "),
        (spoil_rows, "channel 'train': no rows, expected at least one"),
        (remove_file, "channel 'train': no .parquet file in "),
    ],
)
def test_an_unusable_channel_fails_the_job_with_a_reason(base, spoil, message):
    spoil(base / "input/data/train")
    assert train(base) == 1
    assert message in (base / "output/failure").read_text()


def test_a_state_channel_without_its_files_fails_the_job(base):
    (base / "input/data/state").mkdir()
    assert train(base) == 1
    assert (
        "channel 'state': no fit.npz and no catalogue.json" in (base / "output/failure").read_text()
    )
