"""The AWS CLI of builds, which CodeBuild's images have and this machine need not."""

from collections.abc import Callable

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.builds import BuildLab, buildspec, has_aws_cli, lab_in


@pytest.fixture
def lab(emulator: EmulatorProcess, unique: Callable[[str], str]) -> BuildLab:
    has_aws_cli()
    return lab_in(emulator, unique)


def test_a_build_calls_aws_and_reaches_the_emulator(lab: BuildLab) -> None:
    repository = lab.unique("images").lower()
    lab.emulator.client("ecr").create_repository(repositoryName=repository)
    build = lab.run(
        buildspec(
            env={"variables": {"PYTHONPATH": "/nowhere"}},
            build=[
                "aws --version 2>&1 | cut -d/ -f1",
                "aws sts get-caller-identity --query Account --output text",
                f"echo from the build | aws s3 cp - s3://{lab.bucket}/said",
                f"aws s3 cp s3://{lab.bucket}/said -",
                f"if aws ecr describe-images --repository-name {repository} --image-ids "
                "imageTag=none 2>told; then echo there; else echo missing; fi",
                "grep -o ImageNotFoundException told",
            ],
        )
    )
    assert build["buildStatus"] == "SUCCEEDED", lab.lines(build)
    assert lab.printed(build) == [
        "aws-cli",
        "123456789012",
        "from the build",
        "missing",
        "ImageNotFoundException",
    ]


def test_the_aws_that_a_build_installs_itself_is_the_one_it_calls(lab: BuildLab) -> None:
    build = lab.run(
        buildspec(
            build=[
                'own=$(dirname "$(command -v python)")/aws',
                "printf '#!/bin/sh\\necho its own\\n' > $own && chmod +x $own",
                "aws",
            ]
        )
    )
    assert lab.printed(build) == ["its own"]
