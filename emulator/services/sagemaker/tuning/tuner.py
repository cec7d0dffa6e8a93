"""The loop of a tuning job: start training jobs, hear of their ends, stop when it is enough."""

import contextlib
import queue
from dataclasses import dataclass
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.sagemaker.jobs import lifecycle, running
from emulator.services.sagemaker.jobs.container_runs import Ending, failed
from emulator.services.sagemaker.jobs.kinds import TRAINING, TUNING
from emulator.services.sagemaker.jobs.lifecycle import Document
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.services.sagemaker.tags import tags_of
from emulator.services.sagemaker.tuning import summaries
from emulator.services.sagemaker.tuning.completion import Progress
from emulator.services.sagemaker.tuning.early_stopping import MedianRule
from emulator.services.sagemaker.tuning.plans import Plan
from emulator.services.sagemaker.tuning.requests import training_job_name, training_job_request
from emulator.services.sagemaker.tuning.search import start_search
from emulator.services.sagemaker.tuning.summaries import Summary
from emulator.services.sagemaker.tuning.warm_start import IDENTICAL, parent_summaries, start_warm
from emulator.store import Missing

# SageMaker gives up after so many training jobs without a result.
_ATTEMPTS_WITHOUT_RESULT_MAX = 5


@dataclass(frozen=True)
class _Metric:
    job: str
    value: float


@dataclass(frozen=True)
class _Ended:
    job: str


@dataclass(frozen=True)
class _StopRequested:
    pass


@dataclass(frozen=True)
class _TimeIsUp:
    pass


_Event = _Metric | _Ended | _StopRequested | _TimeIsUp


@dataclass
class _Attempt:
    """A training job that runs.

    Attributes:
        definition: Index of its definition.
        number: Its suggestion's number.
        step: How many values of the objective it has printed.
    """

    definition: int
    number: int
    step: int = 0
    is_stopped: bool = False


