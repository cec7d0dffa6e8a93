"""Sources, artifacts, caches, reports, logs and exports of builds, against a running emulator."""

import gzip
import hashlib
import io
import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.builds import BuildLab, buildspec, context_of, lab_in, phases_of
from tests.contract.jobs import error_of

# As Surefire and pytest write it.
JUNIT = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="books" tests="4" failures="1" errors="1" skipped="1" time="1.25">
<testcase classname="tests.test_books" name="test_fine" time="1.000"/>
<testcase classname="tests.test_books" name="test_wrong" time="0.250">
<failure message="assert 1 == 2">where</failure></testcase>
<testcase classname="tests.test_books" name="test_broken" time="0"><error message="oh"/></testcase>
<testcase classname="tests.test_books" name="test_left_out" time="0"><skipped/></testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def lab(emulator: EmulatorProcess, unique: Callable[[str], str]) -> BuildLab:
    return lab_in(emulator, unique)


def s3_artifacts(lab: BuildLab, **members: object) -> dict[str, object]:
    return {"type": "S3", "location": lab.bucket, "name": "out", "packaging": "ZIP", **members}


def test_a_zip_in_s3_is_a_source_with_its_own_buildspec(lab: BuildLab) -> None:
    spec = buildspec(build=["cat data/words.txt", "./run.sh", "echo $CODEBUILD_SOURCE_REPO_URL"])
    files = {"buildspec.yml": spec, "data/words.txt": "words\n", "run.sh": "#!/bin/sh\necho ran"}
    lab.put_zip("source.zip", files, programs=("run.sh",))

    build = lab.run(source={"type": "S3", "location": f"{lab.bucket}/source.zip"})

    assert build["buildStatus"] == "SUCCEEDED", lab.lines(build)
    assert lab.printed(build) == ["words", "ran", f"s3://{lab.bucket}/source.zip"]
    assert "resolvedSourceVersion" not in build


def test_gits_credential_helper_leads_to_codecommit_and_through_connections(
    lab: BuildLab, unique: Callable[[str], str]
) -> None:
    """Source: "env/git-credential-helper" of the build specification reference."""
    repository = unique("repository")
    lab.emulator.client("codecommit").create_repository(repositoryName=repository)
    arn = lab.emulator.client("codeconnections").create_connection(
        ConnectionName=unique("c")[-32:].strip("-"), ProviderType="GitHub"
    )["ConnectionArn"]
    region, account, connection = arn.replace(":connection/", ":").split(":")[3:]
    path = f"{region}.amazonaws.com/git-http/{account}/{region}/{connection}/ada/{repository}.git"
    first = f"https://codeconnections.{path}"
    commands = [
        f"git clone --quiet {first} new",
        "cd new",
        "git -c user.name=a -c user.email=a@b.invalid commit --quiet --allow-empty -m first",
        f"git push --quiet {first} HEAD:main",
        f"git push --quiet https://git-codecommit.{region}.amazonaws.com/v1/repos/{repository}"
        " HEAD:main",
        "git rev-parse HEAD",
        f"git ls-remote https://codestar-connections.{path} main",
    ]
    spec = buildspec(build=commands, env={"git-credential-helper": True})

    build = lab.run(spec)

    assert build["buildStatus"] == "SUCCEEDED", lab.lines(build)
    commit, found = lab.printed(build)[-2:]
    assert found == f"{commit}\trefs/heads/main"
    branch = lab.emulator.client("codecommit").get_branch(
        repositoryName=repository, branchName="main"
    )["branch"]
    assert branch["commitId"] == commit


def test_without_the_credential_helper_git_is_led_nowhere(lab: BuildLab) -> None:
    url = "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/books"
    for env in ({}, {"git-credential-helper": False}):
        build = lab.run(buildspec(build=[f"git ls-remote --get-url {url}"], env=env))
        assert lab.printed(build) == [url]


