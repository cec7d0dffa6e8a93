"""CloudWatch Logs through boto3: the callers' own groups, and the log files of jobs.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html
"""

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def logs(client: Callable[[str], Any]) -> Any:
    return client("logs")


@pytest.fixture
def group(logs: Any, unique: Callable[[str], str]) -> str:
    name = f"/own/{unique('group')}"
    logs.create_log_group(logGroupName=name)
    return name


@pytest.fixture
def now_ms() -> int:
    return int(time.time() * 1000)


def put(logs: Any, group: str, stream: str, events: list[tuple[int, str]]) -> dict[str, Any]:
    answer: dict[str, Any] = logs.put_log_events(
        logGroupName=group,
        logStreamName=stream,
        logEvents=[{"timestamp": timestamp, "message": text} for timestamp, text in events],
    )
    return answer


def messages(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def code(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


@pytest.fixture
def job_log(emulator: Any, unique: Callable[[str], str]) -> tuple[str, str]:
    """The log of a processing job as a container writes it: stream name and prefix."""
    job = unique("job")
    path = emulator.data_dir / "logs/aws/sagemaker/ProcessingJobs" / job / "algo-1-1700000000.log"
    path.parent.mkdir(parents=True)
    path.write_text(
        "1700000000000\tstart\n1700000001000\tERROR\twith a tab\n1700000002000\tend\n17"
    )
    return f"{job}/algo-1-1700000000", job


JOBS = "/aws/sagemaker/ProcessingJobs"


def test_what_a_job_printed_is_read_like_on_aws(logs: Any, job_log: tuple[str, str]) -> None:
    stream, job = job_log
    (found,) = logs.describe_log_streams(logGroupName=JOBS, logStreamNamePrefix=f"{job}/")[
        "logStreams"
    ]
    assert (found["logStreamName"], found["creationTime"]) == (stream, 1700000000000)
    assert found["firstEventTimestamp"] == 1700000000000
    assert found["lastEventTimestamp"] == 1700000002000
    assert found["arn"].endswith(f":log-group:{JOBS}:log-stream:{stream}")
    answer = logs.get_log_events(logGroupName=JOBS, logStreamName=stream, startFromHead=True)
    # The line that is still being written is not among them.
    assert messages(answer) == ["start", "ERROR\twith a tab", "end"]
    assert [event["timestamp"] for event in answer["events"]] == [
        1700000000000,
        1700000001000,
        1700000002000,
    ]
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/sagemaker/Proc")["logGroups"]
    assert [found["logGroupName"] for found in groups] == [JOBS]


@pytest.mark.parametrize(
    "token", ["/own/", "5", "f/5", base64.b64encode(b"DescribeLogStreams:x").decode()]
)
def test_a_token_that_was_not_given_is_refused(
    logs: Any, job_log: tuple[str, str], token: str
) -> None:
    # Source: https://github.com/boto/boto3/issues/1467, AWS's answer.
    group = {"logGroupName": JOBS}
    for call, members in (
        (logs.describe_log_groups, {}),
        (logs.describe_log_streams, group),
        (logs.get_log_events, {**group, "logStreamName": job_log[0]}),
        (logs.filter_log_events, group),
    ):
        assert code(call, **members, nextToken=token) == "InvalidParameterException"


def test_a_growing_log_can_be_followed_by_its_token(
    logs: Any, job_log: tuple[str, str], emulator: Any
) -> None:
    stream, _ = job_log
    where = {"logGroupName": JOBS, "logStreamName": stream}
    answer = logs.get_log_events(**where, startFromHead=True)
    again = logs.get_log_events(**where, nextToken=answer["nextForwardToken"])
    assert messages(again) == []
    assert again["nextForwardToken"] == answer["nextForwardToken"]
    with (emulator.data_dir / f"logs{JOBS}" / f"{stream}.log").open("a") as file:
        file.write("00000003000\tmore\n")
    answer = logs.get_log_events(**where, nextToken=answer["nextForwardToken"])
    assert messages(answer) == ["more"]


def test_endpoints_and_functions_have_groups_of_their_own(
    logs: Any, emulator: Any, unique: Callable[[str], str]
) -> None:
    name = unique("name")
    for path in [
        f"aws/sagemaker/Endpoints/{name}/AllTraffic/i-0.log",
        f"aws/lambda/{name}/2026/11/21/[$LATEST]0.log",
        f"functions/{name}/2026/11/21/[$LATEST]1.log",
    ]:
        target: Path = emulator.data_dir / "logs" / path
        target.parent.mkdir(parents=True)
        target.write_text("1700000000000\tline\n")
    for group, stream in [
        (f"/aws/sagemaker/Endpoints/{name}", "AllTraffic/i-0"),
        (f"/aws/lambda/{name}", "2026/11/21/[$LATEST]0"),
        (f"functions/{name}", "2026/11/21/[$LATEST]1"),
    ]:
        found = logs.describe_log_streams(logGroupName=group)["logStreams"]
        assert [entry["logStreamName"] for entry in found] == [stream]
        assert messages(logs.get_log_events(logGroupName=group, logStreamName=stream)) == ["line"]


def test_events_of_ones_own_come_back(logs: Any, group: str, now_ms: int) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="stream/1")
    put(logs, group, "stream/1", [(now_ms - 1, "one\ntwo"), (now_ms, "ü\t")])
    answer = logs.get_log_events(logGroupName=group, logStreamName="stream/1")
    assert messages(answer) == ["one\ntwo", "ü\t"]
    assert answer["events"][0]["timestamp"] == now_ms - 1
    (stream,) = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert (stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (now_ms - 1, now_ms)


def test_pages_lead_forward_and_backward(logs: Any, group: str, now_ms: int) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", [(now_ms + number, str(number)) for number in range(7)])
    where = {"logGroupName": group, "logStreamName": "s", "limit": 3}
    tail = logs.get_log_events(**where)  # without startFromHead, the latest come first
    assert messages(tail) == ["4", "5", "6"]
    before = logs.get_log_events(**where, nextToken=tail["nextBackwardToken"])
    assert messages(before) == ["1", "2", "3"]
    first = logs.get_log_events(**where, nextToken=before["nextBackwardToken"])
    assert messages(first) == ["0"]
    head = logs.get_log_events(**where, startFromHead=True)
    assert messages(head) == ["0", "1", "2"]
    after = logs.get_log_events(**where, nextToken=head["nextForwardToken"])
    assert messages(after) == ["3", "4", "5"]
    assert code(logs.get_log_events, **where, nextToken="x") == "InvalidParameterException"


def test_events_can_be_bounded_in_time(logs: Any, group: str, now_ms: int) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", [(now_ms + number, str(number)) for number in range(5)])
    bounds = {"startTime": now_ms + 1, "endTime": now_ms + 3}
    answer = logs.get_log_events(logGroupName=group, logStreamName="s", **bounds)
    assert messages(answer) == ["1", "2"]  # GetLogEvents leaves the end out
    answer = logs.filter_log_events(logGroupName=group, **bounds)
    assert messages(answer) == ["1", "2", "3"]  # FilterLogEvents does not


def test_a_page_holds_at_most_a_megabyte(logs: Any, group: str, now_ms: int) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    for _ in range(3):
        put(logs, group, "s", [(now_ms, "x" * 600_000)])
    answer = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)
    assert len(answer["events"]) == 1
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    assert sum(len(page["events"]) for page in pages) == 3


# The examples of "Filter pattern syntax" in the user guide.
EXAMPLES = [
    "[ERROR 400] BAD REQUEST",
    "[ERROR 401] UNAUTHORIZED REQUEST",
    "[ERROR 419] MISSING ARGUMENTS",
    "[ERROR 420] INVALID ARGUMENTS",
]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", EXAMPLES),
        ("ERROR", EXAMPLES),
        ("ERROR ARGUMENTS", EXAMPLES[2:]),
        ("?ERROR ?ARGUMENTS", EXAMPLES),
        ("?400 ?420", [EXAMPLES[0], EXAMPLES[3]]),
        ("ERROR -ARGUMENTS", EXAMPLES[:2]),
        ('"INVALID ARGUMENTS"', EXAMPLES[3:]),
        ('"[ERROR 4" -"MISSING ARG"', [EXAMPLES[0], EXAMPLES[1], EXAMPLES[3]]),
        ("error", []),
    ],
)
def test_filter_patterns_choose_events(
    logs: Any, group: str, now_ms: int, pattern: str, expected: list[str]
) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", [(now_ms + number, text) for number, text in enumerate(EXAMPLES)])
    assert messages(logs.filter_log_events(logGroupName=group, filterPattern=pattern)) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.level = "ERROR" }', "UnsupportedByEmulator"),
        ("[ip, user, ...]", "UnsupportedByEmulator"),
        ("%4[0-9]{2}%", "UnsupportedByEmulator"),
        ("?ERROR WARN", "UnsupportedByEmulator"),
        ("foo.bar", "InvalidParameterException"),
        ('"open', "InvalidParameterException"),
    ],
)
def test_other_patterns_are_refused_clearly(
    logs: Any, group: str, pattern: str, expected: str
) -> None:
    assert code(logs.filter_log_events, logGroupName=group, filterPattern=pattern) == expected


