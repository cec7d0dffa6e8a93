"""Stacks created, told of and deleted.

Source: CreateStack, DescribeStackEvents and DeleteStack in the API reference; "Stack status codes"
and "Name type" in the CloudFormation documentation.
"""

import json
import re

import pytest
from botocore.exceptions import ClientError

from tests.contract.stacks import outputs, parameter, resource

ASSUMED_BY_LAMBDA = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def refused(call, **members) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_resources_are_made_in_the_order_of_their_dependencies_and_outputs_tell_of_them(
    stacks, client
):
    stack = stacks.created(
        {
            "Resources": {
                "Told": parameter({"Fn::Sub": "${Bucket.Arn} ${Topic}"}),
                "Topic": resource("AWS::SNS::Topic"),
                "Bucket": resource("AWS::S3::Bucket"),
            },
            "Outputs": {
                "Name": {"Value": {"Ref": "Told"}},
                "Bucket": {"Value": {"Ref": "Bucket"}, "Description": "It is new"},
                "TopicName": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}},
            },
        }
    )

    assert stack["StackStatus"] == "CREATE_COMPLETE"
    found = outputs(stack)
    value = client("ssm").get_parameter(Name=found["Name"])["Parameter"]["Value"]
    topic = stacks.physical_id(stack["StackId"], "Topic")
    assert value == f"arn:aws:s3:::{found['Bucket']} {topic}"
    assert topic.endswith(f":{found['TopicName']}")
    told = stacks.told(stack["StackId"])
    assert told[0] == (stack["StackName"], "CREATE_IN_PROGRESS")
    assert told[-1] == (stack["StackName"], "CREATE_COMPLETE")
    last_needed = max(
        told.index(("Bucket", "CREATE_COMPLETE")), told.index(("Topic", "CREATE_COMPLETE"))
    )
    assert told.index(("Told", "CREATE_IN_PROGRESS")) > last_needed


def test_the_events_of_a_resource_are_begun_initiated_and_complete(stacks):
    stack = stacks.created({"Resources": {"P": parameter("1")}}, ClientRequestToken="token-1")

    events = [e for e in stacks.events(stack["StackId"]) if e["LogicalResourceId"] == "P"]
    assert [(e["ResourceStatus"], e.get("ResourceStatusReason")) for e in events] == [
        ("CREATE_IN_PROGRESS", None),
        ("CREATE_IN_PROGRESS", "Resource creation Initiated"),
        ("CREATE_COMPLETE", None),
    ]
    assert events[0].get("PhysicalResourceId", "") == ""
    assert events[2]["PhysicalResourceId"] == stacks.physical_id(stack["StackId"], "P")
    assert {event["ClientRequestToken"] for event in events} == {"token-1"}
    assert json.loads(events[0]["ResourceProperties"]) == {"Type": "String", "Value": "1"}


def test_physical_names_are_made_of_stack_and_logical_id_within_what_the_type_allows(
    stacks, unique
):
    name = ("a-" + unique("name") + "-that-is-as-long-as-can-be-and-then-some")[:60].strip("-")
    stack = stacks.created(
        {
            "Resources": {
                "TheBucketWithALongLogicalId": resource("AWS::S3::Bucket"),
                "Topic": resource("AWS::SNS::Topic"),
            }
        },
        name,
    )

    bucket = stacks.physical_id(stack["StackId"], "TheBucketWithALongLogicalId")
    assert len(bucket) <= 63
    assert re.fullmatch(r"a-name-[a-z0-9-]+-thebucket[a-z]*-[a-z0-9]{12}", bucket)
    topic = stacks.physical_id(stack["StackId"], "Topic").rpartition(":")[2]
    assert re.fullmatch(re.escape(name) + r"-Topic-[A-Z0-9]{12}", topic)


def test_resources_have_the_tags_of_the_stack_and_of_cloudformation(stacks, client):
    bucket = resource("AWS::S3::Bucket", Tags=[{"Key": "own", "Value": "1"}])
    stack = stacks.created(
        {"Resources": {"Bucket": bucket}}, Tags=[{"Key": "team", "Value": "books"}]
    )

    name = stacks.physical_id(stack["StackId"], "Bucket")
    tags = client("s3").get_bucket_tagging(Bucket=name)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "own": "1",
        "team": "books",
        "aws:cloudformation:stack-name": stack["StackName"],
        "aws:cloudformation:stack-id": stack["StackId"],
        "aws:cloudformation:logical-id": "Bucket",
    }