def test_the_source_version_of_a_zip_in_s3_is_that_of_its_object(lab: BuildLab) -> None:
    lab.s3.put_bucket_versioning(Bucket=lab.bucket, VersioningConfiguration={"Status": "Enabled"})
    for word in ("old", "new"):
        lab.put_zip("source.zip", {"buildspec.yml": buildspec(build=[f"echo {word}"])})
    found = lab.s3.list_object_versions(Bucket=lab.bucket, Prefix="source.zip")["Versions"]
    (old,) = [each["VersionId"] for each in found if not each["IsLatest"]]
    project = lab.project(source={"type": "S3", "location": f"{lab.bucket}/source.zip"})

    assert lab.printed(lab.ended(lab.start(project, sourceVersion=old))) == ["old"]
    assert lab.printed(lab.ended(lab.start(project))) == ["new"]
    build = lab.ended(lab.start(project, sourceVersion="none"))
    assert context_of(build, "DOWNLOAD_SOURCE")["statusCode"] == "CLIENT_ERROR"


def test_a_prefix_in_s3_is_a_source_and_its_buildspec_has_any_name(lab: BuildLab) -> None:
    spec = buildspec(build=["ls -R | grep -v '^$'"])
    for key, text in {"code/ci/spec.yml": spec, "code/a/b.txt": "b"}.items():
        lab.s3.put_object(Bucket=lab.bucket, Key=key, Body=text.encode())

    build = lab.run("ci/spec.yml", source={"type": "S3", "location": f"{lab.bucket}/code/"})

    assert lab.printed(build) == [".:", "a", "ci", "./a:", "b.txt", "./ci:", "spec.yml"]


def test_a_buildspec_can_be_an_object_in_s3(lab: BuildLab) -> None:
    spec = buildspec(build=["echo from s3"])
    lab.s3.put_object(Bucket=lab.bucket, Key="spec.yml", Body=spec.encode())

    build = lab.run(f"arn:aws:s3:::{lab.bucket}/spec.yml")

    assert lab.printed(build) == ["from s3"]


def test_a_buildspec_that_is_not_there_is_told_as_codebuild_does(lab: BuildLab) -> None:
    lab.put_zip("source.zip", {"README": ""})

    build = lab.run(source={"type": "S3", "location": f"{lab.bucket}/source.zip"})

    context = context_of(build, "DOWNLOAD_SOURCE")
    assert context["statusCode"] == "YAML_FILE_ERROR"
    assert context["message"].startswith("stat /")
    assert context["message"].endswith("/buildspec.yml: no such file or directory")


