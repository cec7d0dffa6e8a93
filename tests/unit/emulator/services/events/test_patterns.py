"""Expected values: the EventBridge user guide's examples, event-ruler's README, and moto."""

import json

import pytest

from emulator.services.events.patterns import InvalidPattern, matches, may_match, read_pattern

# Source: event-ruler's README, "Ruler by Example".
EVENT = {
    "version": "0",
    "id": "ddddd4-aaaa-7777-4444-345dd43cc333",
    "detail-type": "EC2 Instance State-change Notification",
    "source": "aws.ec2",
    "account": "012345679012",
    "time": "2017-10-02T16:24:49Z",
    "region": "us-east-1",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
    "detail": {
        "c-count": 5,
        "d-count": 3,
        "x-limit": 301.8,
        "source-ip": "10.0.0.33",
        "instance-id": "i-000000aaaaaa00000",
        "state": "running",
    },
}


def asked(pattern, event):
    return matches(read_pattern(json.dumps(pattern)), event)


@pytest.mark.parametrize(
    "pattern",
    [
        {
            "detail-type": ["EC2 Instance State-change Notification"],
            "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-000000aaaaaa00000"],
            "detail": {"state": ["initializing", "running"]},
        },
        {"time": [{"prefix": "2017-10-02"}]},
        {"source": [{"suffix": "ec2"}]},
        {"source": [{"equals-ignore-case": "AWS.EC2"}]},
        {"detail": {"state": [{"anything-but": "initializing"}]}},
        {"detail": {"x-limit": [{"anything-but": 123}]}},
        {"detail": {"state": [{"anything-but": ["stopped", "overloaded"]}]}},
        {"detail": {"x-limit": [{"anything-but": [100, 200, 300]}]}},
        {"detail": {"state": [{"anything-but": {"prefix": "init"}}]}},
        {
            "detail": {
                "c-count": [{"numeric": [">", 0, "<=", 5]}],
                "d-count": [{"numeric": ["<", 10]}],
                "x-limit": [{"numeric": ["=", 3.018e2]}],
            }
        },
        {"detail": {"source-ip": [{"cidr": "10.0.0.0/24"}]}},
        {"detail": {"c-count": [{"exists": True}]}},
        {
            "time": [{"prefix": "2017-10-02"}],
            "detail": {
                "state": [{"anything-but": "initializing"}],
                "c-count": [{"numeric": [">", 0, "<=", 5]}],
                "d-count": [{"numeric": ["<", 10]}],
                "x-limit": [{"anything-but": [100, 200, 300]}],
                "source-ip": [{"cidr": "10.0.0.0/8"}],
            },
        },
    ],
)
def test_the_documented_event_matches_the_documented_patterns(pattern):
    assert asked(pattern, EVENT)


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        # Each row of "Comparison operators for use in event patterns".
        (["Alice"], "Alice", True),
        (["Alice"], "alice", False),
        ([""], "", True),
        ([""], None, False),
        ([None], None, True),
        ([None], "", False),
        ([100], 100, True),
        ([100], "100", False),
        ([{"anything-but": {"prefix": "us-"}}], "eu-west-1", True),
        ([{"anything-but": {"prefix": "us-"}}], "us-east-1", False),
        ([{"anything-but": {"suffix": ".png"}}], "a.jpg", True),
        ([{"anything-but": {"suffix": ".png"}}], "a.png", False),
        ([{"anything-but": {"suffix": [".txt", ".png"]}}], "a.txt", False),
        ([{"anything-but": {"equals-ignore-case": "initializing"}}], "INITIALIZING", False),
        ([{"anything-but": {"equals-ignore-case": ["stopped", "failed"]}}], "Failed", False),
        ([{"anything-but": {"wildcard": "*/lib/*"}}], "a/lib/b", False),
        ([{"anything-but": {"wildcard": "*/lib/*"}}], "a/bin/b", True),
        ([{"prefix": "us-"}], "us-east-1", True),
        ([{"prefix": {"equals-ignore-case": "eventb"}}], "EventBridge", True),
        ([{"suffix": {"equals-ignore-case": "tbridge"}}], "EVENTBRIDGE", True),
        ([{"equals-ignore-case": "alice"}], "ALICE", True),
        ([{"cidr": "10.0.0.0/24"}], "10.0.1.1", False),
        ([{"cidr": "2001:db8::/32"}], "2001:db8::1", True),
        ([{"cidr": "10.0.0.0/24"}], "no address", False),
        ([{"numeric": [">", 0, "<=", 5]}], 0, False),
        ([{"numeric": [">", 0]}], "5", False),
        ([{"numeric": [">=", 0]}], True, False),
        ([{"wildcard": "arn:aws:s3:::*/logs/*"}], "arn:aws:s3:::b/logs/x", True),
        ([{"wildcard": "arn:aws:s3:::*/logs/*"}], "arn:aws:s3:::b/data/x", False),
        # The element of an array is enough.
        (["a"], ["b", "a"], True),
        (["a"], ["b", "c"], False),
        (["a"], [], False),
        ([{"exists": True}], [], False),
        ([{"exists": True}], None, True),
        # JSON's values are told apart.
        ([1], True, False),
        ([True], 1, False),
        ([300], 3.0e2, True),
    ],
)
def test_a_value_matches_as_documented(pattern, value, expected):
    assert asked({"detail": {"field": pattern}}, {"detail": {"field": value}}) is expected


