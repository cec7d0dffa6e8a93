"""Stacks updated by what is different, and put back where that fails.

Source: "Update behaviors of stack resources", "Continue rolling back an update" and "Stack status
codes" in the CloudFormation User Guide; UpdateStack in the API reference.
"""

import pytest
from botocore.exceptions import ClientError

from tests.contract.stacks import outputs, parameter, resource


def topic(name=None, display="a"):
    named = {} if name is None else {"TopicName": name}
    return resource("AWS::SNS::Topic", DisplayName=display, **named)


def test_only_what_is_different_is_touched_and_dependants_follow(stacks, client, unique):
    before = {
        "Resources": {
            "Same": parameter("same"),
            "Topic": topic(unique("one")),
            "User": parameter({"Ref": "Topic"}),
            "Gone": parameter("gone"),
        }
    }
    new_name = unique("two")
    after = {
        "Resources": {
            "Same": before["Resources"]["Same"],
            "Topic": topic(new_name),
            "User": before["Resources"]["User"],
            "Added": parameter("added"),
        }
    }
    stack_id = stacks.created(before)["StackId"]
    old_topic, user = (stacks.physical_id(stack_id, name) for name in ("Topic", "User"))

    stack = stacks.updated(stack_id, after)

    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    told = stacks.told(stack_id)
    told = told[told.index((stack["StackName"], "UPDATE_IN_PROGRESS")) :]
    assert "Same" not in [name for name, _ in told]
    cleaning = told.index((stack["StackName"], "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
    assert told.index(("Topic", "UPDATE_COMPLETE")) < told.index(("User", "UPDATE_IN_PROGRESS"))
    assert told.index(("Topic", "DELETE_COMPLETE")) > cleaning
    assert told.index(("Gone", "DELETE_COMPLETE")) > cleaning
    assert ("Added", "CREATE_COMPLETE") in told
    assert stacks.reason(stack_id, "Topic", "UPDATE_IN_PROGRESS") == "Resource creation Initiated"
    new_topic = stacks.physical_id(stack_id, "Topic")
    assert new_topic.endswith(f":{new_name}")
    assert stacks.physical_id(stack_id, "User") == user
    assert client("ssm").get_parameter(Name=user)["Parameter"]["Value"] == new_topic
    topics = [each["TopicArn"] for each in client("sns").list_topics()["Topics"]]
    assert new_topic in topics
    assert old_topic not in topics


def test_a_change_in_place_keeps_the_resource(stacks, client):
    stack_id = stacks.created({"Resources": {"Topic": topic(display="before")}})["StackId"]
    arn = stacks.physical_id(stack_id, "Topic")

    stacks.updated(stack_id, {"Resources": {"Topic": topic(display="after")}})

    assert stacks.physical_id(stack_id, "Topic") == arn
    attributes = client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["DisplayName"] == "after"


def test_an_update_without_a_change_is_refused(stacks):
    template = {"Resources": {"P": parameter("1")}}
    stack = stacks.created(template)

    with pytest.raises(ClientError) as caught:
        stacks.updated(stack["StackId"], template)

    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"] == "No updates are to be performed."
    again = stacks.api.describe_stacks(StackName=stack["StackId"])["Stacks"][0]
    assert again["StackStatus"] == "CREATE_COMPLETE"


def test_a_failed_update_puts_everything_back(stacks, client, unique):
    before = {
        "Parameters": {"Value": {"Type": "String", "Default": "before"}},
        "Resources": {
            "InPlace": parameter({"Ref": "Value"}),
            "Replaced": topic(unique("one")),
        },
        "Outputs": {"O": {"Value": {"Fn::GetAtt": ["InPlace", "Value"]}}},
    }
    bad = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": unique("nowhere"), "PolicyDocument": {"Statement": []}},
        "DependsOn": ["InPlace", "Replaced"],
    }
    replaced, added = topic(unique("two")), parameter("added")
    after = {
        **before,
        "Resources": {**before["Resources"], "Replaced": replaced, "Added": added, "Bad": bad},
    }
    stack_id = stacks.created(before)["StackId"]
    in_place, first = (stacks.physical_id(stack_id, name) for name in ("InPlace", "Replaced"))

    stack = stacks.updated(
        stack_id, after, Parameters=[{"ParameterKey": "Value", "ParameterValue": "after"}]
    )

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.reason(stack_id, stack["StackName"], "UPDATE_ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Bad]."
    )
    assert stack["Parameters"] == [{"ParameterKey": "Value", "ParameterValue": "before"}]
    assert outputs(stack) == {"O": "before"}
    assert client("ssm").get_parameter(Name=in_place)["Parameter"]["Value"] == "before"
    assert stacks.physical_id(stack_id, "Replaced") == first
    topics = [each["TopicArn"] for each in client("sns").list_topics()["Topics"]]
    assert first in topics
    assert not [arn for arn in topics if arn.endswith(replaced["Properties"]["TopicName"])]
    names = {
        each["LogicalResourceId"]
        for each in stacks.api.list_stack_resources(StackName=stack_id)["StackResourceSummaries"]
    }
    assert names == {"InPlace", "Replaced"}
    changed = [{"ParameterKey": "Value", "ParameterValue": "again"}]
    assert stacks.updated(stack_id, before, Parameters=changed)["StackStatus"] == "UPDATE_COMPLETE"


def test_a_resource_with_a_name_of_its_own_is_not_replaced_under_that_name(stacks, unique):
    name = unique("alias")
    queue = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "FifoTopic": False}}
    fifo = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "FifoTopic": True}}
    stack_id = stacks.created({"Resources": {"Topic": queue}})["StackId"]

    stack = stacks.updated(stack_id, {"Resources": {"Topic": fifo}})

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.reason(stack_id, "Topic", "UPDATE_FAILED") == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing."
        f" Rename {name} and update the stack again."
    )


