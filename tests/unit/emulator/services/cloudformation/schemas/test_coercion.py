"""Texts become what the type of a property says."""

from emulator.services.cloudformation.schemas import coerced, property_faults

FUNCTION = {"Role": "arn:aws:iam::123456789012:role/r", "Code": {"ZipFile": "x"}}


def test_texts_are_made_what_the_type_says() -> None:
    # Every parameter is a text, also where a property is a number or a boolean.
    given = {
        **FUNCTION,
        "MemorySize": "512",
        "Timeout": 30,
        "Tags": [{"Key": True, "Value": 3}],
        "EphemeralStorage": {"Size": "1024"},
        "VpcConfig": {"Ipv6AllowedForDualStack": "true"},
    }
    assert property_faults("AWS::Lambda::Function", given) == []
    assert coerced("AWS::Lambda::Function", given) == {
        **FUNCTION,
        "MemorySize": 512,
        "Timeout": 30,
        "Tags": [{"Key": "true", "Value": "3"}],
        "EphemeralStorage": {"Size": 1024},
        "VpcConfig": {"Ipv6AllowedForDualStack": True},
    }


def test_what_cannot_be_made_so_stays() -> None:
    assert coerced("AWS::Lambda::Function", {"MemorySize": "5MB", "Handler": ["x"]}) == {
        "MemorySize": "5MB",
        "Handler": ["x"],
    }


def test_documents_stay_as_they_are() -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Condition": {"Bool": {"a": "true"}}}]}
    assert coerced("AWS::IAM::Role", {"AssumeRolePolicyDocument": policy}) == {
        "AssumeRolePolicyDocument": policy
    }
