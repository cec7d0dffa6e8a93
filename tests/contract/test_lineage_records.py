"""What the emulator records by itself of jobs, packages and endpoints, as SageMaker does.

Source: "Amazon SageMaker-Created Tracking Entities" in the developer guide.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import ACCOUNT_ID, REGION, EmulatorProcess
from tests.contract.jobs import ProcessingLab, TrainingLab, own_image, trainer_image
from tests.contract.model_images import IMAGE, add_recipe, archive, create_model, deploy, variant
from tests.contract.model_images import wait as wait_for_endpoint

ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT_ID}"
EXECUTION = f"{ARN}:pipeline/books/execution/abcdefghijkl"
Unique = Callable[[str], str]


def md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


@dataclass(frozen=True)
class Lineage:
    """Reads the graph through boto3."""

    sagemaker: Any

    def artifacts(self, uri: str) -> list[dict[str, Any]]:
        """The artifacts of a URI, oldest first."""
        found: list[dict[str, Any]] = self.sagemaker.list_artifacts(
            SourceUri=uri, SortOrder="Ascending"
        )["ArtifactSummaries"]
        return found

    def context(self, uri: str) -> str:
        (found,) = self.sagemaker.list_contexts(SourceUri=uri)["ContextSummaries"]
        return str(found["ContextArn"])

    def source_of(self, arn: str) -> str:
        """What an entity stands for: the URI of an artifact, else the type and the name."""
        if ":artifact/" in arn:
            return str(self.sagemaker.describe_artifact(ArtifactArn=arn)["Source"]["SourceUri"])
        return arn.rpartition(":")[2]

    def into(self, arn: str) -> set[tuple[str, str, str]]:
        """(source, its type, association) of what leads to an entity."""
        return {
            (self.source_of(each["SourceArn"]), each["SourceType"], each["AssociationType"])
            for each in self.sagemaker.list_associations(DestinationArn=arn)["AssociationSummaries"]
        }

    def out_of(self, arn: str) -> set[tuple[str, str, str]]:
        """(destination, its type, association) of what an entity leads to."""
        return {
            (
                self.source_of(each["DestinationArn"]),
                each["DestinationType"],
                each["AssociationType"],
            )
            for each in self.sagemaker.list_associations(SourceArn=arn)["AssociationSummaries"]
        }


@pytest.fixture
def lineage(emulator: EmulatorProcess) -> Lineage:
    return Lineage(emulator.client("sagemaker"))


@pytest.fixture
def training(emulator: EmulatorProcess, bucket: str) -> TrainingLab:
    return TrainingLab(emulator, bucket)


@pytest.fixture
def processing(emulator: EmulatorProcess, bucket: str) -> ProcessingLab:
    return ProcessingLab(emulator, bucket)


def train(lab: TrainingLab, name: str, **members: Any) -> dict[str, Any]:
    """Train on the data below data/; gives the job's description."""
    code = f"open('/opt/ml/model/weights.txt', 'w').write('{name}')"
    return lab.run(name, code, Channels=[lab.channel("train", "data/")], **members)


def test_a_training_job_is_a_trial_component_between_its_inputs_and_its_model(
    lineage: Lineage, training: TrainingLab, emulator: EmulatorProcess, unique: Unique
) -> None:
    training.put("data/a.csv", b"1\n")
    name = unique("Train")
    job = train(training, name)

    component = f"{ARN}:experiment-trial-component/{name.lower()}-aws-training-job"
    bucket, model = training.bucket, job["ModelArtifacts"]["S3ModelArtifacts"]
    assert lineage.into(component) == {
        (trainer_image(emulator), "Image", "ContributedTo"),
        (f"s3://{bucket}/data/", "DataSet", "ContributedTo"),
        (f"s3://{bucket}/code/{name}", "DataSet", "ContributedTo"),
    }
    assert lineage.out_of(component) == {(model, "Model", "Produced")}
    answer = lineage.sagemaker.query_lineage(StartArns=[component], Direction="Descendants")
    assert answer["Vertices"][0] == {
        "Arn": component,
        "Type": "TrainingJob",
        "LineageType": "TrialComponent",
    }


