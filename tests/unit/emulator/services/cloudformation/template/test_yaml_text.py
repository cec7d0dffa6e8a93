"""YAML and JSON as CloudFormation reads them, beside cfn-lint's reader."""

import json

import pytest
from cfnlint.decode import cfn_yaml

from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.yaml_text import parse

SHORT_FORMS = """
Conditions:
  A: !Equals [!Ref Env, prod]
  B: !And [!Condition A, !Not [!Condition A]]
  C: !Or [!Condition A, !Equals [!FindInMap [M, !Ref "AWS::Region", K], x]]
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      Scalar: !GetAtt Other.Nested.Attribute
      List: !GetAtt [Other, Arn]
      Sub: !Sub "${Env}-${!Literal}"
      SubWithMap: !Sub ["${X}", {X: !Ref Env}]
      Join: !Join ["-", [a, !Ref Env]]
      Select: !Select [1, !Split [",", "a,b"]]
      If: !If [A, {K: 1}, !Ref "AWS::NoValue"]
      Import: !ImportValue shared
      Output: !GetStackOutput {StackName: network, OutputName: Vpc, Region: us-east-1}
      Base64: !Base64 text
      Cidr: !Cidr [10.0.0.0/16, 4, 8]
      Zones: !GetAZs ""
      Block: !Sub |
        one
        two
      LongInYaml:
        Fn::Join: ["", [!Ref Env]]
      Transform: !Transform {Name: AWS::Include, Parameters: {Location: s3://b/k}}
      Contains: !Contains [[a, b], !Ref Env]
Numbers: [1, 1.5, 0o17, 017, 1e3, .inf, 12345678901, "012"]
Booleans: [true, yes, Off, "true", n]
Texts: [~x, a:b, '2010-09-09']
"""


def test_short_forms_read_as_cfn_lint_reads_them() -> None:
    assert parse(SHORT_FORMS) == json.loads(json.dumps(cfn_yaml.loads(SHORT_FORMS)))


def test_dates_stay_text() -> None:
    # "2010-09-09" needs no quotes in AWS's own templates.
    assert parse("AWSTemplateFormatVersion: 2010-09-09\nVersion: 2012-10-17\n") == {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Version": "2012-10-17",
    }


def test_keys_that_are_numbers_are_the_text_they_were_written_as() -> None:
    assert parse("M:\n  012345678901: {1.10: x, true: y}\n") == {
        "M": {"012345678901": {"1.10": "x", "true": "y"}}
    }


def test_json_is_read_as_json() -> None:
    assert parse(' {"A": {"Ref": "B"}, "C": [1, 1.5, true]}') == {
        "A": {"Ref": "B"},
        "C": [1, 1.5, True],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "A: !Length [a]\n",
            "Template format error: YAML not well-formed. (line 1, column 4): !Length has no short "
            "form: write Fn::Length",
            id="a function of the language extensions in short form",
        ),
        pytest.param(
            '{\n  "Resources": {,\n}',
            "Template format error: JSON not well-formed. (line 2, column 17)",
            id="JSON",
        ),
        pytest.param(
            '{"A": 1, "A": 2}',
            "Template format error: JSON not well-formed: the key 'A' comes more than once",
            id="a key twice in JSON",
        ),
        pytest.param(
            '{"A": NaN}',
            "Template format error: JSON not well-formed: NaN is no number",
            id="NaN",
        ),
        pytest.param(
            "Resources:\n  A: {Type: X}\n  A: {Type: Y}\n",
            "Template format error: YAML not well-formed. (line 3, column 3): the key 'A' comes "
            "more than once",
            id="a key twice in YAML",
        ),
        pytest.param(
            "R:\n  B:\n    Type: X\n    Properties:\n      Arn: !GetAttr B.Arn\n",
            "Template format error: YAML not well-formed. (line 5, column 12): there is no "
            "function !GetAttr",
            id="an unknown short form",
        ),
        pytest.param(
            "Resources:\n  A: &a {Type: X}\n  B: *a\n",
            "Template error: YAML aliases are not allowed in CloudFormation templates (line 3)",
            id="an alias",
        ),
        pytest.param(
            "A: !!binary aGVsbG8=\n",
            "Template format error: YAML not well-formed. (line 1, column 4): the tag "
            "tag:yaml.org,2002:binary is not supported",
            id="binary",
        ),
        pytest.param(
            "A: !!python/object:os.system {}\n",
            "Template format error: YAML not well-formed. (line 1, column 4): the tag "
            "tag:yaml.org,2002:python/object:os.system is not supported",
            id="an object of Python",
        ),
        pytest.param(
            "? {a: b}\n: c\n",
            "Template format error: map keys must be strings; received a map (line 1)",
            id="a map as key",
        ),
        pytest.param(
            "? [a]\n: c\n",
            "Template format error: map keys must be strings; received a list (line 1)",
            id="a list as key",
        ),
        pytest.param(
            "~: c\n",
            "Template format error: map keys must be strings; received null (line 1)",
            id="null as key",
        ),
        pytest.param(
            "A: 1\n---\nB: 2\n",
            "Template format error: YAML not well-formed. (line 2, column 1): but found another "
            "document",
            id="two documents",
        ),
        pytest.param(
            "{A: {Ref: B}}",
            "Template format error: JSON not well-formed. (line 1, column 2)",
            id="YAML that starts as JSON does",
        ),
        pytest.param(
            '{"a":' * 100_000 + "1" + "}" * 100_000,
            "Template format error: it is nested more than 100 levels deep",
            id="deep JSON",
        ),
        pytest.param(
            "[" * 2_000,
            "Template format error: it is nested more than 100 levels deep",
            id="deep YAML",
        ),
    ],
)
def test_refuses_what_is_no_template_text(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        parse(text)
    assert refusal.value.code == "ValidationError"
    assert refusal.value.faults == (message,)


def test_refuses_yaml_that_does_not_hold_together_with_its_line() -> None:
    with pytest.raises(TemplateError, match=r"YAML not well-formed\. \(line 4, column"):
        parse("Resources:\n  B:\n    Type: X\n   Properties: {}\n")


@pytest.mark.parametrize("text", ['{"A": %s}', "A: %s"])
def test_refuses_numbers_that_are_too_long_to_read(text: str) -> None:
    with pytest.raises(TemplateError, match=r"not well-formed: Exceeds the limit"):
        parse(text % ("1" * 5000))


def test_refuses_characters_that_yaml_has_not() -> None:
    with pytest.raises(TemplateError, match=r"YAML not well-formed: unacceptable character #x0007"):
        parse("A: \x07\n")


def test_a_bomb_of_aliases_is_refused_before_it_grows() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(TemplateError, match="YAML aliases are not allowed"):
        parse("\n".join(lines))
