import sqlite3
import threading

import pytest

from emulator.store import AlreadyExists, Missing, Store


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "store.sqlite")
    yield store
    store.close()


def test_a_name_is_taken_once_for_each_kind(store):
    store.insert("Model", "m", {"a": 1})
    store.insert("Endpoint", "m", {"a": 2})
    with pytest.raises(AlreadyExists, match="Model 'm' exists already"):
        store.insert("Model", "m", {"a": 3})
    assert store.get("Model", "m") == {"a": 1}


def test_a_name_is_found_in_any_case(store):
    store.insert("Job", "pipelines-1-Train", {"a": 1})
    assert store.get("Job", "pipelines-1-train") == {"a": 1}
    assert store.list("Job", "PIPELINES-") == [{"a": 1}]
    with pytest.raises(AlreadyExists):
        store.insert("Job", "PIPELINES-1-TRAIN", {})


def test_a_transaction_that_fails_leaves_nothing(store):
    def insert_two_and_fail():
        with store.transaction():
            store.insert("Model", "one", {})
            store.insert("Model", "two", {})
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError):
        insert_two_and_fail()
    assert store.list("Model") == []


def test_updates_from_many_threads_are_all_kept(store):
    store.insert("Counter", "c", {"n": 0})

    def add():
        for _ in range(50):
            store.update("Counter", "c", lambda document: {"n": document["n"] + 1})

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.get("Counter", "c") == {"n": 200}


def test_lists_by_prefix_in_order_of_creation(store):
    for name in ("b-2", "a-1", "b-1", "b%"):
        store.insert("Job", name, {"name": name})
    assert [document["name"] for document in store.list("Job", "b-")] == ["b-2", "b-1"]


def test_wait_until_wakes_on_the_write_that_makes_it_true(store):
    store.insert("Job", "j", {"status": "InProgress"})
    writer = threading.Thread(
        target=lambda: [store.put("Job", "j", {"status": s}) for s in ("Stopping", "Stopped")]
    )
    writer.start()
    document = store.wait_until("Job", "j", lambda d: d["status"] == "Stopped", 10)
    writer.join()
    assert document == {"status": "Stopped"}


def test_wait_until_says_what_is_missing_or_late(store):
    with pytest.raises(Missing):
        store.wait_until("Job", "none", lambda _: True)
    store.insert("Job", "j", {})
    with pytest.raises(TimeoutError, match="Job 'j'"):
        store.wait_until("Job", "j", lambda _: False, 0.01)


def test_what_was_acknowledged_is_in_the_file_of_another_reader(store, tmp_path):
    store.insert("Model", "m", {"a": 1})
    reader = sqlite3.connect(tmp_path / "store.sqlite")
    assert reader.execute("SELECT document FROM resource").fetchall() == [('{"a": 1}',)]
    reader.close()


def test_counters_never_give_a_number_twice(tmp_path):
    first = Store(tmp_path / "store.sqlite")
    assert [first.next_number("versions") for _ in range(3)] == [1, 2, 3]
    first.close()
    second = Store(tmp_path / "store.sqlite")
    assert second.next_number("versions") == 4
    second.close()


def test_an_observer_is_told_each_change_of_its_kind_and_no_other(store):
    told = []
    store.observe("Job", lambda before, after: told.append((before, after)))
    store.insert("Job", "j", {"n": 1})
    store.insert("Model", "m", {"n": 1})
    store.update("Job", "j", lambda document: document.update(n=2))
    store.put("Job", "j", {"n": 3})
    store.delete("Job", "j")
    store.delete("Job", "j")
    assert told == [
        (None, {"n": 1}),
        ({"n": 1}, {"n": 2}),
        ({"n": 2}, {"n": 3}),
        ({"n": 3}, None),
    ]


def test_what_an_observer_writes_is_kept_with_the_change_or_not_at_all(store):
    def count(before, after):
        store.put("Count", "jobs", {"n": after["n"]})
        if after["n"] > 1:
            raise RuntimeError("refused")

    store.observe("Job", count)
    store.insert("Job", "one", {"n": 1})
    with pytest.raises(RuntimeError, match="refused"):
        store.insert("Job", "two", {"n": 2})
    assert store.list("Job") == [{"n": 1}]
    assert store.list("Count") == [{"n": 1}]


def test_any_of_many_prefixes_is_listed_as_each_alone(store: Store) -> None:
    for name in ("a|1", "a|2", "b|1", "ab|1", "c|1"):
        store.insert("Edge", name, {"Name": name})
    store.insert("Other", "a|3", {"Name": "a|3"})
    found = store.list_any("Edge", ["a|", "c|", "nobody|"])
    assert sorted(each["Name"] for each in found) == ["a|1", "a|2", "c|1"]
    assert store.list_any("Edge", []) == []
