"""Templates with transforms: loops, snippets and macros, from the request to what is made.

Source: "AWS::LanguageExtensions transform" and "AWS::Include transform" in the template reference,
"Perform custom processing on CloudFormation templates with template macros" in the User Guide;
statuses and reasons of failures as recorded of AWS.
"""

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN
from tests.contract.stacks import outputs, parameter, resource

EXPAND = ["CAPABILITY_AUTO_EXPAND"]
ACCOUNT = "123456789012"


def loops(names="Success,Failure", **members):
    """A topic and an output for each name, and what is to be beside them."""
    return {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": names}},
        "Resources": {
            "Fn::ForEach::Topics": [
                "Name",
                {"Ref": "Names"},
                {
                    "Topic${Name}": {
                        **resource(
                            "AWS::SNS::Topic",
                            DisplayName={"Fn::Sub": "${Name} of ${AWS::StackName}"},
                        ),
                    }
                },
            ],
            "Count": parameter({"Fn::ToJsonString": {"count": {"Fn::Length": {"Ref": "Names"}}}}),
            **members,
        },
        "Outputs": {
            "Fn::ForEach::Arns": [
                "Name",
                {"Ref": "Names"},
                {"Arn${Name}": {"Value": {"Ref": {"Fn::Sub": "Topic${Name}"}}}},
            ],
            "Count": {"Value": {"Fn::GetAtt": ["Count", "Value"]}},
        },
    }


def macro_maker(lab, unique):
    """What makes a macro of the body of a function of event, and gives its name."""

    def make(*code):
        name = unique("Macro").replace("_", "")
        text = "\n    ".join(
            [
                "def handler(event, context):",
                "fragment = event['fragment']",
                "status, message = 'success', None",
                *code,
                "answer = {'requestId': event['requestId'], 'status': status}",
                "return answer | {'fragment': fragment, 'errorMessage': message}",
            ]
        )
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("app.py", text)
        lab.emulator.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=ROLE_ARN,
            Handler="app.handler",
            Code={"ZipFile": content.getvalue()},
            Timeout=300,
        )
        template = {
            "Resources": {
                "Macro": resource("AWS::CloudFormation::Macro", Name=name, FunctionName=name)
            },
            "Outputs": {"Name": {"Value": {"Ref": "Macro"}}},
        }
        stack = lab.created(template)
        assert stack["StackStatus"] == "CREATE_COMPLETE", lab.events(stack["StackId"])
        assert outputs(stack) == {"Name": name}
        return name

    return make


@pytest.fixture
def macro(stacks, unique):
    return macro_maker(stacks, unique)


@pytest.fixture
def own_macro(own_stacks, unique):
    return macro_maker(own_stacks, unique)


def planned(stacks, template, name, kind="CREATE", **members):
    """A change set once it is known what it would do."""
    answer = stacks.api.create_change_set(
        StackName=name,
        ChangeSetName=f"plan-{kind}",
        ChangeSetType=kind,
        TemplateBody=json.dumps(template),
        **members,
    )

    def described():
        return stacks.api.describe_change_set(ChangeSetName=answer["Id"])

    stacks.until(answer["StackId"], lambda _: described()["Status"] != "CREATE_IN_PROGRESS")
    return described()


def body(stacks, stage, **of):
    return stacks.api.get_template(TemplateStage=stage, **of)["TemplateBody"]


def test_loops_make_a_resource_and_an_output_for_each_item(stacks, client):
    stack = stacks.created(loops(), Capabilities=EXPAND)

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    found = outputs(stack)
    assert found["Count"] == '{"count":2}'
    topics = client("sns").get_topic_attributes(TopicArn=found["ArnFailure"])["Attributes"]
    assert topics["DisplayName"] == f"Failure of {stack['StackName']}"
    assert set(found) == {"ArnSuccess", "ArnFailure", "Count"}


