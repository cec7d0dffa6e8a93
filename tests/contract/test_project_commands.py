"""The commands of a project as a user meets them, from the template to the end."""

import json
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.conftest import ROLE_ARN, ROOT, EmulatorProcess
from tests.contract.inboxes import Inbox
from tests.contract.networks import Network, new_network
from tests.contract.projects import (
    Lab,
    Made,
    checkout,
    parameter_words,
    published,
    run,
    succeed,
    until,
)

ACCOUNT = "123456789012"
TEMPLATES = f"sagemaker-templates-{ACCOUNT}-us-east-1"
SLOW = "#!/usr/bin/env bash\nsleep 300\n"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    directory = tmp_path_factory.mktemp("projects")
    emulator = EmulatorProcess(directory / "data")
    emulator.start()
    yield published(directory, emulator)
    emulator.stop()


@pytest.fixture(scope="module")
def books(lab: Lab) -> Made:
    """One project behind a connection for all tests that leave it as they found it."""
    return lab.connected("books")


# --- publish-project-template


def test_publishing_again_changes_nothing_and_says_so(lab: Lab) -> None:
    done = lab.checkout.publish("--studio-role-arn", ROLE_ARN)
    assert done.returncode == 0, done.stderr
    assert "Stack sagemaker-project-template is as it was." in done.stderr
    assert "UPDATE_COMPLETE" not in done.stderr


def test_publishing_another_commit_adds_a_version_and_the_newest_is_launched(lab: Lab) -> None:
    catalog = lab.client("servicecatalog")
    (product,) = catalog.search_products()["ProductViewSummaries"]
    known = catalog.describe_product(Id=product["ProductId"])["ProvisioningArtifacts"]
    lab.checkout.commit("Say more", {"NEW.md": "new"})
    succeed(lab.checkout.publish("--studio-role-arn", ROLE_ARN))
    versions = catalog.describe_product(Id=product["ProductId"])["ProvisioningArtifacts"]
    (newest,) = [each for each in versions if each["Id"] not in {old["Id"] for old in known}]
    succeed(lab.run("launch-project", "--name", "newest"))
    project = lab.client("sagemaker").describe_project(ProjectName="newest")
    details = project["ServiceCatalogProvisioningDetails"]
    assert details["ProvisioningArtifactId"] == newest["Id"]
    succeed(lab.run("teardown-project", "newest", "--apply"))


def test_what_is_not_committed_is_not_published_and_that_is_told(lab: Lab) -> None:
    draft = lab.checkout.directory / "draft.txt"
    draft.write_text("not yet")
    try:
        done = lab.checkout.publish("--studio-role-arn", ROLE_ARN)
    finally:
        draft.unlink()
    assert done.returncode == 0
    commit = lab.checkout.git("rev-parse", "HEAD")
    assert f"What is not committed is not published: the seed code is commit {commit}." in (
        done.stderr
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ["--studio-role-arn", f"arn:aws:iam::{ACCOUNT}:role/nobody"],
            [f"--studio-role-arn: there is no role arn:aws:iam::{ACCOUNT}:role/nobody"],
        ),
        (
            [*["--studio-role-arn", ROLE_ARN] * 3, "--permissions-boundary-arn", "mine"],
            [
                "--studio-role-arn: got 3, expected 2 at most",
                "--permissions-boundary-arn: got 'mine', expected arn:aws:iam::ACCOUNT:policy/NAME",
            ],
        ),
        (["--studio-role-arn", "me"], ["got 'me', expected arn:aws:iam::ACCOUNT:role/NAME"]),
        ([], ["the following arguments are required: --studio-role-arn"]),
    ],
)
def test_publishing_for_roles_that_cannot_be_is_refused_before_anything_is_made(
    lab: Lab, words: list[str], told: list[str]
) -> None:
    done = lab.checkout.publish(*words, "--stack-name", "refused")
    assert done.returncode == 2
    assert [text for text in told if text not in done.stderr] == []
    with pytest.raises(ClientError, match="Stack with id refused does not exist"):
        lab.client("cloudformation").describe_stacks(StackName="refused")


