"""cfn-lint's reader is the other implementation of the short forms."""

import hashlib
from pathlib import Path

import pytest
import yaml
from cfnlint.decode.cfn_yaml import loads

from project.packaging import PackagingError, Place, package

PLACE = Place("templates", "eu-west-1")
PARENT = """
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Name:
    Type: String
Conditions:
  IsLong: !Not [!Equals [!Ref Name, ""]]
Resources:
  Half:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ../half/child.yaml
      Parameters:
        Where: !If [IsLong, !Sub "${Name}-x", !Join ["-", [!Ref Name, y]]]
  Elsewhere:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://elsewhere.s3.amazonaws.com/a.yaml
  Code:
    Type: AWS::CodeCommit::Repository
    Properties:
      RepositoryName: !Ref Name
      Code:
        BranchName: main
        S3: ../dist/seed.zip
Outputs:
  Arn:
    Value: !GetAtt Half.Outputs.Arn
"""
SEEDING = """
Mappings:
  Seed:
    Code:
      Location: ../dist/seed.zip
  Other:
    Code:
      Location: stays
Resources:
  Build:
    Type: AWS::CodeBuild::Project
    Properties:
      Source: {Type: S3, Location: !FindInMap [Seed, Code, Location]}
"""
CHILD = """
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: !Select [0, !Split [",", !ImportValue names]]
Outputs:
  Arn:
    Value: !GetAtt [Topic, TopicArn]
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    (tmp_path / "half").mkdir()
    (tmp_path / "project").mkdir()
    (tmp_path / "half" / "child.yaml").write_text(CHILD)
    path = tmp_path / "project" / "template.yaml"
    path.write_text(PARENT)
    return path


def test_each_object_lies_under_the_hash_of_its_content(template: Path) -> None:
    packaged = package(template, b"code", PLACE)
    assert [upload.key.partition("/")[0] for upload in packaged.uploads] == [
        "child",
        "seed",
        "template",
    ]
    for upload in packaged.uploads:
        digest = hashlib.sha256(upload.content).hexdigest()
        assert upload.key.partition("/")[2].partition(".")[0] == digest[:32]
    assert packaged.template_key == packaged.uploads[-1].key


def test_what_was_local_is_named_in_s3_and_all_else_is_as_it_was(template: Path) -> None:
    packaged = package(template, b"code", PLACE)
    child, seed, parent = packaged.uploads
    written = yaml.safe_load(parent.content)
    wanted = loads(PARENT)
    half = wanted["Resources"]["Half"]["Properties"]
    half["TemplateURL"] = f"https://templates.s3.eu-west-1.amazonaws.com/{child.key}"
    code = wanted["Resources"]["Code"]["Properties"]["Code"]
    code["S3"] = {"Bucket": "templates", "Key": seed.key}
    # cfn-lint keeps a date that it is not, and so do we: the version is text.
    assert written.pop("AWSTemplateFormatVersion") == "2010-09-09"
    wanted.pop("AWSTemplateFormatVersion")
    # cfn-lint splits GetAtt at each dot, CloudFormation at the first; both mean the same.
    assert written["Outputs"]["Arn"]["Value"].pop("Fn::GetAtt") == ["Half", "Outputs.Arn"]
    wanted["Outputs"]["Arn"]["Value"].pop("Fn::GetAtt")
    assert written == wanted
    assert yaml.safe_load(child.content) == loads(CHILD)


def test_the_seed_of_a_build_is_named_as_codebuild_wants_it(template: Path) -> None:
    """Source: ProjectSource in CodeBuild's API reference: bucket-name/path/to/code.zip."""
    (template.parent.parent / "half" / "child.yaml").write_text(SEEDING)
    packaged = package(template, b"code", PLACE)
    seed, child, parent = packaged.uploads  # one object for repository and build
    written, wanted = yaml.safe_load(child.content), loads(SEEDING)
    assert written["Mappings"]["Seed"]["Code"]["Location"] == f"templates/{seed.key}"
    wanted["Mappings"]["Seed"]["Code"]["Location"] = f"templates/{seed.key}"
    assert written == wanted
    code = yaml.safe_load(parent.content)["Resources"]["Code"]["Properties"]["Code"]
    assert code["S3"] == {"Bucket": "templates", "Key": seed.key}


def test_the_same_files_give_the_same_keys(template: Path) -> None:
    assert package(template, b"code", PLACE) == package(template, b"code", PLACE)


def test_a_nested_template_that_is_missing_is_named(template: Path) -> None:
    (template.parent.parent / "half" / "child.yaml").unlink()
    with pytest.raises(PackagingError, match=r"half/child\.yaml"):
        package(template, b"code", PLACE)


def test_what_is_no_template_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text("- a list")
    with pytest.raises(PackagingError, match="a mapping of sections"):
        package(path, b"", PLACE)
    path.write_text("a: [")
    with pytest.raises(PackagingError, match=r"template\.yaml"):
        package(path, b"", PLACE)
