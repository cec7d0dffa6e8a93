"""Flags as Docker 28 takes them; the words of refusal are those that it printed."""

import pytest

from emulator.containers.docker.flags import Flag, FlagInvalid, parse_flags

FLAGS = (Flag("tag", "t"), Flag("quiet", "q", takes_value=False), Flag("pull", takes_value=False))


@pytest.mark.parametrize(
    "words",
    [
        ["-t", "a:1", "."],
        ["-ta:1", "."],
        ["-t=a:1", "."],
        ["--tag", "a:1", "."],
        ["--tag=a:1", "."],
        [".", "--tag", "a:1"],
        ["-t", "a:1", "--", "."],
    ],
)
def test_a_value_comes_in_any_of_docker_s_forms(words: list[str]) -> None:
    given = parse_flags(FLAGS, words)
    assert (given.values, given.words) == ({"tag": ["a:1"]}, ["."])


def test_values_come_together_and_switches_are_on_or_off() -> None:
    given = parse_flags(FLAGS, ["-qt", "a", "--tag", "b", "--pull=false", "-"])
    assert given.values["tag"] == ["a", "b"]
    assert (given.has("quiet"), given.has("pull"), given.has("tag")) == (True, False, False)
    assert given.words == ["-"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--nope", "."], "unknown flag: --nope"),
        (["-x"], "unknown shorthand flag: 'x' in -x"),
        (["-t"], "flag needs an argument: 't' in -t"),
        (["--tag"], "flag needs an argument: --tag"),
        (
            ["--pull=maybe", "."],
            'invalid argument "maybe" for "--pull" flag: strconv.ParseBool: parsing "maybe": '
            "invalid syntax",
        ),
    ],
)
def test_what_docker_refuses_is_refused_in_its_words(words: list[str], message: str) -> None:
    with pytest.raises(FlagInvalid) as caught:
        parse_flags(FLAGS, words)
    assert str(caught.value) == message
