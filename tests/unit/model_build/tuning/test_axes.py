"""Where values stand on the axis of a hyperparameter."""

import pytest

from model_build.tuning.axes import axes_of, spread
from model_build.tuning.job import read_tuning_job
from tests.unit.model_build.tuning.described import NAME, client, training_job, tuning_job


def axes(ranges: dict, *tuned: dict[str, str]) -> dict:
    described = tuning_job()
    described["HyperParameterTuningJobConfig"]["ParameterRanges"] = ranges
    jobs = [training_job(n, 0.5, tuned=values) for n, values in enumerate(tuned)]
    (definition,) = read_tuning_job(client(described, jobs), NAME).definitions
    return {axis.name: axis for axis in axes_of(definition)}


def continuous(minimum: str, maximum: str, scaling: str) -> dict:
    return {
        "ContinuousParameterRanges": [
            {"Name": "x", "MinValue": minimum, "MaxValue": maximum, "ScalingType": scaling}
        ]
    }


def test_a_logarithmic_range_gives_each_decade_the_same_room():
    axis = axes(continuous("0.001", "1", "Logarithmic"), {"x": "0.01"})["x"]
    places = [axis.position(text) for text in ("0.001", "0.01", "0.1", "1.0")]
    assert places == pytest.approx([-3, -2, -1, 0])
    assert [text for _, text in axis.ticks] == ["0.001", "0.01", "0.1", "1"]
    assert axis.title == "x (log scale)"
    assert axis.position("0") is None


def test_a_reverse_logarithmic_range_gives_room_towards_1():
    axis = axes(continuous("0.9", "0.999", "ReverseLogarithmic"), {"x": "0.99"})["x"]
    places = [axis.position(text) for text in ("0.9", "0.99", "0.999")]
    assert places == pytest.approx([1, 2, 3])
    assert {"0.9", "0.99", "0.999"} <= {text for _, text in axis.ticks}


def test_a_range_of_less_than_a_decade_has_ticks_all_the_same():
    axis = axes(continuous("0.03", "0.1", "Logarithmic"), {"x": "0.05"})["x"]
    assert len(axis.ticks) >= 3


def test_an_integer_has_whole_ticks():
    ranges = {"IntegerParameterRanges": [{"Name": "n", "MinValue": "3", "MaxValue": "6"}]}
    assert [text for _, text in axes(ranges, {"n": "4"})["n"].ticks] == ["3", "4", "5", "6"]


def test_categories_stand_in_the_order_of_their_range_also_those_not_tried():
    ranges = {"CategoricalParameterRanges": [{"Name": "c", "Values": ["10", "2", "none"]}]}
    axis = axes(ranges, {"c": "none"})["c"]
    assert axis.is_categorical
    assert [text for _, text in axis.ticks] == ["10", "2", "none"]
    assert axis.position("none") == 2
    assert axis.position("other") is None


def test_what_autotune_adds_gets_an_axis_by_its_values():
    found = axes(
        continuous("0", "1", "Linear"),
        {"x": "0.5", "depth": "3", "mode": "a"},
        {"x": "0.6", "depth": "7", "mode": "b"},
    )
    assert list(found) == ["x", "depth", "mode"]
    assert not found["depth"].is_categorical
    assert found["mode"].is_categorical


@pytest.mark.parametrize("scaling", ["Linear", "Logarithmic", "ReverseLogarithmic", "Auto"])
def test_ticks_and_values_lie_on_the_axis(scaling):
    axis = axes(continuous("0.2", "0.8", scaling), {"x": "0.3"})["x"]
    assert axis.ticks
    for position, _ in axis.ticks:
        assert axis.low <= position <= axis.high
    place = axis.position("0.3")
    assert place is not None
    assert axis.low < place < axis.high


def test_a_range_of_one_value_has_an_axis_with_room():
    axis = axes(continuous("0.5", "0.5", "Linear"), {"x": "0.5"})["x"]
    assert axis.low < 0.5 < axis.high


def test_points_of_one_strip_are_spread_and_stay_in_it():
    shifts = [spread(number) for number in range(50)]
    assert len(set(shifts)) == 50
    assert all(-0.25 <= shift < 0.25 for shift in shifts)
