import random
from pathlib import Path

import pytest

from emulator.objects import Objects
from emulator.objects.rest.listing import list_page


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    opened = Objects(tmp_path)
    opened.create_bucket("bucket")
    return opened


def put(objects: Objects, keys: list[str]) -> None:
    with objects.index.transaction():
        for key in keys:
            objects.put_bytes("bucket", key, b"")


def listed(objects: Objects, prefix: str, delimiter: str, limit: int) -> list[str]:
    """All keys and common prefixes, by pages of the limit."""
    entries: list[str] = []
    after = ""
    while True:
        page = list_page(objects, "bucket", prefix, delimiter, after, limit)
        found = sorted([*page.prefixes, *(info.key for info in page.objects)], key=str.encode)
        entries += found
        if page.last is None:
            return entries
        assert len(found) == limit
        assert page.last == found[-1]
        after = page.last


def rolled_up(keys: list[str], prefix: str, delimiter: str) -> list[str]:
    """What the API reference says, one key after the other."""
    entries = []
    for key in sorted(keys, key=str.encode):
        if key.startswith(prefix):
            before, found, _ = key[len(prefix) :].partition(delimiter)
            entries.append(prefix + before + found)
    return list(dict.fromkeys(entries))


@pytest.mark.parametrize("seed", range(5))
def test_pages_of_any_size_give_what_the_reference_says(objects: Objects, seed: int) -> None:
    chance = random.Random(seed)
    keys = sorted({"".join(chance.choices("ab/é", k=chance.randint(1, 6))) for _ in range(120)})
    put(objects, keys)
    for prefix in ["", "a", "a/", "/", "é/b", "zz"]:
        for delimiter in ["/", "ab", "é"]:
            expected = rolled_up(keys, prefix, delimiter)
            for limit in (1, 2, 7, 1000):
                assert listed(objects, prefix, delimiter, limit) == expected
        whole = [key for key in sorted(keys, key=str.encode) if key.startswith(prefix)]
        assert listed(objects, prefix, "", 7) == whole


def test_a_common_prefix_of_many_keys_is_jumped_over(objects: Objects) -> None:
    put(objects, [f"{folder}/{number}" for folder in "abc" for number in range(400)])
    counts: list[int] = []
    infos = objects.index.infos

    def counted(bucket: str, prefix: str, after: str | None, limit: int) -> list[object]:
        found = infos(bucket, prefix, after, limit)
        counts.append(len(found))
        return list(found)

    objects.index.infos = counted  # type: ignore[assignment, method-assign]
    page = list_page(objects, "bucket", "", "/", "", 1000)
    assert page.prefixes == ["a/", "b/", "c/"]
    assert sum(counts) < 100