def test_exists_false_matches_where_the_leaf_is_not_there():
    pattern = {"detail": {"c-count": [{"exists": False}]}}
    assert not asked(pattern, EVENT)
    assert asked(pattern, {"detail": {"state": "running"}})
    assert asked(pattern, {"source": "aws.ec2"})
    # Source: the README's note that an intermediate node is no leaf.
    assert asked(pattern, {"detail": {"c-count": {"c1": 100}}})
    assert not asked({"detail": {"c-count": [{"exists": True}]}}, {"detail": {"c-count": {"c": 1}}})


def test_what_exists_in_one_element_of_an_array_is_not_absent():
    pattern = {"detail": {"items": {"a": [{"exists": False}]}}}
    assert not asked(pattern, {"detail": {"items": [{"a": 1}, {"b": 1}]}})
    assert asked(pattern, {"detail": {"items": [{"b": 1}]}})


def test_the_fields_of_an_object_match_within_one_element_of_an_array():
    """Source: "JSON Array Matching" of event-ruler's README."""
    pattern = {"employees": {"firstName": ["Anna"], "lastName": ["Jones"]}}
    people = [
        {"firstName": "John", "lastName": "Doe"},
        {"firstName": "Anna", "lastName": "Smith"},
        {"firstName": "Peter", "lastName": "Jones"},
    ]
    assert not asked(pattern, {"employees": people})
    assert asked(pattern, {"employees": [*people, {"firstName": "Anna", "lastName": "Jones"}]})


OR = {
    "source": ["aws.cloudwatch"],
    "$or": [
        {"metricName": ["CPUUtilization", "ReadLatency"]},
        {
            "metricType": ["MetricType"],
            "namespace": ["AWS/EC2", "AWS/ES"],
            "$or": [{"metricId": [1234]}, {"spaceId": [1000]}],
        },
        {"scope": ["Service"]},
    ],
}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"source": "aws.cloudwatch", "metricName": "ReadLatency"}, True),
        ({"source": "aws.cloudwatch", "scope": "Service"}, True),
        ({"source": "aws.ec2", "scope": "Service"}, False),
        ({"source": "aws.cloudwatch", "metricType": "MetricType", "namespace": "AWS/ES"}, False),
        (
            {
                "source": "aws.cloudwatch",
                "metricType": "MetricType",
                "namespace": "AWS/ES",
                "spaceId": 1000,
            },
            True,
        ),
        ({"source": "aws.cloudwatch"}, False),
    ],
)
def test_one_alternative_of_or_is_enough(event, expected):
    """Source: "Nested Or and And" of event-ruler's README."""
    assert asked(OR, event) is expected


def test_or_with_an_object_is_a_field_of_that_name():
    pattern = {"source": ["aws.cloudwatch"], "$or": {"metricType": ["MetricType"]}}
    assert asked(pattern, {"source": "aws.cloudwatch", "$or": {"metricType": "MetricType"}})
    assert not asked(pattern, {"source": "aws.cloudwatch", "metricType": "MetricType"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a*b", True),
        ("a\\\\*b", True),
        ("axxb", True),
        ("ab", True),
        ("ba", False),
        ("axbx", False),
    ],
)
def test_an_asterisk_stands_for_any_text(text, expected):
    assert asked({"f": [{"wildcard": "a*b"}]}, {"f": text}) is expected


def test_an_escaped_asterisk_is_one():
    pattern = {"f": [{"wildcard": "a\\*b\\\\*"}]}
    assert asked(pattern, {"f": "a*b\\anything"})
    assert not asked(pattern, {"f": "axb\\anything"})


