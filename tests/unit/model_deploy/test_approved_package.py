"""approved-package against a registry in memory: what it writes, and when it does not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from model_deploy import approved_package
from model_deploy.approved_package import (
    TEMPLATE,
    Candidate,
    check_parameters,
    config,
    stages_of,
    template_parameters,
)
from model_deploy.deployments import Origin
from model_deploy.registry import ModelPackage, approved_before, newest_approved
from pipelines.command_line import UsageError
from pipelines.endpoint.deployment import GUARDED, Deployment, Stage
from scripts.check_templates.loading import load
from tests.unit.pipelines.aws_in_memory import Client, client_error

PREFIX = "arn:aws:sagemaker:us-east-1:123456789012:model-package/books"
PROJECT_ARN = "arn:aws:sagemaker:us-east-1:123456789012:project/books"
# Source: the variables and file names of AWS's own project templates.
ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "SAGEMAKER_PROJECT_NAME": "books",
    "SAGEMAKER_PROJECT_ID": "p-abc",
    "SAGEMAKER_PROJECT_ARN": PROJECT_ARN,
    "SOURCE_MODEL_PACKAGE_GROUP_NAME": "books",
    "MODEL_EXECUTION_ROLE_ARN": "arn:aws:iam::123456789012:role/execution",
    "KMS_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/1",
    "ARTIFACT_BUCKET": "sagemaker-project-p-abc",
    "EXPORT_TEMPLATE_NAME": "endpoint-template.yaml",
    "EXPORT_TEMPLATE_STAGING_CONFIG": "staging-config.json",
    "EXPORT_TEMPLATE_PROD_CONFIG": "prod-config.json",
}
FILES = {"endpoint-template.yaml", "staging-config.json", "prod-config.json"}


def package(version: int) -> ModelPackage:
    return ModelPackage(f"{PREFIX}/{version}", "books", version, "Approved")


NEWEST = Candidate(package(2), None)


def summary(version: int, status: str = "Approved") -> dict[str, Any]:
    return {
        "ModelPackageArn": f"{PREFIX}/{version}",
        "ModelPackageGroupName": "books",
        "ModelPackageVersion": version,
        "ModelApprovalStatus": status,
    }


def registry(*packages: dict[str, Any], pipeline: str = "book_ratings") -> Client:
    """A registry of the packages, newest first, all made by one pipeline."""

    def wanted(request: dict[str, Any]) -> Mapping[str, Any]:
        status = request.get("ModelApprovalStatus")
        found = [each for each in packages if status in (None, each["ModelApprovalStatus"])]
        return {"ModelPackageSummaryList": found[: request.get("MaxResults")]}

    metadata = {"CustomerMetadataProperties": {"Pipeline": pipeline}} if pipeline else {}
    tags = [
        {"Key": "team", "Value": "reading"},
        {"Key": "aws:servicecatalog:product", "Value": "prod-1"},
    ]
    return Client(
        "sagemaker",
        {
            "describe_model_package_group": {},
            "list_model_packages": wanted,
            "describe_model_package": metadata,
            "list_tags": {"Tags": tags},
        },
    )


def run(
    sagemaker: Client, directory: Path, environment: Mapping[str, str] = ENVIRONMENT, *words: str
) -> int:
    arguments = [*words, "--directory", str(directory)]
    return approved_package.main(arguments, environment, lambda service, region: sagemaker)


def parameters(kind: str = "", candidate: Candidate = NEWEST, **template: str) -> dict[str, str]:
    given = template | ({"Kind": kind} if kind else {})
    stage = Stage("unused", "ml.m5.large", 2, 20, given)
    return config(candidate, "prod", stage, {}, ENVIRONMENT)["Parameters"]


def test_the_template_and_a_file_for_each_stage_are_written_under_the_names_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(registry(summary(2), summary(1)), tmp_path / "new") == 0

    assert {path.name for path in (tmp_path / "new").iterdir()} == FILES
    assert (tmp_path / "new/endpoint-template.yaml").read_bytes() == TEMPLATE.read_bytes()
    for stage in ("staging", "prod"):
        written = json.loads((tmp_path / f"new/{stage}-config.json").read_text())
        assert set(written) == {"Parameters", "Tags"}
        assert written["Parameters"]["StageName"] == stage
        assert written["Parameters"]["EndpointName"] == f"books-{stage}"
        assert written["Parameters"]["ModelPackageName"] == f"{PREFIX}/2"
        texts = [*written["Parameters"].values(), *written["Tags"].values()]
        assert all(isinstance(text, str) for text in texts)
    assert f"Newest approved model of books: version 2, {PREFIX}/2" in capsys.readouterr().out


def test_a_stage_has_the_projects_tags_and_its_own_without_those_of_aws(tmp_path: Path) -> None:
    run(registry(summary(2)), tmp_path)

    assert json.loads((tmp_path / "staging-config.json").read_text())["Tags"] == {
        "sagemaker:project-name": "books",
        "sagemaker:project-id": "p-abc",
        "sagemaker:deployment-stage": "staging",
        "team": "reading",
    }


def test_what_the_project_may_have_is_given_only_if_it_has_it() -> None:
    optional = {
        "SUBNET_IDS": "subnet-1,subnet-2",
        "SECURITY_GROUP_IDS": "",
        "NOTICES_TOPIC_ARN": "t",
    }
    stage = Stage("unused", "ml.m5.large", 1, 0)

    given = config(NEWEST, "prod", stage, {}, ENVIRONMENT | optional)["Parameters"]

    assert given["SubnetIds"] == "subnet-1,subnet-2"
    assert given["NotificationTopicArn"] == "t"
    assert "SecurityGroupIds" not in given
    assert not [name for name in given if name.startswith("DataCapture")]


def test_a_real_time_stage_is_what_a_stage_is_that_says_nothing() -> None:
    assert parameters() == parameters("RealTime")
    assert parameters() == {
        "SageMakerProjectName": "books",
        "SageMakerProjectId": "p-abc",
        "ModelExecutionRoleArn": ENVIRONMENT["MODEL_EXECUTION_ROLE_ARN"],
        "KmsKeyArn": ENVIRONMENT["KMS_KEY_ARN"],
        "StageName": "prod",
        "EndpointName": "books-prod",
        "Kind": "RealTime",
        "ModelPackageName": f"{PREFIX}/2",
        "InstanceType": "ml.m5.large",
        "InstanceCount": "2",
        "DataCaptureS3Uri": "s3://sagemaker-project-p-abc/data-capture/prod",
        "DataCapturePercentage": "20",
    }


@pytest.mark.parametrize("kind", ["Serverless", "Batch"])
def test_other_kinds_are_named_and_have_the_same_model(kind: str) -> None:
    assert parameters(kind) == parameters() | {"Kind": kind}


def test_an_asynchronous_stage_has_places_for_answers_and_failures() -> None:
    assert parameters("Asynchronous") == parameters() | {
        "Kind": "Asynchronous",
        "AsyncOutputS3Uri": "s3://sagemaker-project-p-abc/answers/prod",
        "AsyncFailureS3Uri": "s3://sagemaker-project-p-abc/failures/prod",
    }


def test_a_shadow_stands_behind_the_model_that_was_approved_before() -> None:
    assert parameters("Shadow", Candidate(package(3), package(1))) == parameters() | {
        "Kind": "Shadow",
        "ModelPackageName": f"{PREFIX}/1",
        "ShadowModelPackageName": f"{PREFIX}/3",
    }


def test_the_first_model_of_a_shadowed_stage_answers_itself() -> None:
    assert parameters("Shadow") == parameters("RealTime")


def test_the_model_before_is_the_newest_approved_version_that_is_older() -> None:
    sagemaker = registry(summary(4, "Rejected"), summary(3), summary(2, "Rejected"), summary(1))
    newest = newest_approved(sagemaker, "books")
    assert (newest, approved_before(sagemaker, newest)) == (package(3), package(1))
    assert approved_before(sagemaker, package(1)) is None


def test_a_stage_says_further_parameters_and_has_the_last_word() -> None:
    given = parameters("RealTime", **GUARDED, DataCaptureS3Uri="s3://mine")
    assert given == parameters() | dict(GUARDED) | {"DataCaptureS3Uri": "s3://mine"}


def test_unknown_parameters_of_all_stages_are_named_with_those_that_there_are() -> None:
    configs = {
        "staging": {"Parameters": parameters(Memory="1", Kinds="Batch")},
        "prod": {"Parameters": parameters(Canary="5")},
    }

    with pytest.raises(UsageError) as raised:
        check_parameters(configs)

    said = str(raised.value)
    assert "Stage staging sets what endpoint.yaml has no parameter for: Kinds, Memory." in said
    assert "Stage prod sets what endpoint.yaml has no parameter for: Canary." in said
    assert f"It has: {', '.join(sorted(load(TEMPLATE)['Parameters']))}." in said


def test_a_stage_that_the_pipeline_lacks_is_named_with_those_that_it_has() -> None:
    deployment = Deployment({"staging": Stage("unused", "ml.m5.large", 1, 0)}, {})
    with pytest.raises(UsageError) as raised:
        stages_of(Origin("films", deployment))
    assert str(raised.value) == "pipelines/films/endpoint.py has no stage prod; it has: staging."


def test_the_names_of_the_templates_parameters_are_those_that_yaml_reads() -> None:
    text = TEMPLATE.read_text()
    assert template_parameters(text) == set(load(TEMPLATE)["Parameters"])
    portfolio = Path(TEMPLATE.parent.parent / "project/template.yaml")
    assert template_parameters(portfolio.read_text()) == set(load(portfolio)["Parameters"])
    assert template_parameters(yaml.safe_dump({"Resources": {}})) == frozenset()


def test_all_variables_that_are_missing_are_named_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sagemaker = registry(summary(2))
    assert run(sagemaker, tmp_path, {"AWS_REGION": "us-east-1", "KMS_KEY_ARN": ""}) == 2
    said = capsys.readouterr().err
    may_be_missing = {"AWS_REGION", "SAGEMAKER_PROJECT_ARN"}
    for name in ENVIRONMENT.keys() - may_be_missing:
        assert name in said
    assert sagemaker.requests == []


def test_the_region_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(registry(), tmp_path, {**ENVIRONMENT, "AWS_REGION": ""}) == 2
    assert "--region (or AWS_REGION" in capsys.readouterr().err


def test_the_group_may_be_given_as_a_word(tmp_path: Path) -> None:
    sagemaker = registry(summary(2))
    environment = {**ENVIRONMENT, "SOURCE_MODEL_PACKAGE_GROUP_NAME": ""}
    assert run(sagemaker, tmp_path, environment, "films") == 0
    (asked, *_) = sagemaker.requests_of("describe_model_package_group")
    assert asked == {"ModelPackageGroupName": "films"}


def test_without_an_approved_model_nothing_is_written_and_the_command_to_approve_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = summary(3, "PendingManualApproval")
    assert run(registry(waiting, summary(2, "Rejected")), tmp_path) == 1
    said = capsys.readouterr().err
    assert "The newest, version 3, is PendingManualApproval." in said
    assert "approve-model books --version 3 --note TEXT" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("packages", [(), (summary(3, "PendingManualApproval"),)])
def test_where_nothing_is_needed_nothing_approved_is_no_failure_and_the_answer_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packages: tuple[dict[str, Any], ...]
) -> None:
    answer = tmp_path / "made/answer.txt"

    assert run(registry(*packages), tmp_path, ENVIRONMENT, "--or-none", str(answer)) == 0

    assert answer.read_text() == "none\n"
    assert {path.name for path in tmp_path.iterdir()} == {"made"}
    said = capsys.readouterr().out
    assert "Nothing is approved: nothing is deployed, and what is served stays. Group books" in said


def test_what_is_approved_is_the_answer_beside_the_files(tmp_path: Path) -> None:
    answer = tmp_path / "answer.txt"

    assert run(registry(summary(2)), tmp_path, ENVIRONMENT, "--or-none", str(answer)) == 0

    assert answer.read_text() == f"{PREFIX}/2\n"
    assert {path.name for path in tmp_path.iterdir()} == FILES | {"answer.txt"}


def test_a_group_that_is_not_there_is_a_failure_also_where_none_is_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = client_error(
        "ValidationException", "Model package group does not exist", "DescribeModelPackageGroup"
    )
    sagemaker = Client("sagemaker", {"describe_model_package_group": missing})
    answer = tmp_path / "answer.txt"

    assert run(sagemaker, tmp_path, ENVIRONMENT, "--or-none", str(answer)) == 1
    assert "approved-package: " in capsys.readouterr().err
    assert not answer.exists()


def test_an_approval_that_only_the_second_look_sees_counts(tmp_path: Path) -> None:
    def listed(request: dict[str, Any]) -> Mapping[str, Any]:
        found = [] if request.get("ModelApprovalStatus") else [summary(2)]
        return {"ModelPackageSummaryList": found}

    sagemaker = Client(
        "sagemaker", {"describe_model_package_group": {}, "list_model_packages": listed}
    )
    assert newest_approved(sagemaker, "books") == package(2)


def test_an_empty_group_is_told_how_to_be_filled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(registry(), tmp_path) == 1
    assert "Group books has no model package: run-pipeline makes one." in capsys.readouterr().err


def test_a_package_that_does_not_say_its_pipeline_needs_the_variable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sagemaker = registry(summary(2), pipeline="")
    assert run(sagemaker, tmp_path) == 2
    said = capsys.readouterr().err
    assert f"Model package {PREFIX}/2 does not say which pipeline made it" in said
    assert "customer metadata has no Pipeline" in said
    assert "give the folder of pipelines/ in PIPELINE" in said

    assert run(sagemaker, tmp_path, ENVIRONMENT | {"PIPELINE": "book_ratings"}) == 0


def test_a_pipeline_that_is_not_here_is_told_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(registry(summary(2), pipeline="films"), tmp_path) == 2
    said = capsys.readouterr().err
    assert "There is no pipeline 'films.endpoint'" in said
    assert "book_ratings.endpoint" in said


def test_what_aws_refuses_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    denied = client_error("AccessDeniedException", "not yours", "DescribeModelPackageGroup")
    sagemaker = Client("sagemaker", {"describe_model_package_group": denied})
    assert run(sagemaker, tmp_path) == 1
    assert "approved-package: An error occurred (AccessDenied" in capsys.readouterr().err
