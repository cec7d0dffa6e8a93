"""Push to deploy: from a commit to production and back, by the real templates and buildspecs."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.conftest import ROOT
from tests.end_to_end.loop import running_loop, s3_uri, succeed
from tests.end_to_end.project import NAME, Project, launch, uv_cache
from tests.end_to_end.test_book_ratings import RATINGS, books_csv

DATA = {"ratings/ratings.csv": RATINGS, "items/books.csv": books_csv()}
# What a canary's alarm watches takes seconds here, and minutes on AWS.
PATIENCE = ("--recipes", str(ROOT / "steps"), "--traffic-wait-seconds", "4")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    directory = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        # Builds have a home of their own; the packages that this machine has they need not fetch.
        patch.setenv("UV_CACHE_DIR", uv_cache())
        with running_loop(directory, DATA, *PATIENCE) as loop:
            yield launch(
                loop,
                directory,
                RatingsS3Uri=s3_uri("ratings/ratings.csv"),
                ItemsS3Uri=s3_uri("items/books.csv"),
            )


# The tests of this module tell one story, in order.


def test_a_push_to_another_branch_builds_nothing(project: Project) -> None:
    known = len(project.executions("modelbuild"))
    project.push("Try something", branch="try")
    time.sleep(1)  # what never happens has no sign to wait for
    assert len(project.executions("modelbuild")) == known


def test_a_push_registers_a_model_that_waits(project: Project) -> None:
    project.edit_for_speed()
    commit = project.push("Add the model")
    assert project.until_built(commit) == "Succeeded"
    assert project.packages() == ["PendingManualApproval"]
    sagemaker = project.client("sagemaker")
    pipeline = sagemaker.describe_pipeline(PipelineName=project.prefix)
    tags = sagemaker.list_tags(ResourceArn=pipeline["PipelineArn"])["Tags"]
    assert {"Key": "sagemaker:project-id", "Value": project.id} in tags
    assert {"Key": "sagemaker:project-name", "Value": NAME} in tags


def test_where_nothing_is_approved_nothing_is_deployed_and_nothing_has_failed(
    project: Project,
) -> None:
    known = len(project.executions("modeldeploy"))
    project.notices()
    project.client("codepipeline").start_pipeline_execution(name=f"{project.prefix}-modeldeploy")
    assert project.until_deploy(known, "Succeeded", "Failed") == "Succeeded"
    assert project.skipped() == ["DeployStaging", "DeployProd"]
    status = succeed(project.loop.run("project-status", NAME))
    assert "nothing is approved" in status
    assert "modeldeploy has deployed nothing" in status
    assert project.notices() == []


def test_a_rejected_model_is_not_deployed(project: Project) -> None:
    known = len(project.executions("modeldeploy"))
    succeed(project.loop.run("approve-model", NAME, "--reject", "--note", "not this one"))
    time.sleep(2)  # as long as an approval takes many times over
    assert len(project.executions("modeldeploy")) == known
    with pytest.raises(ClientError, match="Could not find endpoint"):
        project.served("staging")


def test_an_approved_model_is_served_by_staging_and_waits_for_production(project: Project) -> None:
    known = len(project.executions("modeldeploy"))
    succeed(project.loop.run("approve-model", NAME, "--note", "good after all"))
    assert project.until_deploy(known, "Waiting", "Failed") == "Waiting"
    assert project.served("staging").endswith(f":model-package/{NAME}/1")
    assert len(project.recommend("staging", 5)) == 5
    with pytest.raises(ClientError, match="Could not find endpoint"):
        project.served("prod")
    told = [notice for notice in project.notices() if "approval" in notice]
    assert len(told) == 1
    assert f"{project.prefix}-modeldeploy" in told[0]


def test_an_approved_deployment_reaches_production(project: Project) -> None:
    known = len(project.executions("modeldeploy"))
    said = succeed(project.loop.run("approve-deploy", NAME, "--note", "staging is right"))
    assert "Approved DeployStaging" in said
    assert project.until_deploy(known - 1, "Succeeded", "Failed") == "Succeeded"
    assert project.served("prod").endswith(f":model-package/{NAME}/1")
    assert len(project.recommend("prod", 5)) == 5
    again = project.loop.run("approve-deploy", NAME)
    assert again.returncode == 1
    assert "Nothing of project books waits for an approval" in again.stderr


def test_a_bad_commit_deploys_nothing_and_is_told_once(project: Project) -> None:
    known = len(project.executions("modeldeploy"))
    bad = project.checkout / "tests/unit/project/test_bad.py"
    bad.write_text("def test_bad() -> None:\n    raise AssertionError('a bad commit')\n")
    commit = project.push("Break something")
    assert project.until_built(commit) == "Failed"
    assert project.packages() == ["Approved"]
    assert len(project.executions("modeldeploy")) == known
    told = [notice for notice in project.notices() if "failed" in notice]
    assert len(told) == 1
    assert f"stage Build of pipeline {project.prefix}-modelbuild failed" in told[0]
    status = project.loop.run("project-status", NAME)
    assert status.returncode == 1
    assert status.stderr.count("COMMAND_EXECUTION_ERROR") == 1
    bad.unlink()


def test_a_model_below_the_gate_is_not_registered(project: Project) -> None:
    settings = "pipelines/book_ratings/settings.py"
    project.edit(settings, "RMSE_THRESHOLD = 0.95", "RMSE_THRESHOLD = 0.01")
    commit = project.push("Ask for too much")
    assert project.until_built(commit) == "Failed"
    assert project.packages() == ["Approved"]
    project.edit(settings, "RMSE_THRESHOLD = 0.01", "RMSE_THRESHOLD = 0.95")
    project.notices()


def test_a_model_that_errors_in_the_canary_is_taken_back_and_no_request_is_lost(
    project: Project,
) -> None:
    # The smoke test asks for five titles, and people for seven.
    wanted = "    if isinstance(request, TopK):\n"
    project.edit(
        "steps/book_ratings/inference.py",
        wanted,
        "    if isinstance(request, TopK) and request.top_k == 7:\n"
        f'        raise RuntimeError("no seventh title")\n{wanted}',
    )
    assert project.until_built(project.push("Forget the seventh")) == "Succeeded"
    known = len(project.executions("modeldeploy"))
    succeed(project.loop.run("approve-model", NAME, "--note", "looks good"))
    assert project.until_deploy(known, "Waiting", "Failed") == "Waiting"
    with asking(project, top_k=7) as answers:
        succeed(project.loop.run("approve-deploy", NAME))
        assert project.until_deploy(known, "Succeeded", "Failed") == "Failed"
    assert answers["lost"] == 0
    assert answers["error"] > 0
    assert answers["answered"] > answers["error"]
    assert project.stack_status("prod") == "UPDATE_ROLLBACK_COMPLETE"
    assert project.served("prod").endswith(f":model-package/{NAME}/1")
    assert len(project.recommend("prod", 7)) == 7
    status = project.loop.run("project-status", NAME)
    assert f"{NAME}-errors" in status.stderr or f"{NAME}-prod-errors" in status.stderr


@contextmanager
def asking(project: Project, top_k: int) -> Iterator[Counter[str]]:
    """Four people who ask production again and again, and what they got."""
    answers: Counter[str] = Counter(lost=0, error=0, answered=0)
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            try:
                project.recommend("prod", top_k)
            except ClientError as error:
                is_models = error.response["Error"]["Code"] == "ModelError"
                answers["error" if is_models else "lost"] += 1
            except BotoCoreError:  # a connection that broke, or no answer
                answers["lost"] += 1
            else:
                answers["answered"] += 1

    people = [threading.Thread(target=ask) for _ in range(4)]
    for person in people:
        person.start()
    try:
        yield answers
    finally:
        is_over.set()
        for person in people:
            person.join()


def test_rejecting_what_a_stage_serves_brings_the_last_approved_back(project: Project) -> None:
    assert project.served("staging").endswith(f":model-package/{NAME}/2")
    known = len(project.executions("modeldeploy"))
    succeed(project.loop.run("approve-model", NAME, "--reject", "--note", "no seventh title"))
    assert project.until_deploy(known, "Waiting", "Failed") == "Waiting"
    assert project.served("staging").endswith(f":model-package/{NAME}/1")
    succeed(project.loop.run("approve-deploy", NAME))
    assert project.until_deploy(known, "Succeeded", "Failed") == "Succeeded"
    assert project.served("prod").endswith(f":model-package/{NAME}/1")


def test_rejecting_the_last_approved_model_leaves_it_served(project: Project) -> None:
    known = len(project.executions("modeldeploy"))
    words = ("--version", "1", "--reject", "--note", "none is good")
    succeed(project.loop.run("approve-model", NAME, *words))
    assert project.until_deploy(known, "Succeeded", "Failed", "Waiting") == "Succeeded"
    assert project.skipped() == ["DeployStaging", "DeployProd"]
    for stage in ("staging", "prod"):
        assert project.served(stage).endswith(f":model-package/{NAME}/1")
    assert len(project.recommend("prod", 5)) == 5


def test_a_project_can_be_torn_down_and_leaves_nothing(project: Project) -> None:
    planned = succeed(project.loop.run("teardown-project", NAME, "--plan"))
    for kind in (
        "Stack",
        "Experiment",
        "SageMakerPipeline",
        "Project",
        "ModelPackage",
        "Bucket",
        "Key",
    ):
        assert kind in planned
    assert "Nothing is left." in succeed(project.loop.run("teardown-project", NAME, "--apply"))
    assert everything_of(project) == {}


def everything_of(project: Project) -> dict[str, list[str]]:
    """What any service still has of the project, by its id or its name."""
    client = project.client
    sagemaker = client("sagemaker")
    found = {
        "stacks": [
            each["StackName"] for each in client("cloudformation").describe_stacks()["Stacks"]
        ],
        "pipelines": [
            each["name"] for each in client("codepipeline").list_pipelines()["pipelines"]
        ],
        "builds": client("codebuild").list_projects()["projects"],
        "rules": [each["Name"] for each in client("events").list_rules()["Rules"]],
        "functions": [
            each["FunctionName"] for each in client("lambda").list_functions()["Functions"]
        ],
        "roles": [each["RoleName"] for each in client("iam").list_roles()["Roles"]],
        "topics": [each["TopicArn"] for each in client("sns").list_topics()["Topics"]],
        "buckets": [each["Name"] for each in client("s3").list_buckets()["Buckets"]],
        "alarms": [
            each["AlarmName"] for each in client("cloudwatch").describe_alarms()["MetricAlarms"]
        ],
        "aliases": [each["AliasName"] for each in client("kms").list_aliases()["Aliases"]],
        "logs": [
            each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]
        ],
        "products": [
            each["Name"]
            for each in client("servicecatalog").search_provisioned_products()[
                "ProvisionedProducts"
            ]
        ],
        "repositories": [
            each["repositoryName"]
            for each in client("codecommit").list_repositories()["repositories"]
        ],
        "endpoints": [each["EndpointName"] for each in sagemaker.list_endpoints()["Endpoints"]],
        "configs": [
            each["EndpointConfigName"]
            for each in sagemaker.list_endpoint_configs()["EndpointConfigs"]
        ],
        "models": [each["ModelName"] for each in sagemaker.list_models()["Models"]],
        "groups": [
            each["ModelPackageGroupName"]
            for each in sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
        ],
        "experiments": [
            each["ExperimentName"] for each in sagemaker.list_experiments()["ExperimentSummaries"]
        ],
        "sagemaker pipelines": [
            each["PipelineName"] for each in sagemaker.list_pipelines()["PipelineSummaries"]
        ],
    }
    left = {
        kind: [name for name in names if project.id in name or name.startswith(NAME)]
        for kind, names in found.items()
    }
    return {kind: names for kind, names in left.items() if names}