def test_events_of_several_streams_are_merged_by_time(logs: Any, group: str, now_ms: int) -> None:
    for stream in ["a1", "a2", "b"]:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    put(logs, group, "a1", [(now_ms, "1"), (now_ms + 2, "3")])
    put(logs, group, "a2", [(now_ms + 1, "2")])
    put(logs, group, "b", [(now_ms + 3, "4")])
    pages = list(
        logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, PaginationConfig={"PageSize": 3}
        )
    )
    assert [messages(page) for page in pages] == [["1", "2", "3"], ["4"]]
    assert [event["logStreamName"] for event in pages[0]["events"]] == ["a1", "a2", "a1"]
    ids = [event["eventId"] for page in pages for event in page["events"]]
    assert len(set(ids)) == 4
    answer = logs.filter_log_events(logGroupName=group, logStreamNamePrefix="a")
    assert messages(answer) == ["1", "2", "3"]
    answer = logs.filter_log_events(logGroupName=group, logStreamNames=["b"])
    assert messages(answer) == ["4"]
    latest = logs.filter_log_events(
        logGroupName=group, startFromHead=False, startTime=now_ms, limit=2
    )
    assert messages(latest) == ["4", "3"]
    rest = logs.filter_log_events(logGroupName=group, nextToken=latest["nextToken"])
    assert messages(rest) == ["2", "1"]


