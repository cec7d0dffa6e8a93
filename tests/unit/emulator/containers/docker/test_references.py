"""Names of images, by the grammar of CNCF's distribution."""

import pytest

from emulator.containers.docker.references import InvalidReference, Reference, parse_reference

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("books", Reference("", "books", "latest")),
        ("books:1.0", Reference("", "books", "1.0")),
        ("team/books", Reference("", "team/books", "latest")),
        (f"{ECR}/team/books:a_b.C-1", Reference(ECR, "team/books", "a_b.C-1")),
        ("localhost:5000/books", Reference("localhost:5000", "books", "latest")),
    ],
)
def test_a_name_is_registry_repository_and_tag(text: str, reference: Reference) -> None:
    assert parse_reference(text) == reference
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize("text", ["", " ", "a:b:c", "a//b", "-a", "a:", "a:.b", f"{ECR}/", "a_-b"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidReference, match="^invalid reference format$"):
        parse_reference(text)


def test_a_name_in_capitals_is_told_so() -> None:
    with pytest.raises(InvalidReference, match="repository name must be lowercase"):
        parse_reference("Books:1")
