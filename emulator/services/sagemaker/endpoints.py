"""Endpoints: names under which deployed models answer."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import validation_error
from emulator.services.runtime.fleets import fleets_of
from emulator.services.sagemaker import (
    async_inference,
    named_resources,
    names,
    serverless,
    tags,
)
from emulator.services.sagemaker.endpoint_configs import (
    INSTANCES_AT_MOST,
    existing_endpoint_config,
)
from emulator.services.sagemaker.model_packages import check_deployable
from emulator.services.sagemaker.models import existing_model, resolved_container
from emulator.services.sagemaker.named_resources import ENDPOINT
from emulator.services.sagemaker.serving import (
    alarms,
    deployments,
    policies,
    progress,
    recovery,
    statuses,
)
from emulator.services.sagemaker.serving.fleets import every_variant
from emulator.services.sagemaker.serving.updates import instance_counts
from emulator.store import Missing

_INSTANCES = "InitialInstanceCount"
recover = recovery.recover
shut_down = deployments.shut_down


def existing_endpoint(context: Context, name: str) -> dict[str, Any]:
    """The endpoint's document.

    Raises:
        AwsError: ValidationException, as AWS answers for an endpoint that is not there.
    """
    return named_resources.existing(context, ENDPOINT, name)


def create_endpoint(context: Context, request: Request) -> Answer:
    """Begin to start the servers of an endpoint config; the endpoint is Creating meanwhile.

    Raises:
        AwsError: ValidationException: the name is taken, or the config or a model is missing.
    """
    name = request["EndpointName"]
    if context.store.get(ENDPOINT.noun, name) is not None:
        raise named_resources.name_taken(context, ENDPOINT, name)
    deployment = _deployment(context, request["EndpointConfigName"])
    _refuse(policies.faults(request.get("DeploymentConfig", {}), instance_counts(deployment)))
    members = {
        "EndpointConfigName": request["EndpointConfigName"],
        "EndpointStatus": "Creating",
        "LastModifiedTime": context.clock(),
        "_Deployment": deployment,
    }
    if "DeploymentConfig" in request:
        members["LastDeploymentConfig"] = request["DeploymentConfig"]
    answer = named_resources.create(context, ENDPOINT, request, members)
    context.workers.start(f"endpoint-{name}", deployments.create, context, name)
    return answer


def _deployment(context: Context, config_name: str) -> dict[str, Any]:
    """The config with the containers of its models, as they are now."""
    config = existing_endpoint_config(context, config_name)
    deployment: dict[str, Any] = {"EndpointConfigName": config_name}
    for kind in ("ProductionVariants", progress.SHADOWS):
        if kind in config:
            deployment[kind] = [_with_container(context, variant) for variant in config[kind]]
    for member in ("DataCaptureConfig", async_inference.MEMBER):
        if member in config:
            deployment[member] = config[member]
    return deployment


def _with_container(context: Context, variant: dict[str, Any]) -> dict[str, Any]:
    model = existing_model(context, variant["ModelName"])
    given = (model.get("Containers") or [model["PrimaryContainer"]])[0]
    if "ModelPackageName" in given:
        check_deployable(context, given["ModelPackageName"])
    return variant | {"_Container": resolved_container(context, given)}


def _refuse(faults: list[str]) -> None:
    if faults:
        raise validation_error(" ".join(faults))


def describe_endpoint(context: Context, request: Request) -> Answer:
    """The endpoint as it is now, with the deployment that is under way."""
    document = existing_endpoint(context, request["EndpointName"])
    return document | progress.described(document)


def list_endpoints(context: Context, request: Request) -> Answer:
    """The endpoints of this account."""
    status = "EndpointStatus"
    return named_resources.list_page(
        context, ENDPOINT, request, "LastModifiedTime", status, status_key=status
    )


@blocking
def update_endpoint(context: Context, request: Request) -> Answer:
    """Begin to replace the fleet by one of another config; the old one serves meanwhile.

    Raises:
        AwsError: ValidationException: something is missing, the deployment config or its alarms
            are not acceptable, or the endpoint is in progress.
    """
    name = request["EndpointName"]
    document = existing_endpoint(context, name)
    deployment = _deployment(context, request["EndpointConfigName"])
    if request.get("RetainAllVariantProperties"):
        excluded = request.get("ExcludeRetainedVariantProperties", [])
        _retain(document, deployment, {each["VariantPropertyType"] for each in excluded})
    config = request.get("DeploymentConfig")
    if config is None and request.get("RetainDeploymentConfig"):
        config = document.get("LastDeploymentConfig")
    before = document["_Deployment"]
    _refuse(
        [
            *async_inference.change_faults(name, before, deployment),
            *_deployment_faults(context, config or {}, before, deployment),
        ]
    )
    policy = {} if serverless.is_serverless(deployment) else config or {}
    members = {"_NextDeployment": deployment, "_UpdatePolicy": policy, "FailureReason": None}
    _enter(context, name, "Updating", **members, LastDeploymentConfig=config)
    context.workers.start(f"endpoint-{name}", deployments.update, context, name)
    return {"EndpointArn": document["EndpointArn"]}


def _deployment_faults(
    context: Context,
    config: Mapping[str, Any],
    before: Mapping[str, Any],
    deployment: dict[str, Any],
) -> list[str]:
    """Source: "Exclusions" of deployment guardrails in the developer guide.

    Where guardrails do not apply, as to serverless endpoints, all traffic shifts at once.
    """
    counts = instance_counts(deployment)
    faults = policies.faults(config, counts)
    names = {variant["VariantName"] for variant in before["ProductionVariants"]}
    has_policy = "BlueGreenUpdatePolicy" in config or "RollingUpdatePolicy" in config
    if has_policy and names != set(counts):
        faults.append(
            "With a deployment config the new endpoint config must have the same variant names as"
            f" the old: {', '.join(sorted(names))}; got {', '.join(counts)}."
        )
    if serverless.is_serverless(deployment):
        if not serverless.is_serverless(before):
            faults.append("An instance-based endpoint cannot be updated to a serverless one.")
        if "RollingUpdatePolicy" in config:
            faults.append("RollingUpdatePolicy is not supported for serverless endpoints.")
    return [*faults, *alarms.faults(context, policies.read_alarms(config))]


def _retain(document: Mapping[str, Any], deployment: dict[str, Any], excluded: set[str]) -> None:
    """Keep what was changed on the running variants of the same names.

    Source: RetainAllVariantProperties of UpdateEndpoint in the API reference.
    """
    before = document["_Deployment"]
    known = {variant["VariantName"]: variant for variant in every_variant(before)}
    retained = {
        "DesiredInstanceCount": _INSTANCES,
        "DesiredWeight": "InitialVariantWeight",
    }
    for variant in every_variant(deployment):
        for kind, member in retained.items():
            if kind not in excluded and member in known.get(variant["VariantName"], {}):
                variant[member] = known[variant["VariantName"]][member]
    if "DataCaptureConfig" not in excluded and "DataCaptureConfig" in before:
        deployment["DataCaptureConfig"] = before["DataCaptureConfig"]


def _enter(context: Context, name: str, status: str, **members: Any) -> None:
    try:
        statuses.enter(context, name, status, **members)
    except statuses.NotAllowed as error:
        arn = names.arn(context, "endpoint", name)
        raise validation_error(
            f'Cannot update in-progress endpoint "{arn}". Its status is {error.status}.'
        ) from error
    except Missing:  # it has been Deleting, and its last server has ended in this moment
        existing_endpoint(context, name)
        raise


def update_endpoint_weights_and_capacities(context: Context, request: Request) -> Answer:
    """Change the shares of the traffic and the numbers of instances of the running variants.

    Raises:
        AwsError: ValidationException: an unknown variant, no instance or no weight left, or the
            endpoint is in progress.
    """
    name = request["EndpointName"]
    document = existing_endpoint(context, name)
    before = document["_Deployment"]
    deployment = _changed(before, request["DesiredWeightsAndCapacities"])
    if fleets_of(context).get(name) is None:
        raise validation_error(
            f'Cannot update endpoint "{document["EndpointArn"]}": it is not serving.'
        )
    _enter(context, name, "Updating", _NextDeployment=deployment, _UpdatePolicy=None)
    context.workers.start(f"endpoint-{name}", deployments.change_capacities, context, name)
    return {"EndpointArn": document["EndpointArn"]}


def _capacity_faults(variant: dict[str, Any], change: Mapping[str, Any], fewest: int) -> list[str]:
    """Change a serverless variant's concurrency too, and say what no variant can have."""
    where = f'variant "{variant["VariantName"]}"'
    if "ServerlessConfig" in variant:
        config = variant["ServerlessConfig"] | change.get("ServerlessUpdateConfig", {})
        variant["ServerlessConfig"] = config
        faults = list(serverless.concurrency_faults(config, where))
        if "DesiredInstanceCount" in change:
            faults.append(f"DesiredInstanceCount cannot be given for the serverless {where}.")
        return faults
    faults = []
    if "ServerlessUpdateConfig" in change:
        faults.append(f"ServerlessUpdateConfig is for serverless variants, which {where} is not.")
    if not fewest <= variant[_INSTANCES] <= INSTANCES_AT_MOST:
        faults.append(f"V{where[1:]} needs from {fewest} to {INSTANCES_AT_MOST} instances.")
    return faults


