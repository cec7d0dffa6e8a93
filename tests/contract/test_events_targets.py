"""What a rule can start: functions, topics, log groups and SageMaker's pipelines."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

from tests.conftest import ACCOUNT_ID, REGION, ROLE_ARN, EmulatorProcess
from tests.contract.inboxes import WAIT_SECONDS, EventLab, event_lab

__all__ = ["event_lab"]


def make_function(emulator: EmulatorProcess, name: str, queue_url: str) -> str:
    """A function that sends its event to a queue; gives its ARN."""
    program = (
        "import json, boto3\n"
        "def handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={queue_url!r},"
        " MessageBody=json.dumps(event))\n"
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("app.py", program)
    answer = emulator.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE_ARN,
        Handler="app.handler",
        Code={"ZipFile": content.getvalue()},
    )
    return str(answer["FunctionArn"])


def test_a_function_is_invoked_only_where_its_policy_lets_the_rule(
    event_lab: EventLab, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    source, name = unique("shop"), unique("function")
    inbox, dead = event_lab.inbox(), event_lab.inbox()
    function_arn = make_function(emulator, name, inbox.url)
    rule = event_lab.rule(
        {"source": [source]}, {"Arn": function_arn, "DeadLetterConfig": {"Arn": dead.arn}}
    )

    event_lab.send(source, {"is": "refused"})
    assert dead.first()["detail"] == {"is": "refused"}
    attributes = dead.messages[0]["MessageAttributes"]
    assert attributes["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"

    emulator.client("lambda").add_permission(
        FunctionName=name,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{rule}",
    )
    event_lab.send(source, {"is": "allowed"})
    assert inbox.first()["detail"] == {"is": "allowed"}


def test_a_topic_tells_its_subscribers(
    event_lab: EventLab, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    source, inbox, sns = unique("shop"), event_lab.inbox(), emulator.client("sns")
    topic = sns.create_topic(Name=unique("topic"))["TopicArn"]
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=inbox.arn,
        Attributes={"RawMessageDelivery": "true"},
    )
    event_lab.rule({"source": [source]}, {"Arn": topic, "InputPath": "$.detail"})
    event_lab.send(source, {"a": 1})
    assert inbox.first() == {"a": 1}


def test_a_log_group_has_the_event_or_the_message_made_of_it(
    event_lab: EventLab, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    source, group, logs = unique("shop"), f"/aws/events/{unique('log')}", emulator.client("logs")
    logs.create_log_group(logGroupName=group)
    target = {"Arn": f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}"}
    transformer = {
        "InputPathsMap": {"at": "$.time", "name": "$.detail.name"},
        "InputTemplate": '{"timestamp": <at>, "message": "it is <name>"}',
    }
    event_lab.rule({"source": [source]}, target, {**target, "InputTransformer": transformer})
    event_id = event_lab.send(source, {"name": "book"})
    deadline = time.monotonic() + WAIT_SECONDS
    messages: list[str] = []
    while len(messages) < 2 and time.monotonic() < deadline:
        found = logs.filter_log_events(logGroupName=group)["events"]
        messages = sorted(event["message"] for event in found)
        time.sleep(0.02)
    assert messages[0] == "it is book"
    assert json.loads(messages[1])["id"] == event_id


def test_a_pipeline_is_started_with_parameters_of_the_event(
    event_lab: EventLab, lab: Any, unique: Callable[[str], str]
) -> None:
    source = unique("shop")
    name = lab.create(
        {
            "Name": "Refuse",
            "Type": "Fail",
            "Arguments": {"ErrorMessage": {"Get": "Parameters.Text"}},
        },
        Parameters=[
            {"Name": "Text", "Type": "String"},
            {"Name": "Constant", "Type": "String", "DefaultValue": "c"},
        ],
    )
    arn = lab.sagemaker.describe_pipeline(PipelineName=name)["PipelineArn"]
    given = [{"Name": "Text", "Value": "$.detail.text"}, {"Name": "Constant", "Value": "k"}]
    event_lab.rule(
        {"source": [source]},
        {
            "Arn": arn,
            "RoleArn": ROLE_ARN,
            "SageMakerPipelineParameters": {"PipelineParameterList": given},
        },
    )
    event_lab.send(source, {"text": "of the event"})
    deadline = time.monotonic() + WAIT_SECONDS
    executions: list[Any] = []
    while not executions and time.monotonic() < deadline:
        answer = lab.sagemaker.list_pipeline_executions(PipelineName=name)
        executions = answer["PipelineExecutionSummaries"]
    (execution,) = executions
    answer = lab.sagemaker.list_pipeline_parameters_for_execution(
        PipelineExecutionArn=execution["PipelineExecutionArn"]
    )
    assert {each["Name"]: each["Value"] for each in answer["PipelineParameters"]} == {
        "Text": "of the event",
        "Constant": "k",
    }


def test_an_alarm_tells_its_change_of_state(
    event_lab: EventLab, emulator: EmulatorProcess, unique: Callable[[str], str]
) -> None:
    name, cloudwatch = unique("alarm"), emulator.client("cloudwatch")
    inbox = event_lab.listen(
        {
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "detail": {"alarmName": [name], "state": {"value": ["ALARM"]}},
        }
    )
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Books",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")
    event = inbox.first()
    assert event["resources"] == [f"arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:{name}"]
    assert event["detail"]["state"]["reason"] == "by hand"
    cloudwatch.delete_alarms(AlarmNames=[name])