def test_the_template_is_kept_as_it_was_given_and_as_it_was_processed(stacks):
    stack = stacks.created(loops("One"), Capabilities=EXPAND)
    name = stack["StackName"]

    assert body(stacks, "Original", StackName=name) == loops("One")
    processed = body(stacks, "Processed", StackName=name)
    assert processed == {
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "One"}},
        "Resources": {
            "TopicOne": resource("AWS::SNS::Topic", DisplayName=f"One of {name}"),
            "Count": parameter('{"count":1}'),
        },
        "Outputs": {
            "ArnOne": {"Value": {"Ref": "TopicOne"}},
            "Count": {"Value": {"Fn::GetAtt": ["Count", "Value"]}},
        },
    }
    answer = stacks.api.get_template(StackName=name)
    assert answer["TemplateBody"] == processed
    assert answer["StagesAvailable"] == ["Original", "Processed"]


def test_an_update_does_what_is_different_after_the_transforms(stacks):
    stack_id = stacks.created(loops("One,Two"), Capabilities=EXPAND)["StackId"]

    stack = stacks.updated(stack_id, loops("Two,Three"), Capabilities=EXPAND)

    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert set(outputs(stack)) == {"ArnTwo", "ArnThree", "Count"}
    assert ("TopicThree", "CREATE_COMPLETE") in stacks.told(stack_id)
    assert ("TopicOne", "DELETE_COMPLETE") in stacks.told(stack_id)
    assert stacks.told(stack_id, "TopicTwo")[-1] == ("TopicTwo", "CREATE_COMPLETE")

    told = len(stacks.told(stack_id, "TopicThree"))
    same = stacks.updated(stack_id, loops("Two,Three"), Capabilities=EXPAND)
    assert same["StackStatus"] == "UPDATE_COMPLETE"
    assert len(stacks.told(stack_id, "TopicThree")) == told


def test_the_previous_template_is_used_as_it_was_processed(stacks):
    """Source: "--use-previous-template" in "AWS::LanguageExtensions transform"."""
    stack_id = stacks.created(loops("One"), Capabilities=EXPAND)["StackId"]

    stacks.api.update_stack(
        StackName=stack_id,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Names", "ParameterValue": "One,Two"}],
        Tags=[{"Key": "team", "Value": "books"}],
    )

    stack = stacks.settled(stack_id)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert set(outputs(stack)) == {"ArnOne", "Count"}
    assert body(stacks, "Original", StackName=stack_id) == loops("One")


@pytest.mark.parametrize(
    "transform",
    [
        "AWS::LanguageExtensions",
        {"Name": "AWS::Include", "Parameters": {"Location": "s3://a/b"}},
        "Mine",
    ],
)
def test_transforms_have_to_be_acknowledged(stacks, unique, transform):
    template = {"Transform": transform, "Resources": {"P": parameter("1")}}
    name = unique("stack").replace("_", "-")

    with pytest.raises(ClientError) as caught:
        stacks.create(template, name, Capabilities=["CAPABILITY_NAMED_IAM"])

    error = caught.value.response["Error"]
    assert error["Code"] == "InsufficientCapabilitiesException"
    assert error["Message"] == "Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
    with pytest.raises(ClientError, match="does not exist"):
        stacks.api.describe_stacks(StackName=name)


def test_an_update_with_transforms_has_to_be_acknowledged(stacks):
    stack_id = stacks.created({"Resources": {"P": parameter("1")}})["StackId"]

    with pytest.raises(ClientError, match="CAPABILITY_AUTO_EXPAND"):
        stacks.updated(stack_id, loops())


def test_a_snippet_of_s3_is_included(stacks, client, bucket):
    client("s3").put_object(
        Bucket=bucket,
        Key="snippet.yaml",
        Body=b"Included:\n  Type: AWS::SSM::Parameter\n  Properties: {Type: String, Value: '2'}\n",
    )
    location = {"Fn::Sub": "s3://${Bucket}/snippet.yaml"}
    include = {"Name": "AWS::Include", "Parameters": {"Location": location}}
    template = {
        "Parameters": {"Bucket": {"Type": "String", "Default": bucket}},
        "Resources": {"Own": parameter("1"), "Fn::Transform": include},
        "Outputs": {"Value": {"Value": {"Fn::GetAtt": ["Included", "Value"]}}},
    }

    stack = stacks.created(template, Capabilities=EXPAND)

    assert outputs(stack) == {"Value": "2"}
    processed = body(stacks, "Processed", StackName=stack["StackName"])
    assert list(processed["Resources"]) == ["Own", "Included"]


