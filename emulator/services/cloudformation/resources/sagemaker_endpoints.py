"""SageMaker's endpoints: there once they are InService, updated under the eyes of alarms.

Source: AWS::SageMaker::Endpoint in the template reference; UpdateEndpoint and DescribeEndpoint.
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from emulator.services.cloudformation.resources.failures import is_gone
from emulator.services.cloudformation.resources.provider import (
    Naming,
    Provider,
    ResourceFailed,
    Work,
)
from emulator.services.cloudformation.resources.tagging import retag as _retag

_OPTIONS = (
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)
_STABLE = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")


def name_of(work: Work) -> str:
    """The name at the end of the ARN that Ref gives."""
    return work.physical_id.rpartition("/")[2]


def retag(work: Work) -> None:
    """Put the tags of a resource whose Ref is its ARN."""
    _retag(
        work,
        "sagemaker",
        {"ResourceArn": work.physical_id},
        put=("AddTags", "Tags"),
        remove=("DeleteTags", "TagKeys"),
    )


def _config_name(properties: Mapping[str, Any]) -> str:
    """A template gives the config's name, or its Ref, which is an ARN."""
    return str(properties["EndpointConfigName"]).rpartition("/")[2]


def _create(work: Work) -> str:
    answer = work.call(
        "sagemaker",
        "CreateEndpoint",
        EndpointName=work.name,
        EndpointConfigName=_config_name(work.properties),
        **work.given("DeploymentConfig"),
        Tags=work.tag_list(),
    )
    arn = str(answer["EndpointArn"])
    work.made(arn)
    _wait_for_service(work, work.name, _config_name(work.properties))
    return arn


def _update(work: Work) -> None:
    """UpdateEndpoint, and the wait for what came of it.

    After a rollback the endpoint is InService again, with the former config: that is a failure.
    """
    is_changed = work.has_changed("EndpointConfigName", "DeploymentConfig")
    if is_changed and not _is_put_back_already(work):
        work.call(
            "sagemaker",
            "UpdateEndpoint",
            EndpointName=name_of(work),
            EndpointConfigName=_config_name(work.properties),
            **work.given("DeploymentConfig", *_OPTIONS),
        )
        _wait_for_service(work, name_of(work), _config_name(work.properties))
    retag(work)


def _is_put_back_already(work: Work) -> bool:
    """Whether the stack's update is taken back and SageMaker has done so with the endpoint's."""
    found = _wait_until_stable(work, name_of(work))
    is_serving = found["EndpointStatus"] == "InService"
    is_former = found.get("EndpointConfigName") == _config_name(work.properties)
    return bool(work.attributes) and is_serving and is_former


def _wait_until_stable(work: Work, name: str) -> Mapping[str, Any]:
    found: dict[str, Any] = {}

    def is_stable() -> bool:
        found.update(work.call("sagemaker", "DescribeEndpoint", EndpointName=name))
        return found["EndpointStatus"] in _STABLE

    work.wait(is_stable)
    return found


def _wait_for_service(work: Work, name: str, config_name: str) -> None:
    found = _wait_until_stable(work, name)
    status, serving = found["EndpointStatus"], found.get("EndpointConfigName")
    if status == "InService" and serving == config_name:
        return
    reason = found.get("FailureReason", "it has no failure reason")
    if status == "InService":
        raise ResourceFailed(
            f"Endpoint {name} was rolled back to endpoint config {serving} and did not get "
            f"{config_name}: {reason}"
        )
    raise ResourceFailed(f"Endpoint {name} did not become InService, it is {status}: {reason}")


def _delete(work: Work) -> None:
    _wait_until_stable(work, name_of(work))
    work.call("sagemaker", "DeleteEndpoint", EndpointName=name_of(work))
    work.wait(lambda: _is_deleted(work))


def _is_deleted(work: Work) -> bool:
    try:
        work.call("sagemaker", "DescribeEndpoint", EndpointName=name_of(work))
    except ClientError as error:
        if is_gone(error):
            return True
        raise
    return False


def _attributes(work: Work) -> Mapping[str, Any]:
    found = work.call("sagemaker", "DescribeEndpoint", EndpointName=name_of(work))
    return {"EndpointName": found["EndpointName"], "EndpointArn": found["EndpointArn"]}


ENDPOINT = Provider(
    properties=frozenset(
        {"EndpointName", "EndpointConfigName", "DeploymentConfig", "Tags", *_OPTIONS}
    ),
    create=_create,
    update=_update,
    delete=_delete,
    attributes=_attributes,
    naming=Naming("EndpointName", 63),
    identity=lambda work: work.arn("sagemaker", f"endpoint/{work.name}"),
)
