"""The trial components that jobs, tuning jobs and executions leave by themselves."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import EmulatorProcess
from tests.contract.jobs import ProcessingLab, TrainingLab, error_of

Unique = Callable[[str], str]
PRINT = "for value in (0.5, 0.25, 0.75): print(f'rmse={value}', flush=True)"
METRICS = [{"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}]


@pytest.fixture
def training(emulator: EmulatorProcess, bucket: str) -> TrainingLab:
    return TrainingLab(emulator, bucket)


@pytest.fixture
def processing(emulator: EmulatorProcess, bucket: str) -> ProcessingLab:
    return ProcessingLab(emulator, bucket)


@pytest.fixture
def sagemaker(client: Callable[[str], Any]) -> Any:
    return client("sagemaker")


def trained(lab: TrainingLab, name: str, code: str = PRINT, **members: Any) -> dict[str, Any]:
    request = lab.request(name, code, **members)
    request["AlgorithmSpecification"]["MetricDefinitions"] = METRICS
    return lab.finished(lab.create(request))


def component_of(sagemaker: Any, job: str, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = sagemaker.describe_trial_component(
        TrialComponentName=f"{job}-aws-{kind}-job"
    )
    return found


def test_a_training_job_leaves_a_component(
    training: TrainingLab, sagemaker: Any, unique: Unique
) -> None:
    name = unique("Job")
    training.put("data/a.csv", b"1")
    job = trained(
        training,
        name,
        PRINT + "; open('/opt/ml/model/m', 'w').write('m')",
        HyperParameters={"eta": "0.3", "depth": "4", "objective": "reg:squarederror"},
        Channels=[training.channel("train", "data/", ContentType="text/csv")],
    )
    found = component_of(sagemaker, name, "training")
    arn = "arn:aws:sagemaker:us-east-1:123456789012:experiment-trial-component"
    assert found["TrialComponentArn"] == f"{arn}/{name.lower()}-aws-training-job"
    assert found["Source"] == {
        "SourceArn": job["TrainingJobArn"],
        "SourceType": "SageMakerTrainingJob",
    }
    # Source: a component's parameters in the tests of aws/sagemaker-python-sdk 3.
    assert found["Parameters"] == {
        "SageMaker.ImageUri": {"StringValue": job["AlgorithmSpecification"]["TrainingImage"]},
        "SageMaker.InstanceType": {"StringValue": "ml.m5.large"},
        "SageMaker.InstanceCount": {"NumberValue": 1.0},
        "SageMaker.VolumeSizeInGB": {"NumberValue": 1.0},
        "eta": {"NumberValue": 0.3},
        "depth": {"NumberValue": 4.0},
        "objective": {"StringValue": "reg:squarederror"},
    }
    data = {"MediaType": "text/csv", "Value": f"s3://{training.bucket}/data/"}
    assert found["InputArtifacts"]["train"] == data
    model = {"Value": job["ModelArtifacts"]["S3ModelArtifacts"]}
    assert found["OutputArtifacts"] == {"SageMaker.ModelArtifact": model}
    assert found["Status"]["PrimaryStatus"] == "Completed"
    assert found["StartTime"] == job["TrainingStartTime"]
    assert found["EndTime"] == job["TrainingEndTime"]


def test_a_components_metrics_are_summaries_of_all_values(
    training: TrainingLab, sagemaker: Any, unique: Unique
) -> None:
    name = unique("Job")
    job = trained(training, name)
    (metric,) = component_of(sagemaker, name, "training")["Metrics"]
    assert metric["MetricName"] == "validation:rmse"
    assert metric["SourceArn"] == job["TrainingJobArn"]
    figures = [metric[key] for key in ("Min", "Max", "Last", "Count")]
    assert figures == [0.25, 0.75, 0.75, 3]
    assert metric["Avg"] == pytest.approx(0.5)
    # The standard deviation of 0.5, 0.25 and 0.75 about their mean: sqrt(2 * 0.0625 / 3).
    assert metric["StdDev"] == pytest.approx(0.204124, abs=1e-6)


def test_a_failed_job_says_so_in_its_component(
    training: TrainingLab, sagemaker: Any, unique: Unique
) -> None:
    name = unique("Job")
    job = trained(training, name, "raise SystemExit('no ratings')")
    status = component_of(sagemaker, name, "training")["Status"]
    assert status["PrimaryStatus"] == "Failed"
    assert job["FailureReason"] in status["Message"]


def test_a_processing_job_leaves_a_component(
    processing: ProcessingLab, sagemaker: Any, unique: Unique
) -> None:
    name = unique("Job")
    outputs = processing.outputs("out", "/opt/ml/processing/out")
    job = processing.run(name, "pass", ProcessingOutputConfig=outputs)
    found = component_of(sagemaker, name, "processing")
    # Source: components of processing jobs as AWS describes them; the image is an artifact here.
    assert found["InputArtifacts"] == {
        "SageMaker.ImageUri": {"Value": job["AppSpecification"]["ImageUri"]},
        "code": {"Value": f"s3://{processing.bucket}/code/{name}"},
    }
    assert found["OutputArtifacts"] == {"out": {"Value": f"s3://{processing.bucket}/out"}}
    assert found["Parameters"] == {
        "SageMaker.InstanceCount": {"NumberValue": 1.0},
        "SageMaker.InstanceType": {"StringValue": "ml.m5.large"},
        "SageMaker.VolumeSizeInGB": {"NumberValue": 1.0},
    }
    assert found["Status"] == {
        "PrimaryStatus": "Completed",
        "Message": "Status: Completed, exit message: null, failure reason: null",
    }
    assert found["Source"]["SourceType"] == "SageMakerProcessingJob"


def test_a_jobs_component_is_found_by_its_arn_in_any_case(
    processing: ProcessingLab, sagemaker: Any, unique: Unique
) -> None:
    """As the SageMaker SDK asks for it: source_arn.lower()."""
    job = processing.run(unique("Job"), "pass")
    arn = job["ProcessingJobArn"].lower()
    (found,) = sagemaker.list_trial_components(SourceArn=arn)["TrialComponentSummaries"]
    assert found["TrialComponentName"] == f"{job['ProcessingJobName']}-aws-processing-job"
    assert found["TrialComponentSource"]["SourceArn"] == job["ProcessingJobArn"]


def test_a_job_joins_the_trial_of_its_experiment_config(
    processing: ProcessingLab, sagemaker: Any, unique: Unique
) -> None:
    experiment, trial, name = unique("Experiment"), unique("Trial"), unique("Job")
    sagemaker.create_experiment(ExperimentName=experiment)
    sagemaker.create_trial(TrialName=trial, ExperimentName=experiment)
    config = {"ExperimentName": experiment, "TrialName": trial}
    config["TrialComponentDisplayName"] = "Prepare"
    processing.run(name, "pass", ExperimentConfig=config)
    (found,) = sagemaker.list_trial_components(TrialName=trial)["TrialComponentSummaries"]
    assert found["TrialComponentName"] == f"{name}-aws-processing-job"
    assert found["DisplayName"] == "Prepare"
    assert processing.describe(name)["ExperimentConfig"] == config


def test_with_an_experiment_alone_a_job_gets_a_trial_of_its_own(
    processing: ProcessingLab, sagemaker: Any, unique: Unique
) -> None:
    """Source: API_ExperimentConfig, "If not specified, a new trial is created"."""
    experiment = unique("Experiment")
    sagemaker.create_experiment(ExperimentName=experiment)
    for _ in range(2):
        processing.run(unique("Job"), "pass", ExperimentConfig={"ExperimentName": experiment})
    trials = sagemaker.list_trials(ExperimentName=experiment)["TrialSummaries"]
    assert len(trials) == 2
    for trial in trials:
        components = sagemaker.list_trial_components(TrialName=trial["TrialName"])
        assert len(components["TrialComponentSummaries"]) == 1


@pytest.mark.parametrize("member", ["ExperimentName", "TrialName"])
def test_a_job_of_an_experiment_that_is_not_there_is_not_made(
    processing: ProcessingLab, sagemaker: Any, unique: Unique, member: str
) -> None:
    request = processing.request(unique("Job"), "pass", ExperimentConfig={member: "Nothing"})
    code, message = error_of(sagemaker.create_processing_job, **request)
    assert code == "ResourceNotFound"
    assert "/nothing' does not exist" in message
    name = request["ProcessingJobName"]
    assert sagemaker.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"] == []


def test_a_trial_of_another_experiment_is_refused(
    processing: ProcessingLab, sagemaker: Any, unique: Unique
) -> None:
    one, other, trial = unique("One"), unique("Other"), unique("Trial")
    for name in (one, other):
        sagemaker.create_experiment(ExperimentName=name)
    sagemaker.create_trial(TrialName=trial, ExperimentName=one)
    config = {"ExperimentName": other, "TrialName": trial}
    request = processing.request(unique("Job"), "pass", ExperimentConfig=config)
    code, message = error_of(sagemaker.create_processing_job, **request)
    assert (code, one in message) == ("ValidationException", True)


def test_what_a_caller_logs_while_the_job_runs_is_kept(
    processing: ProcessingLab, sagemaker: Any, unique: Unique
) -> None:
    name = unique("Job")
    code = "import time; print('begun', flush=True); time.sleep(0.5)"
    processing.start(name, code)
    processing.wait_for_log(name, "begun")
    sagemaker.update_trial_component(
        TrialComponentName=f"{name}-aws-processing-job",
        Parameters={"rows": {"NumberValue": 7}},
        OutputArtifacts={"plot": {"Value": "s3://bucket/plot.png"}},
    )
    processing.finished(name)
    found = component_of(sagemaker, name, "processing")
    assert found["Parameters"]["rows"] == {"NumberValue": 7.0}
    assert found["OutputArtifacts"]["plot"] == {"Value": "s3://bucket/plot.png"}
    assert found["Status"]["PrimaryStatus"] == "Completed"


def test_the_component_stays_when_its_job_is_deleted(
    processing: ProcessingLab, sagemaker: Any, unique: Unique
) -> None:
    name = processing.run(unique("Job"), "pass")["ProcessingJobName"]
    sagemaker.delete_processing_job(ProcessingJobName=name)
    assert component_of(sagemaker, name, "processing")["Status"]["PrimaryStatus"] == "Completed"


def test_a_job_that_dies_with_the_emulator_fails_in_its_component_too(
    own_emulator: EmulatorProcess, unique: Unique
) -> None:
    own_emulator.client("s3").create_bucket(Bucket="bucket-of-mine")
    lab, name = ProcessingLab(own_emulator, "bucket-of-mine"), unique("Job")
    lab.start(name, "import time; print('begun', flush=True); time.sleep(60)")
    lab.wait_for_log(name, "begun")
    own_emulator.kill()
    own_emulator.start()
    found = component_of(own_emulator.client("sagemaker"), name, "processing")
    assert found["Status"]["PrimaryStatus"] == "Failed"


def test_a_tuning_job_is_an_experiment_whose_trial_has_its_training_jobs(
    training: TrainingLab, sagemaker: Any, unique: Unique
) -> None:
    name = unique("Tune")[-25:].strip("-")
    request = training.request(unique("job"), PRINT)
    algorithm = {**request["AlgorithmSpecification"], "MetricDefinitions": METRICS}
    kept = ("RoleArn", "InputDataConfig", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    ranges = {"Name": "x", "MinValue": "0", "MaxValue": "1"}
    objective = {"Type": "Minimize", "MetricName": "validation:rmse"}
    sagemaker.create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name,
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": objective,
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"ContinuousParameterRanges": [ranges]},
        },
        TrainingJobDefinition={
            "AlgorithmSpecification": algorithm,
            **{key: request[key] for key in kept},
        },
        Tags=[{"Key": "team", "Value": "books"}],
    )
    describe = sagemaker.describe_hyper_parameter_tuning_job
    while (job := describe(HyperParameterTuningJobName=name))["HyperParameterTuningJobStatus"] in (
        "InProgress",
    ):
        time.sleep(0.02)
    experiment = sagemaker.describe_experiment(ExperimentName=f"{name}-aws-tuning-job")
    assert experiment["Source"] == {
        "SourceArn": job["HyperParameterTuningJobArn"],
        "SourceType": "SageMakerHyperParameterTuningJob",
    }
    found = sagemaker.list_trial_components(ExperimentName=experiment["ExperimentName"])
    listed = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name
    )
    expected = {
        f"{summary['TrainingJobName']}-aws-training-job"
        for summary in listed["TrainingJobSummaries"]
    }
    names = {each["TrialComponentName"] for each in found["TrialComponentSummaries"]}
    assert len(names) == 2
    assert names == expected


def test_an_execution_makes_its_experiment_and_trial_and_its_steps_join_them(lab: Any) -> None:
    config = {
        "ExperimentName": {"Get": "Execution.PipelineName"},
        "TrialName": {"Get": "Execution.PipelineExecutionId"},
    }
    name = lab.create(lab.processing("A"), lab.processing("B"), PipelineExperimentConfig=config)
    for _ in range(2):
        execution = lab.run(name)
        trial_name = execution["PipelineExecutionArn"].rpartition("/")[2]
        found = lab.sagemaker.list_trial_components(TrialName=trial_name)
        jobs = {
            step["Metadata"]["ProcessingJob"]["Arn"]
            for step in lab.steps(execution["PipelineExecutionArn"]).values()
        }
        sources = {
            each["TrialComponentSource"]["SourceArn"] for each in found["TrialComponentSummaries"]
        }
        assert len(jobs) == 2
        assert sources == jobs
        source = lab.sagemaker.describe_trial(TrialName=trial_name)["Source"]
        assert source["SourceArn"] == execution["PipelineExecutionArn"]
    assert len(lab.sagemaker.list_trials(ExperimentName=name)["TrialSummaries"]) == 2


def test_what_the_experiment_config_leaves_out_is_called_like_the_execution(lab: Any) -> None:
    execution = lab.run(
        lab.create(
            lab.processing("A"), PipelineExperimentConfig={"ExperimentName": "shared-by-all"}
        )
    )
    arn = execution["PipelineExecutionArn"]
    assert execution["PipelineExperimentConfig"]["TrialName"] == arn.rpartition("/")[2]


def test_an_execution_whose_experiment_cannot_be_named_so_does_not_start(lab: Any) -> None:
    config = {"ExperimentName": "no spaces", "TrialName": "-no-dash"}
    name = lab.create(lab.processing("A"), PipelineExperimentConfig=config)
    code, message = error_of(lab.sagemaker.start_pipeline_execution, PipelineName=name)
    assert code == "ValidationException"
    assert "'no spaces'" in message
    assert "'-no-dash'" in message
