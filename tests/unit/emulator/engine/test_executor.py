from typing import Any

import pytest

from emulator.engine.executions import (
    KIND,
    STEP_KIND,
    end_what_died,
    step_document,
    step_key,
    touch,
)
from emulator.errors import AwsError

ROLE_ARN = "arn:aws:iam::123456789012:role/x"
FUNCTION_ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
INTERNAL = {"ProcessingJobStatus": "Failed", "FailureReason": "InternalServerError: again"}
CAPACITY = {"ProcessingJobStatus": "Failed", "FailureReason": "CapacityError: none left"}
ALGORITHM = {"ProcessingJobStatus": "Failed", "FailureReason": "AlgorithmError: , exit code: 1"}
RUNNING = {"ProcessingJobStatus": "InProgress"}


def job(name: str, *depends_on: Any, **members: Any) -> dict[str, Any]:
    arguments = {
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceType": "ml.m5.large",
                "InstanceCount": 1,
                "VolumeSizeInGB": 1,
            }
        },
        "AppSpecification": {"ImageUri": "image:1"},
        "RoleArn": ROLE_ARN,
        **members.pop("arguments", {}),
    }
    step = {"Name": name, "Type": "Processing", "Arguments": arguments, **members}
    return {**step, "DependsOn": list(depends_on)} if depends_on else step


def retry(*exception_types: str, **members: Any) -> dict[str, Any]:
    return {"ExceptionType": list(exception_types), "IntervalSeconds": 0, **members}


def call_count(engine: Any) -> int:
    return len(engine.api.named("CreateProcessingJob"))


def running_job(engine: Any, arn: str, step: str, attempt: int = 1) -> str:
    """The name of the job that a step has started in an attempt."""
    store = engine.context.store
    store.wait_until(KIND, arn, lambda _: step_document(engine.context, arn, step), 20)
    document = store.wait_until(
        STEP_KIND,
        step_key(arn, step),
        lambda d: (d["StepStatus"], d["AttemptCount"]) == ("Executing", attempt),
        20,
    )
    return str(document["_ResourceName"])


def test_an_internal_error_of_the_job_is_retried_as_often_as_allowed(engine: Any) -> None:
    engine.api.endings["A"] = [INTERNAL, INTERNAL]
    policy = retry("SageMaker.JOB_INTERNAL_ERROR", MaxAttempts=2)

    execution = engine.run(job("A", RetryPolicies=[policy]))

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert engine.steps(execution)["A"]["AttemptCount"] == 3
    names = {call["ProcessingJobName"] for call in engine.api.named("CreateProcessingJob")}
    assert len(names) == 3


def test_when_the_attempts_are_used_up_the_step_fails_with_the_last_reason(engine: Any) -> None:
    engine.api.endings["A"] = [INTERNAL, INTERNAL, INTERNAL]
    policy = retry("SageMaker.JOB_INTERNAL_ERROR", MaxAttempts=1)

    execution = engine.run(job("A", RetryPolicies=[policy]))

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert engine.steps(execution)["A"]["FailureReason"] == "InternalServerError: again"
    assert call_count(engine) == 2


@pytest.mark.parametrize(
    ("ending", "exception_type"),
    [
        (CAPACITY, "SageMaker.CAPACITY_ERROR"),
        (AwsError("ResourceLimitExceeded", "too many"), "SageMaker.RESOURCE_LIMIT"),
        (AwsError("ThrottlingException", "slower"), "Step.THROTTLING"),
        (AwsError("InternalFailure", "broken", 500), "Step.SERVICE_FAULT"),
    ],
)
def test_each_exception_type_is_told_from_its_error(
    engine: Any, ending: Any, exception_type: str
) -> None:
    engine.api.endings["A"] = [ending]
    policies = [
        retry("SageMaker.JOB_INTERNAL_ERROR", MaxAttempts=5),
        retry(exception_type, MaxAttempts=1),
    ]

    execution = engine.run(job("A", RetryPolicies=policies))

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert call_count(engine) == 2


def test_a_fault_of_the_script_is_never_retried(engine: Any) -> None:
    engine.api.endings["A"] = [ALGORITHM]
    policy = retry(
        "SageMaker.JOB_INTERNAL_ERROR", "Step.SERVICE_FAULT", "Step.THROTTLING", MaxAttempts=5
    )

    execution = engine.run(job("A", RetryPolicies=[policy]))

    assert engine.steps(execution)["A"]["FailureReason"] == ALGORITHM["FailureReason"]
    assert call_count(engine) == 1


