"""The image of steps/r_recommender from its buildspec to a job, with no recipe given."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REGION, ROLE_ARN, ROOT, EmulatorProcess
from tests.contract.builds import BuildLab, has_aws_cli
from tests.contract.images import ImageLab

BUCKET = "r-images"
ENVIRONMENT = {
    "SAGEMAKER_PIPELINE_ROLE_ARN": ROLE_ARN,
    "ARTIFACT_BUCKET": BUCKET,
    "AWS_REGION": REGION,
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuildLab]:
    check = "for (name in c('plumber', 'Matrix', 'jsonlite')) loadNamespace(name)"
    if (
        shutil.which("Rscript") is None
        or subprocess.run(["Rscript", "-e", check], capture_output=True, check=False).returncode
    ):
        pytest.skip("R or a package of it is missing: scripts/install-system-packages r")
    has_aws_cli()
    emulator = EmulatorProcess(tmp_path_factory.mktemp("r") / "data")
    emulator.start()
    emulator.client("s3").create_bucket(Bucket=BUCKET)
    emulator.client("ecr").create_repository(
        repositoryName="r-recommender",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS"},
    )
    yield BuildLab(emulator, BUCKET, lambda stem: stem)
    emulator.stop()


@pytest.fixture(scope="module")
def address() -> str:
    command = [sys.executable, "-m", "pipelines.r_recommender.image"]
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def project(lab: BuildLab) -> str:
    """A project of this repository's source and the image's own buildspec."""
    paths = [path for name in ("pipelines", "steps") for path in sorted((ROOT / name).rglob("*"))]
    files = [path for path in paths if path.is_file() and "__pycache__" not in path.parts]
    names = {path: path.relative_to(ROOT).as_posix() for path in files}
    lab.put_zip(
        "source.zip",
        {name: path.read_text() for path, name in names.items()},
        programs=tuple(name for path, name in names.items() if is_program(path)),
    )
    return lab.project(
        "steps/r_recommender/buildspec.yml",
        source={"type": "S3", "location": f"{BUCKET}/source.zip"},
        environment={
            "privilegedMode": True,
            "environmentVariables": [
                {"name": name, "value": value} for name, value in ENVIRONMENT.items()
            ],
        },
    )


def is_program(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o100)


# The tests of this module tell one story, in order.


def test_the_buildspec_pushes_the_image_that_the_pipeline_names(
    lab: BuildLab, project: str, address: str
) -> None:
    build = lab.ended(lab.start(project))
    assert build["buildStatus"] == "SUCCEEDED", lab.lines(build)
    (image,) = lab.emulator.client("ecr").describe_images(repositoryName="r-recommender")[
        "imageDetails"
    ]
    assert image["imageTags"] == [address.rpartition(":")[2]]
    printed = lab.printed(build)
    assert "Login Succeeded" in printed
    assert (
        "The emulator's docker runs no instruction of Dockerfile: recipe.toml beside it stands "
        "for it"
    ) in printed
    assert f"Successfully tagged {address}" in printed


def test_a_second_build_says_that_the_image_is_there_already(
    lab: BuildLab, project: str, address: str
) -> None:
    build = lab.ended(lab.start(project))
    assert build["buildStatus"] == "SUCCEEDED"
    printed = lab.printed(build)
    assert printed[-1] == f"{address} is there already"
    assert "Login Succeeded" not in printed


def test_a_processing_job_runs_the_files_that_were_pushed(lab: BuildLab, address: str) -> None:
    job, log = ImageLab(lab.emulator, BUCKET).process(address, "evaluate")
    assert f"{address.rpartition('/')[2]} as it was pushed, sha256:" in "\n".join(log)
    # The program is R's, and tells what it lacks.
    assert job["ProcessingJobStatus"] == "Failed"
    assert "no /opt/ml/processing/model/model.tar.gz" in "\n".join(log)
