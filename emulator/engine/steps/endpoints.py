"""EndpointConfig and Endpoint steps."""

from typing import Any

from emulator.engine.steps.resources import RESOURCES
from emulator.engine.steps.run import StepFailed, StepResult, StepRun
from emulator.errors import AwsError

_SETTLED = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")


def run_endpoint_config(run: StepRun) -> StepResult:
    """CreateEndpointConfig, under a name that starts with the one in the Arguments.

    Source: https://github.com/aws/sagemaker-python-sdk/pull/6224: "carries an execution-unique
    name suffix", which the endpoint's name does not.
    """
    answer = run.call(
        "CreateEndpointConfig", **{**run.tagged(), "EndpointConfigName": run.job_name}
    )
    return StepResult({"EndpointConfig": {"Arn": answer["EndpointConfigArn"]}}, run.job_name)


def run_endpoint(run: StepRun) -> StepResult:
    """CreateEndpoint, or UpdateEndpoint where there is one of that name; until it is in service.

    Source: `EndpointStep` of SageMaker SDK v3: "the pipeline chooses create-vs-update based on
    endpoint existence".
    """
    name, config = run.arguments["EndpointName"], run.arguments["EndpointConfigName"]
    if _exists(run, name):
        changes: dict[str, Any] = {"EndpointName": name, "EndpointConfigName": config}
        if "DeploymentConfig" in run.arguments:
            changes["DeploymentConfig"] = run.arguments["DeploymentConfig"]
        answer = run.call("UpdateEndpoint", **changes)
    else:
        answer = run.call("CreateEndpoint", **run.tagged())
    result = StepResult({"Endpoint": {"Arn": answer["EndpointArn"]}}, name)
    run.report(result)
    endpoint = run.context.store.wait_until(
        RESOURCES["Endpoint"].kind, name, lambda document: document["EndpointStatus"] in _SETTLED
    )
    if endpoint["EndpointStatus"] != "InService" or endpoint["EndpointConfigName"] != config:
        reason = endpoint.get("FailureReason", "it gave no reason")
        raise StepFailed(
            f"ClientError: Endpoint {name} is {endpoint['EndpointStatus']} with endpoint config"
            f" {endpoint['EndpointConfigName']}, not InService with {config}: {reason}"
        )
    return result


def _exists(run: StepRun, name: str) -> bool:
    try:
        run.context.api.call("sagemaker", "DescribeEndpoint", EndpointName=name)
    except AwsError:
        return False
    return True