def test_a_snippet_that_is_not_there_fails_the_stack_and_rolls_it_back(stacks):
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://no-such-bucket-here/a"}}

    stack = stacks.created({"Resources": {"Fn::Transform": include}}, Capabilities=EXPAND)

    reason = "Transform AWS::Include failed with: S3 bucket [no-such-bucket-here] does not exist."
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    stack_id, name = stack["StackId"], stack["StackName"]
    assert stacks.reason(stack_id, name, "CREATE_IN_PROGRESS") == reason
    assert stacks.reason(stack_id, name, "ROLLBACK_IN_PROGRESS") == (
        f"{reason}. Rollback requested by user."
    )
    answer = stacks.api.get_template(StackName=name)
    assert answer["StagesAvailable"] == ["Original"]
    assert stacks.deleted(stack_id)["StackStatus"] == "DELETE_COMPLETE"


def test_a_macro_transforms_the_whole_template_and_parts_of_it(stacks, macro):
    name = macro(
        "text = event['params'].get('Text', 'whole')",
        "seen = event['templateParameterValues'] | {'id': event['transformId']}",
        "if 'Resources' in fragment:",
        "    fragment['Outputs'] = {k: {'Value': str(v)} for k, v in sorted(seen.items())}",
        "else:",
        "    fragment['Value'] = text",
    )
    part = {"Type": "String", "Fn::Transform": {"Name": name, "Parameters": {"Text": "part"}}}
    template = {
        "Transform": [name],
        "Parameters": {"Given": {"Type": "String", "Default": "default"}},
        "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": part}},
    }

    stack = stacks.created(template, Capabilities=EXPAND)

    assert stack["StackStatus"] == "CREATE_COMPLETE", stacks.events(stack["StackId"])
    assert outputs(stack) == {"Given": "default", "id": f"{ACCOUNT}::{name}"}
    processed = body(stacks, "Processed", StackName=stack["StackId"])
    assert processed["Resources"]["P"]["Properties"] == {"Type": "String", "Value": "part"}


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "status, message = 'failed', 'it is a test'",
            "Transform {} failed with: it is a test",
        ),
        ("status = 'failed'", "Transform {} failed without an error message."),
        ("raise ValueError('no')", "Received malformed response from transform {}"),
    ],
)
def test_a_macro_that_fails_fails_a_creation_an_update_and_a_change_set(
    stacks, macro, unique, code, told
):
    name = macro(code)
    template = {"Transform": name, "Resources": {"P": parameter("2")}}
    reason = told.format(f"{ACCOUNT}::{name}")

    made = stacks.created(template, Capabilities=EXPAND)
    before = stacks.created({"Resources": {"P": parameter("1")}})
    stack_id = before["StackId"]
    after = stacks.updated(stack_id, template, Capabilities=EXPAND)
    plan = planned(stacks, template, unique("plan").replace("_", "-"))

    assert made["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason(made["StackId"], made["StackName"], "ROLLBACK_IN_PROGRESS") == (
        f"{reason}. Rollback requested by user."
    )
    assert after["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert stacks.reason(stack_id, before["StackName"], "UPDATE_ROLLBACK_IN_PROGRESS") == reason
    assert body(stacks, "Processed", StackName=stack_id) == {"Resources": {"P": parameter("1")}}
    assert (plan["Status"], plan["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert plan["StatusReason"] == reason


def test_why_a_macro_failed_is_in_its_log_group(stacks, client, macro, unique):
    function = macro("raise ValueError('no such thing')")
    group, name = unique("/macros/failures"), unique("Logged").replace("_", "")
    client("logs").create_log_group(logGroupName=group)
    stacks.created(
        {
            "Resources": {
                "Macro": resource(
                    "AWS::CloudFormation::Macro",
                    Name=name,
                    FunctionName=function,
                    LogGroupName=group,
                )
            }
        }
    )

    stacks.created({"Transform": name, "Resources": {"P": parameter("1")}}, Capabilities=EXPAND)

    events = client("logs").filter_log_events(logGroupName=group)["events"]
    assert "no such thing" in events[0]["message"]


def test_a_macro_that_is_not_there_is_named(stacks):
    stack = stacks.created(
        {"Transform": "Nobody", "Resources": {"P": parameter("1")}}, Capabilities=EXPAND
    )

    assert stacks.reason(stack["StackId"], stack["StackName"], "CREATE_IN_PROGRESS") == (
        f"No transform named {ACCOUNT}::Nobody found."
    )


def test_the_name_of_a_macro_is_taken_once_and_free_again_after_its_stack(stacks, macro):
    name = macro("pass")
    template = {
        "Resources": {"M": resource("AWS::CloudFormation::Macro", Name=name, FunctionName=name)}
    }

    second = stacks.created(template)

    assert second["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "already exists" in stacks.reason(second["StackId"], "M", "CREATE_FAILED")
    user = {"Transform": name, "Resources": {"P": parameter("1")}}
    stack = stacks.created(user, Capabilities=EXPAND)
    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_what_a_macro_adds_needs_its_own_capability(stacks, macro):
    name = macro(
        "fragment['Resources']['Role'] = {'Type': 'AWS::IAM::Role', 'Properties': "
        "{'AssumeRolePolicyDocument': {'Version': '2012-10-17', 'Statement': []}}}",
    )

    stack = stacks.created(
        {"Transform": name, "Resources": {"P": parameter("1")}}, Capabilities=EXPAND
    )

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason(stack["StackId"], stack["StackName"], "ROLLBACK_IN_PROGRESS") == (
        "Requires capabilities : [CAPABILITY_IAM]. Rollback requested by user."
    )


def test_a_change_set_shows_what_the_transforms_gave_and_does_it(stacks, unique):
    name = unique("plan").replace("_", "-")

    plan = planned(stacks, loops("One"), name)

    assert (plan["Status"], plan["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert {each["ResourceChange"]["LogicalResourceId"] for each in plan["Changes"]} == {
        "TopicOne",
        "Count",
    }
    of = {"ChangeSetName": plan["ChangeSetId"]}
    assert body(stacks, "Original", **of) == loops("One")
    assert "TopicOne" in body(stacks, "Processed", **of)["Resources"]
    # What was looked at needs no acknowledgement.
    stacks.api.execute_change_set(**of)
    stack = stacks.settled(plan["StackId"])
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert set(outputs(stack)) == {"ArnOne", "Count"}

    second = planned(stacks, loops("One"), name, "UPDATE")
    assert (second["Status"], second["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert second["StatusReason"] == "No updates are to be performed."


def test_a_stack_within_has_transforms_that_its_parent_acknowledges(stacks, client, bucket):
    client("s3").put_object(Bucket=bucket, Key="inner.json", Body=json.dumps(loops("One")).encode())
    url = f"https://{bucket}.s3.amazonaws.com/inner.json"

    def outer(names, **more):
        inner = resource("AWS::CloudFormation::Stack", TemplateURL=url, Parameters={"Names": names})
        return {
            "Resources": {"Inner": inner, **more},
            "Outputs": {"Count": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Count"]}}},
        }

    refused = stacks.created(outer("One"))
    assert refused["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Requires capabilities : [CAPABILITY_AUTO_EXPAND]" in (
        stacks.reason(refused["StackId"], "Inner", "CREATE_FAILED")
    )

    stack = stacks.created(outer("One"), Capabilities=EXPAND)
    assert outputs(stack) == {"Count": '{"count":1}'}
    bad = resource("AWS::S3::BucketPolicy", Bucket="nobody-has", PolicyDocument={"Statement": []})
    stack = stacks.updated(
        stack["StackId"],
        outer("One,Two", Bad={**bad, "DependsOn": "Inner"}),
        Capabilities=EXPAND,
    )
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", stacks.events(stack["StackId"])
    inner = stacks.settled(stacks.physical_id(stack["StackId"], "Inner"))
    assert outputs(inner)["Count"] == '{"count":1}'


def test_the_templates_summary_names_transforms_and_their_capability(stacks):
    template = loops()

    valid = stacks.api.validate_template(TemplateBody=json.dumps(template))
    summary = stacks.api.get_template_summary(TemplateBody=json.dumps(template))

    for answer in (valid, summary):
        assert answer["DeclaredTransforms"] == ["AWS::LanguageExtensions"]
        assert answer["Capabilities"] == EXPAND
        assert [each["ParameterKey"] for each in answer["Parameters"]] == ["Names"]
    assert summary["ResourceTypes"] == ["AWS::SSM::Parameter"]


@pytest.mark.parametrize(
    ("template", "code", "message"),
    [
        (
            {"Transform": "AWS::Serverless-2016-10-31", "Resources": {}},
            "UnsupportedByEmulator",
            "Transform [AWS::Serverless-2016-10-31] is not supported by the emulator",
        ),
        (
            {"Transform": {"Name": {"Ref": "Name"}}, "Resources": {}},
            "ValidationError",
            "Key Name of transform definition must be a string.",
        ),
        (
            {"Resources": {"P": parameter({"Fn::Length": [1]})}},
            "ValidationError",
            'add "Transform: AWS::LanguageExtensions" to the template',
        ),
    ],
)
def test_what_is_wrong_with_a_declaration_is_told_at_once(stacks, template, code, message):
    with pytest.raises(ClientError) as caught:
        stacks.create(template, Capabilities=EXPAND)
    assert caught.value.response["Error"]["Code"] == code
    assert message in caught.value.response["Error"]["Message"]


def test_stacks_live_on_by_their_processed_template(own_stacks):
    """Whatever becomes of what made it: after a restart it is updated, and rolled back to."""
    lab = own_stacks
    s3 = lab.emulator.client("s3")
    s3.create_bucket(Bucket="snippets")
    s3.put_object(Bucket="snippets", Key="one", Body=json.dumps({"P": parameter("1")}).encode())
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://snippets/one"}}
    template = {
        "Resources": {"Fn::Transform": include},
        "Outputs": {"Value": {"Value": {"Fn::GetAtt": ["P", "Value"]}}},
    }
    stack_id = lab.created(template, Capabilities=EXPAND)["StackId"]
    s3.delete_object(Bucket="snippets", Key="one")

    lab.emulator.kill()
    lab.emulator.start()

    assert body(lab, "Processed", StackName=stack_id)["Resources"] == {"P": parameter("1")}
    bad = resource("AWS::S3::BucketPolicy", Bucket="nobody-has", PolicyDocument={"Statement": []})
    failed = lab.updated(stack_id, {"Resources": {"P": parameter("2"), "Bad": bad}})
    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert outputs(failed) == {"Value": "1"}
    assert lab.deleted(stack_id)["StackStatus"] == "DELETE_COMPLETE"


def test_transforms_that_die_with_the_emulator_fail_what_they_were_for(own_stacks, own_macro):
    lab = own_stacks
    name = own_macro("import time", "time.sleep(600)")
    template = {"Transform": name, "Resources": {"P": parameter("2")}}
    before = {"Resources": {"P": parameter("1")}}
    updated_id = lab.created(before, "updated")["StackId"]
    created_id = lab.create(template, "created", Capabilities=EXPAND)
    lab.api.update_stack(StackName="updated", TemplateBody=lab.body(template), Capabilities=EXPAND)
    plan = lab.api.create_change_set(
        StackName="planned",
        ChangeSetName="plan",
        ChangeSetType="CREATE",
        TemplateBody=lab.body(template),
    )
    assert lab.api.describe_change_set(ChangeSetName=plan["Id"])["Status"] == "CREATE_IN_PROGRESS"

    lab.emulator.kill()
    lab.emulator.start()

    assert lab.settled(created_id)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert lab.settled(updated_id)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert body(lab, "Original", StackName="updated") == before
    found = lab.api.describe_change_set(ChangeSetName=plan["Id"])
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "The emulator ended" in found["StatusReason"]
    assert lab.deleted(created_id)["StackStatus"] == "DELETE_COMPLETE"
    assert lab.updated(updated_id, {"Resources": {"P": parameter("3")}})["StackStatus"] == (
        "UPDATE_COMPLETE"
    )


def test_a_stack_is_deleted_while_its_transforms_are_at_work(own_stacks, own_macro):
    lab = own_stacks
    name = own_macro("import time", "time.sleep(600)")
    template = {"Transform": name, "Resources": {"P": parameter("2")}}
    stack_id = lab.create(template, Capabilities=EXPAND)

    lab.api.delete_stack(StackName=stack_id)

    assert lab.settled(stack_id)["StackStatus"] == "DELETE_COMPLETE"
    assert "P" not in {logical_id for logical_id, _ in lab.told(stack_id)}
