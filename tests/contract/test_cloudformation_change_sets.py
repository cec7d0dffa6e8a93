"""Change sets tell what will be done, and do it.

Source: ResourceChange and ResourceChangeDetail in the API reference; "Example change sets" in the
CloudFormation User Guide, from whose changeSource, evaluation and replacement the expected come.
"""

import json

import pytest
from botocore.exceptions import ClientError

from tests.contract.stacks import parameter, resource


def planned(stacks, stack_id, template, name="plan", **members):
    stacks.api.create_change_set(
        StackName=stack_id, ChangeSetName=name, TemplateBody=json.dumps(template), **members
    )
    found = stacks.api.describe_change_set(StackName=stack_id, ChangeSetName=name)
    changes = [each["ResourceChange"] for each in found["Changes"]]
    return found, {each["LogicalResourceId"]: each for each in changes}


def details(change):
    return [
        (
            each["Target"]["Attribute"],
            each["Target"].get("Name"),
            each["Target"]["RequiresRecreation"],
            each["Evaluation"],
            each["ChangeSource"],
            each.get("CausingEntity"),
        )
        for each in change["Details"]
    ]


def given(**values):
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def test_a_new_stack_is_reviewed_before_it_is_made(stacks, unique):
    name = unique("stack")
    template = {"Resources": {"P": parameter("1")}}

    found, changes = planned(stacks, name, template, ChangeSetType="CREATE")

    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert stacks.api.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == (
        "REVIEW_IN_PROGRESS"
    )
    assert changes["P"]["Action"] == "Add"
    assert changes["P"]["ResourceType"] == "AWS::SSM::Parameter"
    assert stacks.api.list_stack_resources(StackName=name)["StackResourceSummaries"] == []
    stacks.api.execute_change_set(StackName=name, ChangeSetName="plan")
    stack = stacks.until(name, lambda each: each["StackStatus"] == "CREATE_COMPLETE")
    assert stack["ChangeSetId"] == found["ChangeSetId"]
    executed = stacks.api.describe_change_set(ChangeSetName=found["ChangeSetId"])
    assert executed["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_a_direct_change_in_place_is_static_and_needs_no_new_resource(stacks):
    before = resource("AWS::SNS::Topic", DisplayName="before")
    after = resource("AWS::SNS::Topic", DisplayName="after")
    stack_id = stacks.created({"Resources": {"Topic": before}})["StackId"]

    _, changes = planned(stacks, stack_id, {"Resources": {"Topic": after}})

    change = changes["Topic"]
    assert (change["Action"], change["Replacement"]) == ("Modify", "False")
    assert change["Scope"] == ["Properties"]
    assert change["PhysicalResourceId"] == stacks.physical_id(stack_id, "Topic")
    assert details(change) == [
        ("Properties", "DisplayName", "Never", "Static", "DirectModification", None)
    ]


def test_a_parameter_that_names_a_resource_replaces_it_and_conditionally_its_dependants(
    stacks, unique
):
    template = {
        "Parameters": {"Name": {"Type": "String"}},
        "Resources": {
            "Topic": resource("AWS::SNS::Topic", TopicName={"Ref": "Name"}),
            "User": parameter({"Ref": "Topic"}),
            "Subscribed": resource(
                "AWS::SNS::Subscription",
                TopicArn={"Fn::GetAtt": ["Topic", "TopicArn"]},
                Protocol="email",
                Endpoint="somebody@example.com",
            ),
            "Same": parameter("1"),
        },
    }
    stack_id = stacks.created(template, Parameters=given(Name=unique("a")))["StackId"]

    _, changes = planned(stacks, stack_id, template, Parameters=given(Name=unique("b")))

    assert set(changes) == {"Topic", "User", "Subscribed"}
    assert changes["Topic"]["Replacement"] == "True"
    assert changes["Topic"]["PolicyAction"] == "ReplaceAndDelete"
    assert sorted(details(changes["Topic"]), key=str) == [
        ("Properties", "TopicName", "Always", "Dynamic", "DirectModification", None),
        ("Properties", "TopicName", "Always", "Static", "ParameterReference", "Name"),
    ]
    assert changes["User"]["Replacement"] == "False"
    assert details(changes["User"]) == [
        ("Properties", "Value", "Never", "Static", "ResourceReference", "Topic")
    ]
    assert changes["Subscribed"]["Replacement"] == "Conditional"
    assert details(changes["Subscribed"]) == [
        ("Properties", "TopicArn", "Always", "Dynamic", "ResourceAttribute", "Topic.TopicArn")
    ]


def test_what_is_added_and_removed_is_told_with_what_becomes_of_it(stacks):
    kept = parameter("1", DeletionPolicy="Retain")
    stack_id = stacks.created({"Resources": {"Kept": kept, "Gone": parameter("2")}})["StackId"]

    _, changes = planned(stacks, stack_id, {"Resources": {"New": parameter("3")}})

    assert {name: each["Action"] for name, each in changes.items()} == {
        "New": "Add",
        "Kept": "Remove",
        "Gone": "Remove",
    }
    assert changes["Kept"]["PolicyAction"] == "Retain"
    assert changes["Gone"]["PolicyAction"] == "Delete"


def test_tags_of_the_stack_and_metadata_are_scopes_of_their_own(stacks):
    template = {"Resources": {"P": parameter("1")}}
    stack_id = stacks.created(template)["StackId"]
    told = {"Resources": {"P": parameter("1", Metadata={"why": "told"})}}

    _, changes = planned(stacks, stack_id, told, Tags=[{"Key": "team", "Value": "books"}])

    assert changes["P"]["Scope"] == ["Tags", "Metadata"]
    assert changes["P"]["Replacement"] == "False"


def test_an_executed_change_set_does_what_it_told(stacks, client):
    template = {"Resources": {"P": parameter("1")}}
    stack_id = stacks.created(template)["StackId"]
    found, _ = planned(stacks, stack_id, {"Resources": {"P": parameter("2")}}, "first")
    planned(stacks, stack_id, {"Resources": {"P": parameter("3")}}, "second")

    stacks.api.execute_change_set(ChangeSetName=found["ChangeSetId"])

    assert stacks.settled(stack_id)["StackStatus"] == "UPDATE_COMPLETE"
    name = stacks.physical_id(stack_id, "P")
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "2"
    summaries = stacks.api.list_change_sets(StackName=stack_id)["Summaries"]
    assert [(each["ChangeSetName"], each["ExecutionStatus"]) for each in summaries] == [
        ("first", "EXECUTE_COMPLETE")
    ]


def test_without_changes_the_change_set_fails_and_cannot_be_executed(stacks):
    template = {"Resources": {"P": parameter("1")}}
    stack_id = stacks.created(template)["StackId"]

    found, changes = planned(stacks, stack_id, template)

    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"] == (
        "The submitted information didn't contain changes. Submit different information to create"
        " a change set."
    )
    assert changes == {}
    with pytest.raises(ClientError) as caught:
        stacks.api.execute_change_set(StackName=stack_id, ChangeSetName="plan")
    assert caught.value.response["Error"]["Code"] == "InvalidChangeSetStatus"
    stacks.api.delete_change_set(StackName=stack_id, ChangeSetName="plan")
    with pytest.raises(ClientError) as caught:
        stacks.api.describe_change_set(StackName=stack_id, ChangeSetName="plan")
    assert caught.value.response["Error"]["Code"] == "ChangeSetNotFound"