class Tuner:
    """One tuning job at work, all of it in one thread that waits for events."""

    def __init__(self, context: Context, document: Document, plan: Plan, handle: JobHandle) -> None:
        self._context = context
        self._document = document
        self._plan = plan
        self._handle = handle
        self._events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
        self._searches = [
            start_search(plan.search_settings(index)) for index in range(len(plan.definitions))
        ]
        self._median_rules = [
            MedianRule(is_minimised=definition.is_minimised) for definition in plan.definitions
        ]
        self._progress = Progress(plan.criteria)
        self._attempts: dict[str, _Attempt] = {}
        self._started_count = 0
        self._results_count = 0
        self._outcomes: list[str] = []
        self._exhausted: set[int] = set()
        self._is_ending = False
        self._failure: str | None = None
        self._converged_at: float | None = None

    @property
    def _name(self) -> str:
        name: str = self._document[TUNING.name_key]
        return name

    def stop(self, grace_seconds: float = 120) -> int:
        """Ask the loop to end; the training jobs get their own grace."""
        self._events.put(_StopRequested())
        return 0

    def run(self) -> Ending:
        """Run the tuning job to its end."""
        parents = parent_summaries(self._context, self._document)
        start_warm(self._document, parents, self._searches[0])
        self._handle.attach(self)
        if self._handle.stop_requested.is_set():
            self._is_ending = True
        while True:
            self._launch()
            if not self._attempts:
                return self._ending(parents)
            self._hear(self._next_event())

    def _next_event(self) -> _Event:
        if self._plan.runtime_seconds is None or self._is_ending:
            return self._events.get()
        end = self._document["CreationTime"] + self._plan.runtime_seconds
        try:
            return self._events.get(timeout=max(0.0, end - self._context.clock()))
        except queue.Empty:
            return _TimeIsUp()

    def _hear(self, event: _Event) -> None:
        if isinstance(event, _Metric):
            self._hear_metric(event)
        elif isinstance(event, _Ended):
            self._hear_end(event.job)
        else:
            self._end()

    def _launch(self) -> None:
        """Start training jobs up to what may run at a time."""
        while (
            not self._is_ending
            and len(self._attempts) < self._plan.parallel_max
            and self._started_count < self._plan.jobs_max
            and len(self._exhausted) < len(self._searches)
        ):
            # Definitions take turns; one whose grid is done is passed over.
            index = self._started_count % len(self._searches)
            while index in self._exhausted:
                index = (index + 1) % len(self._searches)
            self._launch_one(index)

    def _launch_one(self, index: int) -> None:
        suggestion = self._searches[index].ask()
        if suggestion is None:
            self._exhausted.add(index)
            return
        definition = self._plan.definitions[index]
        self._started_count += 1
        name = training_job_name(self._name, self._started_count)
        arn = self._document[TUNING.arn_key]
        request = training_job_request(definition, name, suggestion.hyperparameters)
        request["Tags"] = tags_of(self._context, arn)
        try:
            self._context.api.call("sagemaker", "CreateTrainingJob", **request)
        except AwsError as error:
            self._failure = f"ClientError: cannot start training job {name}: {error.message}"
            self._end()
            return
        members = {
            "TuningJobArn": arn,
            summaries.TUNED_KEY: dict(suggestion.hyperparameters),
            summaries.OBJECTIVE_KEY: dict(definition.objective),
        }
        if definition.name is not None:
            members[summaries.DEFINITION_NAME_KEY] = definition.name
        with contextlib.suppress(Missing):  # it has ended already, and somebody has deleted it
            lifecycle.note(self._context, TRAINING, name, **members)
        self._attempts[name] = _Attempt(index, suggestion.number)
        self._listen(name)
        self._write_progress()

    def _listen(self, name: str) -> None:
        handle = running.find(self._context, TRAINING, name)
        if handle is None:  # it has ended already
            self._events.put(_Ended(name))
            return
        attempt = self._attempts[name]
        metric = self._plan.definitions[attempt.definition].objective["MetricName"]
        hears_metrics = self._plan.stops_early or self._plan.resource_max is not None

        def on_metric(found: str, value: float) -> None:
            if hears_metrics and found == metric:
                self._events.put(_Metric(name, value))

        handle.listen(on_metric, lambda: self._events.put(_Ended(name)))

    def _hear_metric(self, event: _Metric) -> None:
        attempt = self._attempts.get(event.job)
        if attempt is None or attempt.is_stopped:
            return
        attempt.step += 1
        search = self._searches[attempt.definition]
        stops = search.report(attempt.number, attempt.step, event.value)
        if self._plan.stops_early:
            rule = self._median_rules[attempt.definition]
            stops = rule.hear(event.job, event.value) or stops
        if stops:
            self._stop_training_job(event.job)

    def _stop_training_job(self, name: str) -> None:
        self._attempts[name].is_stopped = True
        try:
            self._context.api.call("sagemaker", "StopTrainingJob", TrainingJobName=name)
        except AwsError:  # it has ended meanwhile, which its own event will tell
            return

    def _hear_end(self, name: str) -> None:
        attempt = self._attempts.pop(name)
        document = self._context.store.get(TRAINING.noun, name)
        value = None
        if document is not None:  # else somebody has deleted it
            summary = summaries.summarise(self._name, document)
            value = summaries.objective_value(summary)
            self._outcomes.append(document["TrainingJobStatus"])
            is_completed = document["TrainingJobStatus"] == lifecycle.COMPLETED
            self._median_rules[attempt.definition].finish(name, is_completed=is_completed)
        self._searches[attempt.definition].tell(attempt.number, value)
        if value is not None:
            self._results_count += 1
            self._progress.hear(value)
            if self._progress.has_converged and self._converged_at is None:
                self._converged_at = self._context.clock()
        self._write_progress()
        has_no_result = self._results_count == 0
        if has_no_result and len(self._outcomes) >= _ATTEMPTS_WITHOUT_RESULT_MAX:
            self._failure = self._failure or self._no_result_reason()
        if self._failure is not None or self._progress.is_complete:
            self._end()

    def _end(self) -> None:
        """Start nothing more, and stop what runs."""
        self._is_ending = True
        for name, attempt in self._attempts.items():
            if not attempt.is_stopped:
                self._stop_training_job(name)

    def _no_result_reason(self) -> str:
        """Source: FailureReason of DescribeHyperParameterTuningJob, as AWS words it."""
        count = len(self._outcomes)
        if lifecycle.COMPLETED in self._outcomes:
            return (
                f"No objective metrics found after running {count} training jobs. Please ensure "
                "that the custom algorithm is emitting the objective metric as defined by the "
                "regular expression provided."
            )
        return (
            f"No training job succeeded after {count} attempts. For additional details, please "
            "take a look at the training job failures by listing training jobs for the "
            "hyperparameter tuning job."
        )

    def _write_progress(self) -> None:
        members = progress_members(self._context, self._document)
        lifecycle.note(self._context, TUNING, self._name, **members)

    def _ending(self, parents: list[list[Summary]]) -> Ending:
        members = self._final_members(parents)
        if self._failure is not None:
            return failed(self._failure, **members)
        if self._handle.stop_requested.is_set():
            return Ending(lifecycle.STOPPED, members)
        if self._results_count == 0:
            return failed(self._no_result_reason(), **members)
        return Ending(lifecycle.COMPLETED, members)

    def _final_members(self, parents: list[list[Summary]]) -> dict[str, Any]:
        members = progress_members(self._context, self._document)
        now = self._context.clock()
        details: dict[str, Any] = {
            "NumberOfTrainingJobsObjectiveNotImproving": self._progress.not_improving_count
        }
        if self._converged_at is not None:
            details["ConvergenceDetectedTime"] = self._converged_at
        members["TuningJobCompletionDetails"] = details
        members["ConsumedResources"] = {
            "RuntimeInSeconds": round(now - self._document["CreationTime"])
        }
        if self._document.get("WarmStartConfig", {}).get("WarmStartType") == IDENTICAL:
            ours = summaries.summaries_of(self._context, self._document)
            theirs = [summary for parent in parents for summary in parent]
            overall = summaries.best_of([*theirs, *ours])
            if overall is not None:
                members["OverallBestTrainingJob"] = overall
        return members


def progress_members(context: Context, document: Document) -> dict[str, Any]:
    """What DescribeHyperParameterTuningJob says of the training jobs so far."""
    found = summaries.summaries_of(context, document)
    members: dict[str, Any] = dict(summaries.counters(found))
    best = summaries.best_of(found)
    if best is not None:
        members["BestTrainingJob"] = best
    return members
