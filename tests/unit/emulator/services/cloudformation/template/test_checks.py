"""Every fault of a template at once, in AWS's words."""

import pytest

from emulator.services.cloudformation.template.checks import check
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.reading import read
from tests.unit.emulator.services.cloudformation.template.templates import BUCKET


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(TemplateError) as refusal:
        check(read(text))
    assert refusal.value.code == "ValidationError"
    return refusal.value.faults


def of_value(value: str, head: str = "") -> tuple[str, ...]:
    """The faults of a template whose topic has a display name of this value."""
    return faults(
        f"{head}Resources:\n  Bucket: {{Type: AWS::S3::Bucket}}\n  Topic:\n"
        f"    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: {value}\n"
    )


@pytest.mark.parametrize("text", ["Description: x\n", "Resources: {}\n", "{}"])
def test_a_template_has_resources(text: str) -> None:
    assert faults(text) == (
        "Template format error: At least one Resources member must be defined.",
    )


def test_resources_have_a_type_that_there_is() -> None:
    assert faults("Resources: {A: {Properties: {}}, B: {Type: AWS::No::Thing}}\n") == (
        "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        "Template format error: Unrecognized resource types: [AWS::No::Thing]",
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            "!Ref Nope",
            "Template format error: Unresolved resource dependencies [Nope] in the Resources block "
            "of the template",
        ),
        (
            "!Sub '${Nope}-${AWS::Nope}'",
            "Template format error: Unresolved resource dependencies [AWS::Nope, Nope] in the "
            "Resources block of the template",
        ),
        (
            "!GetAtt Nope.Arn",
            "Template error: instance of Fn::GetAtt references undefined resource Nope",
        ),
        (
            "!Sub '${Nope.Arn}'",
            "Template error: instance of Fn::Sub references invalid resource attribute Nope.Arn",
        ),
        (
            "!GetAtt Bucket.ARN",
            "Template error: resource Bucket does not support attribute type ARN in Fn::GetAtt; "
            "AWS::S3::Bucket offers: Arn, DomainName, DualStackDomainName, ",
        ),
        (
            "!Sub '${Bucket.Name}'",
            "Template error: resource Bucket does not support attribute type Name in Fn::Sub; "
            "AWS::S3::Bucket offers: Arn, ",
        ),
        ("!If [Nope, a, b]", "Template error: unresolved condition dependency Nope in Fn::If"),
        (
            "!FindInMap [Nope, a, b]",
            "Template error: Mapping named 'Nope' is not present in the 'Mappings' section of "
            "template.",
        ),
        (
            "!FindInMap [Nope, a, b, {DefaultValue: x}]",
            "Template error: Mapping named 'Nope' is not present in the 'Mappings' section of "
            "template.",
        ),
        (
            "!ImportValue {'Fn::Sub': '${Bucket}-name'}",
            "Template error: the attribute in Fn::ImportValue must not depend on any resources, "
            "imported values, or Fn::GetAZs",
        ),
        (
            "!Equals [a, b]",
            "Template error: Fn::Equals can be used in the Conditions block of the template alone",
        ),
        ("{'Fn::Nope': x}", "Template error: Fn::Nope is no function of CloudFormation"),
    ],
)
def test_what_a_value_refers_to_has_to_be_there(value: str, message: str) -> None:
    (fault,) = of_value(value)
    assert fault.startswith(message)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{Ref: [a]}", "All References must be of type string"),
        ("!GetAtt Bucket", "every Fn::GetAtt object requires two non-empty parameters, the "),
        ("{'Fn::GetAtt': [Bucket, '']}", "every Fn::GetAtt object requires two non-empty "),
        ("{'Fn::GetAtt': [!Ref Bucket, Arn]}", "every Fn::GetAtt object requires two non-empty "),
        ("!Join [a]", "every Fn::Join object requires two parameters, (1) a string delimiter and "),
        ("!Join [!Ref Bucket, [a]]", "every Fn::Join object requires two parameters, "),
        ("!Join ['-', a]", "every Fn::Join object requires two parameters, "),
        ("!Split [!Ref Bucket, a]", "every Fn::Split object requires two parameters, "),
        ("!Split ['', a]", "every Fn::Split object requires two parameters, "),
        ("!Select [x, [a]]", "Fn::Select requires a list argument with two elements: an integer "),
        ("!Select [-1, [a]]", "Fn::Select requires a list argument with two elements: "),
        ("!Select [0, a]", "Fn::Select requires a list argument with two elements: "),
        ("!Sub [a]", "One or more Fn::Sub intrinsic functions don't specify expected arguments. "),
        ("!Sub [!Ref Bucket, {}]", "One or more Fn::Sub intrinsic functions don't specify "),
        ("!Sub 'a${b c}'", "One or more Fn::Sub intrinsic functions don't specify expected "),
        ("!Sub {a: b}", "One or more Fn::Sub intrinsic functions don't specify expected "),
        ("!FindInMap [a, b]", "every Fn::FindInMap object requires three parameters, the map "),
        (
            "!FindInMap [a, b, c, d]",
            "every Fn::FindInMap object requires three parameters, the map ",
        ),
        ("!If [a, b]", "Fn::If requires a list argument with three elements"),
        ("!If [!Ref Bucket, b, c]", "Fn::If requires a list argument with three elements"),
        ("!Base64 [a]", "every Fn::Base64 object must have a String-typed value."),
        ("!GetAZs [a]", "every Fn::GetAZs object must have a String-typed value."),
        ("!ImportValue [a]", "every Fn::ImportValue object must have a String-typed value."),
        ("!GetStackOutput {StackName: a}", "every Fn::GetStackOutput object requires the param"),
        (
            "!GetStackOutput {StackName: a, OutputName: b, Account: c}",
            "every Fn::GetStackOutput object requires the parameters StackName and OutputName",
        ),
        ("!Cidr 10.0.0.0/8", "every Fn::Cidr object requires two or three parameters, "),
    ],
)
def test_functions_have_their_shapes(value: str, message: str) -> None:
    (fault,) = of_value(value)
    assert fault.startswith(f"Template error: {message}")