def test_a_failure_takes_down_what_was_made_and_says_why(stacks, client, unique):
    taken = unique("taken")
    client("s3").create_bucket(Bucket=taken)
    stack = stacks.created(
        {
            "Resources": {
                "Good": resource("AWS::SNS::Topic"),
                "Bad": {**resource("AWS::S3::Bucket", BucketName=taken), "DependsOn": "Good"},
                "Never": parameter({"Ref": "Bad"}),
            }
        }
    )

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    stack_id = stack["StackId"]
    assert stacks.reason(stack_id, stack["StackName"], "ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to create: [Bad]. Rollback requested by user."
    )
    assert stacks.reason(stack_id, "Bad", "CREATE_FAILED") == (
        f"Resource of type 'AWS::S3::Bucket' with identifier '{taken}' already exists."
    )
    assert ("Good", "DELETE_COMPLETE") in stacks.told(stack_id)
    assert stacks.told(stack_id, "Never") == []
    assert client("s3").head_bucket(Bucket=taken)["ResponseMetadata"]["HTTPStatusCode"] == 200
    topics = [each["TopicArn"] for each in client("sns").list_topics()["Topics"]]
    assert not any(f"{stack['StackName']}-Good" in topic for topic in topics)


def test_an_alias_that_is_another_keys_is_neither_taken_nor_removed(stacks, client, unique):
    kms, alias = client("kms"), f"alias/{unique('key')}"
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    template = {
        "Resources": {
            "Key": resource("AWS::KMS::Key"),
            "Alias": resource("AWS::KMS::Alias", AliasName=alias, TargetKeyId={"Ref": "Key"}),
        }
    }

    stack = stacks.created(template)

    assert stacks.reason(stack["StackId"], "Alias", "CREATE_FAILED") == (
        f"Resource of type 'AWS::KMS::Alias' with identifier '{alias}' already exists."
    )
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == key


