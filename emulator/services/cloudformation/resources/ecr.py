"""ECR: repositories."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work, by_name
from emulator.services.cloudformation.resources.tagging import retag

_PASSED = ("ImageScanningConfiguration", "ImageTagMutability", "EncryptionConfiguration")


def _create(work: Work) -> str:
    work.call(
        "ecr",
        "CreateRepository",
        RepositoryName=work.name,
        **work.given(*_PASSED),
        Tags=work.tag_list(),
    )
    work.made(work.name)
    _put_policies(work, work.name)
    return work.name


def _put_policies(work: Work, name: str) -> None:
    lifecycle = work.properties.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
    if lifecycle is not None:
        work.call("ecr", "PutLifecyclePolicy", RepositoryName=name, LifecyclePolicyText=lifecycle)
    elif "LifecyclePolicy" in work.before:
        work.call("ecr", "DeleteLifecyclePolicy", RepositoryName=name)
    policy = work.properties.get("RepositoryPolicyText")
    if policy is not None:
        work.call("ecr", "SetRepositoryPolicy", RepositoryName=name, PolicyText=policy)
    elif "RepositoryPolicyText" in work.before:
        work.call("ecr", "DeleteRepositoryPolicy", RepositoryName=name)


def _update(work: Work) -> None:
    repository = {"RepositoryName": work.physical_id}
    if work.has_changed("ImageScanningConfiguration"):
        scanning = work.properties.get("ImageScanningConfiguration", {"ScanOnPush": False})
        work.call(
            "ecr",
            "PutImageScanningConfiguration",
            **repository,
            ImageScanningConfiguration=scanning,
        )
    if work.has_changed("ImageTagMutability"):
        mutability = work.properties.get("ImageTagMutability", "MUTABLE")
        work.call("ecr", "PutImageTagMutability", **repository, ImageTagMutability=mutability)
    _put_policies(work, work.physical_id)
    retag(work, "ecr", {"ResourceArn": _attributes(work)["Arn"]})


def _delete(work: Work) -> None:
    force = work.properties.get("EmptyOnDelete", False)
    work.call("ecr", "DeleteRepository", RepositoryName=work.physical_id, Force=force)


def _attributes(work: Work) -> Mapping[str, Any]:
    answer = work.call("ecr", "DescribeRepositories", RepositoryNames=[work.physical_id])
    found = answer["repositories"][0]
    return {"Arn": found["repositoryArn"], "RepositoryUri": found["repositoryUri"]}


PROVIDERS: Mapping[str, Provider] = {
    "AWS::ECR::Repository": Provider(
        properties=frozenset(
            {
                "RepositoryName",
                "LifecyclePolicy",
                "RepositoryPolicyText",
                "EmptyOnDelete",
                "Tags",
                *_PASSED,
            }
        ),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        naming=Naming("RepositoryName", 256, is_lower=True),
        identity=by_name,
    )
}
