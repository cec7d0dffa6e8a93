import os
import re
import time
from pathlib import Path

import pytest

from emulator.containers import ContainerServer, EnvironmentFailed, Isolation, end_leftovers
from emulator.containers.isolation import probe
from emulator.containers.launching import Launcher
from emulator.errors import AwsError

ROOTLESS = Isolation(("user", "mount", "pid"), has_overlay=True)
FLAG = "/opt/ml/ready"
PRINT_ML = "import os; print(sorted(os.listdir('/opt/ml')))"


@pytest.fixture(params=["best", "rootless", "rewritten"])
def any_bench(request, tmp_path, recipes, cache_dir):
    chosen = {"best": None, "rootless": ROOTLESS, "rewritten": Isolation((), has_overlay=False)}
    bench = request.getfixturevalue("bench").__class__(
        tmp_path, recipes, cache_dir, chosen[request.param]
    )
    if request.param == "rootless":
        trial = tmp_path / "trial"
        trial.mkdir()
        if not _can_be_rootless(trial):
            pytest.skip("this kernel has no user namespaces")
    yield bench
    bench.containers.close()
    for process in bench.processes:
        process.wait(20)


def _can_be_rootless(trial: Path) -> bool:
    launcher = Launcher()
    try:
        return "user" in probe(launcher, trial, (ROOTLESS.namespaces,)).namespaces
    finally:
        launcher.close()


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text().endswith("\n")):
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)
    return path.read_text()


def test_exit_code_of_the_command_is_the_exit_code_of_the_job(any_bench):
    assert any_bench.run(any_bench.job("sh", "-c", "exit 3")).wait(20) == 3


def test_death_by_signal_is_128_plus_its_number(any_bench):
    assert any_bench.run(any_bench.job("sh", "-c", "kill -SEGV $$")).wait(20) == 139


def test_unknown_command_is_127_and_named_in_the_log(any_bench):
    lines = []
    assert any_bench.run(any_bench.job("no-such", on_line=lines.append)).wait(20) == 127
    assert lines == ["cannot run 'no-such': No such file or directory"]


def test_what_a_job_writes_below_opt_ml_is_in_its_root(any_bench):
    job = any_bench.job("sh", "-c", 'echo one > "$0"', arguments=("/opt/ml/out.txt",))
    assert any_bench.run(job).wait(20) == 0
    assert (job.root / "out.txt").read_text() == "one\n"


def test_two_jobs_at_once_each_see_their_own_opt_ml(bench):
    outputs = {"one": [], "two": []}
    processes = []
    for name, lines in outputs.items():
        job = bench.job("python", "-c", PRINT_ML, name=name, on_line=lines.append)
        (job.root / f"of-{name}").touch()
        processes.append(bench.run(job))
    assert [process.wait(20) for process in processes] == [0, 0]
    if processes[0].isolation == "mount namespace":
        assert outputs == {"one": ["['of-one']"], "two": ["['of-two']"]}


def test_isolation_is_named(rewriting_bench):
    assert rewriting_bench.run(rewriting_bench.job("true")).isolation == "rewritten paths"


def test_rewritten_paths_change_arguments_and_variables_but_no_longer_names(rewriting_bench):
    root = rewriting_bench.directory / "job" / "ml"
    lines = rewriting_bench.output_of(
        "sh", "-c", 'echo "$0"; echo "$WHERE"; echo "$SAGEMAKER_BASE_DIR"',
        arguments=("/opt/mlflow:/opt/ml/model",), variables={"WHERE": "x=/opt/ml,/opt/ml/input"},
    )  # fmt: skip
    assert lines == [f"/opt/mlflow:{root}/model", f"x={root},{root}/input", str(root)]


def test_job_cannot_change_the_object_behind_a_linked_input(any_bench, tmp_path):
    original = tmp_path / "object"
    original.write_text("kept")
    job = any_bench.job("sh", "-c", 'echo more >> "$0"; cat "$0"', arguments=("/opt/ml/input/a",),
                        inputs=("input",))  # fmt: skip
    (job.root / "input").mkdir()
    (job.root / "input" / "a").hardlink_to(original)
    assert any_bench.run(job).wait(20) == 0
    assert original.read_text() == "kept"
    assert "keptmore" in job.log_path.read_text()


