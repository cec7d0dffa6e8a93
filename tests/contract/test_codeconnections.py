"""Connections, by both names of their service."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(params=["codeconnections", "codestar-connections"])
def connections(client: Callable[[str], Any], request: pytest.FixtureRequest) -> Any:
    return client(request.param)


@pytest.fixture
def arn(connections: Any, unique: Callable[[str], str]) -> str:
    made = connections.create_connection(
        ConnectionName=unique("c")[-32:].strip("-"),
        ProviderType="GitHub",
        Tags=[{"Key": "team", "Value": "ml"}],
    )
    assert made["Tags"] == [{"Key": "team", "Value": "ml"}]
    return str(made["ConnectionArn"])


def test_a_connection_is_available_at_once(
    connections: Any, arn: str, client: Callable[[str], Any]
) -> None:
    got = connections.get_connection(ConnectionArn=arn)["Connection"]
    assert got["ConnectionArn"] == arn
    assert re.fullmatch(
        r"arn:aws:codeconnections:us-east-1:123456789012:connection/[0-9a-f-]{36}", arn
    )
    assert (got["ProviderType"], got["ConnectionStatus"]) == ("GitHub", "AVAILABLE")
    assert got["OwnerAccountId"] == "123456789012"
    older = arn.replace("codeconnections", "codestar-connections")
    for service in ("codeconnections", "codestar-connections"):
        for name in (arn, older):
            assert client(service).get_connection(ConnectionArn=name)["Connection"] == got


def test_connections_are_listed_by_provider_and_by_pages(connections: Any, arn: str) -> None:
    found, token = [], None
    while True:
        more = {"NextToken": token} if token else {}
        page = connections.list_connections(ProviderTypeFilter="GitHub", MaxResults=1, **more)
        assert len(page["Connections"]) == 1
        found += [each["ConnectionArn"] for each in page["Connections"]]
        token = page.get("NextToken")
        if token is None:
            break
    assert arn in found
    assert len(found) == len(set(found))
    others = connections.list_connections(ProviderTypeFilter="Bitbucket")["Connections"]
    assert arn not in [each["ConnectionArn"] for each in others]


def test_a_deleted_connection_is_not_found(connections: Any, arn: str) -> None:
    connections.delete_connection(ConnectionArn=arn)
    for call in (connections.get_connection, connections.delete_connection):
        with pytest.raises(ClientError) as caught:
            call(ConnectionArn=arn)
        error = caught.value.response["Error"]
        assert error["Code"] == "ResourceNotFoundException"
        assert arn in error["Message"]


def test_tags_are_added_and_removed(connections: Any, arn: str) -> None:
    connections.tag_resource(
        ResourceArn=arn, Tags=[{"Key": "team", "Value": "data"}, {"Key": "x", "Value": ""}]
    )
    connections.untag_resource(ResourceArn=arn, TagKeys=["x"])
    assert connections.list_tags_for_resource(ResourceArn=arn)["Tags"] == [
        {"Key": "team", "Value": "data"}
    ]


@pytest.mark.parametrize(
    ("members", "code", "said"),
    [
        ({}, "ValidationException", "One of ProviderType and HostArn is required"),
        ({"ProviderType": "Gitea"}, "ValidationException", "enum value set"),
        (
            {"HostArn": "arn:aws:codestar-connections:us-east-1:123456789012:host/x"},
            "UnsupportedByEmulator",
            "HostArn is not supported",
        ),
    ],
)
def test_what_cannot_be_connected_is_refused(
    connections: Any, members: dict[str, str], code: str, said: str
) -> None:
    with pytest.raises(ClientError) as caught:
        connections.create_connection(ConnectionName="c", **members)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert said in error["Message"]
