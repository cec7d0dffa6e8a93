"""From a push to a model of an image that the build pipeline has made, with no recipe given."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.end_to_end.loop import running_loop, s3_uri, succeed
from tests.end_to_end.project import NAME, Project, launch, uv_cache
from tests.end_to_end.ratings import ratings_csv

RATINGS = "ratings.csv"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    check = ["Rscript", "-e", "loadNamespace('plumber'); loadNamespace('Matrix')"]
    if (
        shutil.which("Rscript") is None
        or subprocess.run(check, capture_output=True, check=False).returncode
    ):
        pytest.skip("R or a package of it is missing: scripts/install-system-packages r")
    directory = tmp_path_factory.mktemp("project")
    objects = {RATINGS: ratings_csv(users=80, items=40, popular_items=5)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_CACHE_DIR", uv_cache())
        with running_loop(directory, objects) as loop:
            yield launch(loop, directory, Pipeline="r_recommender", RatingsS3Uri=s3_uri(RATINGS))


# The tests of this module tell one story, in order.


def test_a_push_makes_the_image_and_registers_a_model_of_it(project: Project) -> None:
    project.edit_for_speed()
    assert project.until_built(project.push("Recommend")) == "Succeeded"
    assert project.packages() == ["PendingManualApproval"]
    (image,) = project.client("ecr").describe_images(repositoryName="r-recommender")["imageDetails"]
    (tag,) = image["imageTags"]
    sagemaker = project.client("sagemaker")
    (job,) = sagemaker.list_training_jobs()["TrainingJobSummaries"]
    trained = sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
    uri = trained["AlgorithmSpecification"]["TrainingImage"]
    assert uri == f"123456789012.dkr.ecr.us-east-1.amazonaws.com/r-recommender:{tag}"


def test_the_image_goes_with_the_project(project: Project) -> None:
    said = succeed(project.loop.run("teardown-project", NAME, "--apply"))
    assert "ImageRepository  r-recommender" in said
    assert project.client("ecr").describe_repositories()["repositories"] == []
    assert list(project.emulator.data_dir.glob("images/[0-9a-f]*/*")) == []
