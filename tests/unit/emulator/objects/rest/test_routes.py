import pytest

from emulator.errors import AwsError
from emulator.objects.rest.request import RestRequest
from emulator.objects.rest.routes import find_operation


def operation(
    method: str, bucket: str = "", key: str = "", headers: tuple[str, ...] = (), **query: str
) -> str:
    named = {name.replace("_", "-"): text for name, text in query.items()}
    request = RestRequest(method, bucket, key, named, dict.fromkeys(headers, ""))
    return str(find_operation(request).name)


# Source: the request syntax on each operation's page of the S3 API reference.
@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: operation("GET"), "ListBuckets"),
        (lambda: operation("GET", "b"), "ListObjects"),
        (lambda: operation("GET", "b", list_type="2", prefix="p"), "ListObjectsV2"),
        (lambda: operation("GET", "b", uploads=""), "ListMultipartUploads"),
        (lambda: operation("GET", "b", lifecycle=""), "GetBucketLifecycleConfiguration"),
        (lambda: operation("PUT", "b", tagging=""), "PutBucketTagging"),
        (lambda: operation("POST", "b", delete=""), "DeleteObjects"),
        (lambda: operation("HEAD", "b"), "HeadBucket"),
        (lambda: operation("PUT", "b", "k"), "PutObject"),
        (lambda: operation("PUT", "b", "k", ("x-amz-copy-source",)), "CopyObject"),
        (lambda: operation("PUT", "b", "k", partNumber="1", uploadId="u"), "UploadPart"),
        (
            lambda: operation(
                "PUT", "b", "k", ("x-amz-copy-source",), partNumber="1", uploadId="u"
            ),
            "UploadPartCopy",
        ),
        (lambda: operation("GET", "b", "k", uploadId="u"), "ListParts"),
        (lambda: operation("GET", "b", "k", x_id="GetObject"), "GetObject"),
        (lambda: operation("POST", "b", "k", uploads=""), "CreateMultipartUpload"),
        (lambda: operation("POST", "b", "k", uploadId="u"), "CompleteMultipartUpload"),
        (lambda: operation("DELETE", "b", "k", uploadId="u"), "AbortMultipartUpload"),
        (lambda: operation("POST", "b", "k", select="", select_type="2"), "SelectObjectContent"),
        (lambda: operation("GET", "b", versions=""), "ListObjectVersions"),
    ],
)
def test_the_most_specific_operation_is_found(found: object, expected: str) -> None:
    assert found() == expected  # type: ignore[operator]


def test_a_browsers_form_upload_is_refused_by_name() -> None:
    with pytest.raises(AwsError, match="PostObject"):
        operation("POST", "b")


def test_a_method_that_s3_does_not_have_is_refused() -> None:
    with pytest.raises(AwsError) as caught:
        operation("PATCH", "b", "k")
    assert (caught.value.code, caught.value.status) == ("MethodNotAllowed", 405)
