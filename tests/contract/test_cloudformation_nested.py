"""Stacks within stacks, and resources that a Lambda function makes.

Source: AWS::CloudFormation::Stack and AWS::CloudFormation::CustomResource in the CloudFormation
template reference; "Custom resource request objects" and "cfn-response module" in the User Guide.
"""

import json
import urllib.request

import pytest

from tests.conftest import ROLE_ARN
from tests.contract.stacks import outputs, parameter, resource

INNER = {
    "Parameters": {"Value": {"Type": "String"}},
    "Resources": {"P": parameter({"Ref": "Value"})},
    "Outputs": {"Name": {"Value": {"Ref": "P"}}},
}


@pytest.fixture
def put(client, bucket):
    """Put a template into S3, and give its address."""

    def put_template(template, key="inner.json"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(template).encode())
        return f"https://{bucket}.s3.amazonaws.com/{key}"

    return put_template


def outer(url, value="1", **more):
    inner = resource("AWS::CloudFormation::Stack", TemplateURL=url, Parameters={"Value": value})
    return {
        "Resources": {"Inner": inner, **more},
        "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Name"]}}},
    }


def test_a_stack_within_gets_parameters_gives_outputs_and_knows_its_parent(stacks, client, put):
    stack = stacks.created(outer(put(INNER), "first"), Tags=[{"Key": "team", "Value": "books"}])

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    name = outputs(stack)["Name"]
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "first"
    inner_id = stacks.physical_id(stack["StackId"], "Inner")
    inner = stacks.api.describe_stacks(StackName=inner_id)["Stacks"][0]
    assert (inner["ParentId"], inner["RootId"]) == (stack["StackId"], stack["StackId"])
    assert inner["StackName"].startswith(f"{stack['StackName']}-Inner-")
    assert {"Key": "team", "Value": "books"} in inner["Tags"]

    stacks.updated(stack["StackId"], outer(put(INNER), "second"))
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "second"

    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.settled(inner_id)["StackStatus"] == "DELETE_COMPLETE"


def test_another_template_at_the_same_address_updates_the_stack_within(stacks, put):
    template = outer(put(INNER))
    stack_id = stacks.created(template)["StackId"]
    inner_id = stacks.physical_id(stack_id, "Inner")
    put({**INNER, "Resources": {**INNER["Resources"], "Added": parameter("2")}})

    assert stacks.updated(stack_id, template)["StackStatus"] == "UPDATE_COMPLETE"

    assert stacks.physical_id(inner_id, "Added")