def test_job_does_not_inherit_the_emulators_variables(bench, monkeypatch):
    monkeypatch.setenv("EMULATOR_SECRET", "x")
    variables = dict(
        line.split("=", 1) for line in bench.output_of("env", variables={"OWN": "yes"})
    )
    assert "EMULATOR_SECRET" not in variables
    assert variables["FROM_RECIPE"] == variables["FROM_BASE"] == variables["OWN"] == "yes"
    assert variables["HOME"] != os.environ["HOME"]


def test_python_and_default_commands_are_the_environments(bench):
    prefix = bench.output_of("python3", "-c", "import sys; print(sys.prefix)")
    assert prefix == [str(bench.environment.path)]
    assert bench.output_of() == ["default train"]


def test_packages_added_by_a_job_are_not_in_the_environment_afterwards(bench):
    script = "import sysconfig, pathlib; p = pathlib.Path(sysconfig.get_path('purelib'), 'new.py');"
    bench.output_of("python", "-c", script + "p.write_text(''); import new")
    assert bench.run(bench.job("python", "-c", "import new")).wait(20) == 1


def test_host_name_of_the_instance_resolves(bench):
    assert bench.output_of(
        "python", "-c", "import socket; print(socket.gethostbyname('algo-1'))"
    ) == ["127.0.0.1"]


def test_stop_lets_a_job_end_in_its_own_way(any_bench):
    code = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7));"
        "open(sys.argv[1], 'w').write('ready\\n'); time.sleep(60)"
    )
    job = any_bench.job("python", "-c", code, arguments=(FLAG,))
    process = any_bench.run(job)
    wait_for(job.root / "ready")
    assert process.stop(20) == 7


def test_stop_kills_what_ignores_sigterm_when_the_grace_is_over(any_bench):
    script = 'trap "" TERM; echo ready > "$0"; while :; do sleep 1; done'
    job = any_bench.job("sh", "-c", script, arguments=(FLAG,))
    process = any_bench.run(job)
    wait_for(job.root / "ready")
    assert process.stop(0.05) == 137


def test_processes_that_left_the_group_end_with_the_job(any_bench):
    marker = f"{time.time_ns()}"
    script = 'setsid sh -c "exec sleep 99$0" & echo started'
    job = any_bench.job("sh", "-c", script, arguments=(marker,))
    assert any_bench.run(job).wait(20) == 0
    assert not _commands_with(f"99{marker}")


