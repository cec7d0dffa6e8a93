"""What is told of things in lineage, also where AWS has recorded less than the emulator."""

from datetime import UTC, datetime
from typing import Any

import pytest

from model_deploy.lineage import entities
from model_deploy.lineage.entities import Clients
from model_deploy.lineage.graph import Entity
from tests.unit.pipelines.aws_in_memory import Client, client_error

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/books/3"
EXECUTION = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/books/execution/abc"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def clients(s3: dict[str, Any] | None = None, **sagemaker: Any) -> Clients:
    return Clients(Client("sagemaker", sagemaker), Client("s3", s3 or {}))


def artifact(uri: str, *types: tuple[str, str]) -> dict[str, Any]:
    source_types = [{"SourceIdType": kind, "Value": value} for kind, value in types]
    return {
        "Source": {"SourceUri": uri, "SourceTypes": source_types},
        "ArtifactType": "DataSet",
    }


def test_content_that_was_recorded_is_told_without_asking_s3() -> None:
    node = entities.data(clients(), artifact("s3://b/r.csv", ("S3ETag", "abc")), "ratings")
    assert (node.kind, node.name) == ("Data", "s3://b/r.csv")
    assert node.facts == {"input": "ratings", "content": "S3ETag abc"}


@pytest.mark.parametrize(
    ("listing", "told"),
    [
        (
            {"Contents": [{"Key": "r.csv", "ETag": '"abc"'}]},
            "S3ETag abc now; none was recorded",
        ),
        (
            {"Contents": [{"Key": "r.csv.1"}, {"Key": "r.csv.2"}]},
            "2 objects now; no content was recorded",
        ),
        (
            {"Contents": [{"Key": "r.csv.1"}], "IsTruncated": True},
            "1 or more objects now; no content was recorded",
        ),
        ({}, "0 objects now; no content was recorded"),
        (client_error("NoSuchBucket", "gone", "ListObjectsV2"), "cannot be read now: NoSuchBucket"),
    ],
)
def test_content_that_was_not_recorded_is_told_as_it_is_now(listing: Any, told: str) -> None:
    """AWS records no content: see docs/decisions/0019."""
    node = entities.data(clients({"list_objects_v2": listing}), artifact("s3://b/r.csv"))
    assert node.facts == {"content": told}


def test_a_source_archive_is_known_by_the_hash_in_its_key() -> None:
    uri = f"s3://b/source/books/{'a1' * 32}/sourcedir.tar.gz"
    node = entities.code(clients(), uri)
    assert (node.kind, node.facts) == ("Code", {"sha256": "a1" * 32})


def test_a_package_tells_who_approved_it_and_when_and_the_commit_of_its_execution() -> None:
    node = entities.package(
        clients(
            describe_model_package={
                "ModelPackageName": "books",
                "ModelPackageArn": PACKAGE,
                "ModelApprovalStatus": "Approved",
                "ApprovalDescription": "good",
                "CreationTime": NOON,
                "LastModifiedTime": NOON,
                "LastModifiedBy": {"UserProfileName": "ann"},
                "CreatedBy": {"IamIdentity": {"Arn": "arn:aws:sts::1:assumed-role/build/x"}},
                "MetadataProperties": {"GeneratedBy": EXECUTION},
            },
            describe_pipeline_execution={
                "PipelineExecutionDescription": f"Commit {COMMIT} of https://example.com/r."
            },
        ),
        PACKAGE,
    )
    assert (node.kind, node.name) == ("Model package", "books/3")
    assert node.facts == {
        "approval": "Approved at 2026-03-01 12:00:00 UTC by ann",
        "note": "good",
        "registered": "2026-03-01 12:00:00 UTC by arn:aws:sts::1:assumed-role/build/x",
        "execution": EXECUTION,
        "commit": f"{COMMIT} of https://example.com/r",
    }


def test_what_was_deleted_is_said_to_be() -> None:
    missing = client_error("ValidationException", "not there", "Describe")
    job = Entity(
        "arn:aws:sagemaker:us-east-1:1:experiment-trial-component/train-1-aws-training-job",
        "TrialComponent",
        "TrainingJob",
    )
    source = {
        "SourceArn": "arn:aws:sagemaker:us-east-1:1:training-job/Train-1",
        "SourceType": "SageMakerTrainingJob",
    }
    given = clients(
        describe_model_package=missing,
        describe_training_job=missing,
        describe_trial_component={"Source": source},
    )

    assert entities.package(given, PACKAGE).facts == {"now": "deleted"}
    node = entities.job(given, job, entities.job_of(given, job))
    assert (node.kind, node.name, node.facts) == ("Training job", "Train-1", {"now": "deleted"})


def test_a_trial_component_of_no_job_is_told_by_its_name() -> None:
    own = Entity("arn:aws:sagemaker:us-east-1:1:experiment-trial-component/x", "TrialComponent", "")
    given = clients(describe_trial_component={"TrialComponentName": "x"})
    node = entities.job(given, own, entities.job_of(given, own))
    assert (node.kind, node.name) == ("Trial component", "x")
