"""What a project's SageMaker pipelines have recorded and can be deleted: models, experiments.

A pipeline's runs are an experiment of its name, with a trial for each and a trial component for
each job. Jobs, executions and lineage entities stay: SageMaker has no way to delete the first two,
and the third are shared by all that use the same data.
Source: PipelineExperimentConfig, DeleteExperiment, DeleteTrial and DeleteTrialComponent in
SageMaker's API reference; an experiment is deleted after its trials, and a trial after its
components are disassociated.
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from project.names import Project
from project.removals.kind import Kind, MakeClient, Removal
from project.removals.running import sagemaker_executions, sagemaker_pipelines


def _find_models(make: MakeClient, project: Project) -> Iterator[Removal]:
    """The models that Model steps have made; those of endpoints go with their stacks."""
    sagemaker = make("sagemaker")
    found: set[str] = set()
    for pipeline in sagemaker_pipelines(sagemaker, project):
        for execution in sagemaker_executions(sagemaker, pipeline):
            found.update(_models_of(sagemaker, execution["PipelineExecutionArn"]))
    for name in sorted(found):
        if _is_there(lambda name=name: sagemaker.describe_model(ModelName=name)):
            yield Removal("Model", name, "of a pipeline's step")


def _models_of(sagemaker: Any, execution_arn: str) -> Iterator[str]:
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(
        PipelineExecutionArn=execution_arn
    )
    for page in pages:
        for step in page["PipelineExecutionSteps"]:
            arn = step.get("Metadata", {}).get("Model", {}).get("Arn", "")
            if arn:
                yield arn.rpartition("/")[2]


def _remove_model(make: MakeClient, name: str) -> None:
    make("sagemaker").delete_model(ModelName=name)


def _find_experiments(make: MakeClient, project: Project) -> Iterator[Removal]:
    sagemaker = make("sagemaker")
    name = project.prefix
    if _is_there(lambda: sagemaker.describe_experiment(ExperimentName=name)):
        trials = _trials(sagemaker, ExperimentName=name)
        yield Removal("Experiment", name, f"with its trials: {len(trials)}")


def _remove_experiment(make: MakeClient, name: str) -> None:
    sagemaker = make("sagemaker")
    for trial in _trials(sagemaker, ExperimentName=name):
        for component in _components(sagemaker, trial):
            sagemaker.disassociate_trial_component(TrialName=trial, TrialComponentName=component)
            # One that a run has reused belongs to the trials of several.
            if not _trials(sagemaker, TrialComponentName=component):
                sagemaker.delete_trial_component(TrialComponentName=component)
        sagemaker.delete_trial(TrialName=trial)
    sagemaker.delete_experiment(ExperimentName=name)


def _trials(sagemaker: Any, **which: str) -> list[str]:
    pages = sagemaker.get_paginator("list_trials").paginate(**which)
    return [trial["TrialName"] for page in pages for trial in page["TrialSummaries"]]


def _components(sagemaker: Any, trial: str) -> list[str]:
    pages = sagemaker.get_paginator("list_trial_components").paginate(TrialName=trial)
    return [
        component["TrialComponentName"]
        for page in pages
        for component in page["TrialComponentSummaries"]
    ]


def _is_there(describe: Any) -> bool:
    try:
        describe()
    except ClientError as error:
        refused = error.response["Error"]
        if refused["Code"] == "ResourceNotFound" or "Could not find" in refused["Message"]:
            return False
        raise
    return True


KINDS = {
    "Model": Kind(_find_models, _remove_model),
    "Experiment": Kind(_find_experiments, _remove_experiment),
}
