"""Rules of EventBridge in stacks, and the events that stacks themselves give.

Source: AWS::Events::Rule in the CloudFormation template reference; "Stack Status Change event
detail" and "Resource Status Change event detail" in the User Guide.
"""

import json
import time

from tests.contract.stacks import outputs, parameter, resource

WAIT_SECONDS = 30


def received(sqs, url, is_enough):
    """The messages of a queue, as JSON, once there are enough."""
    found = []
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_enough(found):
        assert time.monotonic() < deadline, found
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        found += [json.loads(each["Body"]) for each in answer.get("Messages", [])]
    return found


def test_a_rule_of_a_stack_delivers_the_status_changes_of_another(stacks, client, unique):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    watched = unique("watched")
    prefix = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{watched}/"

    def template(description):
        return {
            "Resources": {
                "Rule": resource(
                    "AWS::Events::Rule",
                    Description=description,
                    EventPattern={
                        "source": ["aws.cloudformation"],
                        "detail": {"stack-id": [{"prefix": prefix}]},
                    },
                    State="ENABLED",
                    Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}],
                )
            },
            "Outputs": {
                "Name": {"Value": {"Ref": "Rule"}},
                "Arn": {"Value": {"Fn::GetAtt": ["Rule", "Arn"]}},
            },
        }

    rule = stacks.created(template("before"))
    found = outputs(rule)
    assert found["Arn"] == f"arn:aws:events:us-east-1:123456789012:rule/{found['Name']}"

    stack = stacks.created({"Resources": {"P": parameter("1")}}, watched, ClientRequestToken="t-1")

    events = received(
        sqs,
        url,
        lambda got: [
            e for e in got if e["detail"]["status-details"]["status"] == "CREATE_COMPLETE"
        ][1:],
    )
    by_kind = {
        (event["detail-type"], event["detail"]["status-details"]["status"]): event
        for event in events
    }
    of_stack = by_kind["CloudFormation Stack Status Change", "CREATE_COMPLETE"]
    assert of_stack["source"] == "aws.cloudformation"
    assert of_stack["resources"] == [stack["StackId"]]
    assert of_stack["detail"] == {
        "stack-id": stack["StackId"],
        "status-details": {"status": "CREATE_COMPLETE", "status-reason": ""},
        "client-request-token": "t-1",
    }
    of_resource = by_kind["CloudFormation Resource Status Change", "CREATE_COMPLETE"]
    assert of_resource["detail"] == {
        "stack-id": stack["StackId"],
        "logical-resource-id": "P",
        "physical-resource-id": stacks.physical_id(stack["StackId"], "P"),
        "status-details": {"status": "CREATE_COMPLETE", "status-reason": ""},
        "resource-type": "AWS::SSM::Parameter",
        "client-request-token": "t-1",
    }
    stacks.updated(rule["StackId"], template("after"))
    assert client("events").describe_rule(Name=found["Name"])["Description"] == "after"
    assert stacks.deleted(rule["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    names = [each["Name"] for each in client("events").list_rules()["Rules"]]
    assert found["Name"] not in names
