"""What SageMaker and S3 say of the things that lineage names, each as a node without children."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from model_deploy.lineage.graph import Entity
from model_deploy.lineage.nodes import Node, at, known
from pipelines import commit as commits

_SHA256 = re.compile(r"/([0-9a-f]{64})/")
_EXECUTION_TAG = "sagemaker:pipeline-execution-arn"
_PACKAGE = ":model-package/"
_LISTED_OBJECTS = 1000
# Of a toolkit, not of the model.
_TOOLKITS_OWN = "sagemaker_"


@dataclass(frozen=True)
class JobType:
    """How a type of job is described."""

    words: str
    noun: str
    facts: Callable[[Mapping[str, Any]], dict[str, str]]


@dataclass(frozen=True)
class Job:
    """A job that is part of lineage.

    Attributes:
        described: As SageMaker describes it; None once it is deleted.
    """

    type: JobType
    name: str
    described: Mapping[str, Any] | None


@dataclass(frozen=True)
class Clients:
    """The AWS clients that lineage is read with."""

    sagemaker: Any
    s3: Any


def artifact_of(clients: Clients, entity: Entity) -> dict[str, Any]:
    """An artifact as SageMaker describes it."""
    described: dict[str, Any] = clients.sagemaker.describe_artifact(ArtifactArn=entity.arn)
    return described


def is_package(uri: str) -> bool:
    """Whether an artifact's URI is a model package's ARN."""
    return _PACKAGE in uri


def data(clients: Clients, artifact: Mapping[str, Any], label: str = "") -> Node:
    """An artifact in S3, with what its content was, or is where nobody recorded it."""
    uri = artifact["Source"]["SourceUri"]
    recorded = [
        f"{each['SourceIdType']} {each['Value']}"
        for each in artifact["Source"].get("SourceTypes", [])
    ]
    facts = known(
        input=label,
        content=", ".join(recorded) or content_now(clients.s3, uri),
        sha256=_sha256(uri),
    )
    is_model = artifact.get("ArtifactType") == "Model"
    kind = "Model" if is_model else "Code" if is_code(uri, label) else "Data"
    return Node(kind, uri, facts)


def is_code(uri: str, label: str) -> bool:
    """Whether an input of a job is the script that it runs."""
    return label in ("code", "entrypoint") or uri.endswith(("/sourcedir.tar.gz", ".py"))


def code(clients: Clients, uri: str) -> Node:
    """A source archive, which has its hash in its key or else an ETag."""
    sha256 = _sha256(uri)
    now = None if sha256 else content_now(clients.s3, uri)
    return Node("Code", uri, known(sha256=sha256, content=now))


def _sha256(uri: str) -> str | None:
    found = _SHA256.search(uri)
    return found[1] if found else None


def content_now(s3: Any, uri: str) -> str | None:
    """What lies under an S3 URI at present: an ETag, or how many objects."""
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3":
        return None
    try:
        answer = s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=_LISTED_OBJECTS)
    except ClientError as error:
        return f"cannot be read now: {error.response['Error']['Code']}"
    found = answer.get("Contents", [])
    if [each["Key"] for each in found] == [key]:
        return f"S3ETag {found[0]['ETag'].strip(chr(34))} now; none was recorded"
    more = " or more" if answer.get("IsTruncated") else ""
    return f"{len(found)}{more} objects now; no content was recorded"


def package(clients: Clients, arn: str) -> Node:
    """A model package: whose decision it is that it may be deployed, and where it is from."""
    name = arn.rpartition(_PACKAGE)[2]
    described = _described(clients.sagemaker.describe_model_package, ModelPackageName=arn)
    if described is None:
        return Node("Model package", name, {"now": "deleted"})
    status = described.get("ModelApprovalStatus")
    modified = described.get("LastModifiedTime")
    when = f" at {at(modified)}" if modified else ""
    note = described.get("ApprovalDescription")
    execution = described.get("MetadataProperties", {}).get("GeneratedBy")
    metrics = described.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    facts = known(
        approval=f"{status}{when}{_by(described.get('LastModifiedBy'))}" if status else None,
        note=note,
        registered=at(described["CreationTime"]) + _by(described.get("CreatedBy")),
        evaluation=metrics.get("S3Uri"),
        execution=execution,
        commit=described.get("MetadataProperties", {}).get("CommitId")
        or _commit(clients.sagemaker, execution),
    )
    return Node("Model package", name, facts)


def _by(user: Mapping[str, Any] | None) -> str:
    """Who did it, if SageMaker knows. Source: UserContext in botocore."""
    given = user or {}
    who = given.get("UserProfileName") or given.get("IamIdentity", {}).get("Arn")
    return f" by {who}" if who else ""


def _commit(sagemaker: Any, execution_arn: str | None) -> str | None:
    """The commit that an execution's description tells."""
    if not execution_arn or ":pipeline/" not in execution_arn:
        return None
    execution = _described(
        sagemaker.describe_pipeline_execution, PipelineExecutionArn=execution_arn
    )
    found = commits.read((execution or {}).get("PipelineExecutionDescription", ""))
    return commits.describe(found).removeprefix("Commit ").removesuffix(".") if found else None


