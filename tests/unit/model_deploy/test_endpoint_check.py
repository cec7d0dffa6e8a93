"""The Lambda function's judgement of an endpoint."""

import importlib.util
import io
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pipelines.book_ratings.endpoint import DEPLOYMENT
from pipelines.endpoint.deployment import Check
from tests.unit.pipelines.aws_in_memory import Client, client_error

CHECKS = DEPLOYMENT.checks
HANDLER = Path(__file__).parents[3] / "steps" / "endpoint_check" / "handler.py"
RIGHT = {
    "CheckCsv": "3.9\n4.2\n3.5\n",
    "CheckJson": '{"predictions": [3.9, 4.1]}',
    "CheckTopFive": '{"user_id": 1, "recommendations": ['
    + ", ".join(f'{{"item_id": {n}, "title": "t", "score": 4.{n}}}' for n in range(5))
    + "]}",
}


@pytest.fixture(scope="module")
def handler() -> ModuleType:
    spec = importlib.util.spec_from_file_location("endpoint_check_handler", HANDLER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(
    handler: ModuleType,
    check: Check,
    answer: str | Exception,
    status: str = "InService",
    config: str = "e-1",
) -> Any:
    sagemaker = Client(
        "sagemaker",
        {"describe_endpoint": {"EndpointStatus": status, "EndpointConfigName": config}},
    )
    said = {"Body": io.BytesIO(answer.encode())} if isinstance(answer, str) else answer
    runtime = Client("sagemaker-runtime", {"invoke_endpoint": said})
    event = {
        "EndpointName": "e",
        "EndpointConfigName": "e-1",
        "ContentType": check.content_type,
        "Body": check.body,
        "AnswerKey": check.answer_key,
        "ValueKey": check.value_key,
        "Answers": check.answers,
        "Minimum": check.minimum,
        "Maximum": check.maximum,
    }
    return handler.check(event, sagemaker, runtime)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_right_answer_passes(handler: ModuleType, name: str) -> None:
    assert ask(handler, CHECKS[name], RIGHT[name]) == {"Answer": RIGHT[name][:200]}


@pytest.mark.parametrize("name", sorted(CHECKS))
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "another form than expected|expected . answers, got 0"),
        ("<html>502 Bad Gateway</html>", "another form than expected"),
        ('{"error": "no model"}', "another form than expected"),
    ],
)
def test_an_answer_of_another_form_fails(
    handler: ModuleType, name: str, answer: str, words: str
) -> None:
    with pytest.raises(handler.WrongAnswerError, match=words):
        ask(handler, CHECKS[name], answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("3.9\n4.2\n", "expected 3 answers, got 2"),
        ("3.9\n4.2\n77\n", r"expected 0.5 to 5.5, got \[77.0\]"),
        ("3.9\nnan\n4.0\n", r"got \[nan\]"),
    ],
)
def test_wrong_numbers_fail_with_what_was_expected(
    handler: ModuleType, answer: str, words: str
) -> None:
    with pytest.raises(handler.WrongAnswerError, match=words):
        ask(handler, CHECKS["CheckCsv"], answer)


def test_an_endpoint_that_fell_back_to_the_model_before_fails(handler: ModuleType) -> None:
    with pytest.raises(handler.WrongAnswerError, match=r"configuration e-0; expected .* with e-1"):
        ask(handler, CHECKS["CheckCsv"], RIGHT["CheckCsv"], config="e-0")


def test_an_endpoint_out_of_service_fails(handler: ModuleType) -> None:
    with pytest.raises(handler.WrongAnswerError, match="is Failed"):
        ask(handler, CHECKS["CheckCsv"], RIGHT["CheckCsv"], status="Failed")


SERVER_TRACEBACK = """could not convert string to float: 'x'
Traceback (most recent call last):
  File "/miniconda3/lib/python3.11/site-packages/server/app.py", line 30, in respond
    return await self.app(scope, receive, send)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/opt/ml/model/code/inference.py", line 12, in predict_fn
    return [float(value) for value in data]
ValueError: could not convert string to float: 'x'
"""


def test_a_failing_model_is_told_by_its_own_frames_and_its_log(handler: ModuleType) -> None:
    failing = client_error("ModelError", "Received server error (500)", "InvokeEndpoint", 424)
    failing.response.update(OriginalStatusCode=500, OriginalMessage=SERVER_TRACEBACK)
    with pytest.raises(handler.WrongAnswerError) as raised:
        ask(handler, CHECKS["CheckCsv"], failing)
    told = str(raised.value)
    assert "Endpoint e was asked '1,1\\n2,1\\n0,0' and answered with status 500" in told
    assert "/aws/sagemaker/Endpoints/e." in told
    assert told.endswith(
        """could not convert string to float: 'x'
Traceback (most recent call last):
  File "/opt/ml/model/code/inference.py", line 12, in predict_fn
    return [float(value) for value in data]
ValueError: could not convert string to float: 'x'"""
    )


def test_a_refusal_to_ask_is_not_taken_for_an_answer(handler: ModuleType) -> None:
    denied = client_error("AccessDeniedException", "not authorized", "InvokeEndpoint", 403)
    with pytest.raises(type(denied)):
        ask(handler, CHECKS["CheckCsv"], denied)


def test_a_list_of_one_score_is_that_score(handler: ModuleType) -> None:
    """Source: "Data Formats for Object2Vec Inference": a regression's scores are one."""
    check = Check("application/json", "{}", 2, 1, 5, answer_key="predictions", value_key="scores")
    right = '{"predictions": [{"scores": [3.9]}, {"scores": [4.1]}]}'
    assert ask(handler, check, right) == {"Answer": right}
    with pytest.raises(handler.WrongAnswerError, match="another form"):
        ask(handler, check, '{"predictions": [{"scores": [0.4, 0.6]}, {"scores": [4.1]}]}')