def test_a_folder_that_is_no_checkout_cannot_be_published(lab, tmp_path) -> None:
    plain = checkout(tmp_path / "plain", lab.emulator, is_repository=False)
    done = plain.publish("--studio-role-arn", ROLE_ARN)
    assert done.returncode == 2
    assert f"The seed code is the commit that is checked out in {plain.directory}" in done.stderr
    assert "Clone the template with git" in done.stderr


def test_a_permissions_boundary_bounds_the_launch_role(lab: Lab) -> None:
    boundary = lab.client("iam").create_policy(
        PolicyName="boundary",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            }
        ),
    )["Policy"]["Arn"]
    words = ("--studio-role-arn", ROLE_ARN, "--permissions-boundary-arn", boundary)
    succeed(lab.checkout.publish(*words))
    role = lab.client("iam").get_role(RoleName="projects-launch-sagemaker")["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    succeed(lab.checkout.publish("--studio-role-arn", ROLE_ARN))


def test_the_template_in_s3_is_what_studio_finds_and_can_be_launched(lab: Lab) -> None:
    said = succeed(lab.checkout.publish("--studio-role-arn", ROLE_ARN))
    url = said.split()[1]
    key = url.partition("amazonaws.com/")[2]
    tags = lab.client("s3").get_object_tagging(Bucket=TEMPLATES, Key=key)["TagSet"]
    assert {"Key": "sagemaker:studio-visibility", "Value": "true"} in tags
    made = lab.launch("from-s3", "--template-url", url, "--role-arn", ROLE_ARN)
    assert "TemplateProviderDetails" in lab.client("sagemaker").describe_project(
        ProjectName="from-s3"
    )
    assert "Nothing is left" in succeed(made.teardown("--apply"))
    assert made.leftovers() == []


# --- launch-project


def test_a_repository_of_a_project_begins_with_the_published_code_and_a_push_to_it_builds(
    lab: Lab,
) -> None:
    # In a VPC, so that one launch shows both; the repository and the push are as without one.
    network = new_network(lab.emulator)
    made = lab.launch("seeded", *in_vpc(network))
    assert builds_and_functions_in(made, network)
    codecommit = lab.client("codecommit")
    found = codecommit.get_repository(repositoryName=made.prefix)["repositoryMetadata"]
    url = found["cloneUrlHttp"]
    lab.checkout.git("fetch", "--quiet", url, "main")
    assert lab.checkout.git("rev-list", "--count", "FETCH_HEAD") == "1"
    assert lab.checkout.git("diff", "HEAD", "FETCH_HEAD") == ""
    assert lab.checkout.git("ls-tree", "FETCH_HEAD", "scripts/build").startswith("100755")
    commit = lab.checkout.push(url, "Push to it")
    said = succeed(made.status("--wait", "--commit", commit))
    assert "modelbuild   Build           Build             Succeeded" in said
    assert made.action("modelbuild", "Source")["status"] == "Succeeded"
    build_id = made.action("modelbuild", "Build")["externalExecutionId"]
    (build,) = lab.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    assert build["vpcConfig"] == network.codebuild
    assert "Nothing is left" in succeed(made.teardown("--apply"))
    assert made.leftovers() == []
    network.delete()


def in_vpc(network: Network) -> list[str]:
    """What launch-project is told to launch a project into the network."""
    return parameter_words(
        VpcId=network.vpc_id,
        SubnetIds=",".join(network.subnet_ids),
        SecurityGroupIds=network.group_id,
    )


def builds_and_functions_in(made: Made, network: Network) -> bool:
    """Whether every build project and function of the project is in the network."""
    codebuild, functions = made.lab.client("codebuild"), made.lab.client("lambda")
    names = [each for each in codebuild.list_projects()["projects"] if made.id in each]
    projects = codebuild.batch_get_projects(names=names)["projects"]
    found = [
        each.get("VpcConfig", {}).get("VpcId")
        for each in functions.list_functions()["Functions"]
        if made.id in each["FunctionName"]
    ]
    assert len(projects) >= 3, names
    assert found == [network.vpc_id]
    return all(project.get("vpcConfig") == network.codebuild for project in projects)


def test_a_new_project_deploys_nothing_and_nobody_is_told_of_a_failure(lab: Lab) -> None:
    inbox = failures(lab)
    made = lab.launch("quiet")
    said = succeed(made.status("--wait"))
    for stage in ("DeployStaging", "DeployProd"):
        assert re.search(f"modeldeploy +{stage} +Skipped +nothing is approved", said)
    assert (
        "modeldeploy has deployed nothing, because nothing is approved: "
        "approve-model quiet --note TEXT"
    ) in said
    assert [each["status"] for each in made.executions("modeldeploy")] == ["Succeeded"]

    made.approve_model()
    made.until_running("modeldeploy", "ApproveDeployment")
    succeed(lab.run("approve-deploy", "quiet"))
    made.until_ended("Succeeded")
    assert "Skipped" not in succeed(made.status())
    served = lab.client("ssm").get_parameter(Name="/quiet/prod")["Parameter"]

    succeed(lab.run("approve-model", "quiet", "--reject", "--note", "not after all"))
    lab.client("codepipeline").start_pipeline_execution(name=f"{made.prefix}-modeldeploy")
    said = succeed(made.status("--wait"))
    assert re.search("modeldeploy +DeployProd +Skipped +nothing is approved", said)
    assert lab.client("ssm").get_parameter(Name="/quiet/prod")["Parameter"] == served
    inbox.receive()
    assert [each for each in inbox.bodies() if made.prefix in each["detail"]["pipeline"]] == []
    succeed(made.teardown("--apply"))


def failures(lab: Lab) -> Inbox:
    """What the notices of projects are made of, from before a project is there."""
    sqs, events = lab.client("sqs"), lab.client("events")
    inbox = Inbox(sqs, "failures")
    sqs.create_queue(QueueName=inbox.name)
    pattern = {
        "source": ["aws.codepipeline"],
        "detail-type": ["CodePipeline Stage Execution State Change"],
        "detail": {"state": ["FAILED"]},
    }
    events.put_rule(Name="failures", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="failures", Targets=[{"Id": "queue", "Arn": inbox.arn}])
    return inbox


@pytest.mark.parametrize("name", ["books_1", "-books", "books-", "b" * 33, ""])
def test_a_name_that_no_project_can_have_is_refused(lab: Lab, name: str) -> None:
    done = lab.run("launch-project", f"--name={name}")
    assert done.returncode == 2
    assert f"--name: got {name!r} ({len(name)} characters), expected 1 to 32" in done.stderr


def test_a_name_that_is_taken_tells_of_the_project_that_has_it(lab: Lab, books: Made) -> None:
    done = lab.run("launch-project", "--name", "books")
    assert done.returncode == 1
    assert f"There is a project books already ({books.id}, CreateCompleted)" in done.stderr
    assert "teardown-project books --plan" in done.stderr


def test_a_product_that_is_not_there_names_those_that_are(lab: Lab) -> None:
    done = lab.run("launch-project", "--name", "other", "--product", "Nothing")
    assert done.returncode == 1
    assert "no product 'Nothing'; there are: Model from commit to endpoint." in done.stderr


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        (
            ["Nope=1", "Pipeline=Book Ratings"],
            ["[Nope] do not exist in the template", "Parameter 'Pipeline' must match pattern"],
        ),
        (
            [f"ConnectionArn=arn:aws:codeconnections:us-east-1:{ACCOUNT}:connection/0"],
            ["A connection needs FullRepositoryId, the repository behind it."],
        ),
    ],
)
def test_wrong_parameters_fail_the_project_with_every_reason_and_its_name_is_free_after_teardown(
    lab: Lab, parameters: list[str], told: list[str]
) -> None:
    words = [word for each in parameters for word in ("--parameter", each)]
    done = lab.run("launch-project", "--name", "wrong", *words, "--wait")
    assert done.returncode == 1
    assert "Project wrong is CreateFailed: " in done.stderr
    assert [text for text in told if text not in done.stderr] == []
    assert "teardown-project wrong --apply" in done.stderr
    status = lab.run("project-status", "wrong")
    assert status.returncode == 1
    assert told[-1] in status.stderr
    assert "Nothing is left" in succeed(lab.run("teardown-project", "wrong", "--apply"))