def test_an_output_that_is_new_within_can_be_used_by_the_same_update(stacks, client, put):
    stack_id = stacks.created(outer(put(INNER)))["StackId"]
    more = {**INNER["Outputs"], "New": {"Value": {"Fn::GetAtt": ["P", "Type"]}}}
    template = outer(put({**INNER, "Outputs": more}))
    template["Resources"]["User"] = parameter({"Fn::GetAtt": ["Inner", "Outputs.New"]})

    stack = stacks.updated(stack_id, template)

    assert stack["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack_id)
    name = stacks.physical_id(stack_id, "User")
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "String"


def test_a_failure_within_fails_the_parent_and_takes_both_down(stacks, put, unique):
    bad = resource("AWS::S3::BucketPolicy", Bucket=unique("no"), PolicyDocument={"Statement": []})
    url = put({**INNER, "Resources": {**INNER["Resources"], "Bad": bad}})

    stack = stacks.created(outer(url))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    inner_id = stacks.physical_id(stack["StackId"], "Inner")
    assert stacks.reason(stack["StackId"], "Inner", "CREATE_FAILED") == (
        f"Embedded stack {inner_id} was not successfully created: The following resource(s) failed"
        " to create: [Bad]. Rollback requested by user."
    )
    assert stacks.settled(inner_id)["StackStatus"] == "DELETE_COMPLETE"


def test_a_failure_beside_puts_the_stack_within_back_to_its_former_template(
    stacks, client, put, unique
):
    stack = stacks.created(outer(put(INNER), "before"))
    stack_id, name = stack["StackId"], outputs(stack)["Name"]
    inner_id = stacks.physical_id(stack_id, "Inner")
    bad = resource("AWS::S3::BucketPolicy", Bucket=unique("no"), PolicyDocument={"Statement": []})
    url = put({**INNER, "Resources": {**INNER["Resources"], "Added": parameter("2")}})

    failed = stacks.updated(stack_id, outer(url, "after", Bad={**bad, "DependsOn": "Inner"}))

    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "before"
    resources = stacks.api.list_stack_resources(StackName=inner_id)["StackResourceSummaries"]
    assert [each["LogicalResourceId"] for each in resources] == ["P"]


CODE = """
import cfnresponse

def handler(event, context):
    given = event["ResourceProperties"]
    print(event["RequestType"], given)
    if given.get("Fails") == event["RequestType"]:
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, "made-1", reason="as asked")
        return
    if given.get("Fails") == "crash":
        raise RuntimeError("it crashed")
    old = event.get("OldResourceProperties", {}).get("Name", "nothing")
    data = {
        "Told": f"{event['RequestType']} {event['ResourceType']} after {old}",
        "Number": given.get("Number"),
    }
    cfnresponse.send(event, context, cfnresponse.SUCCESS, data, given["Name"])
"""


def custom(name, **properties):
    function = resource(
        "AWS::Lambda::Function",
        Runtime="python3.12",
        Role=ROLE_ARN,
        Handler="index.handler",
        Code={"ZipFile": CODE},
        Timeout=30,
    )
    made = resource(
        "Custom::Thing",
        ServiceToken={"Fn::GetAtt": ["Function", "Arn"]},
        Name=name,
        Number=7,
        **properties,
    )
    return {
        "Resources": {"Function": function, "Thing": made},
        "Outputs": {
            "Ref": {"Value": {"Ref": "Thing"}},
            "Told": {"Value": {"Fn::GetAtt": ["Thing", "Told"]}},
            "Number": {"Value": {"Fn::GetAtt": ["Thing", "Number"]}},
        },
    }


def test_a_custom_resource_is_what_its_function_answers(stacks):
    stack = stacks.created(custom("thing-1"))

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    assert outputs(stack) == {
        "Ref": "thing-1",
        "Told": "Create Custom::Thing after nothing",
        "Number": "7",
    }
    updated = stacks.updated(stack["StackId"], custom("thing-2"))
    assert outputs(updated)["Told"] == "Update Custom::Thing after thing-1"
    assert outputs(updated)["Ref"] == "thing-2"
    deleted = [
        event["PhysicalResourceId"]
        for event in stacks.events(stack["StackId"])
        if (event["LogicalResourceId"], event["ResourceStatus"]) == ("Thing", "DELETE_COMPLETE")
    ]
    assert deleted == ["thing-1"]
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_custom_resource_that_answers_that_it_failed_fails_with_its_reason(stacks):
    stack = stacks.created(custom("thing", Fails="Create"))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reason = stacks.reason(stack["StackId"], "Thing", "CREATE_FAILED")
    assert reason.startswith(
        "Received response status [FAILED] from custom resource. Message returned: as asked "
        "(RequestId: "
    )


def test_a_custom_resource_whose_function_crashes_fails_at_once_with_its_error(stacks):
    stack = stacks.created(custom("thing", Fails="crash"))

    assert "it crashed" in stacks.reason(stack["StackId"], "Thing", "CREATE_FAILED")


def test_a_custom_resource_that_does_not_answer_in_time_fails(stacks):
    template = custom("thing", ServiceTimeout=1)
    template["Resources"]["Function"]["Properties"]["Code"]["ZipFile"] = (
        "def handler(event, context):\n    pass\n"
    )

    stack = stacks.created(template)

    assert stacks.reason(stack["StackId"], "Thing", "CREATE_FAILED") == (
        "CloudFormation did not receive a response from your Custom Resource within 1 seconds."
    )


def test_a_handle_to_wait_for_is_an_address_that_anybody_can_put_to(stacks):
    stack = stacks.created(
        {
            "Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
            "Outputs": {"Url": {"Value": {"Ref": "Handle"}}},
        }
    )

    request = urllib.request.Request(outputs(stack)["Url"], data=b"{}", method="PUT")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