@pytest.mark.parametrize(
    "value",
    [
        "!Sub ['${L}-x', {L: y}]",
        "!Sub '${!Nope} ${Bucket} ${AWS::StackName} ${Bucket.Arn}'",
        "!If [C, !Ref Bucket, !Ref 'AWS::NoValue']",
        "!GetAtt [Bucket, !Ref P]",
        "!Select [!Ref P, !GetAZs '']",
        "!FindInMap [M, !Ref P, b]",
        "!FindInMap [M, a, x, {DefaultValue: !Ref P}]",
        "!Join ['', !Split [',', !ImportValue x]]",
        "!GetAtt Stack.Outputs.Anything",
        "!GetAtt Custom.Anything.At.All",
        "!GetAtt Other.TopicName",
        "{Condition: {StringEquals: {a: b}}}",
    ],
)
def test_what_aws_takes_is_taken(value: str) -> None:
    check(
        read(
            "Parameters: {P: {Type: String}}\nMappings: {M: {a: {b: c}}}\n"
            f"Conditions: {{C: !Equals [!Ref P, a]}}\n{BUCKET}"
            "  Stack: {Type: AWS::CloudFormation::Stack}\n  Custom: {Type: 'Custom::Thing'}\n"
            "  Other: {Type: AWS::SNS::Topic}\n"
            f"  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: {value}\n"
        )
    )


def test_mappings_are_looked_up_where_their_keys_are_known() -> None:
    assert of_value("!FindInMap [M, a, x]", "Mappings: {M: {a: {b: c}}}\n") == (
        "Template error: Unable to get mapping for M::a::x",
    )


@pytest.mark.parametrize(
    ("conditions", "messages"),
    [
        (
            "{C: !Equals [!Ref Bucket, x]}",
            [
                "Template format error: Unresolved dependencies [Bucket]. Cannot reference "
                "resources in the Conditions block of the template"
            ],
        ),
        (
            "{A: !Not [!Condition Nope]}",
            [
                "Template format error: Unresolved condition dependency Nope in the Conditions "
                "block of the template"
            ],
        ),
        (
            "{A: !Not [!Condition B], B: !Not [!Condition A], C: !Not [!Condition A]}",
            ["Template format error: Circular dependency between conditions: [A, B, C]"],
        ),
        (
            "{A: 'yes', B: !Ref X}",
            [
                "Template format error: Conditions can only be boolean operations on parameters "
                "and other conditions",
                "Template format error: Unresolved dependencies [X]. Cannot reference resources in "
                "the Conditions block of the template",
            ],
        ),
        (
            "{C: !And [!Equals [a, a]]}",
            [
                "Template error: every Fn::And object requires a list of at least 2 and at most 10 "
                "boolean parameters."
            ],
        ),
        (
            "{C: !Or [" + ", ".join(["!Equals [a, b]"] * 11) + "]}",
            [
                "Template error: every Fn::Or object requires a list of at least 2 and at most 10 "
                "boolean parameters."
            ],
        ),
        (
            "{C: !Not [!Equals [a, a], !Equals [a, a]]}",
            [
                "Template error: every Fn::Not object requires a list with exactly 1 boolean "
                "parameter."
            ],
        ),
        (
            "{C: !Equals [a]}",
            ["Template error: Fn::Equals requires a list argument with two elements"],
        ),
        (
            "{C: !Equals [!ImportValue x, a]}",
            ["Template error: Cannot use Fn::ImportValue in Conditions"],
        ),
        (
            "{C: !Equals [!If [A, a, b], a]}",
            ["Template error: Cannot use Fn::If in Conditions"],
        ),
    ],
)
def test_conditions_can_be_evaluated(conditions: str, messages: list[str]) -> None:
    assert faults(f"Conditions: {conditions}\n{BUCKET}") == tuple(messages)


