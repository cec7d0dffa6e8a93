"""EMR and EMR Serverless with a quick stand-in for Spark: programs are run by Python alone."""

import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.conftest import ROLE_ARN, ROOT, EmulatorProcess

WAIT_SECONDS = 60
# Finds the program among the arguments, fetches it if it is in S3, and becomes it.
STAND_IN = """\
import os, sys, urllib.request
words = sys.argv[1:]
place = next(n for n, word in enumerate(words) if word.endswith(".py"))
program = words[place]
if program.startswith("s3://"):
    credential = "Credential=x/20260101/us-east-1/s3/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=x"}
    url = f"{os.environ['AWS_ENDPOINT_URL']}/{program.removeprefix('s3://')}"
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        open("program.py", "wb").write(answer.read())
    program = "program.py"
os.environ["SUBMITTED"] = " ".join(words[:place])
os.execv(sys.executable, [sys.executable, program, *words[place + 1 :]])
"""
FLEETS = [
    {
        "InstanceFleetType": "MASTER",
        "TargetOnDemandCapacity": 1,
        "InstanceTypeConfigs": [{"InstanceType": "m5.xlarge"}],
    },
    {
        "InstanceFleetType": "CORE",
        "TargetOnDemandCapacity": 2,
        "TargetSpotCapacity": 6,
        "InstanceTypeConfigs": [
            {"InstanceType": "r5.xlarge", "WeightedCapacity": 4},
            {"InstanceType": "r5.2xlarge", "WeightedCapacity": 8},
        ],
    },
]
CLUSTER: dict[str, Any] = {
    "ReleaseLabel": "emr-7.12.0",
    "Applications": [{"Name": "Spark"}],
    "Instances": {"InstanceFleets": FLEETS},
    "JobFlowRole": "EMR_EC2_DefaultRole",
    "ServiceRole": "EMR_DefaultRole",
}


def stand_in_for_spark(emulator: EmulatorProcess) -> None:
    """Let this emulator run Spark's image by a recipe in its own data directory."""
    recipe = emulator.data_dir / "recipes" / "quick-spark"
    recipe.mkdir(parents=True, exist_ok=True)
    (recipe / "stand_in.py").write_text(STAND_IN)
    (recipe / "recipe.toml").write_text(
        'repositories = ["sagemaker-spark-processing"]\n'
        'path = ["{built_in}/sagemaker-spark-processing"]\n'
        "[commands]\n"
        'spark-submit = ["python", "{recipe}/stand_in.py"]\n'
    )
    assert (ROOT / "emulator/containers/recipes/sagemaker-spark-processing").is_dir()


@dataclass(frozen=True)
class ClusterLab:
    """Clusters and applications in one emulator, and a bucket for their programs and logs."""

    emulator: EmulatorProcess
    bucket: str
    unique: Callable[[str], str]

    @property
    def emr(self) -> Any:
        return self.emulator.client("emr")

    @property
    def serverless(self) -> Any:
        return self.emulator.client("emr-serverless")

    def program(self, code: str) -> str:
        """A program in S3."""
        key = f"code/{self.unique('program')}.py"
        self.emulator.client("s3").put_object(Bucket=self.bucket, Key=key, Body=code.encode())
        return f"s3://{self.bucket}/{key}"

    def step(self, code: str, *arguments: str, **members: Any) -> dict[str, Any]:
        """A step that submits the code."""
        submit = ["spark-submit", "--deploy-mode", "cluster", self.program(code), *arguments]
        jar = {"Jar": "command-runner.jar", "Args": submit}
        return {"Name": "Count words", "HadoopJarStep": jar, **members}

    def cluster(self, *steps: dict[str, Any], keep_alive: bool = True, **members: Any) -> str:
        """A new cluster; gives its id."""
        instances = {"InstanceFleets": FLEETS, "KeepJobFlowAliveWhenNoSteps": keep_alive}
        request = {**CLUSTER, "Name": "words", "Instances": instances, **members}
        if steps:
            request["Steps"] = list(steps)
        return str(self.emr.run_job_flow(**request)["JobFlowId"])

    def step_ended(
        self, cluster_id: str, step_id: str, wait_seconds: float = WAIT_SECONDS
    ) -> dict[str, Any]:
        ends = ("COMPLETED", "CANCELLED", "FAILED", "INTERRUPTED")
        return self.step_in(cluster_id, step_id, *ends, wait_seconds=wait_seconds)

    def step_in(
        self, cluster_id: str, step_id: str, *states: str, wait_seconds: float = WAIT_SECONDS
    ) -> dict[str, Any]:
        def look() -> dict[str, Any]:
            found = self.emr.describe_step(ClusterId=cluster_id, StepId=step_id)["Step"]
            return dict(found)

        return until(look, lambda step: step["Status"]["State"] in states, wait_seconds)

    def cluster_in(self, cluster_id: str, *states: str) -> dict[str, Any]:
        def look() -> dict[str, Any]:
            return dict(self.emr.describe_cluster(ClusterId=cluster_id)["Cluster"])

        return until(look, lambda cluster: cluster["Status"]["State"] in states)

    def application(self, **members: Any) -> str:
        request = {"releaseLabel": "emr-7.12.0", "type": "Spark", **members}
        return str(self.serverless.create_application(**request)["applicationId"])

    def job_run(self, application_id: str, code: str, *arguments: str, **members: Any) -> str:
        driver = {
            "entryPoint": self.program(code),
            "entryPointArguments": list(arguments),
            "sparkSubmitParameters": "--conf spark.executor.cores=4 --conf 'spark.a=b c'",
        }
        request = {
            "applicationId": application_id,
            "executionRoleArn": ROLE_ARN,
            "jobDriver": {"sparkSubmit": driver},
            **members,
        }
        return str(self.serverless.start_job_run(**request)["jobRunId"])

    def run_in(self, application_id: str, job_run_id: str, *states: str) -> dict[str, Any]:
        def look() -> dict[str, Any]:
            answer = self.serverless.get_job_run(applicationId=application_id, jobRunId=job_run_id)
            return dict(answer["jobRun"])

        return until(look, lambda run: run["state"] in states)

    def run_ended(self, application_id: str, job_run_id: str) -> dict[str, Any]:
        return self.run_in(application_id, job_run_id, "SUCCESS", "FAILED", "CANCELLED")

    def packed_text(self, key: str) -> str:
        """The text of a compressed log file."""
        answer = self.emulator.client("s3").get_object(Bucket=self.bucket, Key=key)
        return gzip.decompress(answer["Body"].read()).decode()

    def keys(self, prefix: str) -> list[str]:
        answer = self.emulator.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [found["Key"] for found in answer.get("Contents", [])]


def until(
    look: Callable[[], dict[str, Any]],
    is_reached: Callable[[dict[str, Any]], bool],
    wait_seconds: float = WAIT_SECONDS,
) -> dict[str, Any]:
    """Look again and again until something is so."""
    deadline = time.monotonic() + wait_seconds
    while not is_reached(found := look()):
        assert time.monotonic() < deadline, f"not reached in {wait_seconds} s: {found}"
        time.sleep(0.02)
    return found