def test_what_was_made_stays_when_rollback_is_disabled(stacks, client, unique):
    taken = unique("taken")
    client("s3").create_bucket(Bucket=taken)
    template = {
        "Resources": {
            "Good": parameter("1"),
            "Bad": {**resource("AWS::S3::Bucket", BucketName=taken), "DependsOn": "Good"},
        }
    }
    stack = stacks.created(template, OnFailure="DO_NOTHING")
    deleted = stacks.created(template, OnFailure="DELETE")

    assert stack["StackStatus"] == "CREATE_FAILED"
    name = stacks.physical_id(stack["StackId"], "Good")
    assert client("ssm").get_parameter(Name=name)["Parameter"]["Value"] == "1"
    assert deleted["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_stack_is_deleted_in_the_reverse_order_and_what_is_to_stay_stays(stacks, client):
    stack = stacks.created(
        {
            "Resources": {
                "Kept": parameter("kept", DeletionPolicy="Retain"),
                "First": parameter("1"),
                "Second": parameter({"Ref": "First"}),
            }
        }
    )
    kept = stacks.physical_id(stack["StackId"], "Kept")

    gone = stacks.deleted(stack["StackId"])

    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert gone["DeletionTime"] >= gone["CreationTime"]
    told = stacks.told(stack["StackId"])
    assert told.index(("Second", "DELETE_COMPLETE")) < told.index(("First", "DELETE_IN_PROGRESS"))
    assert ("Kept", "DELETE_SKIPPED") in told
    assert client("ssm").get_parameter(Name=kept)["Parameter"]["Value"] == "kept"
    code, message = refused(stacks.api.describe_stacks, StackName=stack["StackName"])
    assert code == "ValidationError"
    assert message == f"Stack with id {stack['StackName']} does not exist"
    statuses = stacks.api.list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
    assert stack["StackId"] in [each["StackId"] for each in statuses]


def test_a_bucket_with_objects_makes_the_deletion_fail_until_it_is_emptied_or_retained(
    stacks, client
):
    template = {"Resources": {"Bucket": resource("AWS::S3::Bucket"), "P": parameter("1")}}
    stack = stacks.created(template)
    other = stacks.created(template)
    for each in (stack, other):
        name = stacks.physical_id(each["StackId"], "Bucket")
        client("s3").put_object(Bucket=name, Key="k", Body=b"v")

    failed = stacks.deleted(stack["StackId"])
    stacks.deleted(other["StackId"])

    assert failed["StackStatus"] == "DELETE_FAILED"
    assert "[Bucket]" in failed["StackStatusReason"]
    assert "BucketNotEmpty" in stacks.reason(stack["StackId"], "Bucket", "DELETE_FAILED")
    bucket = stacks.physical_id(stack["StackId"], "Bucket")
    client("s3").delete_object(Bucket=bucket, Key="k")
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
    retained = stacks.deleted(other["StackId"], RetainResources=["Bucket"])
    assert retained["StackStatus"] == "DELETE_COMPLETE"
    assert ("Bucket", "DELETE_SKIPPED") in stacks.told(other["StackId"])


def test_a_protected_stack_is_not_deleted(stacks):
    stack = stacks.created({"Resources": {"P": parameter("1")}}, EnableTerminationProtection=True)

    code, message = refused(stacks.api.delete_stack, StackName=stack["StackName"])

    assert code == "ValidationError"
    assert message == (
        f"Stack [{stack['StackName']}] cannot be deleted while TerminationProtection is enabled"
    )
    stacks.api.update_termination_protection(
        StackName=stack["StackName"], EnableTerminationProtection=False
    )
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_iam_resources_have_to_be_acknowledged(stacks):
    role = resource("AWS::IAM::Role", AssumeRolePolicyDocument=ASSUMED_BY_LAMBDA)
    named = resource("AWS::IAM::Role", AssumeRolePolicyDocument=ASSUMED_BY_LAMBDA, RoleName="mine")
    create = stacks.api.create_stack
    templates = [json.dumps({"Resources": {"Role": each}}) for each in (role, named)]

    found = [
        refused(create, StackName="never", TemplateBody=templates[0]),
        refused(
            create,
            StackName="never",
            TemplateBody=templates[1],
            Capabilities=["CAPABILITY_IAM"],
        ),
    ]

    assert found == [
        ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]"),
        ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]"),
    ]


def test_the_same_token_creates_one_stack_and_a_name_is_taken_once(stacks, unique):
    name = unique("stack")
    body = json.dumps({"Resources": {"P": parameter("1")}})
    first = stacks.api.create_stack(StackName=name, TemplateBody=body, ClientRequestToken="t-1")
    again = stacks.api.create_stack(StackName=name, TemplateBody=body, ClientRequestToken="t-1")

    assert first["StackId"] == again["StackId"]
    code, message = refused(stacks.api.create_stack, StackName=name, TemplateBody=body)
    assert (code, message) == ("AlreadyExistsException", f"Stack [{name}] already exists")


def test_a_template_is_read_from_s3_by_https_and_by_the_emulators_address(stacks, client, bucket):
    body = json.dumps({"Resources": {"P": parameter("1")}})
    client("s3").put_object(Bucket=bucket, Key="t/one.json", Body=body.encode())
    for url in (
        f"https://{bucket}.s3.amazonaws.com/t/one.json",
        f"https://s3.us-east-1.amazonaws.com/{bucket}/t/one.json",
        f"{stacks.emulator.url}/{bucket}/t/one.json",
    ):
        name = stacks.unique("stack")
        stacks.api.create_stack(StackName=name, TemplateURL=url)
        assert stacks.settled(name)["StackStatus"] == "CREATE_COMPLETE"
        assert stacks.api.get_template(StackName=name)["TemplateBody"] == json.loads(body)

    code, message = refused(
        stacks.api.create_stack, StackName="never", TemplateURL="https://example.com/t.json"
    )
    assert code == "ValidationError"
    assert "TemplateURL must be a supported URL" in message