def _changed(before: Mapping[str, Any], changes: list[dict[str, Any]]) -> dict[str, Any]:
    """The deployment with other weights and capacities."""
    members = {"DesiredWeight": "InitialVariantWeight", "DesiredInstanceCount": _INSTANCES}
    variants = {variant["VariantName"]: dict(variant) for variant in every_variant(before)}
    fewest = 0 if async_inference.MEMBER in before else 1
    faults = []
    for change in changes:
        name = change["VariantName"]
        if name not in variants:
            faults.append(f'The endpoint has no variant "{name}".')
            continue
        variants[name] |= {members[key]: change[key] for key in members if key in change}
        faults += _capacity_faults(variants[name], change, fewest)
    changed = {
        kind: [variants[variant["VariantName"]] for variant in before[kind]]
        for kind in ("ProductionVariants", progress.SHADOWS)
        if kind in before
    }
    weights = [variant["InitialVariantWeight"] for variant in changed["ProductionVariants"]]
    if not faults and sum(weights) <= 0:
        faults.append("At least one production variant must have a weight greater than 0.")
    _refuse(faults)
    return {**before, **changed}


def delete_endpoint(context: Context, request: Request) -> Answer:
    """Begin to end the servers; the endpoint is Deleting until they have ended.

    Raises:
        AwsError: ValidationException: there is no such endpoint, or it is being deleted.
    """
    name = request["EndpointName"]
    document = existing_endpoint(context, name)
    _enter(context, name, "Deleting")
    tags.forget(context, document["EndpointArn"])
    context.workers.start(f"endpoint-{name}", deployments.delete, context, name)
    return {}


OPERATIONS: Mapping[str, Handler] = {
    "CreateEndpoint": create_endpoint,
    "DescribeEndpoint": describe_endpoint,
    "ListEndpoints": list_endpoints,
    "UpdateEndpoint": update_endpoint,
    "UpdateEndpointWeightsAndCapacities": update_endpoint_weights_and_capacities,
    "DeleteEndpoint": delete_endpoint,
}
