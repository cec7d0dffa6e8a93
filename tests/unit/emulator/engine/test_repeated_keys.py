from emulator.engine.repeated_keys import read_definition_json

TEXT = """
{"Version": "a", "Version": "b", "Steps": [
    {"Name": "Train", "Type": "Training", "Type": "Fail", "Type": "Model", "Arguments": {
        "HyperParameters": {"eta": "1", "depth": "2", "eta": "3", "depth": "2"},
        "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Key": "c", "Value": "d"}]}},
    {"Name": "Check", "Type": "Condition", "Arguments": {
        "IfSteps": [{"Name": "Stop", "Arguments": {"ErrorMessage": "x", "ErrorMessage": "y"}}]}},
    {"Name": 5, "Name": 6}]}
"""


def test_every_key_that_comes_twice_is_named_with_its_place() -> None:
    _, faults = read_definition_json(TEXT)

    assert sorted(faults) == [
        "Pipeline: Steps[2]: the key 'Name' is given 2 times; give it once.",
        "Pipeline: the key 'Version' is given 2 times; give it once.",
        "Step 'Stop': Arguments: the key 'ErrorMessage' is given 2 times; give it once.",
        "Step 'Train': Arguments: HyperParameters: the key 'depth' is given 2 times; give it once.",
        "Step 'Train': Arguments: HyperParameters: the key 'eta' is given 2 times; give it once.",
        "Step 'Train': Arguments: Tags[1]: the key 'Key' is given 2 times; give it once.",
        "Step 'Train': the key 'Type' is given 3 times; give it once.",
    ]


def test_the_last_value_is_read_on() -> None:
    document, _ = read_definition_json(TEXT)
    assert document["Version"] == "b"
    assert document["Steps"][0]["Type"] == "Model"


def test_within_a_value_that_does_not_count_nothing_is_named() -> None:
    document, faults = read_definition_json('{"a": {"b": 1, "b": 2}, "a": {"b": 3}}')
    assert document == {"a": {"b": 3}}
    assert faults == ["Pipeline: the key 'a' is given 2 times; give it once."]


def test_keys_that_come_once_in_each_object_are_no_fault() -> None:
    _, faults = read_definition_json('{"a": [{"b": {}}, {"b": {}}], "b": {"a": 1}}')
    assert faults == []