def test_many_wildcards_take_no_time():
    pattern = {"f": [{"wildcard": "a*" * 1_000 + "b"}]}
    assert not asked(pattern, {"f": "a" * 100_000})


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ('{"a": ["b"', "Invalid JSON: "),
        ("[]", "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ('{"a": {}}', "Empty objects are not allowed at a"),
        ('{"detail": {"x": []}}', "Empty arrays are not allowed at detail.x"),
        ('{"source": "aws"}', '"source" must be an object or an array at source'),
        ('{"a": [{"begins": "x"}]}', "Unrecognized match type begins at a"),
        ('{"a": [{"prefix": 1}]}', "prefix match pattern must be a string at a"),
        ('{"a": [{"prefix": {"suffix": "x"}}]}', "Unsupported prefix pattern: suffix at a"),
        ('{"a": [{"prefix": "x", "suffix": "y"}]}', "Only one key allowed in match expression"),
        ('{"a": [{"numeric": ">"}]}', "Value of numeric must be an array."),
        ('{"a": [{"numeric": ["~", 1]}]}', "Unrecognized numeric range operator: ~"),
        ('{"a": [{"numeric": ["=", "1"]}]}', "Value of equals must be numeric"),
        ('{"a": [{"numeric": ["<", 1, ">", 0]}]}', "Too many elements in numeric expression"),
        ('{"a": [{"numeric": [">", 5, "<", 1]}]}', "Bottom must be less than top"),
        ('{"a": [{"numeric": ["<", 6e9]}]}', "Value must be between -5.0E9 and 5.0E9"),
        ('{"a": [{"exists": "yes"}]}', "exists match pattern must be either true or false."),
        ('{"a": [{"anything-but": ["a", 1]}]}', "mixed type is not supported"),
        ('{"a": [{"anything-but": [null]}]}', "start|null|boolean is not supported."),
        ('{"a": [{"anything-but": {"cidr": "x"}}]}', "Unsupported anything-but pattern: cidr"),
        ('{"a": [{"anything-but": {"prefix": ""}}]}', "Null prefix/suffix not allowed"),
        ('{"a": [{"wildcard": "a**b"}]}', "Consecutive wildcard characters at pos 2"),
        ('{"a": [{"wildcard": "a\\\\b"}]}', "Invalid escape character at pos 1"),
        ('{"a": [{"wildcard": "a\\\\"}]}', "Invalid escape character at pos 1"),
        ('{"a": [{"cidr": "10.0.0.0/99"}]}', "Malformed CIDR"),
        ('{"a": [["b"]]}', "Match value must be String, number, true, false, or null at a"),
        ('{"$or": [{"a": ["b"]}]}', "There must have at least 2 Objects in $or relationship."),
    ],
)
def test_a_fault_is_told_in_the_words_of_awss_matcher(pattern, fault):
    with pytest.raises(InvalidPattern) as caught:
        read_pattern(pattern)
    assert fault in str(caught.value)


def test_all_faults_come_at_once_with_their_places():
    pattern = {"source": "aws", "detail": {"state": [], "b": {"c": [{"has": 1}]}}}
    with pytest.raises(InvalidPattern) as caught:
        read_pattern(json.dumps(pattern))
    assert str(caught.value).split("; ") == [
        '"source" must be an object or an array at source',
        "Empty arrays are not allowed at detail.state",
        "Unrecognized match type has at detail.b.c",
    ]


@pytest.mark.parametrize("levels", [101, 800, 100_000])
def test_a_pattern_nested_too_deeply_is_invalid(levels):
    with pytest.raises(InvalidPattern, match="nested (too|more) deeply"):
        read_pattern('{"a":' * levels + "[1]" + "}" * levels)


def test_a_deep_pattern_matches_a_deep_event():
    text = '{"a":' * 99 + "[1]" + "}" * 99
    event = json.loads(text.replace("[1]", "1"))
    assert matches(read_pattern(text), event)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({"source": ["aws.ec2"], "detail": {"state": ["running"]}}, True),
        ({"source": ["aws.s3"], "detail": {"state": ["running"]}}, False),
        ({"source": [{"prefix": "aws."}], "detail-type": [{"anything-but": "Other"}]}, True),
        ({"detail": {"state": ["running"]}}, True),
        ({"source": [{"exists": False}]}, False),
        ({"$or": [{"source": ["aws.s3"]}, {"detail": {"state": ["running"]}}]}, True),
    ],
)
def test_what_is_known_of_an_event_can_rule_it_out(pattern, expected):
    known = {"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"}
    assert may_match(read_pattern(json.dumps(pattern)), known) is expected
