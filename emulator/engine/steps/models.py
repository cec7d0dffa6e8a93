"""Model and RegisterModel steps."""

from emulator.engine.steps.resources import RESOURCES
from emulator.engine.steps.run import StepFailed, StepResult, StepRun
from emulator.errors import AwsError


def run_model(run: StepRun) -> StepResult:
    """CreateModel."""
    answer = run.call("CreateModel", **{**run.tagged(), "ModelName": run.job_name})
    return StepResult({"Model": {"Arn": answer["ModelArn"]}}, run.job_name)


def run_register_model(run: StepRun) -> StepResult:
    """CreateModelPackage, in a group that is made when it is missing.

    The package tells its execution. Source: MetadataProperties in the event "SageMaker Model
    Package State Change",
    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html.
    """
    _make_group(run, run.arguments["ModelPackageGroupName"])
    origin = {"GeneratedBy": run.execution_arn, **run.arguments.get("MetadataProperties", {})}
    arguments = {**run.arguments, "MetadataProperties": origin}
    arn = run.call("CreateModelPackage", **arguments)["ModelPackageArn"]
    result = StepResult({"RegisterModel": {"Arn": arn}}, arn)
    run.report(result)
    package = run.context.store.wait_until(
        RESOURCES["RegisterModel"].kind,
        arn,
        lambda document: document["ModelPackageStatus"] in ("Completed", "Failed"),
    )
    if package["ModelPackageStatus"] == "Failed":
        raise StepFailed(f"ClientError: The model package {arn} failed validation.")
    return result


def _make_group(run: StepRun, name: str) -> None:
    try:
        run.context.api.call("sagemaker", "DescribeModelPackageGroup", ModelPackageGroupName=name)
    except AwsError:
        # An ARN of a group that is not there cannot be made: then the call below says so.
        run.call("CreateModelPackageGroup", ModelPackageGroupName=name)
