"""Stacks that were in progress when the emulator was killed: the same calls repair them."""

import io
import zipfile

import pytest

from tests.conftest import ROLE_ARN
from tests.contract.stacks import parameter, resource

# A function that does not answer keeps its resource, and so its stack, in progress.
ANSWERING = """
import cfnresponse, time
def handler(event, context):
    if event["RequestType"] == event["ResourceProperties"].get("Hangs"):
        time.sleep(60)
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {}, "thing")
"""
# One that answers without the module that inline code has beside it.
PROMPT = """
import json, urllib.request
def handler(event, context):
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "thing"}
    body = json.dumps(answer).encode()
    url, headers = event["ResponseURL"], {"content-type": ""}
    urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT"))
"""


def zipped(code):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", code)
    return content.getvalue()


def function(code):
    return resource(
        "AWS::Lambda::Function",
        Runtime="python3.12",
        Role=ROLE_ARN,
        Handler="index.handler",
        Code={"ZipFile": code},
        Timeout=120,
    )


def template(value="1", **thing):
    return {
        "Resources": {
            "Function": function(ANSWERING),
            "Bucket": resource("AWS::S3::Bucket", BucketName="the-bucket"),
            "P": {**parameter(value), "DependsOn": "Function"},
            "Thing": {
                **resource(
                    "Custom::Thing", ServiceToken={"Fn::GetAtt": ["Function", "Arn"]}, **thing
                ),
                "DependsOn": ["P", "Bucket"],
            },
        }
    }


def reached(lab, name, *event):
    lab.until(name, lambda _: event in lab.told(name))


def killed_and_started(emulator):
    emulator.kill()
    emulator.start()


def stopped_and_started(emulator):
    emulator.stop()
    emulator.start()


@pytest.mark.parametrize("end", [killed_and_started, stopped_and_started])
def test_a_stack_cut_off_at_creation_is_rolled_back_and_can_be_made_again(own_stacks, end):
    lab = own_stacks
    stack_id = lab.create(template(Hangs="Create"), "books")
    reached(lab, "books", "Thing", "CREATE_IN_PROGRESS")

    end(lab.emulator)

    assert lab.settled(stack_id)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert lab.reason(stack_id, "Thing", "CREATE_FAILED") == (
        "The emulator ended while this was in progress"
    )
    assert [each["Name"] for each in lab.emulator.client("s3").list_buckets()["Buckets"]].count(
        "the-bucket"
    ) == 0
    assert lab.deleted(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert lab.created(template(), "books")["StackStatus"] == "CREATE_COMPLETE"


def test_a_stack_killed_at_deletion_says_so_once_and_is_deleted_by_the_same_call(own_stacks):
    lab = own_stacks
    stack_id = lab.created(template(Hangs="Delete"), "books")["StackId"]
    lab.api.delete_stack(StackName="books")
    reached(lab, stack_id, "Thing", "DELETE_IN_PROGRESS")

    killed_and_started(lab.emulator)

    stack = lab.settled("books")
    assert stack["StackStatus"] == "DELETE_FAILED"
    assert stack["StackStatusReason"] == (
        "The emulator ended while this was in progress. Delete the stack again."
    )
    assert lab.told(stack_id, "books").count(("books", "DELETE_FAILED")) == 1
    lab.emulator.client("lambda").update_function_code(
        FunctionName=lab.physical_id(stack_id, "Function"), ZipFile=zipped(PROMPT)
    )
    assert lab.deleted(stack_id)["StackStatus"] == "DELETE_COMPLETE"


def test_a_stack_killed_at_its_update_is_put_back(own_stacks):
    lab = own_stacks
    stack_id = lab.created(template("before"), "books")["StackId"]
    name = lab.physical_id(stack_id, "P")
    lab.api.update_stack(
        StackName="books", TemplateBody=lab.body(template("after", Hangs="Update"))
    )
    reached(lab, stack_id, "Thing", "UPDATE_IN_PROGRESS")

    killed_and_started(lab.emulator)

    stack = lab.settled(stack_id)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert lab.reason(stack_id, "Thing", "UPDATE_FAILED") == (
        "The emulator ended while this was in progress"
    )
    ssm = lab.emulator.client("ssm")
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "before"
    assert lab.updated(stack_id, template("again"))["StackStatus"] == "UPDATE_COMPLETE"
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "again"


def test_a_creation_is_cut_off_by_the_deletion_of_its_stack(own_stacks):
    lab = own_stacks
    stack_id = lab.create(template(Hangs="Create"), "books")
    reached(lab, "books", "Thing", "CREATE_IN_PROGRESS")

    lab.api.delete_stack(StackName="books")

    gone = lab.until(stack_id, lambda stack: stack["StackStatus"] == "DELETE_COMPLETE")
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert lab.reason(stack_id, "Thing", "CREATE_FAILED") == "Resource creation cancelled"
    assert ("P", "DELETE_COMPLETE") in lab.told(stack_id)


def test_a_stack_within_is_cut_off_when_one_beside_it_fails(own_stacks):
    lab = own_stacks
    s3 = lab.emulator.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(
        Bucket="templates", Key="inner.json", Body=lab.body(template(Hangs="Create")).encode()
    )
    url = "https://templates.s3.amazonaws.com/inner.json"
    inner = resource("AWS::CloudFormation::Stack", TemplateURL=url)
    bad = resource("AWS::S3::BucketPolicy", Bucket="nowhere", PolicyDocument={"Statement": []})

    stack = lab.created({"Resources": {"Inner": inner, "Bad": bad}}, "books")

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert lab.reason(stack["StackId"], "Inner", "CREATE_FAILED") == "Resource creation cancelled"
    inner_id = lab.physical_id(stack["StackId"], "Inner")
    assert lab.settled(inner_id)["StackStatus"] == "DELETE_COMPLETE"


def test_an_update_that_is_cancelled_is_put_back(own_stacks):
    lab = own_stacks
    stack_id = lab.created(template("before"), "books")["StackId"]
    lab.api.update_stack(
        StackName="books", TemplateBody=lab.body(template("after", Hangs="Update"))
    )
    reached(lab, stack_id, "Thing", "UPDATE_IN_PROGRESS")

    lab.api.cancel_update_stack(StackName="books")

    stack = lab.settled(stack_id)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert lab.reason(stack_id, "Thing", "UPDATE_FAILED") == "Resource update cancelled"
    assert lab.reason(stack_id, "books", "UPDATE_ROLLBACK_IN_PROGRESS") == "User Initiated"
