"""Why a stack failed, by its events.

Events: "Troubleshooting CloudFormation" of the user guide; a creation that another resource's
failure ended says "Resource creation cancelled".
"""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from emulator.context import Context
from emulator.services.servicecatalog import stacks
from emulator.services.servicecatalog.stacks import StackOrder, StackRefused

STACK_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/books/1"
ORDER = StackOrder("books", "token", "https://a.s3.amazonaws.com/b", (), ())
CONTEXT = cast(Context, None)


def event(resource: str, status: str, reason: str = "") -> dict[str, Any]:
    is_stack = resource == "books"
    return {
        "StackId": STACK_ID,
        "LogicalResourceId": resource,
        "PhysicalResourceId": STACK_ID if is_stack else resource.lower(),
        "ResourceType": "AWS::CloudFormation::Stack" if is_stack else "AWS::S3::Bucket",
        "ResourceStatus": status,
        **({"ResourceStatusReason": reason} if reason else {}),
    }


class CloudFormation:
    """Answers what it was made with; its events are newest first, one a page."""

    def __init__(self, status: str, *oldest_first: dict[str, Any]) -> None:
        self.stack = {"StackId": STACK_ID, "StackStatus": status, "StackStatusReason": "its own"}
        self.events = oldest_first[::-1]
        self.refusal: Exception | None = None

    def create_stack(self, **_: Any) -> dict[str, Any]:
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        return {"StackId": STACK_ID}

    update_stack = create_stack

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        return {"Stacks": [self.stack]}

    def describe_stack_events(self, NextToken: str = "0", **_: Any) -> dict[str, Any]:  # noqa: N803
        number = int(NextToken)
        more = {"NextToken": str(number + 1)} if number + 1 < len(self.events) else {}
        return {"StackEvents": [*self.events[number : number + 1]], **more}


def served(monkeypatch: pytest.MonkeyPatch, cloudformation: CloudFormation) -> CloudFormation:
    monkeypatch.setattr(stacks, "client", lambda *_: cloudformation)
    monkeypatch.setattr(stacks, "time", SimpleNamespace(sleep=lambda _: None))
    return cloudformation


def client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateStack")


def test_all_causes_of_the_last_change_are_told_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served(
        monkeypatch,
        CloudFormation(
            "UPDATE_ROLLBACK_COMPLETE",
            event("books", "CREATE_IN_PROGRESS", "User Initiated"),
            event("Old", "CREATE_FAILED", "of an earlier change"),
            event("books", "UPDATE_IN_PROGRESS", "User Initiated"),
            event("A", "UPDATE_FAILED", "no such key"),
            event("B", "CREATE_FAILED", "Resource creation cancelled"),
            event("C", "CREATE_FAILED", "is there already"),
            event("books", "UPDATE_ROLLBACK_IN_PROGRESS", "The following resource(s) failed"),
            event("books", "UPDATE_ROLLBACK_COMPLETE"),
        ),
    )
    outcome = stacks.update(CONTEXT, ORDER)
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert outcome.reason == (
        "A (AWS::S3::Bucket): no such key; C (AWS::S3::Bucket): is there already"
    )


def test_without_a_failed_resource_the_stacks_own_reason_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    served(monkeypatch, CloudFormation("ROLLBACK_COMPLETE", event("books", "CREATE_IN_PROGRESS")))
    assert stacks.create(CONTEXT, ORDER).reason == "its own"


def test_a_change_that_was_begun_before_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    cloudformation = served(monkeypatch, CloudFormation("CREATE_COMPLETE"))
    cloudformation.refusal = client_error("AlreadyExistsException", "Stack [books] already exists")
    assert stacks.create(CONTEXT, ORDER).status == "CREATE_COMPLETE"
    cloudformation.refusal = client_error("ValidationError", "No updates are to be performed.")
    assert stacks.update(CONTEXT, ORDER).status == "CREATE_COMPLETE"


def test_an_emulator_that_does_not_answer_yet_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cloudformation = served(monkeypatch, CloudFormation("CREATE_COMPLETE"))
    cloudformation.refusal = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    assert stacks.create(CONTEXT, ORDER).status == "CREATE_COMPLETE"


def test_what_cloudformation_refuses_is_told_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    cloudformation = served(monkeypatch, CloudFormation("CREATE_COMPLETE"))
    cloudformation.refusal = client_error("ValidationError", "Template format error: no resources")
    with pytest.raises(StackRefused, match="Template format error: no resources"):
        stacks.create(CONTEXT, ORDER)