def _commands_with(text: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def test_log_has_stamped_lines_of_both_streams_after_the_images_description(bench):
    before = time.time() * 1000
    job = bench.job("sh", "-c", "echo out; echo err >&2; printf unfinished")
    bench.run(job).wait(20)
    lines = [line.split("\t", 1) for line in job.log_path.read_text().splitlines()]
    assert [text for _, text in lines[1:]] == ["out", "err", "unfinished"]
    assert "trivial:1" in lines[0][1]
    assert all(before - 1 <= int(stamp) <= time.time() * 1000 for stamp, _ in lines)


def test_fault_in_on_line_neither_ends_the_job_nor_the_log(bench):
    def fail(line: str) -> None:
        raise ValueError("no metrics today")

    job = bench.job("sh", "-c", "echo one; sleep 0.05; echo two; exit 4", on_line=fail)
    assert bench.run(job).wait(20) == 4
    assert re.search(r"\tone\n.*no metrics today.*\n\d+\ttwo\n", job.log_path.read_text())


def test_nothing_of_a_job_is_left_beside_its_root(any_bench):
    job = any_bench.job("sh", "-c", "echo x > $TMPDIR/x; mkdir -m 0 $TMPDIR/closed")
    any_bench.run(job).wait(20)
    assert [path.name for path in job.root.parent.iterdir()] == ["ml"]


def test_running_jobs_end_when_the_emulator_is_killed_and_are_named_afterwards(bench, tmp_path):
    marker = f"98{time.time_ns()}"
    script = 'echo ready > "$0"; exec sleep ' + marker
    job = bench.job("sh", "-c", script, arguments=(FLAG,), name="lost")
    process = bench.run(job)
    wait_for(job.root / "ready")
    record = tmp_path / "lost" / "ml.run" / "process.json"
    saved = record.read_text()
    bench.containers.close()  # closes what the kernel closes when the emulator is killed
    assert process.wait(20) == 137
    assert not _commands_with(marker)
    record.parent.mkdir()
    record.write_text(saved)
    assert end_leftovers(tmp_path) == ["lost"]
    assert not record.parent.exists()


def test_leftover_that_still_runs_is_ended(any_bench, tmp_path):
    script = 'trap "" TERM; echo ready > "$0"; while :; do sleep 1; done'
    job = any_bench.job("sh", "-c", script, arguments=(FLAG,), name="left")
    process = any_bench.run(job)
    wait_for(job.root / "ready")
    assert end_leftovers(tmp_path) == ["left"]
    assert process.wait(20) == 137


def test_leftovers_never_end_a_process_that_only_has_the_same_number(tmp_path):
    scratch = tmp_path / "old" / "ml.run"
    scratch.mkdir(parents=True)
    own = os.getpid()
    (scratch / "process.json").write_text(
        f'{{"name": "old", "supervisor": {own}, "group": {own}, "processes": {{"{own}": "1"}}}}'
    )
    assert end_leftovers(tmp_path) == ["old"]


def test_null_characters_are_refused_before_anything_is_made(bench):
    job = bench.job("python3", "-c", "pass\0", variables={"GOOD": "1", "BAD": "a\0b"})
    with pytest.raises(AwsError) as caught:
        bench.run(job)
    assert caught.value.code == "ValidationException"
    assert caught.value.message == (
        "No process can be given a null character (U+0000): it is in argument 2 of the command, "
        "the variable 'BAD'."
    )
    assert [path.name for path in job.root.parent.iterdir()] == ["ml"]


def test_waiting_may_be_longer_than_threads_can_count(bench):
    assert bench.run(bench.job("true")).wait(2**53) == 0


def test_image_without_a_default_command_says_so(bench):
    job = bench.job()
    config = job.root / "config" / "processingjobconfig.json"
    config.parent.mkdir()
    config.write_text("{}")
    with pytest.raises(AwsError, match=r"trivial:1 has no default command 'process' \(it has: tr"):
        bench.run(job)


SERVER = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(sys.argv[1])); self.end_headers()
    def log_message(self, *_): pass
address = ("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"]))
http.server.HTTPServer(address, Handler).serve_forever()
"""


def _server(bench, *command: str) -> ContainerServer:
    root = bench.directory / "server" / "ml"
    root.mkdir(parents=True)
    log_path = bench.directory / "server.log"
    return ContainerServer(
        "server", bench.image, bench.environment, {}, root, log_path, command or None
    )


def test_server_is_ready_when_ping_answers_200(bench):
    process = bench.containers.serve(_server(bench, "python", "-c", SERVER, "200"))
    assert process.port is not None
    assert process.wait_ready(20)
    assert process.stop(5) == 143


def test_server_that_ends_or_answers_otherwise_is_not_ready(bench):
    process = bench.containers.serve(_server(bench, "python", "-c", SERVER, "500"))
    assert not process.wait_ready(0.5)
    process.stop(5)
    assert not process.wait_ready(20)


def test_image_without_serve_says_so(bench):
    with pytest.raises(AwsError, match="no default command 'serve'"):
        bench.containers.serve(_server(bench))


def test_missing_program_is_named_with_how_to_get_it(bench, recipes):
    directory = recipes / "needy"
    directory.mkdir(exist_ok=True)
    (directory / "recipe.toml").write_text(
        'repositories = ["needy"]\nneeds = ["no-such-program"]\nneeds_hint = "get it"\n'
    )
    image = bench.containers.resolve("needy:1")
    with pytest.raises(EnvironmentFailed, match=r"needs no-such-program .* Install with: get it"):
        bench.containers.environment(image, None, print)
