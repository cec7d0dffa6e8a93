"""A project's way from a push to production, beside the pipeline alone and published AWS figures.

The project is launched from the template; what is pushed is HEAD of this checkout, with its
buildspec as it is. usage: python -m benchmarks.push_to_deploy.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from benchmarks.cpu_time import idle_seconds_per_minute
from benchmarks.figures import Figure, print_figures
from benchmarks.projects import Project, launch, project_server, run
from benchmarks.rating_steps import movielens_file
from benchmarks.running import ROLE_ARN, ROOT, Server

IDLE_SECONDS = 20
# Published by users: an R endpoint took 7 min 31 s to create, a job of a 30 s script 8 min 17 s;
# of 17 jobs' logs the median time from Starting to Training was 179 s.
AWS_ENDPOINT = "AWS, creating one endpoint: 451 s"
AWS_SCRIPT = "AWS, one job of a 30 s script: 497 s"
AWS_JOB = "AWS, one job from Starting to Training: 179 s"
# Half of what AWS took for that one job; for an endpoint, a minute where AWS took seven and a half.
# At rest: 1 % of a core, and 2 % with two endpoints. CodeBuild may add a quarter to the pipeline.
PUSH_SECONDS, ENDPOINT_SECONDS, BESIDES_SECONDS = 240, 60, 5
RUN_RATIO = 1.25
REST_LAUNCHED, REST_DEPLOYED = 0.6, 1.2
_BUCKET = "benchmark"


def measure() -> list[Figure]:
    """Push to model, approvals to endpoints, and what a project costs while nothing happens."""
    prepare = [sys.executable, "-m", "demos", "--prepare"]
    scripts = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    subprocess.run(prepare, check=True, stdout=subprocess.DEVNULL, env=scripts)
    with project_server() as server:
        data = _upload(server)
        project = launch(server, data)
        launched = _at_rest("a launched project at rest", server, REST_LAUNCHED)
        push_seconds = _timed(project.push_until_a_model_waits)
        # Behind the push, so that what is paid once by the first run is the push's.
        alone_seconds = _pipeline_alone_seconds(server, data)
        figures = [*_pushed(project, push_seconds, alone_seconds), *_approved(project)]
        project.wait_for_the_end()
        deployed = _at_rest("the same with staging and production served", server, REST_DEPLOYED)
    return [*figures, launched, deployed]


def _upload(server: Server) -> dict[str, str]:
    """MovieLens 100K in S3, as the parameters of template and pipeline name it."""
    ratings = movielens_file()
    files = {"RatingsS3Uri": ratings, "ItemsS3Uri": ratings.with_suffix(".item")}
    s3 = server.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    for path in files.values():
        s3.upload_file(str(path), _BUCKET, f"data/{path.name}")
    return {name: f"s3://{_BUCKET}/data/{path.name}" for name, path in files.items()}


def _pipeline_alone_seconds(server: Server, data: dict[str, str]) -> float:
    """The same pipeline by hand: under a name of its own, so that it shares no cached job."""
    given = [word for item in data.items() for word in ("--parameter", "=".join(item))]
    where = ["--role-arn", ROLE_ARN, "--default-bucket", _BUCKET]
    command = ["--pipeline", "book_ratings", *where, *given, "--wait"]
    # Definitions that were built before are kept below it.
    with tempfile.TemporaryDirectory() as cache:
        return _timed(lambda: run(server, "run-pipeline", *command, XDG_CACHE_HOME=cache))


def _pushed(project: Project, total: float, alone: float) -> list[Figure]:
    phases = project.phase_seconds()
    install, check, build = (phases[name] for name in ("INSTALL", "PRE_BUILD", "BUILD"))
    between = total - install - check - build
    told = f"install {install:.1f} s, check and test {check:.1f} s, run {build:.1f} s"
    return [
        Figure(
            "push to a model that waits for approval",
            f"{total:.1f} s",
            f"{told}; {AWS_SCRIPT}",
            total,
            PUSH_SECONDS,
        ),
        Figure(
            "its run in CodeBuild / run-pipeline --wait alone",
            f"{build:.1f} s",
            f"alone {alone:.1f} s; {AWS_JOB}",
            build / alone,
            RUN_RATIO,
        ),
        Figure("the push besides these phases", f"{between:.1f} s", "", between, BESIDES_SECONDS),
    ]


def _approved(project: Project) -> list[Figure]:
    staging = _timed(project.approve_until_staging_waits)
    production = _timed(project.approve_until_production_answers)
    return [
        Figure(
            "approval to staging that waits",
            f"{staging:.1f} s",
            AWS_ENDPOINT,
            staging,
            ENDPOINT_SECONDS,
        ),
        Figure(
            "approval to production that answers",
            f"{production:.1f} s",
            AWS_ENDPOINT,
            production,
            ENDPOINT_SECONDS,
        ),
    ]


def _at_rest(name: str, server: Server, bound: float) -> Figure:
    time.sleep(2)  # what the last call has left to do is no rest
    seconds = idle_seconds_per_minute(server.pid, IDLE_SECONDS)
    return Figure(name, f"{seconds:.2f} CPU s/min", "", seconds, bound)


def _timed(run_it: Callable[[], object]) -> float:
    start = time.perf_counter()
    run_it()
    return time.perf_counter() - start


if __name__ == "__main__":
    print_figures(measure())
