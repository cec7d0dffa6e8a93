"""Model functions of the endpoint and of batch transform.

Takes and gives what the built-in Object2Vec does: application/json
{"instances": [{"in0": [user], "in1": [item]}]} -> {"predictions": [{"scores": [rating]}]}, or
application/jsonlines with one of these objects a line.
"""

import json
from pathlib import Path

import mxnet as mx
from network import load
from pairs import of_record
from sagemaker_inference.errors import GenericInferenceToolkitError

JSON = "application/json"
JSON_LINES = "application/jsonlines"
FAULTS_TOLD = 5


def model_fn(model_dir):
    """Loads the network."""
    return load(Path(model_dir))


def transform_fn(model, body, content_type, accept):
    """Answers one request."""
    network, shape = model
    kind = (content_type or "").partition(";")[0].strip()
    if kind not in (JSON, JSON_LINES):
        raise GenericInferenceToolkitError(415, f"{kind}: expected {JSON} or {JSON_LINES}")
    text = body if isinstance(body, str) else bytes(body).decode("utf-8", "replace")
    rows = _rows(_instances(text) if kind == JSON else _lines(text), shape)
    users, items = mx.nd.array(rows).T
    scores = [{"scores": score} for score in network(users, items).asnumpy().tolist()]
    if JSON_LINES in (accept or ""):
        return "".join(json.dumps(score) + "\n" for score in scores), JSON_LINES
    return json.dumps({"predictions": scores}), JSON


def _instances(text):
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GenericInferenceToolkitError(400, f"not JSON: {error}") from error
    instances = content.get("instances") if isinstance(content, dict) else None
    if not isinstance(instances, list):
        raise GenericInferenceToolkitError(400, 'expected {"instances": [...]}')
    return instances


def _lines(text):
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise GenericInferenceToolkitError(400, f"not JSON lines: {error}") from error


def _rows(records, shape):
    if not records:
        raise GenericInferenceToolkitError(400, "the request has no instances")
    found = [of_record(each, shape.users, shape.items, is_labelled=False) for each in records]
    faults = [f"instance {number}: {fault}" for number, (_, fault) in enumerate(found) if fault]
    if faults:
        more = f"; and {len(faults) - FAULTS_TOLD} more" if len(faults) > FAULTS_TOLD else ""
        raise GenericInferenceToolkitError(400, "; ".join(faults[:FAULTS_TOLD]) + more)
    return [row[:2] for row, _ in found]
