"""What the endpoint refuses before it asks the network; MXNet itself is in the image alone."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from tests.unit.steps.modules import load


class GenericInferenceToolkitError(Exception):
    """The serving toolkit's error: it answers with `status_code`."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


@pytest.fixture
def inference(monkeypatch):
    names = ("mxnet", "mxnet.gluon", "sagemaker_inference", "sagemaker_inference.errors")
    modules = {name: ModuleType(name) for name in names}
    vars(modules["mxnet.gluon"]).update(HybridBlock=object, nn=None)
    errors = vars(modules["sagemaker_inference.errors"])
    errors.update(GenericInferenceToolkitError=GenericInferenceToolkitError)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return load("object2vec_gluon", "inference")[0]


@pytest.mark.parametrize("content_type", ["application/json", "application/jsonlines"])
@pytest.mark.parametrize("body", ["{", "[" * 100_000], ids=["cut off", "nested without end"])
def test_what_is_not_json_is_refused_with_status_400(inference, body, content_type):
    model = (None, SimpleNamespace(users=2, items=2))
    with pytest.raises(GenericInferenceToolkitError, match="not JSON") as refused:
        inference.transform_fn(model, body, content_type, "application/json")
    assert refused.value.status_code == 400
