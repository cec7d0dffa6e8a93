"""CodeConnections: connections to where repositories are."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Provider, Work
from emulator.services.cloudformation.resources.tagging import retag

_PASSED = ("ConnectionName", "ProviderType", "HostArn")
_SERVICE = "codeconnections"


def _create(work: Work) -> str:
    answer = work.call(_SERVICE, "CreateConnection", **work.given(*_PASSED), Tags=work.tag_list())
    return str(answer["ConnectionArn"])


def _update(work: Work) -> None:
    retag(work, _SERVICE, {"ResourceArn": work.physical_id})


def _delete(work: Work) -> None:
    work.call(_SERVICE, "DeleteConnection", ConnectionArn=work.physical_id)


def _attributes(work: Work) -> Mapping[str, Any]:
    answer = work.call(_SERVICE, "GetConnection", ConnectionArn=work.physical_id)
    found = answer["Connection"]
    return {
        "ConnectionArn": found["ConnectionArn"],
        "ConnectionStatus": found["ConnectionStatus"],
        "OwnerAccountId": found.get("OwnerAccountId", work.context.settings.account_id),
    }


_CONNECTION = Provider(
    properties=frozenset({"Tags", *_PASSED}),
    create=_create,
    update=_update,
    delete=_delete,
    attributes=_attributes,
)

PROVIDERS: Mapping[str, Provider] = {
    "AWS::CodeConnections::Connection": _CONNECTION,
    # As the service was called before.
    "AWS::CodeStarConnections::Connection": _CONNECTION,
}
