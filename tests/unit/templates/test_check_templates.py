"""scripts/check-templates finds faults, and so can fail."""

import subprocess
from pathlib import Path

import pytest

from scripts.check_templates.branches import branch
from scripts.check_templates.findings import Suppression
from scripts.check_templates.loading import load
from scripts.check_templates.policies import policies
from scripts.check_templates.samples import UnknownIntrinsic, resolve
from scripts.check_templates.suppressions import declared

ROOT = Path(__file__).parents[3]
BAD = """
Parameters:
  IsOpen: {Type: String, Default: "no"}
Conditions:
  Opens: !Equals [!Ref IsOpen, "yes"]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    # Made by no default: the checkers have to see it all the same.
    Condition: Opens
    Metadata:
      checkov: {skip: [{id: CKV_AWS_45, comment: That is about functions.}]}
    Properties:
      AccessControl: !If [Opens, PublicRead, !Ref "AWS::NoValue"]
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleNme: misspelt
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}
      Policies:
        - PolicyName: all
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: ["s3:GetObject", "s3:NoSuchAction"], Resource: "*"}
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str]:
    path = tmp_path_factory.mktemp("templates") / "bad.yaml"
    path.write_text(BAD)
    done = subprocess.run(
        [ROOT / "scripts/check-templates", str(path)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.replace(str(path), "bad.yaml") + done.stderr


@pytest.mark.parametrize(
    ("checker", "finding"),
    [
        ("cfn-lint", "E3002"),
        ("checkov", "bad.yaml: Bucket: CKV_AWS_20: "),
        ("cdk-nag", "bad.yaml: Role: AwsSolutions-IAM5: "),
        ("parliament", "bad.yaml: Role: UNKNOWN_ACTION: Unknown action s3:NoSuchAction"),
    ],
)
def test_each_checker_finds_its_faults(said: tuple[int, str], checker: str, finding: str) -> None:
    code, text = said
    assert code == 1, text
    (line,) = [line for line in text.splitlines() if line.startswith(f"{checker}")]
    assert ", 0 findings" not in line
    assert finding in text


def test_a_suppression_that_suppresses_nothing_is_a_finding(said: tuple[int, str]) -> None:
    assert "bad.yaml: Bucket: CKV_AWS_45: suppressed, but checkov says nothing" in said[1]


def test_a_suppression_needs_a_reason() -> None:
    silent = {"Type": "AWS::S3::Bucket", "Metadata": {"checkov": {"skip": [{"id": "CKV_AWS_18"}]}}}
    with pytest.raises(ValueError, match="without a reason: .*'Bucket'.*CKV_AWS_18.*checkov"):
        declared({"a.yaml": {"Resources": {"Bucket": silent}}})


def test_every_suppression_of_the_templates_is_found() -> None:
    found = declared({"deploy": load(ROOT / "model_deploy/endpoint.yaml")})
    assert found == {
        ("checkov", Suppression("deploy", name, "CKV_AWS_370")) for name in ("Model", "ShadowModel")
    }


def test_a_branch_has_every_resource_and_one_value_of_each_choice(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD)
    template = load(tmp_path / "bad.yaml")
    bucket = template["Resources"]["Bucket"]
    met, unmet = (branch(template, is_met)["Resources"]["Bucket"] for is_met in (True, False))
    assert met["Properties"] == {"AccessControl": "PublicRead"}
    assert unmet["Properties"] == {}
    assert not {"Condition"} & set(met)
    assert bucket["Condition"] == "Opens"


def test_short_forms_are_the_functions_that_they_stand_for(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text('a: !GetAtt B.Arn\nb: !Sub "${C}"\nc: !If [D, !Ref E, 2012-10-17]\n')
    assert load(path) == {
        "a": {"Fn::GetAtt": ["B", "Arn"]},
        "b": {"Fn::Sub": "${C}"},
        "c": {"Fn::If": ["D", {"Ref": "E"}, "2012-10-17"]},
    }


def test_policies_are_found_wherever_they_stand_and_have_samples_for_functions() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": {"Fn::Sub": "${Bucket.Arn}/${AWS::Region}/*"},
    }
    template = {
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket"},
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {"Policies": [{"PolicyDocument": {"Statement": [statement]}}]},
            },
        }
    }
    (policy,) = policies(template)
    assert policy.document["Statement"][0]["Resource"] == "arn:aws:s3:::sample/us-east-1/*"


def test_what_has_no_sample_is_named() -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SQS::Queue"}}}
    with pytest.raises(UnknownIntrinsic, match=r"Topic.Arn \(AWS::SQS::Queue\)"):
        resolve({"Fn::GetAtt": ["Topic", "Arn"]}, template)