def test_a_resource_that_fails_is_told_and_what_was_there_before_outlives_the_teardown(
    lab: Lab,
) -> None:
    sagemaker = lab.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="taken")
    done = lab.run("launch-project", "--name", "taken", "--wait")
    assert done.returncode == 1
    assert "Project taken is CreateFailed: ModelPackageGroup (AWS::SageMaker::" in done.stderr
    assert "already exists" in done.stderr
    failed = Made(lab, "taken", sagemaker.describe_project(ProjectName="taken")["ProjectId"])
    succeed(failed.teardown("--apply"))
    sagemaker.describe_model_package_group(ModelPackageGroupName="taken")  # somebody else's
    assert failed.leftovers() == ["taken"]
    sagemaker.delete_model_package_group(ModelPackageGroupName="taken")
    again = lab.launch("taken")
    succeed(again.teardown("--apply"))
    assert again.leftovers() == []


def test_ctrl_c_while_waiting_says_how_to_go_on(lab: Lab) -> None:
    done = lab.interrupted("Creating", "launch-project", "--name", "patience", "--wait")
    assert done.returncode == 128 + signal.SIGINT
    assert "goes on being made: project-status patience --wait shows it." in done.stderr
    said = succeed(lab.run("project-status", "patience", "--wait"))
    assert "CREATE_COMPLETE" in said
    succeed(lab.run("teardown-project", "patience", "--apply"))


