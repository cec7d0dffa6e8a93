"""Training, Tuning and Transform steps, through boto3 against a running emulator."""

import io
import json
import tarfile
from typing import Any

import pytest

from tests.contract.model_images import IMAGE, add_recipe, archive

ROLE_ARN = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole"
TRAINER = "683313688378.dkr.ecr.us-east-1.amazonaws.com/step-trainer:1"

# Leaves its hyperparameters as the model, and tells a loss that is least, 1, at eta = 0.3.
TRAIN = """
import json
given = json.load(open("/opt/ml/input/config/hyperparameters.json"))
json.dump(given, open("/opt/ml/model/model.json", "w"))
if given.get("fail"):
    open("/opt/ml/output/failure", "w").write(given["fail"])
    raise SystemExit(1)
print("rmse=%r" % (1 + (float(given.get("eta", 0)) - 0.3) ** 2))
"""


@pytest.fixture(autouse=True)
def images(emulator: Any) -> None:
    add_recipe(emulator)
    recipe = emulator.data_dir / "recipes" / "step-trainer"
    recipe.mkdir(parents=True, exist_ok=True)
    (recipe / "recipe.toml").write_text(
        'repositories = ["step-trainer"]\n'
        '[commands]\ntrain = ["python3", "/opt/ml/input/data/code/train.py"]\n'
    )


def job(lab: Any) -> dict[str, Any]:
    """What CreateTrainingJob and a tuning job's definition have in common."""
    lab.s3.put_object(Bucket=lab.bucket, Key="train/train.py", Body=TRAIN.encode())
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{lab.bucket}/train"}
    return {
        "AlgorithmSpecification": {
            "TrainingImage": TRAINER,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:rmse", "Regex": "rmse=([0-9.]+)"}],
        },
        "RoleArn": ROLE_ARN,
        "InputDataConfig": [{"ChannelName": "code", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": f"s3://{lab.bucket}/models"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 1,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


def training(lab: Any, name: str, **hyperparameters: Any) -> dict[str, Any]:
    arguments = {**job(lab), "HyperParameters": hyperparameters}
    return {"Name": name, "Type": "Training", "Arguments": arguments}


def tuning(lab: Any, name: str) -> dict[str, Any]:
    ranges = [{"Name": "eta", "MinValue": "0", "MaxValue": "1", "ScalingType": "Linear"}]
    config = {
        "Strategy": "Random",
        "HyperParameterTuningJobObjective": {
            "Type": "Minimize",
            "MetricName": "validation:rmse",
        },
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
        "ParameterRanges": {"ContinuousParameterRanges": ranges},
        "RandomSeed": 7,
    }
    arguments = {"HyperParameterTuningJobConfig": config, "TrainingJobDefinition": job(lab)}
    return {"Name": name, "Type": "Tuning", "Arguments": arguments}


def model(lab: Any, s3_uri: str) -> dict[str, Any]:
    bucket, _, key = s3_uri.removeprefix("s3://").partition("/")
    content = lab.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        file = tar.extractfile("model.json")
        assert file is not None
        found: dict[str, Any] = json.load(file)
        return found


def text_of(expression: dict[str, str]) -> dict[str, Any]:
    """What the SDK's ``to_string()`` writes."""
    return {"Std:Join": {"On": "", "Values": [expression]}}


def test_a_training_step_trains_and_its_metadata_names_the_job(lab: Any) -> None:
    execution = lab.run(
        lab.create(
            training(lab, "Train", depth=text_of({"Get": "Parameters.Depth"})),
            Parameters=[{"Name": "Depth", "Type": "Integer", "DefaultValue": 6}],
        )
    )

    step = lab.steps(execution["PipelineExecutionArn"])["Train"]
    assert step["StepStatus"] == "Succeeded", step.get("FailureReason")
    execution_id = execution["PipelineExecutionArn"].rpartition("/")[2]
    jobs = lab.sagemaker.list_training_jobs(NameContains=execution_id)["TrainingJobSummaries"]
    assert [found["TrainingJobArn"] for found in jobs] == [step["Metadata"]["TrainingJob"]["Arn"]]
    described = lab.sagemaker.describe_training_job(TrainingJobName=jobs[0]["TrainingJobName"])
    assert described["HyperParameters"] == {"depth": "6"}
    assert model(lab, described["ModelArtifacts"]["S3ModelArtifacts"]) == {"depth": "6"}


def test_the_scripts_own_failure_becomes_the_steps_reason(lab: Any) -> None:
    execution = lab.run(lab.create(training(lab, "Train", fail="the data are bad")))

    step = lab.steps(execution["PipelineExecutionArn"])["Train"]
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert step["FailureReason"].startswith("AlgorithmError: the data are bad")


def test_the_best_hyperparameters_of_a_tuning_step_train_the_final_model(lab: Any) -> None:
    eta = {"Get": "Steps.Tune.BestTrainingJob.TunedHyperParameters['eta']"}
    name = {"Get": "Steps.Tune.TrainingJobSummaries[0].TrainingJobName"}
    pipeline = lab.create(tuning(lab, "Tune"), training(lab, "Train", eta=eta, best=name))

    execution = lab.run(pipeline)

    steps = lab.steps(execution["PipelineExecutionArn"])
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    tuning_job = steps["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    (tuned,) = lab.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=tuning_job)[
        "HyperParameterTuningJobSummaries"
    ]
    best = lab.sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=tuned["HyperParameterTuningJobName"]
    )["BestTrainingJob"]
    train_job = steps["Train"]["Metadata"]["TrainingJob"]["Arn"].rpartition("/")[2]
    (trained,) = lab.sagemaker.list_training_jobs(NameContains=train_job)["TrainingJobSummaries"]
    given = lab.sagemaker.describe_training_job(TrainingJobName=trained["TrainingJobName"])
    assert given["HyperParameters"] == {
        "eta": best["TunedHyperParameters"]["eta"],
        "best": best["TrainingJobName"],
    }


def test_a_transform_step_scores_with_a_model_that_a_step_made(lab: Any) -> None:
    lab.s3.put_object(Bucket=lab.bucket, Key="model.tar.gz", Body=archive(weights__txt="1 2 3"))
    lab.s3.put_object(Bucket=lab.bucket, Key="batch/rows.csv", Body=b"5,6\n")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{lab.bucket}/model.tar.gz"}
    create = {
        "Name": "Create",
        "Type": "Model",
        "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": ROLE_ARN},
    }
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{lab.bucket}/batch"}
    score = {
        "Name": "Score",
        "Type": "Transform",
        "Arguments": {
            "ModelName": {"Get": "Steps.Create.ModelName"},
            "TransformInput": {
                "DataSource": {"S3DataSource": source},
                "ContentType": "text/csv",
            },
            "TransformOutput": {"S3OutputPath": f"s3://{lab.bucket}/scores"},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        },
    }

    execution = lab.run(lab.create(create, score))

    steps = lab.steps(execution["PipelineExecutionArn"])
    assert execution["PipelineExecutionStatus"] == "Succeeded", steps
    assert steps["Create"]["Metadata"]["Model"]["Arn"].startswith(
        "arn:aws:sagemaker:us-east-1:123456789012:model/pipelines-"
    )
    answer = json.loads(lab.text("scores/rows.csv.out"))
    assert answer["body"] == "5,6\n"
    assert answer["files"] == {"weights.txt": "1 2 3"}
