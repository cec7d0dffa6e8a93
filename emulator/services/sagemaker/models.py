"""Models: an image, the model data it serves, and the role it runs under."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.errors import AwsError, unsupported, validation_error
from emulator.services.sagemaker import named_resources
from emulator.services.sagemaker.model_packages import existing_package
from emulator.services.sagemaker.named_resources import MODEL
from emulator.services.sagemaker.networks import vpc_faults
from emulator.services.sagemaker.roles import role_fault

_CARRIED_OVER = (
    "PrimaryContainer",
    "Containers",
    "InferenceExecutionConfig",
    "ExecutionRoleArn",
    "VpcConfig",
    "EnableNetworkIsolation",
)

_PACKAGED_KEYS = (
    "ContainerHostname",
    "Image",
    "ModelDataUrl",
    "ModelDataSource",
    "Environment",
    "AdditionalModelDataSources",
)


def existing_model(context: Context, name: str) -> dict[str, Any]:
    """The model's document.

    Raises:
        AwsError: ValidationException, as AWS answers for a model that is not there.
    """
    return named_resources.existing(context, MODEL, name)


@blocking
def create_model(context: Context, request: Request) -> Answer:
    """Name an image and its model data; a container given by model package is kept so.

    Raises:
        AwsError: ValidationException with every fault found: no container, an unknown image, role
            or package, model data or a network that is not there, a name that is taken.
    """
    faults = [
        *_role_faults(context, request),
        *vpc_faults(context, request.get("VpcConfig")),
        *_container_faults(context, request),
    ]
    if faults:
        raise validation_error(" ".join(faults))
    members: dict[str, Any] = {"EnableNetworkIsolation": False}
    members |= {key: request[key] for key in _CARRIED_OVER if key in request}
    return named_resources.create(context, MODEL, request, members)


def _role_faults(context: Context, request: Request) -> list[str]:
    role_arn = request.get("ExecutionRoleArn")
    fault = role_fault(context, role_arn) if role_arn is not None else None
    return [fault] if fault else []


def _container_faults(context: Context, request: Request) -> list[str]:
    if ("PrimaryContainer" in request) == bool(request.get("Containers")):
        return ["Specify exactly one of PrimaryContainer and Containers."]
    containers = request.get("Containers") or [request["PrimaryContainer"]]
    if len(containers) > 1:
        raise unsupported(
            f"CreateModel with {len(containers)} Containers (an inference pipeline) is not"
            " emulated; give one PrimaryContainer."
        )
    try:
        container = resolved_container(context, containers[0])
        context.containers.resolve(container["Image"])
    except AwsError as error:
        if error.code != "ValidationException":
            raise
        return [error.message]
    return _model_data_faults(context, container)


def resolved_container(context: Context, container: Mapping[str, Any]) -> dict[str, Any]:
    """The container with Image, model data and Environment, read from its package if it names one.

    The container's own Environment wins over the package's.

    Raises:
        AwsError: ValidationException for a missing image or package; UnsupportedByEmulator for
            what the emulator does not serve.
    """
    found = dict(container)
    if "ModelPackageName" in container:
        package = existing_package(context, container["ModelPackageName"])
        packaged = _container_of_package(package, container.get("InferenceSpecificationName"))
        found = packaged | {key: value for key, value in found.items() if key != "Environment"}
        found["Environment"] = packaged.get("Environment", {}) | container.get("Environment", {})
    if "Image" not in found:
        raise validation_error("A container needs an Image or a ModelPackageName.")
    if found.get("Mode") == "MultiModel":
        raise unsupported("Multi-model containers (Mode MultiModel) are not emulated.")
    if found.get("AdditionalModelDataSources"):
        raise unsupported("AdditionalModelDataSources of a container are not emulated.")
    return found


def _container_of_package(package: Mapping[str, Any], specification_name: str | None) -> Answer:
    """The one container of a package's inference specification, as CreateModel words it.

    Raises:
        AwsError: ValidationException when the package has no such specification;
            UnsupportedByEmulator when it has more than one container.
    """
    arn = package["ModelPackageArn"]
    specification = package.get("InferenceSpecification")
    if specification_name is not None:
        named = {s["Name"]: s for s in package.get("AdditionalInferenceSpecifications", [])}
        specification = named.get(specification_name)
    if not specification:
        wanted = specification_name or "InferenceSpecification"
        raise validation_error(f"ModelPackage {arn} has no inference specification: {wanted}.")
    containers = specification["Containers"]
    if len(containers) > 1:
        raise unsupported(
            f"ModelPackage {arn} has {len(containers)} containers: inference pipelines are not"
            " emulated, register the model with one container."
        )
    return {key: value for key, value in containers[0].items() if key in _PACKAGED_KEYS}


def model_data_location(container: Mapping[str, Any]) -> tuple[str, bool] | None:
    """Where the model data of a resolved container lies, and whether it is one archive.

    Without an archive the URI is a prefix, whose objects are the model directory's files.
    """
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is not None:
        return source["S3Uri"], source["CompressionType"] == "Gzip"
    if "ModelDataUrl" in container:
        return container["ModelDataUrl"], True
    return None


def bucket_and_key(s3_uri: str) -> tuple[str, str]:
    """The two parts of ``s3://bucket/key``, or of the same thing as an https URL.

    Raises:
        AwsError: ValidationException when the URI names no bucket.
    """
    parts = urlsplit(s3_uri, allow_fragments=False)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if parts.scheme == "s3" and parts.netloc:
        return parts.netloc, path.removeprefix("/")
    bucket, _, key = path.removeprefix("/").partition("/")
    if parts.scheme != "https" or not bucket:
        raise validation_error(f"{s3_uri!r} is not an S3 URI such as s3://bucket/key.")
    if ".s3." in parts.netloc:
        return parts.netloc.split(".s3.", 1)[0], path.removeprefix("/")
    return bucket, key


def _model_data_faults(context: Context, container: Mapping[str, Any]) -> list[str]:
    location = model_data_location(container)
    if location is None:
        return []
    s3_uri, is_archive = location
    bucket, key = bucket_and_key(s3_uri)
    is_there = context.objects.bucket_exists(bucket) and (
        context.objects.head(bucket, key) is not None
        if is_archive
        else next(iter(context.objects.list(bucket, key)), None) is not None
    )
    return [] if is_there else [f"Could not find model data at {s3_uri}."]


def describe_model(context: Context, request: Request) -> Answer:
    """The model as it was created."""
    return existing_model(context, request["ModelName"])


def list_models(context: Context, request: Request) -> Answer:
    """The models of this account."""
    return named_resources.list_page(context, MODEL, request)


def delete_model(context: Context, request: Request) -> Answer:
    """Forget the model; endpoints that run it go on."""
    return named_resources.delete(context, MODEL, request["ModelName"])


OPERATIONS: Mapping[str, Handler] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "ListModels": list_models,
    "DeleteModel": delete_model,
}