def test_a_rollback_that_fails_is_continued_without_what_cannot_be_restored(stacks, client, unique):
    bad = {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": unique("nowhere"), "PolicyDocument": {"Statement": []}},
        "DependsOn": ["Lost"],
    }

    def template(value, **more):
        lost = resource("AWS::SNS::Topic", DisplayName=value)
        return {"Resources": {"Lost": lost, **more}}

    slow = {**parameter("x"), "DependsOn": ["Lost"]}
    stack_id = stacks.created(template("one", Slow=slow))["StackId"]
    arn = stacks.physical_id(stack_id, "Lost")
    client("sns").delete_topic(TopicArn=arn)

    stack = stacks.updated(stack_id, template("two", Slow=slow, Bad=bad))

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert "[Lost]" in stack["StackStatusReason"]
    stacks.api.continue_update_rollback(StackName=stack_id, ResourcesToSkip=["Lost"])
    assert stacks.settled(stack_id)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_retained_resource_outlives_its_replacement_and_its_removal(stacks, client, unique):
    first = {**topic(unique("one")), "UpdateReplacePolicy": "Retain"}
    left = parameter("left", DeletionPolicy="Retain")
    stack_id = stacks.created({"Resources": {"Topic": first, "Left": left}})["StackId"]
    arn, name = (stacks.physical_id(stack_id, each) for each in ("Topic", "Left"))

    stacks.updated(stack_id, {"Resources": {"Topic": topic(unique("two"))}})

    assert arn in [each["TopicArn"] for each in client("sns").list_topics()["Topics"]]
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "left"
    assert ("Topic", "DELETE_SKIPPED") in stacks.told(stack_id)
    assert ("Left", "DELETE_SKIPPED") in stacks.told(stack_id)


def test_previous_values_and_the_previous_template_can_be_kept(stacks):
    template = {
        "Parameters": {"A": {"Type": "String"}, "B": {"Type": "String"}},
        "Resources": {"P": parameter({"Fn::Sub": "${A} ${B}"})},
        "Outputs": {"O": {"Value": {"Fn::GetAtt": ["P", "Value"]}}},
    }

    def given(key, value):
        return {"ParameterKey": key, "ParameterValue": value}

    stack_id = stacks.created(template, Parameters=[given("A", "a"), given("B", "b")])["StackId"]
    stacks.api.update_stack(
        StackName=stack_id,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "A", "UsePreviousValue": True}, given("B", "c")],
    )

    assert outputs(stacks.settled(stack_id)) == {"O": "a c"}