def test_a_model_is_known_by_the_etag_of_its_archive(
    lineage: Lineage, training: TrainingLab, unique: Unique
) -> None:
    training.put("data/a.csv", b"1\n")
    name = unique("train")
    model = train(training, name)["ModelArtifacts"]["S3ModelArtifacts"]

    (found,) = lineage.artifacts(model)

    content = training.read(f"models/{name}/output/model.tar.gz")
    assert found["Source"]["SourceTypes"] == [{"SourceIdType": "S3ETag", "Value": md5(content)}]


def test_data_that_changed_is_another_artifact_and_the_same_data_is_the_same(
    lineage: Lineage, training: TrainingLab, unique: Unique
) -> None:
    uri = f"s3://{training.bucket}/data/"
    training.put("data/a.csv", b"1\n")
    training.put("data/b.csv", b"2\n")
    etags = {"a.csv": md5(b"1\n"), "b.csv": md5(b"2\n")}
    listing = "".join(f"{key}\t{etag}\n" for key, etag in etags.items()).encode()
    jobs = [unique("train") for _ in range(3)]
    train(training, jobs[0])
    train(training, jobs[1])
    training.put("data/b.csv", b"3\n")
    train(training, jobs[2])

    before, after = lineage.artifacts(uri)

    assert before["Source"]["SourceTypes"] == [{"SourceIdType": "MD5Hash", "Value": md5(listing)}]
    assert after["Source"]["SourceTypes"] != before["Source"]["SourceTypes"]
    stem = "experiment-trial-component/"
    assert {end for end, _, _ in lineage.out_of(before["ArtifactArn"])} == {
        f"{stem}{job}-aws-training-job" for job in jobs[:2]
    }
    assert {end for end, _, _ in lineage.out_of(after["ArtifactArn"])} == {
        f"{stem}{jobs[2]}-aws-training-job"
    }


def test_jobs_hang_together_by_what_one_made_and_the_next_read(
    lineage: Lineage,
    training: TrainingLab,
    processing: ProcessingLab,
    emulator: EmulatorProcess,
    unique: Unique,
) -> None:
    processing.put("raw/r.csv", b"1\n")
    prepare, name = unique("prepare"), unique("train")
    raw = {
        "InputName": "raw",
        "S3Input": {
            "S3Uri": f"s3://{processing.bucket}/raw/r.csv",
            "LocalPath": "/opt/ml/processing/input/raw",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        },
    }
    processing.run(
        prepare,
        "open('/opt/ml/processing/out/a.csv', 'w').write('1')",
        ProcessingInputs=[raw],
        ProcessingOutputConfig=processing.outputs("data/", "/opt/ml/processing/out"),
    )
    job = train(training, name)
    (model,) = lineage.artifacts(job["ModelArtifacts"]["S3ModelArtifacts"])
    (start,) = lineage.artifacts(f"s3://{processing.bucket}/raw/r.csv")

    back = lineage.sagemaker.query_lineage(StartArns=[model["ArtifactArn"]], Direction="Ascendants")
    forth = lineage.sagemaker.query_lineage(
        StartArns=[start["ArtifactArn"]], Direction="Descendants"
    )

    component = f"{ARN}:experiment-trial-component/{prepare}-aws-processing-job"
    assert lineage.into(component) == {
        (own_image(emulator, "plain-python"), "Image", "ContributedTo"),
        (f"s3://{processing.bucket}/raw/r.csv", "DataSet", "ContributedTo"),
        (f"s3://{processing.bucket}/code/{prepare}", "DataSet", "ContributedTo"),
    }
    assert start["Source"]["SourceTypes"] == [{"SourceIdType": "S3ETag", "Value": md5(b"1\n")}]
    assert component in {vertex["Arn"] for vertex in back["Vertices"]}
    assert start["ArtifactArn"] in {vertex["Arn"] for vertex in back["Vertices"]}
    assert [vertex.get("Type") for vertex in forth["Vertices"]] == [
        "DataSet",
        "ProcessingJob",
        "DataSet",
        "TrainingJob",
        "Model",
    ]


