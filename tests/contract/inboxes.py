"""Rules whose target is a queue, and what arrives in it."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.conftest import ACCOUNT_ID, REGION, EmulatorProcess

WAIT_SECONDS = 30

Event = dict[str, Any]


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"


@dataclass
class Inbox:
    """A queue, and the messages that were received from it so far."""

    sqs: Any
    name: str
    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return queue_arn(self.name)

    @property
    def url(self) -> str:
        return str(self.sqs.get_queue_url(QueueName=self.name)["QueueUrl"])

    def bodies(self) -> list[Any]:
        return [json.loads(message["Body"]) for message in self.messages]

    def receive(self, wait_seconds: int = 1) -> None:
        """Take what is there into ``messages``, waiting for the first."""
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=wait_seconds,
            MessageAttributeNames=["All"],
        )
        for message in answer.get("Messages", []):
            self.messages.append(message)
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def until(self, is_enough: Callable[[list[Any]], bool]) -> list[Any]:
        """The bodies, once there are enough."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_enough(self.bodies()):
            assert time.monotonic() < deadline, f"only these came: {self.bodies()}"
            self.receive()
        return self.bodies()

    def first(self) -> Any:
        return self.until(lambda bodies: bool(bodies))[0]


@dataclass
class EventLab:
    """Makes rules and queues in an emulator, and removes the rules at the end."""

    emulator: EmulatorProcess
    unique: Callable[[str], str]
    _rules: list[tuple[str, str]] = field(default_factory=list)

    @property
    def events(self) -> Any:
        return self.emulator.client("events")

    def inbox(self) -> Inbox:
        """A new queue."""
        inbox = Inbox(self.emulator.client("sqs"), self.unique("inbox"))
        inbox.sqs.create_queue(QueueName=inbox.name)
        return inbox

    def rule(self, pattern: Any = None, *targets: dict[str, Any], **members: Any) -> str:
        """A rule with these targets; gives its name."""
        name = members.pop("Name", None) or self.unique("rule")
        bus = members.get("EventBusName", "default")
        if pattern is not None:
            members["EventPattern"] = json.dumps(pattern)
        self.events.put_rule(Name=name, **members)
        self._rules.append((bus, name))
        if targets:
            with_ids = [{"Id": str(number), **each} for number, each in enumerate(targets)]
            self.events.put_targets(Rule=name, EventBusName=bus, Targets=with_ids)
        return name

    def listen(self, pattern: Any, **target: Any) -> Inbox:
        """A queue that gets what a pattern matches."""
        inbox = self.inbox()
        self.rule(pattern, {"Arn": inbox.arn, **target})
        return inbox

    def send(self, source: str, detail: Any = None, **members: Any) -> str:
        """A custom event; gives its id."""
        entry = {"Source": source, "DetailType": "Test", "Detail": json.dumps(detail or {})}
        answer = self.events.put_events(Entries=[{**entry, **members}])
        assert answer["FailedEntryCount"] == 0, answer
        return str(answer["Entries"][0]["EventId"])

    def forget(self, name: str) -> None:
        """A rule that the test has deleted."""
        self._rules = [each for each in self._rules if each[1] != name]

    def clean(self) -> None:
        for bus, name in self._rules:
            targets = self.events.list_targets_by_rule(Rule=name, EventBusName=bus)["Targets"]
            if targets:
                ids = [target["Id"] for target in targets]
                self.events.remove_targets(Rule=name, EventBusName=bus, Ids=ids)
            self.events.delete_rule(Name=name, EventBusName=bus)


@pytest.fixture
def event_lab(emulator: EmulatorProcess, unique: Callable[[str], str]) -> Iterator[EventLab]:
    """Rules in the emulator that all tests share."""
    lab = EventLab(emulator, unique)
    yield lab
    lab.clean()
