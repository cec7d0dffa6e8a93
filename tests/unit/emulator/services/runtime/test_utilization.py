"""The processes of a server."""

from pathlib import Path

from emulator.services.runtime.utilization import tree


def test_a_server_is_its_process_and_all_that_descend_from_it(tmp_path: Path) -> None:
    # Source: proc_pid_task(5): task/TID/children lists the children of each thread.
    children = {10: ["11 12", "13"], 11: ["14"], 12: [""], 13: [""], 14: [""], 20: ["21"]}
    for pid, of_threads in children.items():
        for number, listed in enumerate(of_threads):
            task = tmp_path / str(pid) / "task" / str(pid + 100 * number)
            task.mkdir(parents=True)
            (task / "children").write_text(listed + " " if listed else "")

    assert sorted(tree(10, tmp_path)) == [10, 11, 12, 13, 14]


def test_a_process_that_has_ended_has_nothing_below_it(tmp_path: Path) -> None:
    assert tree(10, tmp_path) == [10]