def test_a_job_that_failed_has_read_its_inputs_and_made_nothing(
    lineage: Lineage, processing: ProcessingLab, unique: Unique
) -> None:
    name = unique("fails")
    job = processing.run(
        name,
        "raise SystemExit(3)",
        ProcessingOutputConfig=processing.outputs("none", "/opt/ml/processing/out"),
    )

    component = f"{ARN}:experiment-trial-component/{name}-aws-processing-job"
    assert job["ProcessingJobStatus"] == "Failed"
    assert len(lineage.into(component)) == 2
    assert lineage.out_of(component) == set()
    assert lineage.artifacts(f"s3://{processing.bucket}/none") == []


@dataclass(frozen=True)
class Registered:
    """A version of a group of its own, of model data that is in the bucket."""

    group: str
    arn: str
    model_s3_uri: str


@pytest.fixture
def registered(emulator: EmulatorProcess, bucket: str, unique: Unique) -> Registered:
    add_recipe(emulator)
    emulator.client("s3").put_object(Bucket=bucket, Key="model.tar.gz", Body=archive(a__txt="1"))
    sagemaker, group = emulator.client("sagemaker"), unique("Group")
    uri = f"s3://{bucket}/model.tar.gz"
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": uri}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        MetadataProperties={"CommitId": "c0ffee", "GeneratedBy": EXECUTION},
    )["ModelPackageArn"]
    return Registered(group, arn, uri)


def test_a_model_package_is_made_of_image_and_model_and_belongs_to_its_group(
    lineage: Lineage, registered: Registered
) -> None:
    (package,) = lineage.artifacts(registered.arn)
    described = lineage.sagemaker.describe_artifact(ArtifactArn=package["ArtifactArn"])
    group = lineage.context(f"{ARN}:model-package-group/{registered.group}")

    made_of = {each for each in lineage.into(package["ArtifactArn"]) if each[1] != "Approval"}
    assert made_of == {
        (IMAGE, "Image", "ContributedTo"),
        (registered.model_s3_uri, "Model", "ContributedTo"),
    }
    assert package["ArtifactType"] == "Model"
    assert described["MetadataProperties"] == {
        "CommitId": "c0ffee",
        "GeneratedBy": EXECUTION,
    }
    told = lineage.sagemaker.describe_context(ContextName=group)["Properties"]
    assert told == {"PipelineExecutionArn": EXECUTION}
    name = f"{registered.group}-aws-model-group"
    assert group == f"{ARN}:context/{name}"
    assert lineage.out_of(package["ArtifactArn"]) == {
        (f"context/{name}", "ModelGroup", "AssociatedWith")
    }


def test_each_approval_status_is_an_action(lineage: Lineage, registered: Registered) -> None:
    (package,) = lineage.artifacts(registered.arn)
    for status in ("Approved", "Approved", "Rejected"):
        lineage.sagemaker.update_model_package(
            ModelPackageArn=registered.arn, ModelApprovalStatus=status
        )

    listed = lineage.sagemaker.list_actions(SourceUri=registered.arn, SortOrder="Ascending")[
        "ActionSummaries"
    ]

    stems = [each["ActionName"].rpartition("-aws-model-group")[0] for each in listed]
    assert [stem.rpartition("-")[0] for stem in stems] == [
        f"{registered.group}-1-{status}"
        for status in ("PendingManualApproval", "Approved", "Rejected")
    ]
    assert {(each["ActionType"], each["Status"]) for each in listed} == {("Approval", "Completed")}
    approvals = {each for each in lineage.into(package["ArtifactArn"]) if each[1] == "Approval"}
    assert {name for name, _, _ in approvals} == {f"action/{each['ActionName']}" for each in listed}