def test_no_retry_is_made_after_its_time(engine: Any) -> None:
    engine.api.endings["A"] = [INTERNAL] * 5
    policy = retry("SageMaker.JOB_INTERNAL_ERROR", ExpireAfterMin=0)

    execution = engine.run(job("A", RetryPolicies=[policy]))

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert call_count(engine) == 1


def test_the_time_for_retries_counts_from_the_start_of_the_step(engine: Any) -> None:
    """Source: ExpireAfterMin in pipelines-retry-policy of AWS's guide."""

    engine.api.endings["A"] = [RUNNING, RUNNING]
    policy = retry("SageMaker.JOB_INTERNAL_ERROR", ExpireAfterMin=3)
    arn = engine.start(job("A", RetryPolicies=[policy]))

    for attempt in (1, 2):
        name = running_job(engine, arn, "A", attempt)
        engine.clock.seconds += 120
        engine.context.store.update("ProcessingJob", name, lambda document: document | INTERNAL)

    assert engine.ended(arn)["PipelineExecutionStatus"] == "Failed"
    assert call_count(engine) == 2


def test_a_stop_ends_the_wait_for_the_next_attempt(engine: Any) -> None:
    engine.api.endings["A"] = [INTERNAL]
    policy = {
        "ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"],
        "IntervalSeconds": 3600,
        "MaxAttempts": 1,
    }
    arn = engine.start(job("A", RetryPolicies=[policy]))
    engine.context.store.wait_until(KIND, arn, lambda document: document["_Revision"] >= 3, 20)

    touch(engine.context, arn, lambda d: d.update(PipelineExecutionStatus="Stopping"))

    assert engine.ended(arn)["PipelineExecutionStatus"] == "Stopped"
    assert step_document(engine.context, arn, "A")["StepStatus"] == "Stopped"


def test_beside_a_fail_step_what_runs_ends_and_nothing_else_starts(engine: Any) -> None:
    """Source: the note on Fail steps in build-and-manage-steps-types of AWS's guide."""
    engine.api.endings["Slow"] = [RUNNING]
    fail = {
        "Name": "End",
        "Type": "Fail",
        "Arguments": {"ErrorMessage": "enough"},
        "DependsOn": ["Quick"],
    }
    arn = engine.start(job("Slow"), job("Quick"), fail, job("After", "Slow"))
    store, name = engine.context.store, running_job(engine, arn, "Slow")
    store.wait_until(KIND, arn, lambda _: step_document(engine.context, arn, "End"), 20)

    store.update("ProcessingJob", name, lambda d: d | {"ProcessingJobStatus": "Completed"})

    execution = engine.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "enough"
    steps = engine.steps(execution)
    assert {name: step["StepStatus"] for name, step in steps.items()} == {
        "Slow": "Succeeded",
        "Quick": "Succeeded",
        "End": "Failed",
    }


def test_a_job_that_is_deleted_while_it_runs_fails_the_step(engine: Any) -> None:
    engine.api.endings["A"] = [RUNNING]
    arn = engine.start(job("A"))
    store, name = engine.context.store, running_job(engine, arn, "A")

    with store.transaction():
        store.delete("ProcessingJob", name)

    assert engine.ended(arn)["PipelineExecutionStatus"] == "Failed"
    assert step_document(engine.context, arn, "A")["FailureReason"] == (
        f"ClientError: ProcessingJob {name} was deleted while the step waited for it."
    )


def test_a_name_in_the_arguments_is_the_start_of_the_jobs_name(engine: Any) -> None:
    name = {"Std:Join": {"On": "-", "Values": ["mine", {"Get": "Execution.PipelineName"}]}}

    execution = engine.run(job("A", arguments={"ProcessingJobName": name}))

    execution_id = execution["PipelineExecutionArn"].rpartition("/")[2]
    (call,) = engine.api.named("CreateProcessingJob")
    assert call["ProcessingJobName"].startswith(f"mine-p-{execution_id}-")


def test_steps_whose_names_differ_in_case_alone_are_two_steps(engine: Any) -> None:
    steps = [job(name, CacheConfig={"Enabled": True}) for name in ("train", "Train")]
    steps[1]["DependsOn"] = ["train"]

    first, second = engine.run(*steps), engine.run(*steps)

    assert list(engine.steps(first)) == ["train", "Train"]
    assert all("CacheHitResult" in step for step in engine.steps(second).values())


def test_a_job_that_somebody_else_stopped_stops_the_execution(engine: Any) -> None:
    engine.api.endings["A"] = [{"ProcessingJobStatus": "Stopped"}]

    execution = engine.run(job("A"), job("B", "A"))

    assert execution["PipelineExecutionStatus"] == "Stopped"
    assert list(engine.steps(execution)) == ["A"]


