"""The lineage command, over what real jobs, a real package and a real endpoint have recorded."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from model_deploy.lineage import command as lineage
from pipelines.sdk import session
from pipelines.target import Target
from tests.conftest import REGION, ROLE_ARN, EmulatorProcess
from tests.contract.conftest import PipelineLab
from tests.contract.jobs import TrainingLab, source, trainer_image
from tests.contract.model_images import IMAGE, add_recipe, deploy, variant
from tests.contract.model_images import wait as wait_for_endpoint

ENVIRONMENT = {"AWS_REGION": REGION}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
Run = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Chain:
    """Data that a pipeline prepared, a model that was trained on it, its package and endpoint."""

    lab: PipelineLab
    data_s3_uri: str
    prepare_job: str
    training_job: dict[str, Any]
    group: str
    endpoint: str

    @property
    def model_s3_uri(self) -> str:
        return str(self.training_job["ModelArtifacts"]["S3ModelArtifacts"])


@pytest.fixture
def chain(
    lab: PipelineLab, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> Iterator[Chain]:
    add_recipe(emulator)
    lab.s3.put_object(Bucket=lab.bucket, Key="raw/r.csv", Body=b"1\n")
    data = f"s3://{lab.bucket}/raw/r.csv"
    step = lab.processing(
        "Prepare",
        "open('/opt/ml/processing/out/a.csv', 'w').write('1')",
        outputs=["out"],
        arguments={"ProcessingInputs": [source("ratings", data, "/opt/ml/processing/input/raw")]},
    )
    arn = lab.start(lab.create(step), PipelineExecutionDescription=f"Commit {COMMIT}.")
    lab.finished(arn)
    prepare = lab.steps(arn)["Prepare"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    job = _train(lab, emulator, unique("train"))
    group = unique("Group")
    _register(lab.sagemaker, group, job, arn)
    model = unique("model")
    lab.sagemaker.create_model(ModelName=model, PrimaryContainer={"ModelPackageName": f"{group}/1"})
    endpoint = deploy(emulator.client, unique("Endpoint"), variant(model))
    yield Chain(lab, data, prepare, job, group, endpoint)
    if endpoint in {each["EndpointName"] for each in lab.sagemaker.list_endpoints()["Endpoints"]}:
        lab.sagemaker.delete_endpoint(EndpointName=endpoint)


def _train(lab: PipelineLab, emulator: EmulatorProcess, name: str) -> dict[str, Any]:
    training = TrainingLab(emulator, lab.bucket)
    code = "open('/opt/ml/model/weights.txt', 'w').write('1'); print('rmse=0.5')"
    algorithm = {
        "TrainingImage": trainer_image(emulator),
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}],
    }
    return training.run(
        name,
        code,
        Channels=[training.channel("train", "Prepare/out")],
        AlgorithmSpecification=algorithm,
        HyperParameters={"eta": "0.1", "sagemaker_program": '"train.py"'},
    )


def _register(sagemaker: Any, group: str, job: dict[str, Any], execution_arn: str) -> None:
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    container = {"Image": IMAGE, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        MetadataProperties={"GeneratedBy": execution_arn},
    )["ModelPackageArn"]
    sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="[good] enough"
    )


@pytest.fixture
def run(emulator: EmulatorProcess) -> Run:
    def command(*words: str) -> int:
        return lineage.main(words, ENVIRONMENT, lambda service, _: emulator.client(service))

    return command


def kinds(node: dict[str, Any]) -> list[tuple[int, str, str]]:
    """(depth, kind, name) of a report in JSON, in the order of the tree."""
    below = [entry for child in node["children"] for entry in kinds(child)]
    return [(0, node["kind"], node["name"]), *((d + 1, kind, name) for d, kind, name in below)]


def test_an_endpoint_goes_back_to_data_code_and_commit(
    chain: Chain, run: Run, tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "report.json"

    assert run(chain.endpoint, "--output", str(file)) == 0

    report = json.loads(file.read_text())
    job, bucket = chain.training_job["TrainingJobName"], chain.lab.bucket
    assert kinds(report) == [
        (0, "Endpoint", chain.endpoint),
        (1, "Model package", f"{chain.group}/1"),
        (2, "Model", chain.model_s3_uri),
        (3, "Training job", job),
        (4, "Code", f"s3://{bucket}/code/{job}"),
        (4, "Data", f"s3://{bucket}/Prepare/out"),
        (5, "Processing job", chain.prepare_job),
        (6, "Data", chain.data_s3_uri),
    ]
    package = report["children"][0]
    training = package["children"][0]["children"][0]
    prepare = training["children"][1]["children"][0]
    assert package["facts"]["approval"].startswith("Approved at 20")
    assert package["facts"]["note"] == "[good] enough"
    assert package["facts"]["commit"] == COMMIT
    assert training["facts"]["hyperparameters"] == "eta=0.1"
    assert training["facts"]["metrics"] == "validation:rmse=0.5"
    assert prepare["facts"]["commit"] == COMMIT
    etag = hashlib.md5(b"1\n").hexdigest()
    assert prepare["children"][0]["facts"] == {"input": "ratings", "content": f"S3ETag {etag}"}
    assert capsys.readouterr().err == f"Wrote {file}\n"


def test_data_goes_forward_to_the_package_and_the_endpoint(
    chain: Chain, run: Run, capsys: Captured
) -> None:
    assert run("--data", chain.data_s3_uri) == 0

    printed = capsys.readouterr().out
    job = chain.training_job["TrainingJobName"]
    for name in (chain.prepare_job, job, f"{chain.group}/1", chain.endpoint):
        assert name in printed
    assert "serves it, InService" in printed


def test_a_folder_means_what_lies_in_it(chain: Chain, run: Run, capsys: Captured) -> None:
    assert run("--data", f"s3://{chain.lab.bucket}/raw/") == 0
    assert chain.endpoint in capsys.readouterr().out


def test_a_deleted_endpoint_still_has_its_lineage(
    chain: Chain, run: Run, emulator: EmulatorProcess, capsys: Captured
) -> None:
    sagemaker = emulator.client("sagemaker")
    sagemaker.delete_endpoint(EndpointName=chain.endpoint)
    wait_for_endpoint(emulator.client, chain.endpoint, "deleted")

    assert run(chain.endpoint) == 0
    back = capsys.readouterr().out
    assert run("--data", chain.data_s3_uri) == 0
    forth = capsys.readouterr().out

    assert "status: deleted" in back
    assert f"{chain.group}/1" in back
    assert "now: deleted" in forth


def test_an_unknown_endpoint_is_told_with_those_that_are_known(
    chain: Chain, run: Run, capsys: Captured
) -> None:
    assert run("nobody") == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("lineage: There is no endpoint nobody, and no record of one.")


def test_unknown_data_is_told_with_what_is_known(chain: Chain, run: Run, capsys: Captured) -> None:
    assert run("--data", "s3://nobody/nothing.csv") == 1

    told = capsys.readouterr().err
    assert told.startswith("lineage: No job has read or made s3://nobody/nothing.csv.")
    assert chain.lab.bucket in told


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ((), "Give either an ENDPOINT or --data S3_URI."),
        (("name", "--data", "s3://b/k"), "Give either an ENDPOINT or --data S3_URI."),
        (("--data", "b/k"), "--data: got 'b/k', expected s3://BUCKET/KEY."),
        (("--data", "s3://"), "--data: got 's3://', expected s3://BUCKET/KEY."),
        (("--data", "s3:///k"), "--data: got 's3:///k', expected s3://BUCKET/KEY."),
        (("name", "--all"), "--all goes with --data alone."),
        (("name", "--output", "a.png"), "expected a file ending in .json, .md, .html."),
    ],
)
def test_a_wrong_command_says_what_is_right(
    run: Run, capsys: Captured, words: tuple[str, ...], fault: str
) -> None:
    assert run(*words) == 2
    assert fault in capsys.readouterr().err


def test_the_sagemaker_sdk_reads_the_same_lineage(chain: Chain, emulator: EmulatorProcess) -> None:
    with session.building(Target(ROLE_ARN, chain.lab.bucket, REGION)) as build:
        from sagemaker.core.lineage.context import EndpointContext
        from sagemaker.core.lineage.visualizer import LineageTableVisualizer

        build.session.sagemaker_client = emulator.client("sagemaker")
        context = EndpointContext.load(f"{chain.endpoint}-aws-endpoint", build.session)
        data = {artifact.source.source_uri for artifact in context.dataset_artifacts()}
        jobs = context.training_job_arns()
        table = LineageTableVisualizer(build.session).show(endpoint_arn=context.source.source_uri)

    assert jobs == [chain.training_job["TrainingJobArn"]]
    assert chain.data_s3_uri in data
    assert f"s3://{chain.lab.bucket}/Prepare/out" in data
    (row,) = table.to_dict("records")
    assert row["Name/Source"].startswith(f"{chain.endpoint}-")
    del row["Name/Source"]
    assert row == {
        "Direction": "Input",
        "Type": "ModelDeployment",
        "Association Type": "AssociatedWith",
        "Lineage Type": "action",
    }
