import pytest

from emulator.services.sagemaker.jobs.built_in_metrics import metric_definitions
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.jobs.metrics import MetricReader, compile_definitions

XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"


def read(definitions: list[dict[str, str]], *lines: str) -> dict[str, float]:
    faults = Faults()
    reader = MetricReader(compile_definitions(definitions, faults), lambda: 5.0, lambda *_: None)
    assert not faults.of_the_caller
    for line in lines:
        reader.read(line)
    return {item["MetricName"]: item["Value"] for item in reader.final()}


# Lines as the XGBoost container logs them and as CloudWatch shows them.
@pytest.mark.parametrize("tab", ["\t", "#011"])
def test_the_built_in_xgboost_metrics_are_found_in_its_lines(tab: str) -> None:
    found = read(
        list(metric_definitions(XGBOOST, {"num_round": "2"})),
        f"[0]{tab}train-rmse:9.5{tab}validation-rmse:9.75",
        f"[1]{tab}train-rmse:0.5{tab}validation-rmse:7.5e-1",
    )
    assert found == {"train:rmse": 0.5, "validation:rmse": 0.75}


def test_script_mode_and_other_images_have_no_metrics_of_their_own() -> None:
    assert metric_definitions(XGBOOST, {"sagemaker_program": "train.py"}) == ()
    assert metric_definitions("1.dkr.ecr.us-east-1.amazonaws.com/other:1", {}) == ()


def test_what_is_no_finite_number_is_no_value() -> None:
    definition = {"Name": "loss", "Regex": "loss=(.*);"}
    assert read([definition], "loss=nan;", "loss=inf;", "loss=high;") == {}
    assert read([definition], "loss=2;", "loss=nan;") == {"loss": 2.0}


def test_each_value_is_told_as_it_comes() -> None:
    told: list[tuple[str, float]] = []
    patterns = compile_definitions([{"Name": "a", "Regex": "a=([0-9]+)"}], Faults())
    reader = MetricReader(patterns, lambda: 5.0, lambda name, value: told.append((name, value)))
    for line in ("a=1", "b=2", "a=3"):
        reader.read(line)
    assert told == [("a", 1.0), ("a", 3.0)]
    assert reader.final() == [{"MetricName": "a", "Value": 3.0, "Timestamp": 5.0}]


def test_values_are_kept_by_the_second_in_which_they_were_printed() -> None:
    times = iter((5.0, 5.9, 6.0))
    definitions = compile_definitions([{"Name": "loss", "Regex": "loss=(.*);"}], Faults())
    reader = MetricReader(definitions, lambda: next(times), lambda *_: None)
    for line in ("loss=3;", "loss=2;", "loss=1;"):
        reader.read(line)
    assert reader.by_second() == {"loss": {5: [3.0, 2.0], 6: [1.0]}}


# Source: API_MetricDatum, Values: "up to 150 unique values".
def test_a_flood_of_values_keeps_what_cloudwatch_takes_for_a_second_and_the_last_one() -> None:
    definitions = compile_definitions([{"Name": "loss", "Regex": "loss=(.*);"}], Faults())
    reader = MetricReader(definitions, lambda: 5.0, lambda *_: None)
    for value in range(1000):
        reader.read(f"loss={value};")
    assert len(reader.by_second()["loss"][5]) == 150
    assert reader.final()[0]["Value"] == 999.0