def test_conditions_that_are_named_are_there() -> None:
    assert faults(
        "Resources: {A: {Type: AWS::SNS::Topic, Condition: X}}\n"
        "Outputs: {O: {Value: a, Condition: Y}}\n"
    ) == (
        "Template format error: Unresolved condition dependency X in the Resources block of the "
        "template",
        "Template format error: Unresolved condition dependency Y in the Outputs block of the "
        "template",
    )


def test_depends_on_names_resources() -> None:
    assert faults(
        "Parameters: {P: {Type: String}}\n"
        "Resources: {A: {Type: AWS::SNS::Topic, DependsOn: [P, Nope, AWS::Region]}}\n"
    ) == (
        "Template format error: Unresolved resource dependencies [AWS::Region, Nope, P] in the "
        "Resources block of the template",
    )


def test_outputs_refer_to_what_is_there_and_exports_to_no_resource() -> None:
    assert faults(
        BUCKET + "Outputs:\n  O: {Value: !Ref Nope, Export: {Name: !Ref Bucket}}\n"
        "  P: {Value: !GetAtt Gone.Arn}\n"
    ) == (
        "Template format error: Output O is malformed. The Name field of Export must not depend "
        "on any resources, imported values, or Fn::GetAZs",
        "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of "
        "the template",
        "Template error: instance of Fn::GetAtt references undefined resource Gone",
    )


@pytest.mark.parametrize(
    ("resources", "circle"),
    [
        (
            "A: {Type: AWS::SNS::Topic, DependsOn: B}, B: {Type: AWS::SNS::Topic, DependsOn: A}",
            "A, B",
        ),
        ("A: {Type: AWS::SNS::Topic, DependsOn: A}", "A"),
        (
            "A: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt B.TopicName}}, "
            "B: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Sub '${C}'}}, "
            "C: {Type: AWS::SNS::Topic, DependsOn: A}, D: {Type: AWS::SNS::Topic}",
            "A, B, C",
        ),
    ],
)
def test_resources_do_not_need_each_other(resources: str, circle: str) -> None:
    assert faults(f"Resources:\n  {resources.replace('}, ', '}' + chr(10) + '  ')}\n") == (
        f"Circular dependency between resources: [{circle}]",
    )


def test_circles_that_conditions_may_open_are_left_to_the_graph() -> None:
    check(
        read(
            "Conditions: {C: !Equals [a, b]}\nResources:\n"
            "  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !If [C, !Ref B, a]}}\n"
            "  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref A}}\n"
        )
    )


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        (
            "{Type: Strin}",
            "Template format error: Unrecognized parameter type: Strin of parameter P",
        ),
        (
            "{Type: List<Strin>}",
            "Template format error: Unrecognized parameter type: List<Strin> of parameter P",
        ),
        (
            "{Type: Number, AllowedPattern: x}",
            "Template error: Parameter 'P' AllowedPattern must be on a parameter of type String",
        ),
        (
            "{Type: String, MinValue: 1}",
            "Template error: Parameter 'P' MinValue must be on a parameter of type Number",
        ),
        (
            "{Type: String, MinLength: 3, MaxLength: 2}",
            "Template error: Parameter 'P' MinLength must be less than MaxLength.",
        ),
        (
            "{Type: Number, MinValue: 3, MaxValue: 2}",
            "Template error: Parameter 'P' MinValue must be less than MaxValue.",
        ),
        (
            "{Type: String, AllowedPattern: '['}",
            "Parameter 'P' AllowedPattern must be a valid regular expression.",
        ),
    ],
)
def test_parameters_are_declared_rightly(declaration: str, message: str) -> None:
    assert faults(f"Parameters: {{P: {declaration}}}\n{BUCKET}") == (message,)


@pytest.mark.parametrize(
    ("section", "most", "member"),
    [
        # "Understand CloudFormation quotas" in the User Guide.
        ("Parameters", 200, "{Type: String}"),
        ("Resources", 500, "{Type: AWS::SNS::Topic}"),
        ("Outputs", 200, "{Value: x}"),
        ("Mappings", 200, "{a: {b: c}}"),
    ],
)
def test_there_are_not_too_many(section: str, most: int, member: str) -> None:
    def text(count: int) -> str:
        rest = "" if section == "Resources" else BUCKET
        return f"{section}:\n" + "".join(f"  N{n}: {member}\n" for n in range(count)) + rest

    check(read(text(most)))
    assert faults(text(most + 1)) == (
        f"Template format error: Number of {section.lower()}, {most + 1}, is greater than maximum "
        f"allowed, {most}",
    )


def test_every_fault_is_told_at_once() -> None:
    assert len(of_value("!Join ['', [!Ref A, !GetAtt B.Arn, !If [C, a, b], !Sub {}]]")) == 4