def test_a_job_that_ran_too_long_fails_the_step(engine: Any) -> None:
    ending = {
        "ProcessingJobStatus": "Stopped",
        "ExitMessage": "MaxRuntimeInSeconds exceeded",
    }
    engine.api.endings["A"] = [ending]

    execution = engine.run(job("A"))

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert engine.steps(execution)["A"]["FailureReason"] == "MaxRuntimeInSeconds exceeded"


def test_a_cache_entry_is_used_until_it_expires(engine: Any) -> None:
    step = job("A", CacheConfig={"Enabled": True, "ExpireAfter": "T16m"})
    first = engine.run(step)

    engine.clock.seconds += 16 * 60
    within = engine.run(step)
    engine.clock.seconds += 1
    after = engine.run(step)

    source = {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}
    assert engine.steps(within)["A"]["CacheHitResult"] == source
    late = engine.steps(after)["A"]
    assert "CacheHitResult" not in late
    assert late["_Cache"]["Reason"].startswith("expired: the run in execution 000000000001 ended")


def test_a_cached_result_that_is_gone_is_made_again(engine: Any) -> None:
    step = job("A", CacheConfig={"Enabled": True})
    first = engine.steps(engine.run(step))["A"]
    engine.context.store.delete("ProcessingJob", first["_ResourceName"])

    again = engine.steps(engine.run(step))["A"]

    assert "CacheHitResult" not in again
    assert "is not there any more" in again["_Cache"]["Reason"]


def test_a_lambda_steps_outputs_have_their_declared_types(engine: Any) -> None:
    engine.api.functions[FUNCTION_ARN] = lambda event: {
        "text": event["n"],
        "count": "3",
        "rate": "0.5",
        "flag": "true",
    }
    step = {
        "Name": "F",
        "Type": "Lambda",
        "FunctionArn": FUNCTION_ARN,
        "Arguments": {"n": {"Get": "Parameters.N"}},
        "OutputParameters": [
            {"OutputName": name, "OutputType": kind}
            for name, kind in {
                "text": "String",
                "count": "Integer",
                "rate": "Float",
                "flag": "Boolean",
            }.items()
        ],
    }
    count = {"Std:Join": {"On": "", "Values": [{"Get": "Steps.F.OutputParameters['count']"}]}}
    use = job("Use", arguments={"Environment": {"N": count}})

    execution = engine.run(
        step, use, Parameters=[{"Name": "N", "Type": "Integer"}], values={"N": 7}
    )

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    metadata = engine.steps(execution)["F"]["Metadata"]["Lambda"]
    assert metadata["Arn"] == FUNCTION_ARN
    assert {o["Name"]: o["Value"] for o in metadata["OutputParameters"]} == {
        "text": "7",
        "count": "3",
        "rate": "0.5",
        "flag": "true",
    }
    assert engine.api.named("CreateProcessingJob")[0]["Environment"] == {"N": "3"}


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda event: int("x"), "failed: ValueError: invalid literal for int()"),
        (lambda event: {"other": 1}, "returned no output 'count' (it has: other)"),
        (lambda event: {"count": "many"}, "returned output 'count' as 'many', which is no Integer"),
        (lambda event: [1], "must return a JSON object with the step's OutputParameters"),
    ],
)
def test_a_lambda_that_fails_or_returns_something_else_fails_the_step(
    engine: Any, function: Any, reason: str
) -> None:
    engine.api.functions[FUNCTION_ARN] = function
    step = {
        "Name": "F",
        "Type": "Lambda",
        "FunctionArn": FUNCTION_ARN,
        "Arguments": {},
        "OutputParameters": [{"OutputName": "count", "OutputType": "Integer"}],
    }

    execution = engine.run(step)

    assert reason in engine.steps(execution)["F"]["FailureReason"]


def test_an_endpoint_is_created_once_and_updated_from_then_on(engine: Any) -> None:
    engine.api.endings["e"] = [{"EndpointStatus": "InService"}] * 2

    def step(config: str) -> dict[str, Any]:
        arguments = {"EndpointName": "e", "EndpointConfigName": config}
        return {"Name": "Deploy", "Type": "Endpoint", "Arguments": arguments}

    first, second = engine.run(step("one")), engine.run(step("two"))

    assert first["PipelineExecutionStatus"] == second["PipelineExecutionStatus"] == "Succeeded"
    assert [call["EndpointConfigName"] for call in engine.api.named("CreateEndpoint")] == ["one"]
    assert engine.api.named("UpdateEndpoint") == [
        {"EndpointName": "e", "EndpointConfigName": "two"}
    ]