# --- project-status


def test_a_project_without_a_commit_has_not_failed_but_waits_for_a_push(lab: Lab) -> None:
    made = lab.connected("fresh")
    done = made.status("--wait", "--start-seconds", "1")
    assert done.returncode == 0, done.stderr
    assert "modelbuild has built nothing yet: push to the project's repository" in done.stdout
    assert "modeldeploy has deployed nothing yet: approve-model fresh --note TEXT" in done.stdout
    plan = succeed(made.teardown("--plan"))
    for kind in ("Project", "ModelPackageGroup", "Bucket", "Key", "LogGroup"):
        assert f"  {kind} " in plan
    assert plan.endswith(f"teardown-project fresh --project-id {made.id} --apply\n")
    succeed(made.teardown("--apply"))
    assert made.leftovers() == []


def test_waiting_right_after_a_push_shows_what_the_push_does(books: Made) -> None:
    # Long enough to be seen, however late the command begins to look.
    slowly = "#!/usr/bin/env bash\nsleep 4; echo '{}' >definition.json\n"
    books.push("Good", {"scripts/build": slowly})
    assert "modelbuild   Build           Build             Succeeded" in succeed(
        books.status("--wait")
    )
    broken = "#!/usr/bin/env bash\necho broken here >&2\nexit 3\n"
    commit = books.push("Break", {"scripts/build": broken})
    done = books.status("--wait", "--commit", commit)
    assert done.returncode == 1
    (report,) = done.stderr.strip().split("\n\n")
    assert f"{books.prefix}-modelbuild: execution " in report
    assert "Build, Build: " in report
    assert "Error while executing command: scripts/build. Reason: exit status 3" in report
    assert f"/aws/codebuild/{books.prefix}-modelbuild" in report
    assert report.count("COMMAND_EXECUTION_ERROR") == 1
    again = books.status("--wait", "--commit", commit[:8])  # it has ended: nothing to wait for
    assert again.returncode == 1
    books.lab.checkout.git("reset", "--quiet", "--hard", "HEAD~2")


def test_waiting_for_a_commit_that_was_not_pushed_says_so(books: Made) -> None:
    done = books.status("--wait", "--commit", "0" * 40, "--start-seconds", "1")
    assert done.returncode == 1
    assert f"1 s have brought no execution of {books.prefix}-modelbuild with commit 000" in (
        done.stderr
    )
    alone = books.status("--commit", "abc")
    assert (alone.returncode, "give --wait, too" in alone.stderr) == (2, True)


@pytest.mark.parametrize("command", ["project-status", "approve-deploy"])
def test_a_project_that_is_not_there_names_those_that_are(
    lab: Lab, books: Made, command: str
) -> None:
    done = lab.run(command, "none")
    assert done.returncode == 1
    assert re.search(f"{command}: There is no project 'none'; there are: .*books", done.stderr)


# --- approve-deploy


