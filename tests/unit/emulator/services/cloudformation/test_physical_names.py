"""Names within the length and the characters of a type.

Source: "Name type" in the CloudFormation template reference, whose example is
``MyStack-TrafficMirrorSession-1LJH7Y0ZJ1VDW``: stack, logical id, random characters.
"""

import re

import pytest

from emulator.services.cloudformation.physical_names import physical_name
from emulator.services.cloudformation.resources.provider import Naming


def test_a_name_is_stack_logical_id_and_random_characters():
    name = physical_name("books", "Bucket", Naming("TopicName", 256))

    assert re.fullmatch(r"books-Bucket-[A-Z0-9]{12}", name)


def test_names_differ():
    names = {physical_name("books", "Bucket", Naming("TopicName", 256)) for _ in range(100)}

    assert len(names) == 100


@pytest.mark.parametrize("at_most", [32, 63, 64])
@pytest.mark.parametrize(
    ("stack", "logical_id"),
    [("s" * 128, "L" * 255), ("s" * 128, "L"), ("s", "L" * 255), ("s-" * 64, "Logical")],
)
def test_long_names_are_cut_and_keep_something_of_both(stack, logical_id, at_most):
    name = physical_name(stack, logical_id, Naming("BucketName", at_most))

    assert len(name) <= at_most
    assert re.fullmatch(r"s[s-]*-L[Logical]*-[A-Z0-9]{12}", name)
    assert "--" not in name


def test_buckets_have_small_letters():
    name = physical_name("Books", "TheBucket", Naming("BucketName", 63, is_lower=True))

    assert re.fullmatch(r"books-thebucket-[a-z0-9]{12}", name)
