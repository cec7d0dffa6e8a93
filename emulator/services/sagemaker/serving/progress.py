"""How far a deployment is, in the endpoint's document and as DescribeEndpoint tells it.

Source: "SageMaker endpoint deployment state change" in the developer guide, for the statuses of a
variant and their messages; PendingDeploymentSummary in the API reference.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.services.sagemaker.serving.statuses import KIND

KEY = "_Progress"
SHADOWS = "ShadowProductionVariants"


def tell(context: Context, name: str, status: str, message: str, active: Mapping[str, int]) -> None:
    """Write what a deployment does now.

    Args:
        context: The emulator.
        name: The endpoint.
        status: A VariantStatus.
        message: With ``{count}`` where the number of the variant's instances is told.
        active: How many instances of each variant have traffic, by the variant's name.

    Raises:
        Missing: The endpoint is gone.
    """
    progress = {
        "Status": status,
        "StatusMessage": message,
        "StartTime": context.clock(),
        "Active": dict(active),
    }
    context.store.update(KIND, name, lambda document: document | {KEY: progress})


def described(document: Mapping[str, Any]) -> dict[str, Any]:
    """What DescribeEndpoint says of a deployment that is under way, if one is."""
    status = document["EndpointStatus"]
    if status == "Creating":
        return {"PendingDeploymentSummary": _summary(document, document["_Deployment"])}
    if status != "Updating" or "_NextDeployment" not in document:
        return {}
    if "_UpdatePolicy" in document:
        return {"PendingDeploymentSummary": _summary(document, document["_NextDeployment"])}
    return _scaling(document)


def _summary(document: Mapping[str, Any], deployment: Mapping[str, Any]) -> dict[str, Any]:
    progress = document.get(KEY, {})
    summary = {
        "EndpointConfigName": deployment["EndpointConfigName"],
        "ProductionVariants": [_pending(v, progress) for v in deployment["ProductionVariants"]],
        "StartTime": document["LastModifiedTime"],
    }
    if SHADOWS in deployment:
        summary[SHADOWS] = [_pending(variant, progress) for variant in deployment[SHADOWS]]
    return summary


def _pending(variant: Mapping[str, Any], progress: Mapping[str, Any]) -> dict[str, Any]:
    summary = {
        "VariantName": variant["VariantName"],
        "DesiredWeight": variant["InitialVariantWeight"],
    }
    if "ServerlessConfig" in variant:
        return summary | {"DesiredServerlessConfig": variant["ServerlessConfig"]}
    summary |= {
        "InstanceType": variant["InstanceType"],
        "DesiredInstanceCount": variant["InitialInstanceCount"],
    }
    active = progress.get("Active", {}).get(variant["VariantName"])
    if active is not None:
        summary["CurrentInstanceCount"] = active
        summary["CurrentWeight"] = variant["InitialVariantWeight"] if active else 0.0
    if progress:
        count = active or variant["InitialInstanceCount"]
        summary["VariantStatus"] = [
            {
                "Status": progress["Status"],
                "StatusMessage": progress["StatusMessage"].format(count=count),
                "StartTime": progress["StartTime"],
            }
        ]
    return summary


def _scaling(document: Mapping[str, Any]) -> dict[str, Any]:
    """The variants with what UpdateEndpointWeightsAndCapacities wants of them."""
    found = {}
    for kind in ("ProductionVariants", SHADOWS):
        wanted = {each["VariantName"]: each for each in document["_NextDeployment"].get(kind, [])}
        started = document["LastModifiedTime"]
        found[kind] = [
            _scaled(variant, wanted[variant["VariantName"]], started)
            for variant in document.get(kind, [])
        ]
    return {kind: variants for kind, variants in found.items() if variants}


def _scaled(variant: dict[str, Any], wanted: Mapping[str, Any], started: float) -> dict[str, Any]:
    changed = variant | {"DesiredWeight": wanted["InitialVariantWeight"]}
    if "ServerlessConfig" in wanted:
        return changed | {"DesiredServerlessConfig": wanted["ServerlessConfig"]}
    count = wanted["InitialInstanceCount"]
    message = f"Scaling out desired instance count to {count}."
    status = {"Status": "Updating", "StatusMessage": message, "StartTime": started}
    return changed | {"DesiredInstanceCount": count, "VariantStatus": [status]}
