"""Systems Manager: parameters."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work, by_name

_PASSED = ("Type", "Value", "Description", "Tier", "AllowedPattern", "DataType", "Policies")


def _create(work: Work) -> str:
    tags = work.own_tag_list()
    work.call("ssm", "PutParameter", Name=work.name, **work.given(*_PASSED), Tags=tags)
    return work.name


def _update(work: Work) -> None:
    work.call("ssm", "PutParameter", Name=work.physical_id, **work.given(*_PASSED), Overwrite=True)
    resource = {"ResourceType": "Parameter", "ResourceId": work.physical_id}
    if work.removed_tags():
        work.call("ssm", "RemoveTagsFromResource", **resource, TagKeys=work.removed_tags())
    tags = work.own_tag_list()
    if tags:
        work.call("ssm", "AddTagsToResource", **resource, Tags=tags)


def _delete(work: Work) -> None:
    work.call("ssm", "DeleteParameter", Name=work.physical_id)


def _attributes(work: Work) -> Mapping[str, Any]:
    found = work.call("ssm", "GetParameter", Name=work.physical_id)["Parameter"]
    told = {name: found[name] for name in ("Name", "Type", "Value")}
    return {**told, "Arn": found["ARN"]}


PROVIDERS: Mapping[str, Provider] = {
    "AWS::SSM::Parameter": Provider(
        properties=frozenset({"Name", "Tags", *_PASSED}),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        naming=Naming("Name", 1011),
        identity=by_name,
    )
}
