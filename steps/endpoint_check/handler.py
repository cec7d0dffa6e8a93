"""The Lambda function that asks a deployed endpoint one question and judges the answer.

A step of the deployment pipeline calls it; an exception fails the step, and so the execution.
"""

import json
import math

import boto3
from botocore.exceptions import ClientError


class WrongAnswerError(Exception):
    """The endpoint is not what was deployed, or did not answer as a working model does."""


def handle(event, context):
    """Lambda's entry point.

    Args:
        event: EndpointName, EndpointConfigName, ContentType, Body, AnswerKey (the list in a JSON
            answer, "" for one number a line), ValueKey (the number in an item, or a list of one; ""
            for the item),
            Answers (how many), Minimum and Maximum (of each number).
        context: Lambda's; not used.

    Returns:
        Answer: what the endpoint said, shortened.

    Raises:
        WrongAnswerError: with what was expected and what came.
    """
    return check(event, boto3.client("sagemaker"), boto3.client("sagemaker-runtime"))


def check(event, sagemaker, runtime):
    """Judges the endpoint with the given clients; see `handle`."""
    _check_configuration(event, sagemaker)
    text = _ask(event, runtime)
    found = faults(event, text)
    if found:
        raise WrongAnswerError(
            f"Endpoint {event['EndpointName']} was asked {event['Body']!r}: "
            f"{'; '.join(found)}. It said: {text[:500]}"
        )
    return {"Answer": text[:200]}


def _check_configuration(event, sagemaker):
    # After an update that failed, the endpoint serves the model that it had before.
    endpoint = sagemaker.describe_endpoint(EndpointName=event["EndpointName"])
    serving = endpoint["EndpointConfigName"]
    if endpoint["EndpointStatus"] != "InService" or serving != event["EndpointConfigName"]:
        raise WrongAnswerError(
            f"Endpoint {event['EndpointName']} is {endpoint['EndpointStatus']} with configuration "
            f"{serving}; expected InService with {event['EndpointConfigName']}. "
            f"{endpoint.get('FailureReason', '')}".rstrip()
        )


def _ask(event, runtime):
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=event["EndpointName"],
            ContentType=event["ContentType"],
            Accept=event["ContentType"],
            Body=event["Body"].encode("utf-8"),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ModelError":
            raise
        raise WrongAnswerError(
            f"Endpoint {event['EndpointName']} was asked {event['Body']!r} and answered with "
            f"status {error.response.get('OriginalStatusCode')}. Its log is in group "
            f"/aws/sagemaker/Endpoints/{event['EndpointName']}. It said: "
            f"{_without_library_frames(error.response.get('OriginalMessage', ''))}"
        ) from None
    return answer["Body"].read().decode("utf-8")


def _without_library_frames(text):
    # A step's FailureReason is cut at 1,024 characters, which a server's own frames fill.
    kept, is_library = [], False
    for line in text.splitlines():
        if line.startswith('  File "'):
            is_library = "/site-packages/" in line
        elif not line.startswith("    "):
            is_library = False
        if not is_library:
            kept.append(line)
    return "\n".join(kept)


def faults(event, text):
    """What is wrong with an answer to the question; nothing if it is right. See `handle`."""
    try:
        numbers = _numbers(event, text)
    except (ValueError, KeyError, TypeError) as error:
        return [f"the answer has another form than expected ({type(error).__name__}: {error})"]
    found = []
    if len(numbers) != event["Answers"]:
        found.append(f"expected {event['Answers']} answers, got {len(numbers)}")
    wrong = [n for n in numbers if not _is_within(n, event["Minimum"], event["Maximum"])]
    if wrong:
        found.append(f"expected {event['Minimum']} to {event['Maximum']}, got {wrong}")
    return found


def _numbers(event, text):
    if not event["AnswerKey"]:
        return [float(line) for line in text.split()]
    items = json.loads(text)[event["AnswerKey"]]
    return [_number(item[event["ValueKey"]] if event["ValueKey"] else item) for item in items]


def _number(value):
    # Some algorithms give a list of scores, which has one for a regression.
    return float(value[0] if isinstance(value, list) and len(value) == 1 else value)


def _is_within(number, minimum, maximum):
    return math.isfinite(number) and minimum <= number <= maximum
