"""BatchPutMetrics."""

import math
from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request
from emulator.services.sagemaker.experiments import entities
from emulator.services.sagemaker.experiments.entities import TRIAL_COMPONENT
from emulator.services.sagemaker.metric_summaries import observed
from emulator.store import Document


def batch_put_metrics(context: Context, request: Request) -> Answer:
    """Add values to the metrics of a trial component; those that are no number are answered.

    Source: sagemaker-metrics in botocore, "METRIC_LIMIT_EXCEEDED | ... | VALIDATION_ERROR".

    Raises:
        AwsError: ResourceNotFound: there is no such trial component.
    """
    name = request["TrialComponentName"]
    wrong = [
        {"Code": "VALIDATION_ERROR", "MetricIndex": index}
        for index, metric in enumerate(request["MetricData"])
        if not math.isfinite(metric["Value"])
    ]

    def change(component: Document) -> None:
        own_arn = component["TrialComponentArn"]
        metrics = component.get("Metrics", [])
        known = {each["MetricName"]: each for each in metrics if each["SourceArn"] == own_arn}
        for metric in request["MetricData"]:
            if math.isfinite(metric["Value"]):
                known[metric["MetricName"]] = _with(known, metric, own_arn)
        others = [each for each in metrics if each["SourceArn"] != own_arn]
        component["Metrics"] = [*others, *known.values()]

    entities.update(context, TRIAL_COMPONENT, name, change)
    return {"Errors": wrong} if wrong else {}


def _with(
    known: Mapping[str, Document], metric: Mapping[str, Any], source_arn: str
) -> dict[str, Any]:
    name = metric["MetricName"]
    summary = observed(name, known.get(name), metric["Value"], metric["Timestamp"])
    return {**summary, "SourceArn": source_arn}


OPERATIONS: Mapping[str, Handler] = {"BatchPutMetrics": batch_put_metrics}
