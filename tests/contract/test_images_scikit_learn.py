"""The sagemaker-scikit-learn image through boto3: processing, training and serving."""

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.images import (
    OLDER,
    OLDER_SCIKIT_LEARN,
    SCIKIT_LEARN,
    ImageLab,
    archive,
    toolkit,
)

VERSIONS = {SCIKIT_LEARN: "1.9."} | {uri: OLDER[uri] for uri in OLDER_SCIKIT_LEARN}
each_image = pytest.mark.parametrize("image", VERSIONS, ids=lambda uri: uri.partition(":")[2])

# y = 2 x + z + 1, which least squares finds exactly.
LINE = "1.5,0,0.5\n3,1,0\n6.25,2,1.25\n9,3,2\n"
TRAIN_SCRIPT = """
import argparse, os
import joblib, numpy as np
from sklearn.linear_model import LinearRegression
parser = argparse.ArgumentParser()
parser.add_argument("--model-name")
arguments = parser.parse_args()
data = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "data.csv"), delimiter=",")
model = LinearRegression().fit(data[:, 1:], data[:, 0])
joblib.dump(model, os.path.join(os.environ["SM_MODEL_DIR"], arguments.model_name))
"""
INFERENCE_SCRIPT = """
import joblib

def model_fn(model_dir):
    return joblib.load(f"{model_dir}/line.joblib")
"""


@pytest.fixture(scope="module")
def lab(emulator: Any) -> ImageLab:
    lab = ImageLab(emulator, "scikit-learn-images")
    lab.client("s3").create_bucket(Bucket=lab.bucket)
    return lab


@each_image
def test_processing_runs_the_version_of_the_tag(lab: ImageLab, image: str) -> None:
    code = "import sklearn, pandas, scipy, joblib; print('scikit-learn', sklearn.__version__)"
    job, log = lab.process(image, "python3", "-c", code)
    assert job["ProcessingJobStatus"] == "Completed", log
    runs = f"{image.rpartition('/')[2]} runs scikit-learn {VERSIONS[image]}"
    assert any(runs in line for line in log)
    assert any(line.startswith(f"scikit-learn {VERSIONS[image]}") for line in log)


@each_image
def test_what_scripts_import_from_awss_image_is_there(lab: ImageLab, image: str) -> None:
    """Source: sagemaker-scikit-learn-container, requirements.txt and Miniconda's own packages."""
    job, log = lab.process(
        image, "python3", "-c", "import cryptography, jinja2, packaging, psutil, requests, tqdm"
    )
    assert job["ProcessingJobStatus"] == "Completed", log


@each_image
def test_a_script_trains_and_is_served_with_the_default_functions(
    lab: ImageLab, image: str
) -> None:
    source = lab.put("source/line.tar.gz", archive({"train.py": TRAIN_SCRIPT}))
    job = lab.train(
        image,
        toolkit("train.py", source, **{"model-name": "line.joblib"}),
        {"train": ("text/csv", {"data.csv": LINE})},
    )
    assert job.job["TrainingJobStatus"] == "Completed", job.log
    with tarfile.open(fileobj=io.BytesIO(lab.get(job.model_s3_uri))) as tar:
        model = tar.extractfile("line.joblib")
        assert model is not None
        files = {"line.joblib": model.read(), "code/inference.py": INFERENCE_SCRIPT}
    with lab.endpoint(image, lab.put("line/model.tar.gz", archive(files))) as invoke:
        content_type, text = invoke("[[10, 0], [20, 0.5]]", ContentType="application/json")
        assert content_type == "application/json"
        assert json.loads(text) == pytest.approx([21, 41.5], abs=1e-4)
        # Whole numbers in one column and others in the next: AWS's image makes all of them floats.
        content_type, text = invoke(
            "10,0.0\n20,0.5\n", ContentType="text/csv; charset=utf-8", Accept="text/csv"
        )
        assert content_type == "text/csv"
        assert [float(line) for line in text.split()] == pytest.approx([21, 41.5], abs=1e-4)
        with pytest.raises(ClientError) as caught:
            invoke("10,zero\n", ContentType="text/csv")
        assert caught.value.response["OriginalStatusCode"] == 400
        assert "zero" in caught.value.response["OriginalMessage"]
        with pytest.raises(ClientError) as caught:
            invoke("x", ContentType="image/png")
        assert caught.value.response["OriginalStatusCode"] == 415


@each_image
def test_requirements_of_the_source_are_there_without_another_download(
    lab: ImageLab, image: str
) -> None:
    # six 1.17 is in the image; pip is told to ask no index, so it must find 1.16 in place. What is
    # not said to be another version stays the image's.
    script = (
        "import os, six, sklearn; print('six', six.__version__, os.environ['PIP_NO_INDEX'])\n"
        "print('scikit-learn', sklearn.__version__)"
    )
    files = {"train.py": script, "requirements.txt": "six==1.16.0\nscikit-learn\n"}
    source = lab.put("source/requirements.tar.gz", archive(files))
    training = lab.train(
        image,
        toolkit("train.py", source),
        {"train": ("text/csv", {"data.csv": "1,2\n"})},
        environment={"PIP_NO_INDEX": "1"},
    )
    assert "six 1.16.0 1" in training.log, training.log
    assert any(line.startswith(f"scikit-learn {VERSIONS[image]}") for line in training.log)
