"""The mxnet-training and mxnet-inference images through boto3: processing, training, serving."""

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.images import ImageLab, archive, toolkit

REGISTRY = "763104351884.dkr.ecr.us-east-1.amazonaws.com"
TRAINING = f"{REGISTRY}/mxnet-training:1.9.0-cpu-py38"
INFERENCE = f"{REGISTRY}/mxnet-inference:1.9.0-cpu-py38"

# y = 2 x + z + 1, which a dense layer of one unit learns.
LINE = "1.5,0,0.5\n3,1,0\n2,0.5,0\n4,1,1\n2.25,0.25,0.75\n1,0,0\n"
TRAIN_SCRIPT = """
import argparse, os
import mxnet as mx, numpy as np
from mxnet import autograd, gluon
parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int)
arguments = parser.parse_args()
data = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "data.csv"), delimiter=",")
label, rows = mx.nd.array(data[:, :1]), mx.nd.array(data[:, 1:])
net = gluon.nn.Dense(1, in_units=2)
net.initialize(mx.init.Zero())
net.hybridize()
trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5}, kvstore=None)
loss = gluon.loss.L2Loss()
for _ in range(arguments.epochs):
    with autograd.record():
        error = loss(net(rows), label).mean()
    error.backward()
    trainer.step(1)
net.save_parameters(os.path.join(os.environ["SM_MODEL_DIR"], "line.params"))
print("error", error.asscalar())
"""
INFERENCE_SCRIPT = """
from mxnet import gluon

def model_fn(model_dir):
    net = gluon.nn.Dense(1, in_units=2)
    net.load_parameters(f"{model_dir}/line.params")
    return net
"""
TRANSFORM_SCRIPT = """
import json
from mxnet import gluon, nd

def model_fn(model_dir):
    net = gluon.nn.Dense(1, in_units=2)
    net.load_parameters(f"{model_dir}/line.params")
    return {"net": net}  # which only a transform_fn can use

def transform_fn(model, body, content_type, accept):
    lines = nd.array(json.loads(body)["lines"])
    return json.dumps({"values": model["net"](lines).asnumpy().ravel().tolist()}), accept
"""
# What a script's training wrote as a Module: AWS's training toolkit saves these three.
MODULE_SCRIPT = """
import json, os
import mxnet as mx
out = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="line")
module = mx.mod.Module(out, data_names=["data"], label_names=None)
module.bind(for_training=False, data_shapes=[("data", (2, 2))])
module.init_params(mx.init.Zero())
weights = {"line_weight": mx.nd.array([[2, 1]]), "line_bias": mx.nd.array([1])}
module.set_params(weights, {})
directory = os.environ["SM_MODEL_DIR"]
module.save_checkpoint(os.path.join(directory, "model"), 0)
with open(os.path.join(directory, "model-shapes.json"), "w") as file:
    json.dump([{"name": "data", "shape": [2, 2]}], file)
"""


@pytest.fixture(scope="module")
def lab(emulator: Any) -> ImageLab:
    lab = ImageLab(emulator, "mxnet-images")
    lab.client("s3").create_bucket(Bucket=lab.bucket)
    return lab


@pytest.fixture(scope="module")
def line_params(lab: ImageLab) -> bytes:
    """The parameters that the script trained."""
    return member(lab, trained(lab, TRAIN_SCRIPT, epochs=500), "line.params")


def trained(lab: ImageLab, script: str, **hyperparameters: object) -> str:
    source = lab.put("source/line.tar.gz", archive({"train.py": script}))
    channels = {"train": ("text/csv", {"data.csv": LINE})}
    training = lab.train(TRAINING, toolkit("train.py", source, **hyperparameters), channels)
    assert training.job["TrainingJobStatus"] == "Completed", training.log
    return training.model_s3_uri


def member(lab: ImageLab, model_s3_uri: str, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(lab.get(model_s3_uri))) as tar:
        file = tar.extractfile(name)
        assert file is not None
        return file.read()


def test_processing_runs_the_last_release_with_what_scripts_import(lab: ImageLab) -> None:
    """Source: deep-learning-containers, mxnet/training/docker/1.9/py3/Dockerfile.cpu."""
    code = (
        "import gluonnlp, matplotlib, mxnet, pandas, plotly, scipy, sklearn, tqdm, requests; "
        "print('mxnet', mxnet.__version__, 'gluonnlp', gluonnlp.__version__)"
    )
    job, log = lab.process(TRAINING, "python3", "-c", code)
    assert job["ProcessingJobStatus"] == "Completed", log
    assert any("runs mxnet 1.9.1 in place of 1.9.0" in line for line in log)
    assert "mxnet 1.9.1 gluonnlp 0.10.0" in log


def test_a_block_trains_in_script_mode_and_is_served_with_the_default_functions(
    lab: ImageLab, line_params: bytes
) -> None:
    files = {"line.params": line_params, "code/inference.py": INFERENCE_SCRIPT}
    model = lab.put("block/model.tar.gz", archive(files))
    with lab.endpoint(INFERENCE, model) as invoke:
        content_type, text = invoke("[[10, 0], [20, 0.5]]", ContentType="application/json")
        assert content_type == "application/json"
        assert json.loads(text) == [[pytest.approx(21, abs=0.05)], [pytest.approx(41.5, abs=0.05)]]
        with pytest.raises(ClientError) as caught:
            invoke("1,2", ContentType="text/csv")  # AWS's defaults take it for modules alone
        assert caught.value.response["OriginalStatusCode"] == 415
        with pytest.raises(ClientError) as caught:
            invoke('[["x", 1]]', ContentType="application/json")
        assert caught.value.response["OriginalStatusCode"] == 400
        with pytest.raises(ClientError) as caught:
            invoke("[[1, 2]]", ContentType="application/json", Accept="image/png")
        assert caught.value.response["OriginalStatusCode"] == 406


def test_a_script_may_answer_whole_requests_by_transform_fn(
    lab: ImageLab, line_params: bytes
) -> None:
    files = {"line.params": line_params, "code/inference.py": TRANSFORM_SCRIPT}
    with lab.endpoint(INFERENCE, lab.put("transform/model.tar.gz", archive(files))) as invoke:
        _, text = invoke(json.dumps({"lines": [[10, 0]]}), ContentType="application/json")
        assert json.loads(text) == {"values": [pytest.approx(21, abs=0.05)]}


def test_a_module_is_served_by_default_in_batches_of_its_shape(lab: ImageLab) -> None:
    model = trained(lab, MODULE_SCRIPT)
    with lab.endpoint(INFERENCE, model) as invoke:
        _, text = invoke("[[10, 0], [20, 0.5], [0, 0]]", ContentType="application/json")
        assert json.loads(text) == [[21], [41.5], [1]]
        _, text = invoke("10,0", ContentType="text/csv", Accept="text/csv")
        assert float(text) == 21
