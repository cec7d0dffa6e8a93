"""What needs what, and the order that follows."""

import pytest

from emulator.services.cloudformation.template.document import Template
from emulator.services.cloudformation.template.errors import TemplateError
from emulator.services.cloudformation.template.graph import (
    active_outputs,
    active_resources,
    creation_order,
    deletion_graph,
    dependencies,
    ready,
)
from emulator.services.cloudformation.template.reading import read

TEMPLATE = """
Parameters:
  Env: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
Resources:
  Endpoint:
    Type: AWS::SageMaker::Endpoint
    Properties: {EndpointConfigName: !GetAtt Config.EndpointConfigName}
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties: {ProductionVariants: [{ModelName: !Sub "${Model.ModelName}"}]}
  Model:
    Type: AWS::SageMaker::Model
    DependsOn: [Policy]
    Properties: {ExecutionRoleArn: !Sub ["${R}-${Env}", {R: !Ref Role}]}
  Role: {Type: AWS::IAM::Role}
  Policy:
    Type: AWS::IAM::Policy
    Properties: {Roles: [!Ref Role], PolicyName: !Ref "AWS::StackName"}
  Topic:
    Type: AWS::SNS::Topic
    Condition: IsProd
  Alarm:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmActions: [!If [IsProd, !Ref Topic, !Ref "AWS::NoValue"]]}
    Metadata: {Watches: !Ref Endpoint}
Outputs:
  TopicArn: {Condition: IsProd, Value: !Ref Topic}
  Name: {Value: !If [IsProd, !GetAtt Topic.TopicName, none]}
"""
PROD, DEV = {"IsProd": True}, {"IsProd": False}


def test_conditions_say_which_resources_and_outputs_there_are() -> None:
    template = read(TEMPLATE)
    everything = ("Endpoint", "Config", "Model", "Role", "Policy", "Topic", "Alarm")
    assert active_resources(template, PROD) == everything
    assert active_resources(template, DEV) == tuple(n for n in everything if n != "Topic")
    assert [output.name for output in active_outputs(template, PROD)] == ["TopicArn", "Name"]
    assert [output.name for output in active_outputs(template, DEV)] == ["Name"]


def test_references_and_depends_on_make_dependencies() -> None:
    assert dependencies(read(TEMPLATE), PROD) == {
        "Endpoint": {"Config"},
        "Config": {"Model"},
        "Model": {"Role", "Policy"},
        "Role": set(),
        "Policy": {"Role"},
        "Topic": set(),
        "Alarm": {"Topic", "Endpoint"},
    }


def test_of_a_condition_only_the_branch_taken_makes_a_dependency() -> None:
    assert dependencies(read(TEMPLATE), DEV)["Alarm"] == {"Endpoint"}


def test_resources_without_a_way_between_them_are_ready_together() -> None:
    graph = dependencies(read(TEMPLATE), PROD)
    assert ready(graph, made=()) == ("Role", "Topic")
    assert ready(graph, made=(), begun=("Role",)) == ("Topic",)
    assert ready(graph, made=("Role", "Topic")) == ("Policy",)
    assert ready(graph, made=tuple(graph)) == ()


def test_each_resource_comes_after_what_it_needs() -> None:
    graph = dependencies(read(TEMPLATE), PROD)
    order = creation_order(graph)
    assert sorted(order) == sorted(graph)
    assert all(order.index(need) < order.index(name) for name in graph for need in graph[name])


def test_deletion_goes_the_other_way() -> None:
    graph = deletion_graph(dependencies(read(TEMPLATE), PROD))
    assert ready(graph, made=()) == ("Alarm",)
    assert ready(graph, made=("Alarm",)) == ("Topic", "Endpoint")
    assert graph["Role"] == {"Model", "Policy"}


def left_out(resources: str, outputs: str = "") -> Template:
    return read(
        "Conditions: {C: !Equals [a, b]}\n"
        f"Resources:\n  Gone: {{Type: AWS::SNS::Topic, Condition: C}}\n{resources}{outputs}"
    )


@pytest.mark.parametrize(
    "resource",
    [
        "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Gone}}\n",
        "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt Gone.TopicName}}\n",
        "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub 'x-${Gone}'}}\n",
        "  Q: {Type: AWS::SQS::Queue, DependsOn: Gone}\n",
    ],
)
def test_a_reference_to_what_conditions_leave_out_is_refused(resource: str) -> None:
    with pytest.raises(TemplateError) as refusal:
        dependencies(left_out(resource), {"C": False})
    assert refusal.value.message == (
        "Template format error: Unresolved resource dependencies [Gone] in the Resources block of "
        "the template"
    )


def test_so_is_an_output_of_it() -> None:
    template = left_out("  Q: {Type: AWS::SQS::Queue}\n", "Outputs: {O: {Value: !Ref Gone}}\n")
    with pytest.raises(TemplateError) as refusal:
        dependencies(template, {"C": False})
    assert refusal.value.message == (
        "Template format error: Unresolved resource dependencies [Gone] in the Outputs block of "
        "the template"
    )
    assert dependencies(template, {"C": True})["Q"] == frozenset()


def test_a_circle_that_conditions_close_is_refused() -> None:
    template = read(
        "Conditions: {C: !Equals [a, b]}\nResources:\n"
        "  A: {Type: AWS::SNS::Topic, Properties: {TopicName: !If [C, !Ref B, a]}}\n"
        "  B: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref A}}\n"
        "  D: {Type: AWS::SNS::Topic}\n"
    )
    assert creation_order(dependencies(template, {"C": False})) == ("A", "D", "B")
    with pytest.raises(TemplateError) as refusal:
        creation_order(dependencies(template, {"C": True}))
    assert refusal.value.message == "Circular dependency between resources: [A, B]"
