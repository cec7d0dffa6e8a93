import pytest

from emulator.engine.durations import parse_duration, spoken

DAY = 24 * 3600


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        # Source: https://docs.aws.amazon.com/sagemaker/latest/dg/pipelines-caching-enabling.html
        ("30d", 30 * DAY),
        ("5y", 5 * 365 * DAY),
        ("T16m", 16 * 60),
        ("30dT5h", 30 * DAY + 5 * 3600),
        # Source: the docstring of CacheConfig in SageMaker SDK v3.
        ("p30d", 30 * DAY),
        ("P4DT12H", 4 * DAY + 12 * 3600),
        ("T12H", 12 * 3600),
        # Source: ISO 8601.
        ("PT1H", 3600),
        ("P2W", 14 * DAY),
        ("P1M", 30 * DAY),
        ("PT0.5M", 30),
    ],
)
def test_a_duration_is_read_in_iso_8601_and_in_aws_loose_forms(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "T", "30", "30x", "1h", "soon", "-P1D"])
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 8601 duration such as 'P30D'"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (90, "1.5 min"), (7200, "2 h"), (30 * DAY, "30 d")]
)
def test_a_span_is_spoken_in_its_largest_unit(seconds: float, text: str) -> None:
    assert spoken(seconds) == text