def test_an_export_is_unique_and_is_not_taken_from_those_who_import_it(stacks, unique):
    export = unique("export")
    exporting = {
        "Resources": {"P": parameter("1")},
        "Outputs": {"O": {"Value": {"Ref": "P"}, "Export": {"Name": export}}},
    }
    importing = {"Resources": {"P": parameter({"Fn::ImportValue": export})}}
    first = stacks.created(exporting)
    user = stacks.created(importing)

    assert user["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.api.list_imports(ExportName=export)["Imports"] == [user["StackName"]]
    exports = {each["Name"]: each for each in stacks.api.list_exports()["Exports"]}
    assert exports[export]["ExportingStackId"] == first["StackId"]
    second = stacks.created(exporting)
    assert second["StackStatus"] == "ROLLBACK_COMPLETE"
    assert f"Export with name {export} is already exported by stack {first['StackName']}." in (
        stacks.reason(second["StackId"], second["StackName"], "ROLLBACK_IN_PROGRESS")
    )
    kept = stacks.deleted(first["StackId"])
    assert kept["StackStatus"] == "CREATE_COMPLETE"
    assert f"it is in use by {user['StackName']}" in kept["StackStatusReason"]
    without = stacks.updated(first["StackId"], {"Resources": exporting["Resources"]})
    assert without["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert f"Export {export} cannot be deleted as it is in use by {user['StackName']}" in (
        stacks.reason(first["StackId"], first["StackName"], "UPDATE_ROLLBACK_IN_PROGRESS")
    )
    stacks.deleted(user["StackId"])
    assert stacks.deleted(first["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_the_output_of_another_stack_is_had_without_an_export_or_a_tie(stacks):
    """Source: Fn::GetStackOutput in the template reference, "a weak reference"."""

    def giving(value):
        return {"Resources": {"P": parameter("1")}, "Outputs": {"O": {"Value": value}}}

    first = stacks.created(giving("before"))

    def using(**members):
        wanted = {"StackName": first["StackName"], "OutputName": "O", **members}
        return {
            "Resources": {"P": parameter({"Fn::GetStackOutput": wanted})},
            "Outputs": {"O": {"Value": {"Fn::GetAtt": ["P", "Value"]}}},
        }

    user = stacks.created(using(Region="us-east-1"))
    assert outputs(user) == {"O": "before"}

    stacks.updated(first["StackId"], giving("after"))
    assert outputs(stacks.settled(user["StackId"])) == {"O": "before"}
    assert outputs(stacks.updated(user["StackId"], using())) == {"O": "after"}

    code, message = refused(stacks.create, template=using(OutputName="Other"))
    assert code == "ValidationError"
    assert f"stack {first['StackName']} has no output Other; it has: O." in message
    code, message = refused(stacks.create, template=using(Region="eu-west-1"))
    assert f"stack {first['StackName']} does not exist in region eu-west-1" in message
    assert stacks.deleted(first["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_the_role_that_is_to_make_the_stack_has_to_exist(stacks):
    code, message = refused(
        stacks.api.create_stack,
        StackName="never",
        TemplateBody=json.dumps({"Resources": {"P": parameter("1")}}),
        RoleARN="arn:aws:iam::123456789012:role/nobody",
    )

    assert code == "ValidationError"
    assert "arn:aws:iam::123456789012:role/nobody is invalid or cannot be assumed" in message


def test_values_are_read_from_where_parameters_and_dynamic_references_say(stacks, client, unique):
    name = unique("/kept/value")
    client("ssm").put_parameter(Name=name, Type="String", Value="kept elsewhere")
    stack = stacks.created(
        {
            "Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name}},
            "Resources": {
                "ByParameter": parameter({"Ref": "P"}),
                "ByReference": parameter(f"{{{{resolve:ssm:{name}}}}}"),
            },
            "Outputs": {"A": {"Value": {"Fn::GetAtt": ["ByParameter", "Value"]}}},
        }
    )

    assert outputs(stack) == {"A": "kept elsewhere"}
    assert stack["Parameters"] == [
        {"ParameterKey": "P", "ParameterValue": name, "ResolvedValue": "kept elsewhere"}
    ]
    second = stacks.physical_id(stack["StackId"], "ByReference")
    assert client("ssm").get_parameter(Name=second)["Parameter"]["Value"] == "kept elsewhere"