def test_an_endpoint_that_was_changed_meanwhile_is_not_reused(engine: Any) -> None:
    engine.api.endings["e"] = [{"EndpointStatus": "InService"}] * 2
    step = {
        "Name": "Deploy",
        "Type": "Endpoint",
        "Arguments": {"EndpointName": "e", "EndpointConfigName": "one"},
        "CacheConfig": {"Enabled": True},
    }
    engine.run(step)
    unchanged = engine.steps(engine.run(step))["Deploy"]
    engine.context.store.update("Endpoint", "e", lambda d: d | {"EndpointConfigName": "other"})

    changed = engine.steps(engine.run(step))["Deploy"]

    assert "CacheHitResult" in unchanged
    assert "CacheHitResult" not in changed
    assert changed["_Cache"]["Reason"].endswith("since execution 000000000001: other")


def test_an_endpoint_that_rolled_back_fails_the_step(engine: Any) -> None:
    rolled_back = {
        "EndpointStatus": "InService",
        "EndpointConfigName": "old",
        "FailureReason": "did not pass the ping health check",
    }
    engine.api.endings["e"] = [rolled_back]
    arguments = {"EndpointName": "e", "EndpointConfigName": "new"}

    execution = engine.run({"Name": "Deploy", "Type": "Endpoint", "Arguments": arguments})

    reason = engine.steps(execution)["Deploy"]["FailureReason"]
    assert "InService with endpoint config old, not InService with new" in reason
    assert "ping health check" in reason


def test_a_model_package_group_is_made_when_it_is_missing(engine: Any) -> None:
    step = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "g",
            "ModelApprovalStatus": "PendingManualApproval",
        },
    }

    execution = engine.run(step)
    engine.run(step)

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert engine.api.named("CreateModelPackageGroup") == [{"ModelPackageGroupName": "g"}]
    assert len(engine.api.named("CreateModelPackage")) == 2


def test_the_best_training_jobs_of_a_tuning_step_come_first(engine: Any) -> None:
    engine.api.endings["summaries"] = [{"TrainingJobName": "best"}, {"TrainingJobName": "next"}]
    tune = {
        "Name": "Tune",
        "Type": "Tuning",
        "Arguments": {
            "HyperParameterTuningJobConfig": {
                "Strategy": "Random",
                "ResourceLimits": {"MaxParallelTrainingJobs": 1},
                "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "auc"},
            }
        },
    }
    best = {"Get": "Steps.Tune.TrainingJobSummaries[0].TrainingJobName"}

    execution = engine.run(tune, job("Use", arguments={"Environment": {"BEST": best}}))

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert engine.api.named("CreateProcessingJob")[0]["Environment"] == {"BEST": "best"}
    asked = engine.api.named("ListTrainingJobsForHyperParameterTuningJob")[0]
    assert (asked["SortBy"], asked["SortOrder"]) == ("FinalObjectiveMetricValue", "Descending")


def test_a_fault_of_the_engine_itself_still_ends_the_execution(engine: Any) -> None:
    engine.api.endings["A"] = [RuntimeError("broken")]

    execution = engine.run(job("A"))

    assert execution["PipelineExecutionStatus"] == "Failed"
    reason = engine.steps(execution)["A"]["FailureReason"]
    assert reason == "InternalServerError: RuntimeError: broken"


def test_a_handled_stop_is_a_completion_with_failures(engine: Any) -> None:
    engine.api.endings["A"] = [{"ProcessingJobStatus": "Stopped"}]

    execution = engine.run(job("A"), job("B", {"Step": "A", "Trigger": "Any"}))

    assert execution["PipelineExecutionStatus"] == "CompletedWithFailures"


def test_what_died_with_the_process_is_failed(engine: Any) -> None:
    engine.context.store.put(
        KIND,
        "arn:x/execution/1",
        {
            "PipelineExecutionArn": "arn:x/execution/1",
            "PipelineExecutionStatus": "Stopping",
            "_Revision": 4,
        },
    )
    engine.context.store.put(
        STEP_KIND,
        step_key("arn:x/execution/1", "A"),
        {"StepName": "A", "StepStatus": "Executing"},
    )

    end_what_died(engine.context, "gone")

    execution = engine.context.store.get(KIND, "arn:x/execution/1")
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert execution["FailureReason"] == "gone"
    step = step_document(engine.context, "arn:x/execution/1", "A")
    assert (step["StepStatus"], step["FailureReason"]) == ("Failed", "gone")
