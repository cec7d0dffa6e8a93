"""An alarm's actions, by the service that their ARNs name."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.clients import client

logger = logging.getLogger(__name__)


def take(context: Context, arn: str, described: Mapping[str, Any], before: str) -> None:
    """Take one action; that it fails keeps no other from being taken.

    Source: AlarmActions of PutMetricAlarm for the ARNs that there are.
    """
    service = arn.split(":")[2]
    try:
        if service not in _ACTIONS:
            logger.warning("alarm %s: no action by %s", described["AlarmName"], service)
        else:
            _ACTIONS[service](context, arn, described, before)
    except Exception:  # another service's refusal, by whichever way it was called
        logger.exception("alarm %s: action %s", described["AlarmName"], arn)


def _notify(context: Context, arn: str, described: Mapping[str, Any], before: str) -> None:
    """Publish what SNS subscribers get. Source: the JSON of CloudWatch's notifications."""
    state = described["StateValue"]
    message = {
        "AlarmName": described["AlarmName"],
        "AlarmDescription": described.get("AlarmDescription"),
        "AWSAccountId": context.settings.account_id,
        "AlarmArn": described["AlarmArn"],
        "NewStateValue": state,
        "NewStateReason": described.get("StateReason", ""),
        "StateChangeTime": datetime.fromtimestamp(context.clock(), UTC).isoformat(),
        "Region": context.settings.region,
        "OldStateValue": before,
        "Trigger": {
            "MetricName": described["MetricName"],
            "Namespace": described["Namespace"],
            "Statistic": described.get("ExtendedStatistic") or described["Statistic"],
            "Dimensions": [
                {"name": each["Name"], "value": each["Value"]}
                for each in described.get("Dimensions", ())
            ],
            "Period": described["Period"],
            "EvaluationPeriods": described["EvaluationPeriods"],
            "ComparisonOperator": described["ComparisonOperator"],
            "Threshold": described["Threshold"],
            "TreatMissingData": described.get("TreatMissingData", "missing"),
        },
    }
    subject = f'{state}: "{described["AlarmName"]}" in {context.settings.region}'
    client(context, "sns").publish(TopicArn=arn, Subject=subject[:100], Message=json.dumps(message))


def _invoke(context: Context, arn: str, described: Mapping[str, Any], before: str) -> None:
    event = {
        "source": "aws.cloudwatch",
        "alarmArn": described["AlarmArn"],
        "accountId": context.settings.account_id,
        "region": context.settings.region,
        "alarmData": {
            "alarmName": described["AlarmName"],
            "state": {
                "value": described["StateValue"],
                "reason": described.get("StateReason", ""),
            },
            "previousState": {"value": before},
        },
    }
    context.api.call(
        "lambda",
        "Invoke",
        FunctionName=arn,
        InvocationType="Event",
        Payload=json.dumps(event).encode(),
    )


def _scale(context: Context, arn: str, described: Mapping[str, Any], before: str) -> None:
    # Imported here, as the policies' service itself makes alarms.
    from emulator.services.application_autoscaling.scaling import scale

    try:
        scale(context, arn, described)
    except AwsError as error:
        logger.warning("alarm %s: policy %s: %s", described["AlarmName"], arn, error)


_ACTIONS: Mapping[str, Callable[[Context, str, Mapping[str, Any], str], None]] = {
    "sns": _notify,
    "lambda": _invoke,
    "autoscaling": _scale,
}
