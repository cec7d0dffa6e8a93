"""Hyperparameter tuning jobs: training jobs with values that a strategy chooses."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.context import Answer, Context, Handler, Request, blocking
from emulator.services.sagemaker import listing, training_jobs
from emulator.services.sagemaker.jobs import records, recovery
from emulator.services.sagemaker.jobs.checks import Faults
from emulator.services.sagemaker.jobs.container_runs import end_job
from emulator.services.sagemaker.jobs.kinds import TUNING
from emulator.services.sagemaker.jobs.lifecycle import Document
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.services.sagemaker.tuning.plans import Plan, read_plan
from emulator.services.sagemaker.tuning.requests import (
    described_definition,
    training_job_name,
    training_job_request,
)
from emulator.services.sagemaker.tuning.summaries import Summary, counters, summaries_of
from emulator.services.sagemaker.tuning.tuner import Tuner, progress_members
from emulator.services.sagemaker.tuning.warm_start import check_warm_start

_SUMMARY_KEYS = (
    "HyperParameterTuningJobName",
    "HyperParameterTuningJobArn",
    "HyperParameterTuningJobStatus",
    "Strategy",
    "CreationTime",
    "HyperParameterTuningEndTime",
    "LastModifiedTime",
    "TrainingJobStatusCounters",
    "ObjectiveStatusCounters",
    "ResourceLimits",
)
_OBJECTIVE_SORT_KEY = "_ObjectiveValue"


@blocking
def create_hyper_parameter_tuning_job(context: Context, request: Request) -> Answer:
    """CreateHyperParameterTuningJob."""
    faults = Faults()
    plan = read_plan(request, faults)
    members: dict[str, Any] = dict(counters([]))
    if plan is not None:
        check_warm_start(context, request, plan, faults)
        _check_training(context, request, plan, faults)
        members |= _described_definitions(request, plan)
    faults.raise_any()
    return records.create(context, TUNING, request, members, _run_tuning_job)


def _check_training(context: Context, request: Request, plan: Plan, faults: Faults) -> None:
    """Find now what every training job would fail with."""
    name = training_job_name(request["HyperParameterTuningJobName"], 1)
    for definition in plan.definitions:
        training_jobs.check_request(context, training_job_request(definition, name, {}), faults)


def _described_definitions(request: Request, plan: Plan) -> dict[str, Any]:
    """The definitions with what SageMaker adds to them."""
    definitions = [described_definition(definition) for definition in plan.definitions]
    if "TrainingJobDefinitions" in request:
        return {"TrainingJobDefinitions": definitions}
    return {"TrainingJobDefinition": definitions[0]}


def _run_tuning_job(context: Context, document: Document, handle: JobHandle) -> None:
    def work() -> Any:
        plan = read_plan(document, Faults())
        if plan is None:
            raise AssertionError("a tuning job without a plan was accepted")
        return Tuner(context, document, plan, handle).run()

    end_job(context, TUNING, document, work)


def describe_hyper_parameter_tuning_job(context: Context, request: Request) -> Answer:
    """DescribeHyperParameterTuningJob."""
    return records.describe(context, TUNING, request["HyperParameterTuningJobName"])


def list_hyper_parameter_tuning_jobs(context: Context, request: Request) -> Answer:
    """ListHyperParameterTuningJobs."""
    documents = [
        {
            **document,
            "Strategy": document["HyperParameterTuningJobConfig"]["Strategy"],
            "ResourceLimits": document["HyperParameterTuningJobConfig"]["ResourceLimits"],
        }
        for document in context.store.list(TUNING.noun)
    ]
    found, next_token = listing.page(
        documents,
        request,
        name_key=TUNING.name_key,
        status_key=TUNING.status_key,
        summary_keys=_SUMMARY_KEYS,
    )
    answer: Answer = {"HyperParameterTuningJobSummaries": found}
    return answer if next_token is None else {**answer, "NextToken": next_token}


def list_training_jobs_for_hyper_parameter_tuning_job(context: Context, request: Request) -> Answer:
    """ListTrainingJobsForHyperParameterTuningJob.

    By FinalObjectiveMetricValue only training jobs with an objective are listed. Source:
    API_ListTrainingJobsForHyperParameterTuningJob.
    """
    document = records.describe(context, TUNING, request["HyperParameterTuningJobName"])
    found = [_with_sort_key(summary) for summary in summaries_of(context, document)]
    if request.get("SortBy") == "FinalObjectiveMetricValue":
        found = [summary for summary in found if _OBJECTIVE_SORT_KEY in summary]
    page, next_token = listing.page(
        found,
        {"SortBy": "Name", **request},
        name_key="TrainingJobName",
        status_key="TrainingJobStatus",
        summary_keys=sorted({key for summary in found for key in summary} - {_OBJECTIVE_SORT_KEY}),
        sort_keys={"FinalObjectiveMetricValue": _OBJECTIVE_SORT_KEY},
        default_order="Ascending",
    )
    answer: Answer = {"TrainingJobSummaries": page}
    return answer if next_token is None else {**answer, "NextToken": next_token}


def _with_sort_key(summary: Summary) -> Summary:
    metric = summary.get("FinalHyperParameterTuningJobObjectiveMetric")
    return summary if metric is None else {**summary, _OBJECTIVE_SORT_KEY: metric["Value"]}


def stop_hyper_parameter_tuning_job(context: Context, request: Request) -> Answer:
    """StopHyperParameterTuningJob: its training jobs are stopped too."""
    return records.stop(context, TUNING, request["HyperParameterTuningJobName"])


def delete_hyper_parameter_tuning_job(context: Context, request: Request) -> Answer:
    """DeleteHyperParameterTuningJob: the training jobs stay."""
    return records.delete(context, TUNING, request["HyperParameterTuningJobName"])


def recover(context: Context) -> None:
    """Fail the jobs that died with the last emulator; their training jobs have been failed."""
    recovery.recover_jobs(context, TUNING, also=_count_again(context))


def shut_down(context: Context) -> None:
    """Fail the jobs that run; their training jobs have been failed."""
    recovery.shut_down(context, TUNING, also=_count_again(context))


def _count_again(context: Context) -> Callable[[Document, float], None]:
    def change(document: Document, _: float) -> None:
        document.update(progress_members(context, document))

    return change


OPERATIONS: Mapping[str, Handler] = {
    "CreateHyperParameterTuningJob": create_hyper_parameter_tuning_job,
    "DescribeHyperParameterTuningJob": describe_hyper_parameter_tuning_job,
    "ListHyperParameterTuningJobs": list_hyper_parameter_tuning_jobs,
    "ListTrainingJobsForHyperParameterTuningJob": list_training_jobs_for_hyper_parameter_tuning_job,
    "StopHyperParameterTuningJob": stop_hyper_parameter_tuning_job,
    "DeleteHyperParameterTuningJob": delete_hyper_parameter_tuning_job,
}
