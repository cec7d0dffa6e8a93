import json
from typing import Any

import pytest

from emulator.engine.argument_types import type_faults
from emulator.engine.reading import read_definition

PARAMETERS = [{"Name": kind, "Type": kind} for kind in ("String", "Integer", "Float", "Boolean")]
FUNCTION = {
    "Name": "Ask",
    "Type": "Lambda",
    "FunctionArn": "arn",
    "OutputParameters": [{"OutputName": "n", "OutputType": "Integer"}],
}
TUNE = {"Name": "Tune", "Type": "Tuning", "Arguments": {}}


def get(reference: str) -> dict[str, str]:
    return {"Get": reference}


def faults(arguments: dict[str, Any], step_type: str = "Training") -> list[str]:
    step = {"Name": "A", "Type": step_type, "Arguments": arguments}
    document = {"Version": "2020-12-01", "Parameters": PARAMETERS, "Steps": [FUNCTION, TUNE, step]}
    definition = read_definition(json.dumps(document)).definition
    return list(type_faults(definition.step("A"), definition))


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (
            {"HyperParameters": {"depth": get("Parameters.Integer")}},
            "Cannot assign property reference [Parameters.Integer] to argument of type [String],"
            " as it is of type Integer; Std:Join (the SDK's to_string()) makes one of it, at"
            " 'HyperParameters.depth'",
        ),
        (
            {"InputDataConfig": [{}, {"ChannelName": get("Parameters.Float")}]},
            "Cannot assign property reference [Parameters.Float] to argument of type [String], as"
            " it is of type Float; Std:Join (the SDK's to_string()) makes one of it, at"
            " 'InputDataConfig[1].ChannelName'",
        ),
        (
            {"ResourceConfig": {"InstanceCount": get("Parameters.String")}},
            "Cannot assign property reference [Parameters.String] to argument of type [Integer],"
            " as it is of type String, at 'ResourceConfig.InstanceCount'",
        ),
        (
            {"EnableNetworkIsolation": {"Std:Join": {"Values": ["true"]}}},
            "Cannot assign property reference [Std:Join] to argument of type [Boolean], as it is"
            " of type String, at 'EnableNetworkIsolation'",
        ),
        (
            {"Environment": {"N": get("Steps.Ask.OutputParameters['n']")}},
            "Cannot assign property reference [Steps.Ask.OutputParameters['n']] to argument of"
            " type [String], as it is of type Integer; Std:Join (the SDK's to_string()) makes one"
            " of it, at 'Environment.N'",
        ),
        (
            {"StoppingCondition": get("Parameters.String")},
            "Expecting start of Json Object, for which no expression can stand, at"
            " 'StoppingCondition'",
        ),
    ],
)
def test_an_expression_of_another_type_than_its_place_is_a_fault(
    arguments: dict[str, Any], fault: str
) -> None:
    assert faults(arguments) == [fault]


@pytest.mark.parametrize(
    "arguments",
    [
        {"HyperParameters": {"a": get("Parameters.String"), "b": get("Execution.PipelineName")}},
        {"HyperParameters": {"a": {"Std:Join": {"Values": [get("Parameters.Integer")]}}}},
        {"HyperParameters": {"a": get("Steps.Tune.BestTrainingJob.TunedHyperParameters['eta']")}},
        {"ResourceConfig": {"InstanceCount": get("Parameters.Integer")}},
        {"ResourceConfig": {"InstanceCount": get("Steps.Ask.OutputParameters['n']")}},
        {"EnableNetworkIsolation": get("Parameters.Boolean")},
        # What only the execution can tell, and what is reported as missing.
        {"HyperParameters": {"a": {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "x"}}}},
        {"HyperParameters": {"a": get("Parameters.Missing"), "b": get("Nothing")}},
        {"HyperParameters": {"a": get("Steps.Missing.X"), "b": get("Steps.Tune.Missing")}},
    ],
)
def test_an_expression_of_the_type_that_its_place_takes_is_none(arguments: dict[str, Any]) -> None:
    assert faults(arguments) == []


def test_a_whole_number_will_do_for_a_float() -> None:
    variant = {"InitialVariantWeight": get("Parameters.Integer")}

    assert faults({"ProductionVariants": [variant]}, "EndpointConfig") == []


def test_a_function_takes_arguments_of_any_type() -> None:
    assert faults({"event": get("Parameters.Integer")}, "Callback") == []
