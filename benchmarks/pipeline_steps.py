"""What a pipeline adds to the processes it runs. usage: python -m benchmarks.pipeline_steps."""

import json
import subprocess
import time
from statistics import median
from typing import Any

from benchmarks.figures import Figure, print_figures
from benchmarks.running import ROLE_ARN, Server, emulator
from emulator.commands.directories import default_cache_dir
from emulator.containers import Containers

STEPS = 10
RUNS = 5
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"


def measure() -> list[Figure]:
    """Ten no-op processing steps, in turn and side by side, against ten bare processes."""
    python = _image_python()
    with emulator() as server:
        _run_pipeline(server, "warm-up", is_chain=True)
        figures = []
        for name, is_chain in (("one after the other", True), ("side by side", False)):
            floors, runs = [], []
            for run in range(RUNS):
                floors.append(_bare_processes_seconds(python))
                runs.append(
                    _run_pipeline(server, f"{'chain' if is_chain else 'fan'}-{run}", is_chain)
                )
            floor, wall = median(floors), median(runs)
            ratio = median(ours / bare for ours, bare in zip(runs, floors, strict=True))
            figures.append(
                Figure(
                    f"ten no-op processing steps, {name} / ten bare processes",
                    f"{wall:.2f} s",
                    f"floor {floor:.2f} s",
                    ratio,
                    3.0,
                )
            )
    return figures


def _image_python() -> str:
    """The interpreter that the steps run: another one may take longer to start."""
    containers = Containers(default_cache_dir(), {})
    image = containers.resolve(IMAGE)
    return str(containers.environment(image, None, report=print).python)


def _bare_processes_seconds(python: str) -> float:
    start = time.perf_counter()
    for _ in range(STEPS):
        subprocess.run([python, "-c", "pass"], check=True)
    return time.perf_counter() - start


def _run_pipeline(server: Server, name: str, is_chain: bool) -> float:
    sagemaker = server.client("sagemaker")
    sagemaker.create_pipeline(
        PipelineName=name,
        PipelineDefinition=_definition(is_chain),
        ClientRequestToken=name.ljust(32, "0"),
        RoleArn=ROLE_ARN,
    )
    start = time.perf_counter()
    arn = sagemaker.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"]
    while True:
        execution = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        if execution["PipelineExecutionStatus"] not in ("Executing", "Stopping"):
            break
        time.sleep(0.005)
    wall = time.perf_counter() - start
    if execution["PipelineExecutionStatus"] != "Succeeded":
        raise RuntimeError(f"the pipeline ended {execution}")
    return wall


def _definition(is_chain: bool) -> str:
    steps: list[dict[str, Any]] = []
    for number in range(STEPS):
        step = {
            "Name": f"Step{number}",
            "Type": "Processing",
            "Arguments": {
                "ProcessingResources": {
                    "ClusterConfig": {
                        "InstanceType": "ml.m5.large",
                        "InstanceCount": 1,
                        "VolumeSizeInGB": 1,
                    }
                },
                "AppSpecification": {
                    "ImageUri": IMAGE,
                    "ContainerEntrypoint": ["python3", "-c", "pass"],
                },
                "RoleArn": ROLE_ARN,
            },
        }
        if is_chain and number:
            step["DependsOn"] = [f"Step{number - 1}"]
        steps.append(step)
    return json.dumps({"Version": "2020-12-01", "Metadata": {}, "Parameters": [], "Steps": steps})


if __name__ == "__main__":
    print_figures(measure())
