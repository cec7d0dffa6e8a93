"""Expected times: the examples of "Cron expressions" and "Rate expressions" of the user guide."""

from datetime import UTC, datetime

import pytest

from emulator.services.events.schedules import InvalidSchedule, read_schedule


def at(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp()


def next_times(expression, after, count=1, start="2026-01-01 00:00"):
    schedule, moment, found = read_schedule(expression), at(after), []
    for _ in range(count):
        moment = schedule.next_after(at(start), moment)
        found.append(datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M"))
    return found


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        # 2026-11-26 is a Thursday.
        ("cron(0 10 * * ? *)", "2026-11-26 09:59", ["2026-11-26 10:00", "2026-11-27 10:00"]),
        ("cron(15 12 * * ? *)", "2026-11-26 12:15", ["2026-11-27 12:15"]),
        ("cron(0 18 ? * MON-FRI *)", "2026-11-27 18:00", ["2026-11-30 18:00"]),
        ("cron(0 8 1 * ? *)", "2026-11-26 00:00", ["2026-12-01 08:00", "2027-01-01 08:00"]),
        ("cron(0/15 * * * ? *)", "2026-11-26 10:50", ["2026-11-26 11:00", "2026-11-26 11:15"]),
        (
            "cron(0/10 * ? * MON-FRI *)",
            "2026-11-27 23:45",
            ["2026-11-27 23:50", "2026-11-30 00:00"],
        ),
        (
            "cron(0/5 8-17 ? * MON-FRI *)",
            "2026-11-27 17:50",
            ["2026-11-27 17:55", "2026-11-30 08:00"],
        ),
        # "1/10 ... the 11th, 21st, and 31st minute, and so on"
        ("cron(1/10 10 * * ? *)", "2026-11-26 10:05", ["2026-11-26 10:11", "2026-11-26 10:21"]),
        # The last day of the month, leap year or not.
        ("cron(0 0 L * ? *)", "2028-02-01 00:00", ["2028-02-29 00:00", "2028-03-31 00:00"]),
        # "3W specifies the weekday closest to the third day of the month": 2026-10-03 is Saturday.
        ("cron(0 0 3W * ? *)", "2026-10-01 00:00", ["2026-10-02 00:00", "2026-11-03 00:00"]),
        # The first is a Sunday in November 2026, and the nearest weekday is within the month.
        ("cron(0 0 1W 11 ? 2026)", "2026-01-01 00:00", ["2026-11-02 00:00"]),
        ("cron(0 0 1W 8 ? 2026)", "2026-01-01 00:00", ["2026-08-03 00:00"]),
        ("cron(0 0 LW 10 ? 2026)", "2026-01-01 00:00", ["2026-10-30 00:00"]),
        # "3#2 would be the second Tuesday of the month"
        ("cron(0 0 ? * 3#2 *)", "2026-11-01 00:00", ["2026-11-10 00:00", "2026-12-08 00:00"]),
        ("cron(0 0 ? * 6L *)", "2026-11-01 00:00", ["2026-11-27 00:00"]),
        ("cron(0 0 ? * FRI-MON *)", "2026-11-26 00:00", ["2026-11-27 00:00", "2026-11-28 00:00"]),
        ("cron(0 0 1 JAN,FEB ? *)", "2026-11-26 00:00", ["2027-01-01 00:00", "2027-02-01 00:00"]),
        ("cron(0 0 31 * ? *)", "2026-11-26 00:00", ["2026-12-31 00:00", "2027-01-31 00:00"]),
        ("cron(0 0 29 2 ? *)", "2026-11-26 00:00", ["2028-02-29 00:00"]),
    ],
)
def test_a_cron_expression_names_its_next_minutes(expression, after, expected):
    assert next_times(expression, after, len(expected)) == expected


def test_a_cron_expression_of_the_past_is_never_due():
    schedule = read_schedule("cron(0 0 1 1 ? 1999)")
    assert schedule.next_after(0, at("2026-11-26 00:00")) is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(1 minute)", ["2026-01-01 10:31", "2026-01-01 10:32"]),
        ("rate(5 minutes)", ["2026-01-01 10:32", "2026-01-01 10:37"]),
        ("rate(1 hour)", ["2026-01-01 11:02", "2026-01-01 12:02"]),
        ("rate(7 days)", ["2026-01-08 10:02", "2026-01-15 10:02"]),
    ],
)
def test_a_rate_counts_from_when_it_began(expression, expected):
    assert next_times(expression, "2026-01-01 10:30", 2, start="2026-01-01 10:02") == expected


@pytest.mark.parametrize(
    ("expression", "fault"),
    [
        ("every minute", "expected rate(value unit) or cron("),
        ("rate(1 minutes)", "the unit for 1 is one of minute, hour, day"),
        ("rate(5 minute)", "the unit for 5 is one of minutes, hours, days"),
        ("rate(0 minutes)", "expected a positive number and a unit"),
        ("rate(5 weeks)", "the unit for 5 is one of"),
        ("cron(0 10 * * ?)", "expected six fields"),
        ("cron(0 10 * * * *)", "one of Day-of-month and Day-of-week must be ?"),
        ("cron(0 10 ? * ? *)", "one of Day-of-month and Day-of-week must be ?"),
        ("cron(0 0 ? * 3#1,6#3 *)", "Day-of-week: expected values"),
        ("cron(0 0 ? * 3#6 *)", "Day-of-week: expected #1 to #5, got '3#6'"),
        ("cron(0 0 1 * ? 2030-2020)", "the range '2030-2020' goes backwards"),
        ("cron(0/0 0 1 * ? *)", "a step is at least 1"),
    ],
)
def test_a_fault_of_an_expression_is_named(expression, fault):
    with pytest.raises(InvalidSchedule) as caught:
        read_schedule(expression)
    assert fault in str(caught.value)


def test_all_faults_of_a_cron_expression_come_at_once():
    with pytest.raises(InvalidSchedule) as caught:
        read_schedule("cron(60 24 32 FOO ? 1969)")
    assert str(caught.value).split("; ") == [
        "Minutes: expected 0-59, got '60'",
        "Hours: expected 0-23, got '24'",
        "Month: expected 1-12 or JAN-DEC, got 'FOO'",
        "Year: expected 1970-2199, got '1969'",
        "Day-of-month: expected 1-31, got '32'",
    ]
