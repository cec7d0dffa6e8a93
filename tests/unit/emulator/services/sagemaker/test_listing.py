import base64
import json
from typing import Any

import pytest

from emulator.errors import AwsError
from emulator.services.sagemaker import listing

JOBS: list[dict[str, Any]] = [
    {"JobName": "a", "CreationTime": 3.0, "JobStatus": "Failed"},
    {"JobName": "b", "CreationTime": 1.0},
    {"JobName": "c", "CreationTime": 3.0, "JobStatus": "Completed"},
    {"JobName": "d", "CreationTime": 2.0, "JobStatus": "Completed"},
]


def page(jobs: list[dict[str, Any]], **request: Any) -> tuple[str, str | None]:
    """The names on a page, in one word, and the token of the next."""
    found, token = listing.page(
        jobs, request, name_key="JobName", status_key="JobStatus", summary_keys=("JobName",)
    )
    return "".join(job["JobName"] for job in found), token


def pages(**request: Any) -> str:
    shown, token = page(JOBS, **request)
    while token is not None:
        names, token = page(JOBS, NextToken=token, **request)
        shown += names
    return shown


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("order", "expected"),
    [
        # Equal times and statuses are in the order of the time and then of the name, and a job
        # without a status comes before those with one.
        ({"SortBy": "CreationTime"}, "bdac"),
        ({"SortBy": "Status"}, "bdca"),
        ({"SortBy": "Name"}, "abcd"),
    ],
    ids=["time", "status", "name"],
)
def test_pages_of_any_size_show_each_resource_once(
    order: dict[str, str], expected: str, size: int
) -> None:
    assert pages(**order, SortOrder="Ascending", MaxResults=size) == expected
    assert pages(**order, SortOrder="Descending", MaxResults=size) == expected[::-1]


def test_what_comes_and_goes_between_pages_moves_nothing_else() -> None:
    shown, token = page(JOBS, SortBy="Name", SortOrder="Ascending", MaxResults=2)
    assert shown == "ab"
    later = [{"JobName": "aa", "CreationTime": 4.0}, *JOBS[2:]]
    rest, token = page(later, SortBy="Name", SortOrder="Ascending", MaxResults=2, NextToken=token)
    assert (rest, token) == ("cd", None)


@pytest.mark.parametrize("last", [5, None, {}, "a", [[True, 1], [True, "a"], [True, 2.0]]])
def test_a_token_made_up_by_the_caller_is_refused(last: Any) -> None:
    _, token = page(JOBS, MaxResults=1)
    assert token is not None
    list_name = base64.urlsafe_b64decode(token).decode().partition(":")[0]
    made_up = base64.urlsafe_b64encode(f"{list_name}:{json.dumps(last)}".encode()).decode()
    with pytest.raises(AwsError, match="none that this operation gave") as caught:
        page(JOBS, NextToken=made_up)
    assert caught.value.code == "ValidationException"


def test_a_token_of_another_order_is_refused() -> None:
    _, token = page(JOBS, SortBy="Name", MaxResults=1)
    with pytest.raises(AwsError, match="none that this operation gave"):
        page(JOBS, SortBy="CreationTime", NextToken=token)
