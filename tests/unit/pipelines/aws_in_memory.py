"""An AWS client that answers from what a test gives it, checked against botocore's shapes.

Every answer must be one that botocore could have parsed, so a test cannot live on invented members.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

Answer = Mapping[str, Any] | Exception | Callable[[dict[str, Any]], Mapping[str, Any]]


@cache
def service_model(service: str) -> ServiceModel:
    model: ServiceModel = botocore.session.get_session().get_service_model(service)
    return model


def client_error(code: str, message: str, operation: str, status: int = 400) -> ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, operation)


class Client:
    """Answers operations (boto3's method names) from `answers`; keeps what it was asked.

    A list of answers is used up one by one, its last answer for good.
    """

    def __init__(self, service: str, answers: Mapping[str, Answer | list[Answer]]) -> None:
        self._model = service_model(service)
        self._operations = {xform_name(name): name for name in self._model.operation_names}
        self._answers = dict(answers)
        self.requests: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, method: str) -> Callable[..., Mapping[str, Any]]:
        if method not in self._operations:
            raise AttributeError(method)

        def call(**request: Any) -> Mapping[str, Any]:
            return self._call(method, request)

        return call

    def requests_of(self, method: str) -> list[dict[str, Any]]:
        return [request for name, request in self.requests if name == method]

    def get_paginator(self, method: str) -> "Paginator":
        return Paginator(self, method)

    def _call(self, method: str, request: dict[str, Any]) -> Mapping[str, Any]:
        operation = self._model.operation_model(self._operations[method])
        # botocore makes up these tokens when a caller gives none.
        tokens = dict.fromkeys(operation.idempotent_members, "token" * 8)
        _validate(tokens | request, operation.input_shape, f"{method} request")
        self.requests.append((method, request))
        answer = self._next(method)
        if isinstance(answer, Exception):
            raise answer
        given = answer(request) if callable(answer) else answer
        _validate_members(given, operation.output_shape, f"{method} answer")
        return given

    def _next(self, method: str) -> Answer:
        if method not in self._answers:
            raise AssertionError(f"the test gives no answer to {method}")
        answer = self._answers[method]
        if isinstance(answer, list):
            return answer.pop(0) if len(answer) > 1 else answer[0]
        return answer


class Paginator:
    """All pages in one."""

    def __init__(self, client: Client, method: str) -> None:
        self._client = client
        self._method = method

    def paginate(self, **request: Any) -> Iterator[Mapping[str, Any]]:
        yield getattr(self._client, self._method)(**request)


def _validate(value: Any, shape: Any, place: str) -> None:
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        raise AssertionError(f"{place}: {report.generate_report()}")


def _validate_members(value: Any, shape: Any, place: str) -> None:
    """The names of members only: a test's answer may leave out what it does not need."""
    if isinstance(value, Mapping) and shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        if unknown:
            raise AssertionError(f"{place}: botocore knows no member {sorted(unknown)}")
        for name, item in value.items():
            _validate_members(item, shape.members[name], f"{place}.{name}")
    elif isinstance(value, list):
        for item in value:
            _validate_members(item, shape.member, place)