@pytest.fixture
def endpoint(emulator: EmulatorProcess, registered: Registered, unique: Unique) -> Iterator[str]:
    """An endpoint that serves the registered version."""
    sagemaker = emulator.client("sagemaker")
    sagemaker.update_model_package(ModelPackageArn=registered.arn, ModelApprovalStatus="Approved")
    model = unique("model")
    sagemaker.create_model(ModelName=model, PrimaryContainer={"ModelPackageName": registered.arn})
    name = deploy(emulator.client, unique("Endpoint"), variant(model))
    yield name
    if name in {each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]}:
        sagemaker.delete_endpoint(EndpointName=name)


def test_an_endpoint_goes_back_to_the_package_that_it_was_deployed_from(
    lineage: Lineage, registered: Registered, endpoint: str
) -> None:
    context = lineage.context(f"{ARN}:endpoint/{endpoint}")
    ((deployment, *how),) = lineage.into(context)

    assert context == f"{ARN}:context/{endpoint}-aws-endpoint"
    assert how == ["ModelDeployment", "AssociatedWith"]
    assert deployment.startswith(f"action/{endpoint}-")
    assert lineage.into(f"{ARN}:{deployment}") == {
        (IMAGE, "Image", "ContributedTo"),
        (registered.model_s3_uri, "Model", "ContributedTo"),
        (registered.arn, "Model", "ContributedTo"),
    }


def test_an_update_is_another_deployment_and_a_deletion_leaves_all(
    lineage: Lineage,
    registered: Registered,
    endpoint: str,
    client: Callable[[str], Any],
    unique: Unique,
) -> None:
    sagemaker = lineage.sagemaker
    context = lineage.context(f"{ARN}:endpoint/{endpoint}")
    (first,) = lineage.into(context)
    other = create_model(client, unique("other"))
    sagemaker.create_endpoint_config(
        EndpointConfigName=unique("next"), ProductionVariants=[variant(other)]
    )
    config = sagemaker.list_endpoint_configs(SortBy="CreationTime")["EndpointConfigs"][0]
    sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=config["EndpointConfigName"]
    )
    wait_for_endpoint(client, endpoint)
    (second,) = lineage.into(context) - {first}
    sagemaker.delete_endpoint(EndpointName=endpoint)
    wait_for_endpoint(client, endpoint, "deleted")

    assert lineage.into(f"{ARN}:{second[0]}") == {(IMAGE, "Image", "ContributedTo")}
    assert lineage.into(context) == {first, second}
    forth = sagemaker.query_lineage(
        StartArns=[lineage.artifacts(registered.arn)[0]["ArtifactArn"]],
        Direction="Descendants",
        Filters={"Types": ["Endpoint"]},
    )
    assert [vertex["Arn"] for vertex in forth["Vertices"]] == [context]


def test_a_transform_job_reads_its_model_and_its_data(
    lineage: Lineage, registered: Registered, bucket: str, client: Callable[[str], Any]
) -> None:
    s3, sagemaker = client("s3"), lineage.sagemaker
    s3.put_object(Bucket=bucket, Key="in/a.csv", Body=b"1\n")
    name, model = f"transform-{bucket}"[:60], f"transform-{bucket}"[:60]
    sagemaker.update_model_package(ModelPackageArn=registered.arn, ModelApprovalStatus="Approved")
    sagemaker.create_model(ModelName=model, PrimaryContainer={"ModelPackageName": registered.arn})
    data = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/in/"}
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={"DataSource": {"S3DataSource": data}, "ContentType": "application/json"},
        TransformOutput={"S3OutputPath": f"s3://{bucket}/out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = sagemaker.describe_transform_job(TransformJobName=name)
        if job["TransformJobStatus"] != "InProgress":
            break
        time.sleep(0.05)

    component = f"{ARN}:experiment-trial-component/{name}-aws-transform-job"
    assert lineage.into(component) == {
        (IMAGE, "Image", "ContributedTo"),
        (registered.model_s3_uri, "Model", "ContributedTo"),
        (f"s3://{bucket}/in/", "DataSet", "ContributedTo"),
    }
    assert lineage.out_of(component) == {(f"s3://{bucket}/out", "DataSet", "Produced")}
