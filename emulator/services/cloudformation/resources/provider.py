"""What a resource type's provider is, and the piece of work that it is given."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.context import Context
from emulator.services.clients import client
from emulator.services.cloudformation.resources.fitting import fitted

_POLL_SECONDS = 0.05


class Cancelled(Exception):
    """The operation on the stack ended while the resource was waited for."""


class ResourceFailed(Exception):
    """The resource did not become what the template says; the message is its status reason."""


@dataclass(frozen=True)
class Naming:
    """How a resource without a name of its own is named.

    Attributes:
        member: The property that holds a name of one's own.
        at_most: Characters that a name can have.
        is_lower: Whether only small letters are allowed.
        prefix: What the name has to begin with.
    """

    member: str
    at_most: int
    is_lower: bool = False
    prefix: str = ""


@dataclass(frozen=True)
class Work:
    """One resource to be made, changed, removed or read.

    Attributes:
        properties: What the template says, resolved.
        name: The name of its own or the generated one; empty for types without names.
        physical_id: What Ref gives; empty until the resource is there.
        before: The properties that it was last made with.
        tags: The resource's own, the stack's and CloudFormation's tags, by key.
        tags_before: Those it was last made with.
        made: To be told the physical id as soon as the resource is there.
        keep: To be told attributes that nothing but making the resource tells.
        attributes: Those that are kept; where an update is taken back, those to be restored.
    """

    context: Context
    stack: Mapping[str, Any]
    logical_id: str
    type_name: str
    properties: Mapping[str, Any]
    name: str = ""
    physical_id: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    tags_before: Mapping[str, str] = field(default_factory=dict)
    cancelled: threading.Event = field(default_factory=threading.Event)
    made: Callable[[str], None] = lambda _: None
    keep: Callable[[Mapping[str, Any]], None] = lambda _: None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def call(self, service: str, operation: str, **members: Any) -> dict[str, Any]:
        """Call the service as any client would; members are fitted to the operation.

        Raises:
            ClientError: The service refused.
            Unfit: The operation does not take a member.
        """
        found = fitted(service, operation, members)
        called = client(self.context, service)
        methods = {name: method for method, name in called.meta.method_to_api_mapping.items()}
        answer: dict[str, Any] = getattr(called, methods[operation])(**found)
        return answer

    def given(self, *names: str) -> dict[str, Any]:
        """Those of the properties that the template gives."""
        return {name: self.properties[name] for name in names if name in self.properties}

    def has_changed(self, *names: str) -> bool:
        """Whether any of the properties is another than it was."""
        return any(self.properties.get(name) != self.before.get(name) for name in names)

    def tag_list(self) -> list[dict[str, str]]:
        """The tags in the form of most services."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    def own_tags(self) -> dict[str, str]:
        """The tags without those that only AWS itself may give: some services refuse them."""
        return {key: value for key, value in self.tags.items() if not key.startswith("aws:")}

    def own_tag_list(self) -> list[dict[str, str]]:
        """As ``own_tags``, in the form of most services."""
        return [{"Key": key, "Value": value} for key, value in self.own_tags().items()]

    def removed_tags(self) -> list[str]:
        """Keys of tags that are no more."""
        return [key for key in self.tags_before if key not in self.tags]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something of this account and region."""
        settings = self.context.settings
        return f"arn:aws:{service}:{settings.region}:{settings.account_id}:{resource}"

    def wait(self, is_reached: Callable[[], bool]) -> None:
        """Look until something is so.

        Raises:
            Cancelled: The operation on the stack ended first.
        """
        while not is_reached():
            if self.cancelled.wait(_POLL_SECONDS):
                raise Cancelled


Act = Callable[[Work], None]


def no_attributes(work: Work) -> Mapping[str, Any]:
    """For types of which nothing can be got but Ref."""
    return {}


@dataclass(frozen=True)
class Provider:
    """How resources of a type are made, through the operations that anybody would call.

    Attributes:
        properties: Those that are made use of; a template that gives another one is refused. None
            where any is passed on.
        create: Makes the resource, waits until it is there, and gives its physical id.
        update: Changes it to the properties, and gives its physical id where that is another
            now; None where every change needs a new resource.
        delete: Removes it and waits until it is gone; may raise that it is gone already.
        attributes: What GetAtt gives; raises the service's error when the resource is not there.
        naming: None for types without names.
        identity: The physical id that a resource of the name will have, where that is known.
        fingerprint: Of what the properties name and that may change without them.
    """

    properties: frozenset[str] | None
    create: Callable[[Work], str]
    delete: Act
    attributes: Callable[[Work], Mapping[str, Any]] = no_attributes
    update: Callable[[Work], str | None] | None = None
    naming: Naming | None = None
    identity: Callable[[Work], str] | None = None
    fingerprint: Callable[[Context, Mapping[str, Any]], str] | None = None


def by_name(work: Work) -> str:
    """The identity of types whose Ref is the name."""
    return work.name
