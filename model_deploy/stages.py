"""The stages of a project and the stacks that they are."""

from collections.abc import Mapping

from pipelines.command_line import UsageError

STAGES = ("staging", "prod")
_VARIABLES = ("SAGEMAKER_PROJECT_NAME", "SAGEMAKER_PROJECT_ID")


def require(environment: Mapping[str, str], *variables: str) -> None:
    """Look whether the environment names the project, and has the other variables too.

    Raises:
        UsageError: naming all that are missing.
    """
    missing = [name for name in (*_VARIABLES, *variables) if not environment.get(name)]
    if missing:
        raise UsageError(f"Missing in the environment: {', '.join(missing)}.")


def stack_name(stage: str, environment: Mapping[str, str]) -> str:
    """The name that model_deploy/pipeline.yaml gives a stage's stack."""
    project = "-".join(environment[name] for name in _VARIABLES)
    return f"sagemaker-{project}-{stage}"
