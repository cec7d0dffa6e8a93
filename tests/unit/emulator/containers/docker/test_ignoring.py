"""Patterns of .dockerignore; the examples are those of Docker's build manual."""

import pytest

from emulator.containers.docker.ignoring import read_rules, without_ignored


@pytest.mark.parametrize(
    ("text", "ignored", "kept"),
    [
        ("# comment\n*/temp*\n", ["a/temp.txt", "a/temp/x"], ["temp.txt", "a/b/temp"]),
        ("*/*/temp*", ["a/b/temp.txt"], ["a/temp.txt"]),
        ("temp?", ["tempa", "tempb/x"], ["temp", "temp10", "a/tempa"]),
        ("**/*.go", ["a.go", "a/b/c.go"], ["a.gox"]),
        ("/foo/bar", ["foo/bar", "foo/bar/x"], ["a/foo/bar"]),
        ("foo/bar/", ["foo/bar/x"], ["foo/barx"]),
        ("*.md\n!README.md", ["a.md"], ["README.md", "a/b.md"]),
        ("*.md\n!README*.md\nREADME-secret.md", ["a.md", "README-secret.md"], ["README.md"]),
        ("*.md\nREADME-secret.md\n!README*.md", ["a.md"], ["README.md", "README-secret.md"]),
        ("docs\n!docs/a.txt", ["docs/b.txt"], ["docs/a.txt"]),
        ("[a-c].txt\n[^x-z].md", ["a.txt", "b.md"], ["d.txt", "x.md"]),
        ("a\\*b\n./c/../d", ["a*b", "d"], ["axb", "c/d"]),
        ("a**b\n  e  \n.\n", ["a/x/b", "ab", "e"], ["b"]),
        ("*\n!keep", ["a", "b/c"], ["keep/d"]),
    ],
)
def test_patterns_mean_what_docker_s_manual_says(
    text: str, ignored: list[str], kept: list[str]
) -> None:
    assert without_ignored([*ignored, *kept], read_rules(text)) == kept


def test_every_line_that_is_no_pattern_is_told() -> None:
    with pytest.raises(ValueError, match=r"line 1: '\[a', line 3: 'b\['"):
        read_rules("[a\nfine\nb[\n")
