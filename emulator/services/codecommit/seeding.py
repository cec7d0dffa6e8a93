"""A repository's first commit from a zip in S3.

Source: the Code property of AWS::CodeCommit::Repository.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from emulator import git
from emulator.context import Context
from emulator.services.codecommit.records import check_branch_name, directory_of, record

_MESSAGE = "Initial commit by AWS CloudFormation"
# The name of the branch where Code says none.
DEFAULT_BRANCH = "main"


def seed(
    context: Context,
    repository: str,
    bucket: str,
    key: str,
    branch: str = DEFAULT_BRANCH,
    version_id: str | None = None,
) -> str:
    """Put the files of a zip on a new branch, and give the commit's id; for worker threads.

    Raises:
        AwsError: RepositoryDoesNotExistException; InvalidBranchNameException; NoSuchBucket,
            NoSuchKey or NoSuchVersion; ValidationException: the zip cannot be used, or the branch
            is there already.
    """
    check_branch_name(branch)
    directory = directory_of(context, repository)
    with TemporaryDirectory() as folder:
        zip_path = Path(folder) / "code.zip"
        context.objects.link(bucket, key, zip_path, version_id)
        commit = git.import_zip(directory, branch, zip_path, _MESSAGE)
    record(context, repository)
    return commit
