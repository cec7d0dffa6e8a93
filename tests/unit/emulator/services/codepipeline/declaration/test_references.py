import pytest

from emulator.services.codepipeline.declaration.references import Unresolved, resolve

VALUES = {"Source": {"CommitId": "4f2e"}, "variables": {"STAGE": "prod", "EMPTY": ""}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no reference", "no reference"),
        ("#{Source.CommitId}", "4f2e"),
        ("#{variables.STAGE}-#{Source.CommitId}", "prod-4f2e"),
        ("[#{variables.EMPTY}]", "[]"),
        ("${Source.CommitId} # {x}", "${Source.CommitId} # {x}"),
    ],
)
def test_references_are_replaced_by_their_values(text: str, expected: str) -> None:
    assert resolve(text, VALUES) == expected


def test_a_value_is_not_read_for_references_again() -> None:
    assert resolve("#{a.b}", {"a": {"b": "#{Source.CommitId}"}}) == "#{Source.CommitId}"


def test_every_reference_without_a_value_is_named() -> None:
    with pytest.raises(Unresolved) as caught:
        resolve("#{Source.Branch} #{Source.CommitId} #{Build.TAG}", VALUES)

    assert str(caught.value) == "no value for #{Source.Branch}, #{Build.TAG}"
