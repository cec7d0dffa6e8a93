"""SimulatePrincipalPolicy: the emulator enforces no policy, so every action is allowed.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

import re
from collections.abc import Callable, Mapping
from html import escape

from emulator.errors import AwsError
from emulator.moto.requests import MotoRequest, Response, query_request

_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(user|group|role)/(?:.+/)?([^/]+)")
_USUAL_ITEMS = 100
_REGION = "us-east-1"  # of IAM's requests, whatever the region that is played


def simulate(request: MotoRequest, ask: Callable[[MotoRequest], Response]) -> Response:
    """Allow every action to a principal that ``ask`` knows.

    Raises:
        AwsError: ValidationError, InvalidInput or NoSuchEntity.
    """
    form = request.form()
    actions, resources = _members(form, "ActionNames"), _members(form, "ResourceArns")
    if not actions:
        raise AwsError("ValidationError", "Expected at least one of ActionNames.member.N.")
    _check_principal(form.get("PolicySourceArn", ""), ask)
    start, size = _page(form)
    results = "".join(_result(action, resources) for action in actions[start : start + size])
    is_truncated = start + size < len(actions)
    marker = f"<Marker>{start + size}</Marker>" if is_truncated else ""
    body = (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<SimulatePrincipalPolicyResult><IsTruncated>{str(is_truncated).lower()}</IsTruncated>"
        f"{marker}<EvaluationResults>{results}</EvaluationResults>"
        "</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    ).encode()
    return 200, (("content-type", "text/xml"), ("content-length", str(len(body)))), body


def _check_principal(arn: str, ask: Callable[[MotoRequest], Response]) -> None:
    named = _PRINCIPAL.fullmatch(arn)
    if not named:
        raise AwsError(
            "InvalidInput",
            f"Invalid Entity Arn: {arn} does not clearly define entity type and name.",
        )
    kind = named[1].title()
    question = query_request("iam", _REGION, f"Get{kind}", **{f"{kind}Name": named[2]})
    status, _, body = ask(question)
    if status != 200 or f"<Arn>{escape(arn)}</Arn>".encode() not in body:
        raise AwsError("NoSuchEntity", f"The {named[1]} {arn} cannot be found.", 404)


def _members(form: Mapping[str, str], name: str) -> list[str]:
    found = {
        int(number): text
        for key, text in form.items()
        for prefix, _, number in [key.rpartition(".")]
        if prefix == f"{name}.member" and number.isdigit()
    }
    return [found[number] for number in sorted(found)]


def _page(form: Mapping[str, str]) -> tuple[int, int]:
    """Where the page starts, and how many actions it has."""
    try:
        return int(form.get("Marker", 0)), int(form.get("MaxItems", _USUAL_ITEMS))
    except ValueError as error:
        raise AwsError("InvalidInput", f"Invalid Marker or MaxItems: {error}.") from error


def _result(action: str, resources: list[str]) -> str:
    """An action is evaluated once for all resources, with a result of its own for each given."""
    specific = "".join(
        f"<member><EvalResourceName>{escape(resource)}</EvalResourceName>"
        "<EvalResourceDecision>allowed</EvalResourceDecision></member>"
        for resource in resources
    )
    return (
        f"<member><EvalActionName>{escape(action)}</EvalActionName>"
        f"<EvalResourceName>{escape(resources[0]) if len(resources) == 1 else '*'}"
        "</EvalResourceName><EvalDecision>allowed</EvalDecision>"
        "<MatchedStatements/><MissingContextValues/>"
        f"<ResourceSpecificResults>{specific}</ResourceSpecificResults></member>"
    )
