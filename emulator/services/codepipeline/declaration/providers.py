"""Which actions there are, and what each takes.

Source: "Action structure reference" and "Variables reference" of the CodePipeline user guide.
"""

from collections.abc import Mapping
from dataclasses import dataclass

ActionKey = tuple[str, str, str]

S3_SOURCE: ActionKey = ("Source", "AWS", "S3")
CODECOMMIT: ActionKey = ("Source", "AWS", "CodeCommit")
CONNECTION: ActionKey = ("Source", "AWS", "CodeStarSourceConnection")
BUILD: ActionKey = ("Build", "AWS", "CodeBuild")
TEST: ActionKey = ("Test", "AWS", "CodeBuild")
CLOUDFORMATION: ActionKey = ("Deploy", "AWS", "CloudFormation")
S3_DEPLOY: ActionKey = ("Deploy", "AWS", "S3")
APPROVAL: ActionKey = ("Approval", "AWS", "Manual")
LAMBDA: ActionKey = ("Invoke", "AWS", "Lambda")

CODE_ZIP, CLONE_REF = "CODE_ZIP", "CODEBUILD_CLONE_REF"
_BOOLEAN = ("true", "false")
_FORMATS = (CODE_ZIP, CLONE_REF)
_COMMIT = ("AuthorDate", "BranchName", "CommitId", "CommitMessage")


@dataclass(frozen=True)
class Provider:
    """What one kind of action takes and gives.

    Attributes:
        choices: The values that a key of the configuration may have, where they are few.
        inputs: The least and the most input artifacts.
        outputs: The same of output artifacts.
        variables: The output variables' keys; None where each execution makes its own.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    choices: Mapping[str, tuple[str, ...]] | None = None
    inputs: tuple[int, int] = (0, 0)
    outputs: tuple[int, int] = (0, 0)
    variables: tuple[str, ...] | None = ()


_CODEBUILD = Provider(
    required=("ProjectName",),
    optional=(
        "PrimarySource",
        "BatchEnabled",
        "BuildspecOverride",
        "CombineArtifacts",
        "EnvironmentVariables",
    ),
    choices={"BatchEnabled": _BOOLEAN, "CombineArtifacts": _BOOLEAN},
    inputs=(1, 5),
    outputs=(0, 5),
    variables=None,
)

PROVIDERS: Mapping[ActionKey, Provider] = {
    S3_SOURCE: Provider(
        required=("S3Bucket", "S3ObjectKey"),
        optional=("PollForSourceChanges", "AllowOverrideForS3ObjectKey"),
        choices={"PollForSourceChanges": _BOOLEAN, "AllowOverrideForS3ObjectKey": _BOOLEAN},
        outputs=(1, 1),
        variables=("BucketName", "ETag", "ObjectKey", "VersionId"),
    ),
    CODECOMMIT: Provider(
        required=("RepositoryName", "BranchName"),
        optional=("PollForSourceChanges", "OutputArtifactFormat"),
        choices={"PollForSourceChanges": _BOOLEAN, "OutputArtifactFormat": _FORMATS},
        outputs=(1, 1),
        variables=(*_COMMIT, "CommitterDate", "RepositoryName"),
    ),
    CONNECTION: Provider(
        required=("ConnectionArn", "FullRepositoryId", "BranchName"),
        optional=("OutputArtifactFormat", "DetectChanges"),
        choices={"OutputArtifactFormat": _FORMATS, "DetectChanges": _BOOLEAN},
        outputs=(1, 1),
        variables=(*_COMMIT, "ConnectionArn", "FullRepositoryName"),
    ),
    BUILD: _CODEBUILD,
    TEST: _CODEBUILD,
    CLOUDFORMATION: Provider(
        required=("ActionMode", "StackName"),
        optional=(
            "Capabilities",
            "ChangeSetName",
            "OutputFileName",
            "ParameterOverrides",
            "RoleArn",
            "TemplateConfiguration",
            "TemplatePath",
        ),
        choices={
            "ActionMode": (
                "CREATE_UPDATE",
                "REPLACE_ON_FAILURE",
                "CHANGE_SET_REPLACE",
                "CHANGE_SET_EXECUTE",
                "DELETE_ONLY",
            )
        },
        inputs=(0, 10),
        outputs=(0, 1),
        variables=None,
    ),
    S3_DEPLOY: Provider(
        required=("BucketName", "Extract"),
        optional=("ObjectKey", "KMSEncryptionKeyARN", "CannedACL", "CacheControl"),
        choices={"Extract": _BOOLEAN},
        inputs=(1, 1),
    ),
    APPROVAL: Provider(optional=("NotificationArn", "ExternalEntityLink", "CustomData")),
    LAMBDA: Provider(
        required=("FunctionName",),
        optional=("UserParameters",),
        inputs=(0, 5),
        outputs=(0, 5),
        variables=None,
    ),
}

# Source: "Valid action providers in CodePipeline"; category and provider of what AWS runs.
NOT_EMULATED = frozenset(
    {
        ("Source", "AWS", "ECR"),
        ("Source", "ThirdParty", "GitHub"),
        ("Build", "AWS", "ECRBuildAndPublish"),
        ("Build", "Custom", "Jenkins"),
        ("Test", "Custom", "Jenkins"),
        ("Test", "AWS", "DeviceFarm"),
        ("Test", "ThirdParty", "GhostInspector"),
        ("Deploy", "AWS", "AppConfig"),
        ("Deploy", "AWS", "CloudFormationStackSet"),
        ("Deploy", "AWS", "CloudFormationStackInstances"),
        ("Deploy", "AWS", "CodeDeploy"),
        ("Deploy", "AWS", "CodeDeployToECS"),
        ("Deploy", "AWS", "EC2"),
        ("Deploy", "AWS", "ECS"),
        ("Deploy", "AWS", "EKS"),
        ("Deploy", "AWS", "ElasticBeanstalk"),
        ("Deploy", "AWS", "OpsWorks"),
        ("Deploy", "AWS", "ServiceCatalog"),
        ("Deploy", "AWS", "Lambda"),
        ("Invoke", "AWS", "StepFunctions"),
        ("Invoke", "AWS", "CodePipeline"),
        ("Invoke", "AWS", "InspectorScan"),
        ("Compute", "AWS", "Commands"),
    }
)