def test_nothing_that_waits_tells_what_the_pipeline_is_at(lab: Lab, books: Made) -> None:
    done = lab.run("approve-deploy", "books")
    assert done.returncode == 1
    assert "Nothing of project books waits for an approval: Source " in done.stderr
    assert "approve-model books" in done.stderr


def test_a_deployment_is_approved_rejected_and_answered_once(lab: Lab) -> None:
    made = lab.connected("answers")
    made.deployed()
    codepipeline, ssm = lab.client("codepipeline"), lab.client("ssm")
    with pytest.raises(ClientError, match="InvalidApprovalTokenException"):
        codepipeline.put_approval_result(
            pipelineName=f"{made.prefix}-modeldeploy",
            stageName="DeployStaging",
            actionName="ApproveDeployment",
            token="00000000-0000-4000-8000-000000000000",
            result={"summary": "", "status": "Approved"},
        )
    done = succeed(lab.run("approve-deploy", "answers", "--reject", "--note", "not this one"))
    assert "Rejected DeployStaging of execution " in done
    made.until_ended("Failed")
    status = made.status()
    assert status.returncode == 1
    assert "DeployStaging, ApproveDeployment: " in status.stderr
    assert "not this one" in status.stderr
    assert ssm.get_parameter(Name="/answers/staging")["Parameter"]["Value"] == "staging"
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name="/answers/prod")

    made.approve_model()
    made.until_running("modeldeploy", "ApproveDeployment")
    said = succeed(made.status("--wait", "--start-seconds", "0"))
    assert "DeployStaging waits: approve-deploy answers --note TEXT" in said
    both = [lab.start("approve-deploy", "answers", "--note", each) for each in ("one", "two")]
    told = [process.communicate(timeout=60) for process in both]
    assert sorted(process.returncode for process in both) == [0, 1]
    (loser,) = [errors for process, (_, errors) in zip(both, told, strict=True) if errors]
    # The later one finds it answered, or nothing that waits, as it comes.
    assert "answered by somebody else" in loser or "Nothing of project" in loser
    made.until_ended("Succeeded")
    assert ssm.get_parameter(Name="/answers/prod")["Parameter"]["Value"] == "prod"
    plan = succeed(made.teardown("--plan"))
    assert f"  Stack               {made.prefix}-prod" in plan
    succeed(made.teardown("--apply"))
    assert made.leftovers() == []
    with pytest.raises(ClientError, match="ParameterNotFound"):
        ssm.get_parameter(Name="/answers/prod")


# --- teardown-project


def test_a_teardown_stops_what_runs_and_takes_the_records_that_can_go(lab: Lab) -> None:
    made = lab.connected("busy")
    sagemaker = lab.client("sagemaker")
    queue = lab.client("sqs").create_queue(QueueName="never-answered")["QueueUrl"]
    wait = {
        "Name": "Wait",
        "Type": "Callback",
        "SqsQueueUrl": queue,
        "OutputParameters": [],
        "Arguments": {},
    }
    sagemaker.create_pipeline(
        PipelineName=made.prefix,
        RoleArn=ROLE_ARN,
        PipelineDefinition=json.dumps({"Version": "2020-12-01", "Steps": [wait]}),
    )
    execution = sagemaker.start_pipeline_execution(PipelineName=made.prefix)
    trial = execution["PipelineExecutionArn"].rpartition("/")[2]
    # As SageMaker records a pipeline's jobs.
    sagemaker.create_experiment(ExperimentName=made.prefix)
    sagemaker.create_trial(TrialName=trial, ExperimentName=made.prefix)
    sagemaker.create_trial_component(TrialComponentName="busy-component")
    sagemaker.associate_trial_component(TrialName=trial, TrialComponentName="busy-component")
    made.push("Slowly", {"scripts/build": SLOW})
    made.until_running("modelbuild", "Build")
    plan = succeed(made.teardown("--plan"))
    for kind in ("Execution", "Build", "SageMakerExecution", "Experiment", "SageMakerPipeline"):
        assert f"  {kind} " in plan
    said = succeed(made.teardown("--apply"))
    assert f"Execution  {made.prefix}-modelbuild/" in said
    assert "SageMakerExecution  " in said
    lab.checkout.git("reset", "--quiet", "--hard", "HEAD~1")
    assert made.leftovers() == []
    builds = lab.client("codebuild").list_builds()["ids"]
    own = [each for each in builds if made.prefix in each]
    states = {
        each["buildStatus"] for each in lab.client("codebuild").batch_get_builds(ids=own)["builds"]
    }
    assert "IN_PROGRESS" not in states
    assert "STOPPED" in states
    with pytest.raises(ClientError, match="ResourceNotFound"):
        sagemaker.describe_trial_component(TrialComponentName="busy-component")
    again = made.teardown("--apply")
    assert (again.returncode, again.stderr) == (0, "")
    assert succeed(made.teardown("--plan")) == f"There is nothing of project busy ({made.id}).\n"