def test_a_zip_that_leads_out_of_its_folder_is_refused(lab: BuildLab) -> None:
    lab.put_zip("source.zip", {"../../evil.txt": "", "/abs.txt": ""})

    build = lab.run(
        buildspec(build=["true"]), source={"type": "S3", "location": f"{lab.bucket}/source.zip"}
    )

    context = context_of(build, "DOWNLOAD_SOURCE")
    assert context["statusCode"] == "CLIENT_ERROR"
    assert "'../../evil.txt' is outside the folder" in context["message"]
    assert "'/abs.txt' is outside the folder" in context["message"]


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=me", "-c", "user.email=me@x", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"], "HOME": str(directory)},
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a commit on main, one on a branch, and a tag on the first."""
    path = tmp_path / "repository"
    path.mkdir()
    git(path, "init", "--quiet", "--initial-branch", "main")
    for name, branch in (("main", None), ("side", "side")):
        if branch:
            git(path, "checkout", "--quiet", "-b", branch)
        spec = buildspec(build=[f"echo {name} $CODEBUILD_RESOLVED_SOURCE_VERSION"])
        (path / "buildspec.yml").write_text(spec)
        git(path, "add", ".")
        git(path, "commit", "--quiet", "-m", name)
    git(path, "tag", "first", "main")
    git(path, "checkout", "--quiet", "main")
    return path


@pytest.mark.parametrize(
    ("version", "branch"), [(None, "main"), ("side", "side"), ("first", "main")]
)
def test_a_repository_is_cloned_at_a_branch_or_a_tag(
    lab: BuildLab, repository: Path, version: str | None, branch: str
) -> None:
    project = lab.project(source={"type": "CODECOMMIT", "location": str(repository)})

    build = lab.ended(lab.start(project, **({"sourceVersion": version} if version else {})))

    commit = git(repository, "rev-parse", branch)
    assert build["resolvedSourceVersion"] == commit, lab.lines(build)
    assert lab.printed(build) == [f"{branch} {commit}"]


def test_a_commit_is_checked_out_and_one_that_is_not_there_is_told(
    lab: BuildLab, repository: Path
) -> None:
    commit = git(repository, "rev-parse", "side")
    project = lab.project(source={"type": "CODECOMMIT", "location": str(repository)})

    assert lab.ended(lab.start(project, sourceVersion=commit))["resolvedSourceVersion"] == commit
    build = lab.ended(lab.start(project, sourceVersion="0" * 40))

    context = context_of(build, "DOWNLOAD_SOURCE")
    assert context["statusCode"] == "CLIENT_ERROR"
    assert context["message"].startswith(f"reference not found for source version {'0' * 40}")


def test_secondary_sources_and_artifacts_have_places_of_their_own(lab: BuildLab) -> None:
    lab.put_zip("second.zip", {"more.txt": "more\n"})
    spec = buildspec(
        build=["cat $CODEBUILD_SRC_DIR_second/more.txt", "echo 1 > one.txt; echo 2 > two.txt"],
        artifacts={
            "files": ["one.txt"],
            "secondary-artifacts": {"other": {"files": ["two.txt"]}},
        },
    )
    second = {
        "type": "S3", "location": f"{lab.bucket}/second.zip", "sourceIdentifier": "second"
    }  # fmt: skip
    other = s3_artifacts(lab, name="other.zip", artifactIdentifier="other")

    build = lab.run(
        spec,
        secondarySources=[second],
        artifacts=s3_artifacts(lab, name="one.zip"),
        secondaryArtifacts=[other],
    )

    assert build["buildStatus"] == "SUCCEEDED", lab.lines(build)
    assert lab.printed(build) == ["more"]
    assert lab.zip_of("one.zip").namelist() == ["one.txt"]
    assert lab.zip_of("other.zip").namelist() == ["two.txt"]
    (told,) = build["secondaryArtifacts"]
    assert told["artifactIdentifier"] == "other"
    assert told["location"] == f"arn:aws:s3:::{lab.bucket}/other.zip"


def test_a_zip_of_artifacts_keeps_programs_and_no_link_out_of_the_source(lab: BuildLab) -> None:
    spec = buildspec(
        build=[
            "mkdir -p out/deep",
            "echo text > out/text.txt; echo '#!/bin/sh' > out/deep/run; chmod +x out/deep/run",
            "ln -s /etc/passwd out/secret; ln -s text.txt out/same; echo x > out/left.tmp",
        ],
        artifacts={
            "files": ["**/*"],
            "base-directory": "out",
            "exclude-paths": ["*.tmp"],
            "name": "named-$(echo by-shell).zip",
        },
    )
    project = lab.project(
        spec,
        artifacts=s3_artifacts(
            lab, path="folder", namespaceType="BUILD_ID", overrideArtifactName=True
        ),
    )

    build = lab.ended(lab.start(project))

    uuid = build["id"].partition(":")[2]
    assert UUID(uuid)
    key = f"folder/{uuid}/named-by-shell.zip"
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{lab.bucket}/{key}"
    content = lab.s3.get_object(Bucket=lab.bucket, Key=key)["Body"].read()
    assert build["artifacts"]["sha256sum"] == hashlib.sha256(content).hexdigest()
    assert build["artifacts"]["md5sum"] == hashlib.md5(content).hexdigest()
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert sorted(archive.namelist()) == ["deep/run", "same", "text.txt"]
    assert archive.read("same") == b"text\n"
    modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in archive.infolist()}
    assert (modes["deep/run"], modes["text.txt"]) == (0o755, 0o644)


def test_variables_in_the_paths_of_artifacts_are_replaced(lab: BuildLab) -> None:
    spec = buildspec(
        build=["mkdir out", "export NAME=two", "touch out/one.txt out/$NAME.txt out/three.txt"],
        artifacts={"files": ["one.txt", "$NAME.txt"], "base-directory": "$CODEBUILD_SRC_DIR/out"},
    )
    build = lab.run(spec, artifacts=s3_artifacts(lab))
    assert build["buildStatus"] == "SUCCEEDED", lab.lines(build)
    assert sorted(lab.zip_of("out").namelist()) == ["one.txt", "two.txt"]


def test_artifacts_without_packaging_are_single_objects(lab: BuildLab) -> None:
    spec = buildspec(
        build=["mkdir a && echo 1 > a/one.txt && echo 2 > a/two.txt"],
        artifacts={"files": ["a/*"], "discard-paths": "yes"},
    )

    lab.run(spec, artifacts=s3_artifacts(lab, packaging="NONE", name="folder"))

    assert lab.keys() == ["folder/one.txt", "folder/two.txt"]


@pytest.mark.parametrize(
    ("artifacts", "message"),
    [
        ({"files": ["nothing.txt"]}, "no matching artifact paths found"),
        (
            {"files": ["**/*"], "base-directory": "none"},
            "no matching base directory path found for none",
        ),
        ({"files": ["/etc/passwd", "../**/*"]}, "no matching artifact paths found"),
    ],
)
def test_artifacts_that_are_not_there_fail_the_build(
    lab: BuildLab, artifacts: dict[str, object], message: str
) -> None:
    spec = buildspec(build=["true"], artifacts=artifacts)

    build = lab.run(spec, artifacts=s3_artifacts(lab))

    assert build["buildStatus"] == "FAILED"
    assert phases_of(build)["UPLOAD_ARTIFACTS"] == "FAILED"
    expected = {"statusCode": "CLIENT_ERROR", "message": message}
    assert context_of(build, "UPLOAD_ARTIFACTS") == expected


def test_a_bucket_that_is_not_there_fails_the_upload(lab: BuildLab) -> None:
    spec = buildspec(build=["echo 1 > one.txt"], artifacts={"files": ["one.txt"]})

    build = lab.run(spec, artifacts=s3_artifacts(lab, location="no-such-bucket-anywhere"))

    context = context_of(build, "UPLOAD_ARTIFACTS")
    assert context["statusCode"] == "CLIENT_ERROR"
    assert "NoSuchBucket" in context["message"]


def test_a_local_cache_lives_from_build_to_build(lab: BuildLab) -> None:
    spec = buildspec(
        build=["cat kept/number || echo none", "echo $CODEBUILD_BUILD_NUMBER > kept/number"],
        cache={"paths": ["kept/**/*"]},
    )
    project = lab.project(spec, cache={"type": "LOCAL", "modes": ["LOCAL_CUSTOM_CACHE"]})

    first, second = lab.ended(lab.start(project)), lab.ended(lab.start(project))

    assert lab.printed(first)[-1] == "none"
    assert lab.printed(second) == ["1"]
    lab.codebuild.invalidate_project_cache(projectName=project)
    assert lab.printed(lab.ended(lab.start(project)))[-1] == "none"


def test_a_cache_in_s3_lives_from_build_to_build(lab: BuildLab) -> None:
    spec = buildspec(
        build=["cat kept/number || echo none", "mkdir -p kept; echo 7 > kept/number"],
        cache={"paths": ["kept/**/*"]},
    )
    cache = {"type": "S3", "location": f"{lab.bucket}/caches"}
    project = lab.project(spec, cache=cache)

    first, second = lab.ended(lab.start(project)), lab.ended(lab.start(project))

    assert lab.printed(first)[-1] == "none"
    assert lab.printed(second) == ["7"]
    assert lab.keys("caches/") == [f"caches/{project}.zip"]


def test_the_home_of_builds_lasts(lab: BuildLab) -> None:
    name = lab.unique("file")

    lab.run(buildspec(build=[f"echo kept > ~/{name}"]))
    build = lab.run(buildspec(build=[f"cat ~/{name}; rm ~/{name}"]))

    assert lab.printed(build) == ["kept"]


def test_junit_files_become_reports_with_their_test_cases(lab: BuildLab) -> None:
    spec = buildspec(
        build=[f"mkdir reports; cat > reports/junit.xml <<'END'\n{JUNIT}END\n"],
        reports={"unit": {"files": ["*.xml"], "base-directory": "reports"}},
    )
    codebuild = lab.codebuild

    build = lab.run(spec)

    (report_arn,) = build["reportArns"]
    (report,) = codebuild.batch_get_reports(reportArns=[report_arn])["reports"]
    assert report["status"] == "FAILED"
    assert report["executionId"] == build["arn"]
    assert report["testSummary"] == {
        "total": 4,
        "statusCounts": {"SUCCEEDED": 1, "FAILED": 1, "ERROR": 1, "SKIPPED": 1, "UNKNOWN": 0},
        "durationInNanoSeconds": 1_250_000_000,
    }
    group_arn = report["reportGroupArn"]
    assert group_arn.endswith(f":report-group/{build['projectName']}-unit")
    assert group_arn in codebuild.list_report_groups()["reportGroups"]
    listed = codebuild.list_reports_for_report_group(reportGroupArn=group_arn)
    assert listed["reports"] == [report_arn]
    cases = codebuild.describe_test_cases(reportArn=report_arn)["testCases"]
    assert [(case["name"], case["status"]) for case in cases] == [
        ("test_fine", "SUCCEEDED"),
        ("test_wrong", "FAILED"),
        ("test_broken", "ERROR"),
        ("test_left_out", "SKIPPED"),
    ]
    assert cases[1]["message"] == "assert 1 == 2\nwhere"
    assert cases[1]["prefix"] == "tests.test_books"
    assert cases[0]["durationInNanoSeconds"] == 1_000_000_000
    failed = codebuild.describe_test_cases(reportArn=report_arn, filter={"status": "FAILED"})
    assert [case["name"] for case in failed["testCases"]] == ["test_wrong"]
    assert build["buildStatus"] == "SUCCEEDED"
    assert report_arn in codebuild.list_reports()["reports"]
    code, message = error_of(codebuild.delete_report_group, arn=group_arn)
    assert (code, "has 1 report(s)" in message) == ("InvalidInputException", True)
    codebuild.delete_report_group(arn=group_arn, deleteReports=True)
    gone = codebuild.batch_get_report_groups(reportGroupArns=[group_arn])
    assert (gone["reportGroups"], gone["reportGroupsNotFound"]) == ([], [group_arn])
    assert codebuild.batch_get_reports(reportArns=[report_arn])["reportsNotFound"] == [report_arn]


def test_a_report_that_cannot_be_read_is_incomplete_and_the_build_goes_on(lab: BuildLab) -> None:
    group = lab.codebuild.create_report_group(
        name=lab.unique("group"), type="TEST", exportConfig={"exportConfigType": "NO_EXPORT"}
    )["reportGroup"]
    spec = buildspec(build=["echo '<a/>' > a.xml"], reports={group["arn"]: {"files": ["a.xml"]}})

    build = lab.run(spec)

    (report,) = lab.codebuild.batch_get_reports(reportArns=build["reportArns"])["reports"]
    assert (report["status"], report["reportGroupArn"]) == ("INCOMPLETE", group["arn"])
    assert build["buildStatus"] == "SUCCEEDED"
    assert any("its root is a, expected testsuites" in line for line in lab.lines(build))


def test_logs_go_where_the_project_says(lab: BuildLab) -> None:
    group = f"/own/{lab.unique('group')}"
    config = {
        "cloudWatchLogs": {"status": "ENABLED", "groupName": group, "streamName": "builds"},
        "s3Logs": {"status": "ENABLED", "location": f"{lab.bucket}/logs"},
    }

    build = lab.run(buildspec(build=["echo to both"]), logsConfig=config)

    uuid = build["id"].partition(":")[2]
    assert build["logs"]["groupName"] == group
    assert build["logs"]["streamName"] == f"builds/{uuid}"
    assert lab.printed(build) == ["to both"]
    assert build["logs"]["s3LogsArn"] == f"arn:aws:s3:::{lab.bucket}/logs/{uuid}.gz"
    body = lab.s3.get_object(Bucket=lab.bucket, Key=f"logs/{uuid}.gz")["Body"].read()
    assert "\nto both\n" in gzip.decompress(body).decode()
