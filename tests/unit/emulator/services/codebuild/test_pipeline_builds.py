"""Builds as CodePipeline starts them: artifacts in, artifacts out."""

import io
import zipfile

import pytest

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.codebuild import pipeline_builds
from emulator.services.codebuild.pipeline_builds import Artifact, PipelineSource
from emulator.store import Document
from tests.unit.emulator.services.codebuild.projects_of_tests import ended, project

BUCKET = "pipeline-artifacts"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SPEC = """
version: 0.2
env: {exported-variables: [SEEN]}
phases:
  build:
    commands:
      - export SEEN="$CODEBUILD_RESOLVED_SOURCE_VERSION $CODEBUILD_INITIATOR $FROM_ACTION"
      - cat source.txt $CODEBUILD_SRC_DIR_Other/other.txt > both.txt
artifacts: {files: [both.txt]}
"""


@pytest.fixture
def artifacts(context: Context) -> tuple[Artifact, Artifact]:
    context.objects.create_bucket(BUCKET)
    found = []
    for name, file in (("Source", "source.txt"), ("Other", "other.txt")):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr(file, f"{name}\n")
        context.objects.put_bytes(BUCKET, f"in/{name}.zip", content.getvalue())
        found.append(Artifact(name, BUCKET, f"in/{name}.zip"))
    return found[0], found[1]


def pipeline_project(context: Context, name: str, spec: str) -> None:
    project(
        context,
        name,
        spec,
        source={"type": "CODEPIPELINE", "buildspec": spec},
        artifacts={"type": "CODEPIPELINE"},
    )


def run(context: Context, spec: str, inputs: tuple[Artifact, ...], *outputs: str) -> Document:
    pipeline_project(context, "books", spec)
    source = PipelineSource(
        inputs=inputs,
        outputs=tuple(Artifact(name, BUCKET, f"out/{name}.zip") for name in outputs),
        environment=({"name": "FROM_ACTION", "value": "given", "type": "PLAINTEXT"},),
        initiator="codepipeline/books",
        resolved_source_version=COMMIT,
    )
    return ended(context, pipeline_builds.start(context, "books", source))


def names_in(context: Context, key: str) -> list[str]:
    return zipfile.ZipFile(context.objects.path(BUCKET, key)).namelist()


def test_inputs_are_sources_and_the_output_is_the_artifact(
    context: Context, artifacts: tuple[Artifact, Artifact]
) -> None:
    build = run(context, SPEC, artifacts, "Built")

    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    assert build["initiator"] == "codepipeline/books"
    assert build["resolvedSourceVersion"] == COMMIT
    assert build["exportedEnvironmentVariables"] == [
        {"name": "SEEN", "value": f"{COMMIT} codepipeline/books given"}
    ]
    archive = zipfile.ZipFile(context.objects.path(BUCKET, "out/Built.zip"))
    assert archive.read("both.txt") == b"Source\nOther\n"
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{BUCKET}/out/Built.zip"


def test_several_outputs_are_the_secondary_artifacts_of_their_names(
    context: Context, artifacts: tuple[Artifact, Artifact]
) -> None:
    spec = SPEC.replace(
        "files: [both.txt]",
        "files: [both.txt], secondary-artifacts: {Second: {files: [source.txt]}}",
    )

    build = run(context, spec, artifacts, "Built", "Second")

    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    assert names_in(context, "out/Built.zip") == ["both.txt"]
    assert names_in(context, "out/Second.zip") == ["source.txt"]


def test_an_output_of_which_the_buildspec_says_nothing_fails_the_build(
    context: Context, artifacts: tuple[Artifact, Artifact]
) -> None:
    build = run(context, SPEC, artifacts, "Built", "Second")

    assert build["buildStatus"] == "FAILED"
    (phase,) = [each for each in build["phases"] if each["phaseType"] == "UPLOAD_ARTIFACTS"]
    assert phase["contexts"][0]["statusCode"] == "CLIENT_ERROR"
    assert phase["contexts"][0]["message"].endswith("say nothing: Second")


def test_an_input_that_is_not_there_fails_the_build(
    context: Context, artifacts: tuple[Artifact, Artifact]
) -> None:
    build = run(context, SPEC, (Artifact("Source", BUCKET, "in/none.zip"),))

    (phase,) = [each for each in build["phases"] if each["phaseType"] == "DOWNLOAD_SOURCE"]
    assert phase["contexts"][0]["message"].startswith("NoSuchKey: ")


def test_a_project_with_a_source_of_its_own_is_not_for_pipelines(context: Context) -> None:
    project(context, "own-source", SPEC)
    source = PipelineSource(inputs=(Artifact("Source", BUCKET, "in/Source.zip"),))

    with pytest.raises(AwsError) as caught:
        pipeline_builds.start(context, "own-source", source)

    assert caught.value.code == "InvalidInputException"
    assert "source and artifacts are CODEPIPELINE" in caught.value.message
