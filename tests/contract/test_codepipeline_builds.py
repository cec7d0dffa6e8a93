"""CodeBuild as an action: what a build gets, gives back and fails with."""

import io
import zipfile
from pathlib import Path
from typing import Any

from tests.contract.code_pipelines import CodePipelineLab, lab, own_lab, stage
from tests.contract.deliveries import STAGE, build, project, put, source

__all__ = ["lab", "own_lab"]


def test_a_changed_source_is_built_with_its_version_and_gives_variables_and_artifacts(
    lab: CodePipelineLab,
) -> None:
    use = "pipelines.put_job_success_result(jobId=job['id'])"
    tag = {"UserParameters": "#{Build.TAG}"}
    pipeline = lab.create(
        stage("Source", source(lab, polls="true")),
        stage("Build", build(lab, project(lab))),
        stage("Use", lab.invoke("Use", use, configuration=tag, inputArtifacts=["Built"])),
        variables=STAGE,
    )
    created = lab.ended(pipeline)
    assert created["status"] == "Succeeded", created["statusSummary"]
    version_id = put(lab, {"more.txt": "more"})
    newest, _ = lab.until(lambda: lab.executions(pipeline), lambda found: len(found) == 2)

    execution = lab.ended(pipeline, newest["pipelineExecutionId"])

    assert execution["status"] == "Succeeded", execution["statusSummary"]
    assert execution["trigger"]["triggerType"] == "PollForSourceChanges"
    used, built, taken = lab.action_executions(pipeline, execution["pipelineExecutionId"])
    assert taken["output"]["outputVariables"]["VersionId"] == version_id
    assert built["output"]["outputVariables"] == {"TAG": f"beta-{version_id}"}
    assert used["input"]["resolvedConfiguration"]["UserParameters"] == f"beta-{version_id}"
    place = used["input"]["inputArtifacts"][0]["s3location"]
    body = lab.emulator.client("s3").get_object(Bucket=place["bucket"], Key=place["key"])["Body"]
    with zipfile.ZipFile(io.BytesIO(body.read())) as archive:
        assert set(archive.namelist()) == {"template.json", "staging.json"}
    build_id = built["output"]["executionResult"]["externalExecutionId"]
    [found] = lab.emulator.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    assert found["initiator"] == f"codepipeline/{pipeline}"


def test_a_project_that_is_not_there_fails_the_action(lab: CodePipelineLab) -> None:
    pipeline = lab.create(
        stage("Source", source(lab)), stage("Build", build(lab, "nowhere")), variables=STAGE
    )

    summary = lab.ended(pipeline)["statusSummary"]

    assert summary.startswith("Stage Build, action Build: ConfigurationError: ")
    assert "(project: nowhere)" in summary


def test_a_broken_build_tells_its_command_and_its_log(lab: CodePipelineLab) -> None:
    project_name = project(lab)
    pipeline = lab.create(
        stage("Source", source(lab, broken="")),
        stage("Build", build(lab, project_name)),
        variables=STAGE,
    )

    summary = lab.ended(pipeline)["statusSummary"]

    assert summary.startswith("Stage Build, action Build: JobFailed: ")
    assert "Phase BUILD: COMMAND_EXECUTION_ERROR" in summary
    assert "test ! -e broken" in summary
    assert f"/aws/codebuild/{project_name}" in summary


def test_an_abandoned_execution_stops_its_build(lab: CodePipelineLab) -> None:
    slow = "version: 0.2\nphases:\n  build:\n    commands: [sleep 60]\n"
    pipeline = lab.create(
        stage("Source", source(lab, **{"buildspec.yml": slow})),
        stage("Build", build(lab, project(lab))),
        variables=STAGE,
    )
    builds = lab.emulator.client("codebuild")

    def build_of() -> dict[str, Any]:
        build_id = lab.action(pipeline, "Build", "Build").get("externalExecutionId")
        found = builds.batch_get_builds(ids=[build_id])["builds"] if build_id else [{}]
        return dict(found[0])

    lab.until(build_of, lambda each: each.get("currentPhase") == "BUILD")
    lab.pipelines.stop_pipeline_execution(
        pipelineName=pipeline, pipelineExecutionId=lab.first(pipeline), abandon=True
    )

    assert lab.ended(pipeline)["status"] == "Stopped"
    lab.until(build_of, lambda each: each["buildStatus"] == "STOPPED")


def test_a_build_that_died_with_the_emulator_is_retried(
    own_lab: CodePipelineLab, tmp_path: Path
) -> None:
    lab = own_lab
    # Sleeps in the first build, and finds that it has done so in the second.
    once = (
        "version: 0.2\nphases:\n  build:\n    commands:\n"
        f"      - test -e {tmp_path}/ran || {{ touch {tmp_path}/ran; sleep 60; }}\n"
        "artifacts:\n  files: ['*.json']\n"
    )
    pipeline = lab.create(
        stage("Source", source(lab, **{"buildspec.yml": once})),
        stage("Build", build(lab, project(lab))),
        variables=STAGE,
    )
    lab.until((tmp_path / "ran").exists, bool)

    lab.emulator.kill()
    lab.emulator.start()

    execution = lab.ended(pipeline)
    assert execution["status"] == "Failed"
    assert "The emulator stopped while the action ran" in execution["statusSummary"]
    lab.pipelines.retry_stage_execution(
        pipelineName=pipeline,
        stageName="Build",
        pipelineExecutionId=execution["pipelineExecutionId"],
        retryMode="FAILED_ACTIONS",
    )
    retried = lab.ended(pipeline)
    assert retried["status"] == "Succeeded", retried["statusSummary"]
