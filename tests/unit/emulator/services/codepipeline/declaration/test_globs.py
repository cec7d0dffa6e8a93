"""Source: "Working with glob patterns in syntax" of the CodePipeline user guide, whose examples and
rules are those of Java's FileSystem.getPathMatcher."""

import pytest

from emulator.services.codepipeline.declaration.globs import matches, pattern


@pytest.mark.parametrize(
    ("glob", "name", "is_match"),
    [
        ("*.java", "Main.java", True),
        ("*.java", "src/Main.java", False),
        ("*.*", "a.b", True),
        ("*.*", "ab", False),
        ("*.{java,class}", "Main.class", True),
        ("*.{java,class}", "Main.py", False),
        ("foo.?", "foo.c", True),
        ("foo.?", "foo.cc", False),
        ("foo.?", "foo./", False),
        ("**", "a/b/c", True),
        ("directory/**", "directory/sub/file", True),
        ("directory/*", "directory/file", True),
        ("directory/*", "directory/sub/file", False),
        ("feature/**", "feature/a/b", True),
        ("feature/**", "feature", False),
        ("**/README.md", "docs/README.md", True),
        ("**/README.md", "README.md", False),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
        ("release-v[0-9]", "release-v1", True),
        ("release-v[!0-9]", "release-v1", False),
        ("release-v[!0-9]", "release-vx", True),
        ("v1.0", "v1x0", False),
        ("main", "mainline", False),
        ("[*]", "*", True),
        ("a[.-/]b", "a/b", False),
    ],
)
def test_a_glob_matches_whole_names(glob: str, name: str, is_match: bool) -> None:
    assert bool(pattern(glob).fullmatch(name)) is is_match


@pytest.mark.parametrize("glob", ["[ab", "{a,b", "a\\", "[b-a]"])
def test_a_glob_that_cannot_be_read_is_refused_by_its_text(glob: str) -> None:
    with pytest.raises(ValueError, match="has a|ends with") as caught:
        pattern(glob)

    assert repr(glob) in str(caught.value)


@pytest.mark.parametrize(
    ("criteria", "name", "is_through"),
    [
        ({"includes": ["main"]}, "main", True),
        ({"includes": ["main"]}, "dev", False),
        ({"excludes": ["main"]}, "dev", True),
        ({"includes": ["**"], "excludes": ["wip/**"]}, "wip/a", False),
        ({}, "anything", True),
    ],
)
def test_excludes_win_over_includes(
    criteria: dict[str, list[str]], name: str, is_through: bool
) -> None:
    assert matches(criteria, name) is is_through