def test_a_change_set_is_obsolete_once_the_stack_has_changed(stacks):
    stack_id = stacks.created({"Resources": {"P": parameter("1")}})["StackId"]
    planned(stacks, stack_id, {"Resources": {"P": parameter("2")}})

    stacks.updated(stack_id, {"Resources": {"P": parameter("3")}})

    found = stacks.api.describe_change_set(StackName=stack_id, ChangeSetName="plan")
    assert found["ExecutionStatus"] == "OBSOLETE"


def test_a_change_of_outputs_alone_can_be_executed(stacks):
    template = {"Resources": {"P": parameter("1")}}
    stack_id = stacks.created(template)["StackId"]

    found, changes = planned(
        stacks, stack_id, {**template, "Outputs": {"O": {"Value": {"Ref": "P"}}}}
    )

    assert found["ExecutionStatus"] == "AVAILABLE"
    assert changes == {}
    stacks.api.execute_change_set(StackName=stack_id, ChangeSetName="plan")
    stack = stacks.settled(stack_id)
    assert stack["Outputs"][0]["OutputValue"] == stacks.physical_id(stack_id, "P")


def test_a_change_set_for_a_stack_that_is_not_there_says_so(stacks, unique):
    name = unique("nobody")
    body = json.dumps({"Resources": {"P": parameter("1")}})

    with pytest.raises(ClientError) as caught:
        stacks.api.create_change_set(StackName=name, ChangeSetName="plan", TemplateBody=body)

    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ValidationError",
        f"Stack [{name}] does not exist",
    )


def test_a_stack_under_review_is_deleted_at_once(stacks, unique):
    name = unique("stack")
    planned(stacks, name, {"Resources": {"P": parameter("1")}}, ChangeSetType="CREATE")
    stack_id = stacks.api.describe_stacks(StackName=name)["Stacks"][0]["StackId"]

    assert stacks.deleted(stack_id)["StackStatus"] == "DELETE_COMPLETE"
