"""What each kind of action does, by category, owner and provider.

work            what an action is given, gives back, and how it fails
s3_source       Source: an object in S3
git_source      Source: a commit of CodeCommit or of a connection's repository
codebuild       Build and Test: a build of a CodeBuild project
cloudformation  Deploy: a stack or a change set
cloudformation_inputs  its template's parameters, tags and overrides
s3_deploy       Deploy: files to a bucket
approval        Approval: somebody's answer
lambda_invoke   Invoke: a function, and the job that it answers
lambda_jobs     how a function is asked and answers, here and for the rules of conditions
"""

from collections.abc import Callable, Mapping

from emulator.context import Context
from emulator.services.codepipeline.actions import (
    approval,
    cloudformation,
    codebuild,
    git_source,
    lambda_invoke,
    s3_deploy,
    s3_source,
)
from emulator.services.codepipeline.actions.work import Result, Work
from emulator.services.codepipeline.declaration import providers
from emulator.services.codepipeline.declaration.providers import ActionKey
from emulator.store import Document

__all__ = ["ABANDON", "PERFORM", "RESUMED_AFTER_A_KILL"]

PERFORM: Mapping[ActionKey, Callable[[Work], Result]] = {
    providers.S3_SOURCE: s3_source.perform,
    providers.CODECOMMIT: git_source.perform,
    providers.CONNECTION: git_source.perform,
    providers.BUILD: codebuild.perform,
    providers.TEST: codebuild.perform,
    providers.CLOUDFORMATION: cloudformation.perform,
    providers.S3_DEPLOY: s3_deploy.perform,
    providers.APPROVAL: approval.perform,
    providers.LAMBDA: lambda_invoke.perform,
}

# How to end what an abandoned action left running, told by the action execution's document.
ABANDON: Mapping[ActionKey, Callable[[Context, Document], None]] = {
    providers.BUILD: codebuild.abandon,
    providers.TEST: codebuild.abandon,
}

# These only wait, so that nothing of them died with the emulator.
RESUMED_AFTER_A_KILL = frozenset({providers.APPROVAL})