def test_a_teardown_in_the_middle_of_a_deployment_leaves_nothing(lab: Lab) -> None:
    made = lab.connected("deploying")
    made.push("Test slowly", {"smoke-test": SLOW})
    made.register("Approved")
    made.until_running("modeldeploy", "SmokeTest")
    said = succeed(made.teardown("--apply"))
    lab.checkout.git("reset", "--quiet", "--hard", "HEAD~1")
    assert f"Stack  {made.prefix}-staging  CREATE_COMPLETE" in said
    assert made.leftovers() == []


def test_what_is_left_of_a_project_that_is_gone_goes_by_its_id(lab: Lab) -> None:
    made = lab.connected("left", Pipeline="r_recommender")
    # Its repository of images is retained, and would keep a project of the same pipeline out.
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    lab.client("ecr").put_image(
        repositoryName="r-recommender", imageTag="1", imageManifest=json.dumps(manifest)
    )
    sagemaker = lab.client("sagemaker")
    sagemaker.delete_project(ProjectName="left")
    until(
        lambda: (
            sagemaker.describe_project(ProjectName="left")["ProjectStatus"] == "DeleteCompleted"
        ),
        "end of the project",
    )
    assert made.leftovers() != []
    done = made.teardown("--project-id", made.id, "--apply")
    assert "Nothing is left" in succeed(done)
    assert made.leftovers() == []


def test_a_project_that_never_was_is_told_with_those_that_are(lab: Lab, books: Made) -> None:
    for how in ("--plan", "--apply"):
        done = lab.run("teardown-project", "none", how)
        assert done.returncode == 1
        assert re.search("There is no project 'none'; there are: .*books", done.stderr)
        assert "give its id by --project-id" in done.stderr
    neither = lab.run("teardown-project", "books")
    assert neither.returncode == 2
    assert "one of the arguments --plan --apply is required" in neither.stderr


def test_a_teardown_goes_on_after_the_emulator_was_killed(tmp_path) -> None:
    emulator = EmulatorProcess(tmp_path / "data")
    emulator.start()
    try:
        made = published(tmp_path, emulator).connected("killed")
        made.lab.client("sagemaker").delete_project(ProjectName="killed")
        emulator.kill()
        emulator.start()
        plan = succeed(made.teardown("--plan"))
        assert "  Bucket " in plan
        assert "Nothing is left" in succeed(made.teardown("--apply"))
        assert made.leftovers() == []
    finally:
        emulator.stop()


# --- scripts/launch-project, once its emulator is up


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ([], 2, "the following arguments are required: --name"),
        (["--name", "own", "--pipeline", "none"], 2, "--pipeline: no data for none; there are "),
        (["--name", "own_1"], 2, "--name: got 'own_1' (5 characters), expected 1 to 32"),
        (["--name", "books"], 1, "There is a project books already ("),
    ],
)
def test_what_cannot_be_launched_is_told_before_anything_is_done(
    lab: Lab, books: Made, tmp_path: Path, words: list[str], code: int, told: str
) -> None:
    before = lab.client("s3").list_buckets()["Buckets"]
    done = run(
        lab.emulator,
        ["env", f"PYTHONPATH={ROOT / 'scripts'}", sys.executable, "-m", "launching", *words],
        tmp_path,
    )
    assert done.returncode == code
    assert told in " ".join((done.stdout + done.stderr).split())
    assert lab.client("s3").list_buckets()["Buckets"] == before
