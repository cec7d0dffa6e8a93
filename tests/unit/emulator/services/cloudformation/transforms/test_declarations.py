"""Which transforms a document declares, and what is wrong with how it does."""

import pytest

from emulator.errors import AwsError
from emulator.services.cloudformation.template.reading import document_of
from emulator.services.cloudformation.transforms.declarations import declared

INCLUDE = "{Name: AWS::Include, Parameters: {Location: s3://a/b}}"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Resources: {}\n", ()),
        ("Transform: AWS::LanguageExtensions\n", ("AWS::LanguageExtensions",)),
        (
            "Transform: [Mine, AWS::LanguageExtensions]\n"
            f"Outputs: {{A: {{Fn::Transform: {INCLUDE}}}, B: {{Fn::Transform: [Mine, Other]}}}}\n",
            ("Mine", "AWS::LanguageExtensions", "AWS::Include", "Other"),
        ),
        # A property that is called so is no call.
        ("Resources: {A: {Properties: {Transform: {Name: x}}}}\n", ()),
    ],
)
def test_names_are_those_of_the_section_and_then_of_functions(
    text: str, names: tuple[str, ...]
) -> None:
    assert declared(document_of(text)) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Transform: {Name: !Ref P}\n", "Key Name of transform definition must be a string."),
        ("Transform: 1\n", "Key Name of transform definition must be a string."),
        (
            "Resources: {Fn::Transform: {Name: {Ref: P}}}\n",
            "Key Name of transform definition must be a string.",
        ),
        ("Transform: {Name: M, Parameters: [a]}\n", "transform M must have a Name and Parameters"),
        ("Transform: {Name: M, Other: {}}\n", "transform M must have a Name and Parameters"),
        (
            "Transform: {Name: AWS::LanguageExtensions, Parameters: {A: b}}\n",
            "the transform AWS::LanguageExtensions takes no parameters",
        ),
        (
            "Resources: {A: {Fn::Transform: AWS::LanguageExtensions}}\n",
            "[/Resources/A] the transform AWS::LanguageExtensions can be declared in the Transform"
            " section of the template alone",
        ),
        (
            f"Parameters: {{P: {{Fn::Transform: {INCLUDE}}}}}\n",
            "[/Parameters/P] there can be no Fn::Transform here",
        ),
        ("Transform: AWS::Inclde\n", "No transform named AWS::Inclde found."),
    ],
)
def test_a_declaration_that_is_none(text: str, message: str) -> None:
    with pytest.raises(AwsError) as refusal:
        declared(document_of(text))
    assert refusal.value.code == "ValidationError"
    assert message in refusal.value.message


@pytest.mark.parametrize(
    "name",
    ["AWS::Serverless-2016-10-31", "AWS::SecretsManager-2024-09-16", "AWS::CodeDeployBlueGreen"],
)
def test_hosted_transforms_that_the_emulator_does_not_have_are_named(name: str) -> None:
    with pytest.raises(AwsError) as refusal:
        declared(document_of(f"Transform: [Mine, {name}]\n"))
    assert refusal.value.code == "UnsupportedByEmulator"
    assert f"Transform [{name}] is not supported by the emulator" in refusal.value.message
