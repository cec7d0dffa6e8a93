"""Addresses of templates.

Source: "Methods for accessing a bucket" in the S3 User Guide: virtual-hosted and path style, with
and without region, dual-stack.
"""

from types import SimpleNamespace

import pytest

from emulator.errors import AwsError
from emulator.services.cloudformation.template_urls import _place

CONTEXT = SimpleNamespace(settings=SimpleNamespace(endpoint_url="http://127.0.0.1:4768"))


@pytest.mark.parametrize(
    "url",
    [
        "https://my.bucket.s3.amazonaws.com/a/b%20c.yaml",
        "https://my.bucket.s3.us-east-1.amazonaws.com/a/b%20c.yaml",
        "https://my.bucket.s3.dualstack.us-east-1.amazonaws.com/a/b%20c.yaml",
        "https://my.bucket.s3-us-west-2.amazonaws.com/a/b%20c.yaml",
        "https://s3.amazonaws.com/my.bucket/a/b%20c.yaml",
        "https://s3.eu-central-1.amazonaws.com/my.bucket/a/b%20c.yaml",
        "http://127.0.0.1:4768/my.bucket/a/b%20c.yaml",
        "http://localhost:4768/my.bucket/a/b%20c.yaml",
    ],
)
def test_bucket_and_key_are_read_from_any_form(url):
    assert _place(CONTEXT, url) == ("my.bucket", "a/b c.yaml")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/b/k",
        "http://b.s3.amazonaws.com/k",
        "https://b.s3.amazonaws.com.example.com/k",
        "http://127.0.0.1:9999/b/k",
        "https://s3.amazonaws.com/only-a-bucket",
        "https://b.s3.amazonaws.com/",
        "s3://b/k",
        "file:///etc/passwd",
        "model_build/pipeline.yaml",
    ],
)
def test_other_addresses_are_refused_with_what_is_expected(url):
    with pytest.raises(AwsError, match="TemplateURL must be a supported URL") as caught:
        _place(CONTEXT, url)

    assert caught.value.code == "ValidationError"
    assert url in caught.value.message