def job_of(clients: Clients, entity: Entity) -> Job | None:
    """The job that a trial component stands for; None if it is of no job."""
    component = _described(
        clients.sagemaker.describe_trial_component, TrialComponentName=entity.name
    )
    source = (component or {}).get("Source", {})
    job_type = JOB_TYPES.get(source.get("SourceType", ""))
    if job_type is None:
        return None
    name = source["SourceArn"].rpartition("/")[2]
    describe = getattr(clients.sagemaker, f"describe_{job_type.words.replace(' ', '_').lower()}")
    return Job(job_type, name, _described(describe, **{f"{job_type.noun}Name": name}))


def job(clients: Clients, entity: Entity, found: Job | None) -> Node:
    """A job: how it ended, what it was given besides data, and the commit it is of."""
    if found is None:
        return Node("Trial component", entity.name)
    described, noun = found.described, found.type.noun
    if described is None:
        return Node(found.type.words, found.name, {"now": "deleted"})
    execution = _execution_of(clients.sagemaker, described[f"{noun}Arn"])
    facts = known(
        status=described[f"{noun}Status"],
        created=at(described["CreationTime"]),
        **found.type.facts(described),
        commit=_commit(clients.sagemaker, execution),
    )
    return Node(found.type.words, described[f"{noun}Name"], facts)


def _execution_of(sagemaker: Any, job_arn: str) -> str | None:
    pages = sagemaker.get_paginator("list_tags").paginate(ResourceArn=job_arn)
    tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
    return tags.get(_EXECUTION_TAG)


def hyperparameters(job: Mapping[str, Any]) -> dict[str, str]:
    """A training job's hyperparameters; the SDK gives each as JSON, a text within quotes."""
    return {name: value.strip('"') for name, value in job.get("HyperParameters", {}).items()}


def _training_facts(job: Mapping[str, Any]) -> dict[str, str]:
    given = hyperparameters(job)
    own = [f"{k}={v}" for k, v in sorted(given.items()) if not k.startswith(_TOOLKITS_OWN)]
    metrics = [
        f"{metric['MetricName']}={metric['Value']:.6g}"
        for metric in job.get("FinalMetricDataList", [])
    ]
    return {
        "image": job["AlgorithmSpecification"].get("TrainingImage", ""),
        "hyperparameters": ", ".join(own),
        "metrics": ", ".join(metrics),
    }


def _processing_facts(job: Mapping[str, Any]) -> dict[str, str]:
    application = job["AppSpecification"]
    arguments = " ".join(application.get("ContainerArguments", []))
    return {"image": application["ImageUri"], "arguments": arguments}


def _transform_facts(job: Mapping[str, Any]) -> dict[str, str]:
    return {"model": job["ModelName"]}


def _described(describe: Callable[..., Any], **request: str) -> dict[str, Any] | None:
    """What a Describe operation answers; None if the resource is not there."""
    try:
        described: dict[str, Any] = describe(**request)
    except ClientError as error:
        # SageMaker says that something is missing with either code, by resource.
        if error.response["Error"]["Code"] not in ("ValidationException", "ResourceNotFound"):
            raise
        return None
    return described


def describe_endpoint(clients: Clients, name: str) -> dict[str, Any] | None:
    """The endpoint; None if there is none."""
    return _described(clients.sagemaker.describe_endpoint, EndpointName=name)


# By the source type of a job's trial component.
JOB_TYPES: Mapping[str, JobType] = {
    "SageMakerTrainingJob": JobType("Training job", "TrainingJob", _training_facts),
    "SageMakerProcessingJob": JobType("Processing job", "ProcessingJob", _processing_facts),
    "SageMakerTransformJob": JobType("Transform job", "TransformJob", _transform_facts),
}