def test_streams_are_ordered_and_paged(logs: Any, group: str, now_ms: int) -> None:
    for offset, stream in enumerate(["c", "a", "b"]):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        put(logs, group, stream, [(now_ms + offset, "x")])

    def names(**parameters: Any) -> list[list[str]]:
        pages = logs.get_paginator("describe_log_streams").paginate(
            logGroupName=group, PaginationConfig={"PageSize": 2}, **parameters
        )
        return [[entry["logStreamName"] for entry in page["logStreams"]] for page in pages]

    assert names() == [["a", "b"], ["c"]]
    assert names(descending=True) == [["c", "b"], ["a"]]
    assert names(orderBy="LastEventTime", descending=True) == [["b", "a"], ["c"]]
    both = {"orderBy": "LastEventTime", "logStreamNamePrefix": "a"}
    found = code(logs.describe_log_streams, logGroupName=group, **both)
    assert found == "InvalidParameterException"


def test_groups_are_paged_and_searched(logs: Any, unique: Callable[[str], str]) -> None:
    stem = unique("paged")
    for number in range(3):
        logs.create_log_group(logGroupName=f"{stem}/{number}")
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=stem, PaginationConfig={"PageSize": 2}
    )
    found = [[entry["logGroupName"] for entry in page["logGroups"]] for page in pages]
    assert found == [[f"{stem}/0", f"{stem}/1"], [f"{stem}/2"]]
    found = logs.describe_log_groups(logGroupNamePattern=f"{stem[3:]}/1")["logGroups"]
    assert [entry["logGroupName"] for entry in found] == [f"{stem}/1"]
    assert found[0]["arn"] == f"arn:aws:logs:us-east-1:123456789012:log-group:{stem}/1:*"


