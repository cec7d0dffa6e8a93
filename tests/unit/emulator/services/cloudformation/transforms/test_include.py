"""AWS::Include: the example of the template reference, and its messages as recorded of AWS."""

import pytest

from emulator.services.cloudformation.template.errors import TemplateError
from tests.unit.emulator.services.cloudformation.transforms.documents import transformed

PLACE = "s3://MyAmazonS3BucketName/single_wait_condition.yaml"
SNIPPET = "WebServerWaitHandle:\n  Type: 'AWS::CloudFormation::WaitConditionHandle'\n"
HANDLE = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
TEMPLATE = {
    "Resources": {
        "MyWaitHandle": HANDLE,
        "Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": PLACE}},
    }
}


@pytest.mark.parametrize(
    "snippet",
    [SNIPPET, '{"WebServerWaitHandle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}'],
)
def test_a_snippet_stands_beside_what_it_is_included_beside(snippet: str) -> None:
    assert transformed(TEMPLATE, objects={PLACE: snippet}) == {
        "Resources": {"MyWaitHandle": HANDLE, "WebServerWaitHandle": HANDLE}
    }


def test_the_short_form_in_json_and_in_yaml() -> None:
    include = {"Name": "AWS::Include", "Parameters": {"Location": PLACE}}
    expected = {"Resources": {"WebServerWaitHandle": HANDLE}}
    objects = {PLACE: SNIPPET}

    assert transformed({"Resources": {"Transform": include}}, objects=objects) == expected
    assert (
        transformed(
            f"Resources: !Transform {{Name: AWS::Include, Parameters: {{Location: {PLACE}}}}}\n",
            objects=objects,
        )
        == expected
    )


def test_a_snippet_of_the_whole_template() -> None:
    found = transformed(
        f"Transform: {{Name: AWS::Include, Parameters: {{Location: {PLACE}}}}}\n"
        "Resources: {A: {Type: AWS::SNS::Topic}}\n",
        objects={PLACE: "Mappings: {M: {a: {b: c}}}\n"},
    )

    assert found == {
        "Resources": {"A": {"Type": "AWS::SNS::Topic"}},
        "Mappings": {"M": {"a": {"b": "c"}}},
    }


def test_the_location_may_be_made_of_parameters() -> None:
    found = transformed(
        "Parameters: {Bucket: {Type: String}}\n"
        "Mappings:\n  Fn::Transform: {Name: AWS::Include, Parameters: "
        "{Location: !Sub 's3://${Bucket}/${AWS::Region}.yaml'}}\n",
        given={"Bucket": "mine"},
        objects={"s3://mine/us-east-1.yaml": "M: {a: {b: c}}\n"},
    )

    assert found["Mappings"] == {"M": {"a": {"b": "c"}}}


@pytest.mark.parametrize(
    ("snippet", "message"),
    [
        ("A: !Ref B\n", "The specified S3 object's content should be valid Yaml/JSON"),
        ("A: [\n", "The specified S3 object's content should be valid Yaml/JSON"),
        ("[A]\n", "should be key-value pairs"),
        ("MyWaitHandle: {}\n", f"[MyWaitHandle] of {PLACE} are in the template already"),
        (
            "Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}\n",
            "a snippet cannot use AWS::Include itself",
        ),
    ],
)
def test_a_snippet_that_is_none(snippet: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        transformed(TEMPLATE, objects={PLACE: snippet})
    assert refusal.value.message.startswith("Transform AWS::Include failed with: ")
    assert message in refusal.value.message


@pytest.mark.parametrize(
    "parameters",
    [{}, {"Location": "https://a/b"}, {"Location": "s3://a"}, {"Location": PLACE, "Other": 1}],
)
def test_a_location_that_is_none(parameters: dict[str, object]) -> None:
    include = {"Name": "AWS::Include", "Parameters": parameters}
    with pytest.raises(TemplateError) as refusal:
        transformed({"Resources": {"Fn::Transform": include}})
    assert "it takes the parameter Location alone, s3://BUCKET/KEY" in refusal.value.message