def test_a_stack_that_was_rolled_back_at_creation_can_only_be_deleted(stacks, unique):
    bad = resource("AWS::S3::BucketPolicy", Bucket=unique("no"), PolicyDocument={"Statement": []})
    stack = stacks.created({"Resources": {"Bad": bad}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"

    with pytest.raises(ClientError) as caught:
        stacks.updated(stack["StackId"], {"Resources": {"P": parameter("1")}})

    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"] == (
        f"Stack:{stack['StackId']} is in ROLLBACK_COMPLETE state and can not be updated."
    )
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_failed_update_that_is_not_to_be_rolled_back_goes_on_from_where_it_failed(
    stacks, client, unique
):
    def bad(bucket):
        policy = resource("AWS::S3::BucketPolicy", Bucket=bucket, PolicyDocument={"Statement": []})
        return {**policy, "DependsOn": ["Topic", "P"]}

    def template(name, value, **more):
        return {"Resources": {"Topic": topic(name), "P": parameter(value), **more}}

    names = [unique("topic") for _ in range(3)]
    bucket = unique("bucket")
    stack_id = stacks.created(template(names[0], "1"))["StackId"]

    failed = stacks.updated(
        stack_id, template(names[1], "2", Bad=bad(bucket)), DisableRollback=True
    )

    assert failed["StackStatus"] == "UPDATE_FAILED"
    parameter_name = stacks.physical_id(stack_id, "P")
    assert client("ssm").get_parameter(Name=parameter_name)["Parameter"]["Value"] == "2"
    client("s3").create_bucket(Bucket=bucket)
    stack = stacks.updated(stack_id, template(names[2], "3", Bad=bad(bucket)))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert client("ssm").get_parameter(Name=parameter_name)["Parameter"]["Value"] == "3"
    topics = {each["TopicArn"].rpartition(":")[2] for each in client("sns").list_topics()["Topics"]}
    assert topics & set(names) == {names[2]}
    assert stacks.deleted(stack_id)["StackStatus"] == "DELETE_COMPLETE"


def test_a_stack_that_was_not_rolled_back_at_creation_is_made_whole_by_an_update(
    stacks, client, unique
):
    bucket = unique("bucket")
    policy = resource("AWS::S3::BucketPolicy", Bucket=bucket, PolicyDocument={"Statement": []})
    template = {"Resources": {"P": parameter("1"), "Policy": {**policy, "DependsOn": "P"}}}
    stack = stacks.created(template, DisableRollback=True)
    assert stack["StackStatus"] == "CREATE_FAILED"
    client("s3").create_bucket(Bucket=bucket)

    again = stacks.updated(stack["StackId"], template)

    assert again["StackStatus"] == "UPDATE_COMPLETE"
    assert stacks.physical_id(stack["StackId"], "Policy") == bucket
    assert stacks.told(stack["StackId"], "P").count(("P", "CREATE_COMPLETE")) == 1


def tags_of(client, stacks, stack_id):
    """The tags that customers may give of each resource that has some, by logical id."""
    names = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in stacks.api.list_stack_resources(StackName=stack_id)["StackResourceSummaries"]
    }
    alarms = client("cloudwatch").describe_alarms(AlarmNames=[names["Alarm"]])["MetricAlarms"]
    groups = client("logs").describe_log_groups(logGroupNamePrefix=names["Logs"])["logGroups"]
    group = groups[0]["arn"].removesuffix(":*")
    found = {
        "Bucket": client("s3").get_bucket_tagging(Bucket=names["Bucket"])["TagSet"],
        "Topic": client("sns").list_tags_for_resource(ResourceArn=names["Topic"])["Tags"],
        "Role": client("iam").list_role_tags(RoleName=names["Role"])["Tags"],
        "P": client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId=names["P"])[
            "TagList"
        ],
        "Alarm": client("cloudwatch").list_tags_for_resource(ResourceARN=alarms[0]["AlarmArn"])[
            "Tags"
        ],
        "Key": [
            {"Key": each["TagKey"], "Value": each["TagValue"]}
            for each in client("kms").list_resource_tags(KeyId=names["Key"])["Tags"]
        ],
        "Logs": [
            {"Key": key, "Value": value}
            for key, value in client("logs")
            .list_tags_for_resource(resourceArn=group)["tags"]
            .items()
        ],
    }
    return {
        name: {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")}
        for name, tags in found.items()
    }


def test_tags_of_the_stack_reach_the_resources_that_have_tags(stacks, client):
    assumed = {"Version": "2012-10-17", "Statement": []}
    more = {
        "Topic": topic(),
        "P": parameter("1"),
        "Role": resource("AWS::IAM::Role", AssumeRolePolicyDocument=assumed),
        "Key": resource("AWS::KMS::Key"),
        "Logs": resource("AWS::Logs::LogGroup"),
        "Alarm": resource(
            "AWS::CloudWatch::Alarm",
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        ),
    }
    bucket = resource("AWS::S3::Bucket")
    policy = resource(
        "AWS::S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument={"Statement": []}
    )
    template = {"Resources": {"Bucket": bucket, "Policy": policy, **more}}
    stack = stacks.created(template, Tags=[{"Key": "stage", "Value": "a"}])
    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    stack_id = stack["StackId"]
    tagged = {"Bucket", *more}
    assert tags_of(client, stacks, stack_id) == {each: {"stage": "a"} for each in tagged}

    updated = stacks.updated(stack_id, template, Tags=[{"Key": "owner", "Value": "b"}])

    assert updated["StackStatus"] == "UPDATE_COMPLETE", stacks.events(stack_id)
    assert tags_of(client, stacks, stack_id) == {each: {"owner": "b"} for each in tagged}
    assert ("Policy", "UPDATE_IN_PROGRESS") not in stacks.told(stack_id)


def test_a_new_resource_that_is_to_stay_goes_with_the_operation_that_made_it_when_asked(
    stacks, client, unique
):
    bad = resource("AWS::S3::BucketPolicy", Bucket=unique("no"), PolicyDocument={"Statement": []})
    kept = parameter("1", DeletionPolicy="Retain")
    template = {"Resources": {"Kept": kept, "Bad": {**bad, "DependsOn": "Kept"}}}

    left = stacks.created(template)
    gone = stacks.created(template, RetainExceptOnCreate=True)

    assert stacks.told(left["StackId"], "Kept")[-1] == ("Kept", "DELETE_SKIPPED")
    assert stacks.told(gone["StackId"], "Kept")[-1] == ("Kept", "DELETE_COMPLETE")
