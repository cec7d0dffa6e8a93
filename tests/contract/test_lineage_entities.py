"""Artifacts, contexts, actions and their associations, against a running emulator."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ACCOUNT_ID, REGION
from tests.contract.jobs import error_of

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}"


@pytest.fixture
def sagemaker(client: Callable[[str], Any]) -> Any:
    return client("sagemaker")


@pytest.fixture
def artifact(sagemaker: Any, unique: Callable[[str], str]) -> Callable[..., str]:
    """Make an artifact of a source of its own; gives its ARN."""

    def make(artifact_type: str = "DataSet", **members: Any) -> str:
        source = {"SourceUri": f"s3://bucket/{unique('data')}"}
        answer = sagemaker.create_artifact(
            **{"Source": source, "ArtifactType": artifact_type, **members}
        )
        return str(answer["ArtifactArn"])

    return make


def test_an_artifact_is_described_as_it_was_created(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    source = {
        "SourceUri": f"s3://bucket/{unique('data')}.csv",
        "SourceTypes": [{"SourceIdType": "S3ETag", "Value": "d41d8cd98f00b204e9800998ecf8427e"}],
    }
    metadata = {"CommitId": "c0ffee", "Repository": "https://example.com/r", "ProjectId": "p-1"}
    arn = sagemaker.create_artifact(
        ArtifactName="ratings",
        Source=source,
        ArtifactType="DataSet",
        Properties={"rows": "5"},
        MetadataProperties=metadata,
        Tags=[{"Key": "team", "Value": "books"}],
    )["ArtifactArn"]

    described = sagemaker.describe_artifact(ArtifactArn=arn)

    assert re.fullmatch(rf"{ARN}:artifact/[0-9a-f]{{32}}", arn)
    assert described["ArtifactName"] == "ratings"
    assert described["Source"] == source
    assert described["ArtifactType"] == "DataSet"
    assert described["Properties"] == {"rows": "5"}
    assert described["MetadataProperties"] == metadata
    assert described["CreationTime"] == described["LastModifiedTime"]
    assert described["LineageGroupArn"] == f"{ARN}:lineage-group/sagemaker-default-lineage-group"
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "books"}]


def test_one_source_is_one_artifact_and_other_content_is_another(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    """Source: "Lineage Tracking Entities": one artifact with a unique SourceUri."""
    source: dict[str, Any] = {"SourceUri": f"s3://bucket/{unique('data')}"}
    first = sagemaker.create_artifact(Source=source, ArtifactType="DataSet")["ArtifactArn"]

    code, message = error_of(sagemaker.create_artifact, Source=source, ArtifactType="Model")
    source["SourceTypes"] = [{"SourceIdType": "S3ETag", "Value": "other"}]
    second = sagemaker.create_artifact(Source=source, ArtifactType="DataSet")["ArtifactArn"]

    assert code == "ValidationException"
    assert message.endswith(f"already exists: {first}")
    assert second != first
    listed = sagemaker.list_artifacts(SourceUri=source["SourceUri"])["ArtifactSummaries"]
    assert {each["ArtifactArn"] for each in listed} == {first, second}


def test_an_update_replaces_properties_and_removes_those_named(
    sagemaker: Any, artifact: Callable[..., str]
) -> None:
    """Source: UpdateArtifactRequest: "Overwrites the current property list"."""
    arn = artifact(Properties={"rows": "5", "kept": "no"})

    answer = sagemaker.update_artifact(
        ArtifactArn=arn,
        ArtifactName="renamed",
        Properties={"rows": "6", "columns": "3"},
        PropertiesToRemove=["columns", "unknown"],
    )

    described = sagemaker.describe_artifact(ArtifactArn=arn)
    assert answer["ArtifactArn"] == arn
    assert described["ArtifactName"] == "renamed"
    assert described["Properties"] == {"rows": "6"}
    assert described["LastModifiedTime"] > described["CreationTime"]


def test_an_artifact_is_deleted_by_arn_or_by_source(
    sagemaker: Any, artifact: Callable[..., str]
) -> None:
    first, second = artifact(), artifact()
    source = sagemaker.describe_artifact(ArtifactArn=second)["Source"]

    sagemaker.delete_artifact(ArtifactArn=first)
    answer = sagemaker.delete_artifact(Source={"SourceUri": source["SourceUri"]})

    assert answer["ArtifactArn"] == second
    for arn in (first, second):
        code, message = error_of(sagemaker.describe_artifact, ArtifactArn=arn)
        assert code == "ResourceNotFound"
        assert arn in message
    assert error_of(sagemaker.delete_artifact) == (
        "ValidationException",
        "Either ArtifactArn or Source must be specified.",
    )


def test_contexts_and_actions_are_found_by_name_and_by_arn(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    name = unique("entity")
    source = {"SourceUri": f"{ARN}:endpoint/e", "SourceType": "ARN", "SourceId": "1"}
    context = sagemaker.create_context(
        ContextName=name, Source=source, ContextType="Endpoint", Description="of books"
    )["ContextArn"]
    action = sagemaker.create_action(
        ActionName=name, Source=source, ActionType="ModelDeployment", Status="InProgress"
    )["ActionArn"]
    sagemaker.update_action(ActionName=name, Status="Completed", Description="done")
    sagemaker.update_context(ContextName=name, Properties={"stage": "prod"})

    assert context == f"{ARN}:context/{name}"
    assert action == f"{ARN}:action/{name}"
    for given in (name, context):
        described = sagemaker.describe_context(ContextName=given)
        assert described["Source"] == source
        assert described["Description"] == "of books"
        assert described["Properties"] == {"stage": "prod"}
    for given in (name, action):
        described = sagemaker.describe_action(ActionName=given)
        assert (described["Status"], described["Description"]) == ("Completed", "done")
    taken = error_of(sagemaker.create_action, ActionName=name, Source=source, ActionType="Approval")
    assert taken == (
        "ValidationException",
        f"Action with name {name} already exists: {action}",
    )
    sagemaker.delete_action(ActionName=name)
    sagemaker.delete_context(ContextName=name)
    assert error_of(sagemaker.describe_action, ActionName=name)[0] == "ResourceNotFound"
    assert error_of(sagemaker.update_context, ContextName=name)[0] == "ResourceNotFound"


def test_lists_filter_by_type_source_and_time_and_go_on_in_order(
    sagemaker: Any, unique: Callable[[str], str]
) -> None:
    kind = unique("kind")
    names = [unique("context") for _ in range(5)]
    for name in names:
        sagemaker.create_context(
            ContextName=name, Source={"SourceUri": f"uri-{name}"}, ContextType=kind
        )
    times = [sagemaker.describe_context(ContextName=name)["CreationTime"] for name in names]

    between = times[2] + (times[3] - times[2]) / 2
    pages = sagemaker.get_paginator("list_contexts").paginate(
        ContextType=kind, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 2}
    )
    one = sagemaker.list_contexts(SourceUri=f"uri-{names[3]}")["ContextSummaries"]
    late = sagemaker.list_contexts(ContextType=kind, CreatedAfter=between)["ContextSummaries"]

    listed = [[each["ContextName"] for each in page["ContextSummaries"]] for page in pages]
    assert [len(page) for page in listed] == [2, 2, 1]
    assert [name for page in listed for name in page] == sorted(names)
    assert [each["ContextName"] for each in one] == [names[3]]
    assert [each["ContextName"] for each in late] == [names[4], names[3]]


def test_an_association_needs_both_ends_and_comes_once(
    sagemaker: Any, artifact: Callable[..., str]
) -> None:
    source, destination = artifact(), artifact("Model")
    nobody = f"{ARN}:artifact/{'0' * 32}"
    ends = {"SourceArn": source, "DestinationArn": destination}

    answer = sagemaker.add_association(**ends, AssociationType="DerivedFrom")

    assert {key: answer[key] for key in ends} == ends
    code, message = error_of(sagemaker.add_association, **ends)
    assert code == "ValidationException"
    assert message == f"An association between {source} and {destination} already exists."
    code, message = error_of(
        sagemaker.add_association, SourceArn=nobody, DestinationArn=f"{ARN}:context/nobody"
    )
    assert code == "ResourceNotFound"
    assert nobody in message
    assert f"{ARN}:context/nobody" in message
    sagemaker.delete_association(**ends)
    assert error_of(sagemaker.delete_association, **ends)[0] == "ResourceNotFound"
    listed = sagemaker.list_associations(SourceArn=source)
    assert listed["AssociationSummaries"] == []


def test_what_is_associated_is_not_deleted(sagemaker: Any, artifact: Callable[..., str]) -> None:
    source, destination = artifact(), artifact()
    sagemaker.add_association(SourceArn=source, DestinationArn=destination)

    for arn in (source, destination):
        code, message = error_of(sagemaker.delete_artifact, ArtifactArn=arn)
        assert code == "ValidationException"
        assert "it has 1 associations" in message
    sagemaker.delete_association(SourceArn=source, DestinationArn=destination)
    sagemaker.delete_artifact(ArtifactArn=source)


def test_associations_are_listed_from_either_end_by_any_filter(
    sagemaker: Any, artifact: Callable[..., str]
) -> None:
    data, image, model = artifact("DataSet"), artifact("Image"), artifact("Model")
    sagemaker.update_artifact(ArtifactArn=data, ArtifactName="ratings")
    for source, kind in ((data, "ContributedTo"), (image, "AssociatedWith")):
        sagemaker.add_association(SourceArn=source, DestinationArn=model, AssociationType=kind)

    def sources(**filters: str) -> list[str]:
        answer = sagemaker.list_associations(DestinationArn=model, **filters)
        return [each["SourceArn"] for each in answer["AssociationSummaries"]]

    (summary,) = sagemaker.list_associations(SourceArn=data)["AssociationSummaries"]
    assert summary.pop("CreationTime")
    assert summary.pop("CreatedBy") == {}
    assert summary == {
        "SourceArn": data,
        "DestinationArn": model,
        "SourceType": "DataSet",
        "DestinationType": "Model",
        "AssociationType": "ContributedTo",
        "SourceName": "ratings",
    }
    assert sources() == [image, data]
    assert sources(SortOrder="Ascending") == [data, image]
    assert sources(SortBy="SourceType", SortOrder="Ascending") == [data, image]
    assert sources(SourceType="Image") == [image]
    assert sources(AssociationType="ContributedTo") == [data]
    assert sources(DestinationType="Endpoint") == []
    first = sagemaker.list_associations(DestinationArn=model, MaxResults=1)
    rest = sagemaker.list_associations(
        DestinationArn=model, MaxResults=1, NextToken=first["NextToken"]
    )
    assert [each["SourceArn"] for each in rest["AssociationSummaries"]] == [data]
    assert "NextToken" not in rest


def test_every_fault_of_a_request_comes_at_once(sagemaker: Any) -> None:
    code, message = error_of(
        sagemaker.create_context,
        ContextName="-wrong-",
        Source={"SourceUri": "x" * 2049},
        ContextType="t" * 257,
    )

    assert code == "ValidationException"
    assert "3 validation errors detected" in message


def test_the_lineage_group_is_the_default_one(sagemaker: Any, artifact: Callable[..., str]) -> None:
    artifact()
    name = "sagemaker-default-lineage-group"

    (listed,) = sagemaker.list_lineage_groups()["LineageGroupSummaries"]

    assert listed["LineageGroupName"] == name
    described = sagemaker.describe_lineage_group(LineageGroupName=name)
    assert described["LineageGroupArn"] == f"{ARN}:lineage-group/{name}"
    code, _ = error_of(sagemaker.get_lineage_group_policy, LineageGroupName=name)
    assert code == "ResourceNotFound"
    code, _ = error_of(sagemaker.describe_lineage_group, LineageGroupName="mine")
    assert code == "ResourceNotFound"
