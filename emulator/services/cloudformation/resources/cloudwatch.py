"""CloudWatch: alarms."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work, by_name
from emulator.services.cloudformation.resources.tagging import retag

_PASSED = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
)


def _put(work: Work, name: str) -> None:
    work.call(
        "cloudwatch", "PutMetricAlarm", AlarmName=name, **work.given(*_PASSED), Tags=work.tag_list()
    )


def _create(work: Work) -> str:
    _put(work, work.name)
    return work.name


def _update(work: Work) -> None:
    """PutMetricAlarm passes over the tags of an alarm that is there already."""
    _put(work, work.physical_id)
    retag(work, "cloudwatch", {"ResourceARN": _attributes(work)["Arn"]})


def _delete(work: Work) -> None:
    work.call("cloudwatch", "DeleteAlarms", AlarmNames=[work.physical_id])


def _attributes(work: Work) -> Mapping[str, Any]:
    answer = work.call("cloudwatch", "DescribeAlarms", AlarmNames=[work.physical_id])
    if not answer["MetricAlarms"]:
        missing = {"Code": "ResourceNotFound", "Message": f"No alarm {work.physical_id}."}
        raise ClientError({"Error": missing, "ResponseMetadata": {}}, "DescribeAlarms")
    return {"Arn": answer["MetricAlarms"][0]["AlarmArn"]}


PROVIDERS: Mapping[str, Provider] = {
    "AWS::CloudWatch::Alarm": Provider(
        properties=frozenset({"AlarmName", "Tags", *_PASSED}),
        create=_create,
        update=_update,
        delete=_delete,
        attributes=_attributes,
        naming=Naming("AlarmName", 255),
        identity=by_name,
    )
}
