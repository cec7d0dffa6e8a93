"""CodeBuild: projects."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work, by_name

_PASSED = (
    "Artifacts",
    "AutoRetryLimit",
    "BadgeEnabled",
    "BuildBatchConfig",
    "Cache",
    "ConcurrentBuildLimit",
    "Description",
    "EncryptionKey",
    "Environment",
    "FileSystemLocations",
    "LogsConfig",
    "QueuedTimeoutInMinutes",
    "SecondaryArtifacts",
    "SecondarySourceVersions",
    "SecondarySources",
    "ServiceRole",
    "Source",
    "SourceVersion",
    "TimeoutInMinutes",
    "VpcConfig",
)
_AS_NEW = {"TimeoutInMinutes": 60, "QueuedTimeoutInMinutes": 480, "VpcConfig": {}}


def _create(work: Work) -> str:
    work.call(
        "codebuild", "CreateProject", Name=work.name, **work.given(*_PASSED), Tags=work.tag_list()
    )
    return work.name


def _update(work: Work) -> None:
    """UpdateProject leaves what it is not given, so what is gone gets what a new project has."""
    gone = {
        name: _AS_NEW.get(name, "" if isinstance(work.before[name], str) else None)
        for name in _PASSED
        if name in work.before and name not in work.properties
    }
    work.call(
        "codebuild",
        "UpdateProject",
        Name=work.physical_id,
        **gone,
        **work.given(*_PASSED),
        Tags=work.tag_list(),
    )


def _delete(work: Work) -> None:
    work.call("codebuild", "DeleteProject", Name=work.physical_id)


def _attributes(work: Work) -> Mapping[str, Any]:
    answer = work.call("codebuild", "BatchGetProjects", Names=[work.physical_id])
    if not answer["projects"]:
        missing = {"Code": "ResourceNotFoundException", "Message": f"No {work.physical_id}."}
        raise ClientError({"Error": missing, "ResponseMetadata": {}}, "BatchGetProjects")
    return {"Arn": answer["projects"][0]["arn"], "Id": work.physical_id}


PROVIDERS: Mapping[str, Provider] = {
    "AWS::CodeBuild::Project": Provider(
        properties=frozenset({"Name", "Tags", *_PASSED}),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        naming=Naming("Name", 255),
        identity=by_name,
    )
}