def test_retention_is_kept(logs: Any, group: str) -> None:
    logs.put_retention_policy(logGroupName=group, retentionInDays=30)
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert found["retentionInDays"] == 30
    logs.delete_retention_policy(logGroupName=group)
    (found,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert "retentionInDays" not in found
    found = code(logs.put_retention_policy, logGroupName=group, retentionInDays=2)
    assert found == "InvalidParameterException"


def test_names_are_taken_once_and_missing_ones_are_told(logs: Any, group: str) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    for call, names in [
        (logs.create_log_group, {"logGroupName": group}),
        (logs.create_log_stream, {"logGroupName": group, "logStreamName": "s"}),
    ]:
        assert code(call, **names) == "ResourceAlreadyExistsException"
    event = {"logEvents": [{"timestamp": 1, "message": "x"}]}
    for call, names in [
        (logs.describe_log_streams, {"logGroupName": f"{group}/absent"}),
        (logs.create_log_stream, {"logGroupName": f"{group}/absent", "logStreamName": "s"}),
        (logs.get_log_events, {"logGroupName": group, "logStreamName": "absent"}),
        (logs.put_log_events, {"logGroupName": group, "logStreamName": "absent", **event}),
        (logs.delete_log_group, {"logGroupName": f"{group}/absent"}),
        (logs.get_log_events, {"logGroupName": "../..", "logStreamName": "store"}),
    ]:
        assert code(call, **names) == "ResourceNotFoundException"


def test_a_deleted_group_is_gone_with_its_events(logs: Any, group: str, now_ms: int) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", [(now_ms, "old")])
    logs.delete_log_group(logGroupName=group)
    assert code(logs.describe_log_streams, logGroupName=group) == "ResourceNotFoundException"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == []


def test_events_too_old_or_too_new_are_told(logs: Any, group: str, now_ms: int) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    hour = 3_600_000
    day = 24 * hour
    answer = put(logs, group, "s", [(now_ms - 15 * day, "a"), (now_ms - 14 * day + hour, "b")])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    answer = put(logs, group, "s", [(now_ms, "c"), (now_ms + 3 * hour, "d")])
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == ["b", "c"]


def test_a_batch_that_breaks_the_rules_is_refused(logs: Any, group: str, now_ms: int) -> None:
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    for events in [
        [(now_ms, "b"), (now_ms - 1, "a")],
        [(now_ms - 25 * 3_600_000, "a"), (now_ms, "b")],
        [(now_ms, "x" * 600_000), (now_ms, "x" * 600_000)],
    ]:
        with pytest.raises(ClientError) as caught:
            put(logs, group, "s", events)
        assert caught.value.response["Error"]["Code"] == "InvalidParameterException"
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == []


def test_events_last(own_emulator: Any, now_ms: int) -> None:
    logs = own_emulator.client("logs")
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="s")
    put(logs, "group", "s", [(now_ms, "kept")])
    own_emulator.kill()
    own_emulator.start()
    logs = own_emulator.client("logs")
    assert messages(logs.get_log_events(logGroupName="group", logStreamName="s")) == ["kept"]


def test_a_group_has_the_tags_that_it_is_given(logs: Any, unique: Callable[[str], str]) -> None:
    name = f"/own/{unique('tagged')}"
    logs.create_log_group(logGroupName=name, tags={"a": "1", "b": "2"})
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"

    logs.tag_resource(resourceArn=arn, tags={"b": "3", "c": "4"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a", "never"])

    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}
    with pytest.raises(ClientError) as caught:
        logs.tag_resource(resourceArn=f"{arn}-other", tags={"a": "1"})
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    with pytest.raises(ClientError) as caught:
        logs.tag_resource(resourceArn=arn, tags={f"k{number}": "" for number in range(49)})
    assert caught.value.response["Error"]["Code"] == "TooManyTagsException"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "3", "c": "4"}
