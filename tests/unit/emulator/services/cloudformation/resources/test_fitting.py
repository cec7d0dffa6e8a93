"""Properties fitted to operations; what they take is what botocore's models say."""

import json

import pytest

from emulator.services.cloudformation.resources.fitting import Unfit, fitted


def test_texts_become_what_the_operation_takes_and_documents_become_json():
    policy = {"Version": "2012-10-17", "Statement": []}

    found = fitted(
        "iam",
        "CreateRole",
        {"RoleName": "r", "AssumeRolePolicyDocument": policy, "MaxSessionDuration": "3600"},
    )

    assert found == {
        "RoleName": "r",
        "AssumeRolePolicyDocument": json.dumps(policy),
        "MaxSessionDuration": 3600,
    }


def test_names_are_found_whatever_their_case_and_keys_of_maps_stay():
    found = fitted(
        "codebuild",
        "CreateProject",
        {
            "Name": "p",
            "Source": {"Type": "CODEPIPELINE", "BuildSpec": "buildspec.yml"},
            "Environment": {
                "EnvironmentVariables": [{"Name": "A", "Value": 1}],
                "PrivilegedMode": "false",
            },
        },
    )

    assert found["source"] == {"type": "CODEPIPELINE", "buildspec": "buildspec.yml"}
    assert found["environment"] == {
        "environmentVariables": [{"name": "A", "value": "1"}],
        "privilegedMode": False,
    }
    configuration = {"ProjectName": "p", "PollForSourceChanges": False}
    action = {"Name": "a", "Configuration": configuration}
    pipeline = {"Name": "p", "Stages": [{"Name": "s", "Actions": [action]}]}
    made = fitted("codepipeline", "CreatePipeline", {"Pipeline": pipeline})
    assert made["pipeline"]["stages"][0]["actions"][0]["configuration"] == {
        "ProjectName": "p",
        "PollForSourceChanges": "false",
    }


def test_what_the_template_does_not_give_is_left_out():
    assert fitted("sns", "CreateTopic", {"Name": "t", "Tags": None}) == {"Name": "t"}


def test_all_that_the_operation_does_not_take_is_told_at_once():
    with pytest.raises(Unfit) as caught:
        fitted(
            "sns",
            "CreateTopic",
            {"Name": "t", "Other": 1, "Tags": [{"Key": "k", "Value": "v", "Extra": 2}]},
        )

    message = str(caught.value)
    assert "CreateTopic" in message
    assert "Other is not known." in message
    assert "Tags[0].Extra is not known." in message


def test_a_text_that_is_no_number_is_told():
    with pytest.raises(Unfit, match=r"Period has to be a number, not 'soon'"):
        fitted("cloudwatch", "PutMetricAlarm", {"AlarmName": "a", "Period": "soon"})
