"""What was acknowledged survives SIGKILL, whole; what was not is there whole or not at all."""

import hashlib
import http.client
import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

SIZE_BYTES = 300_000


def content_of(key: str, version: int) -> bytes:
    return hashlib.sha256(f"{key} {version}".encode()).digest() * (SIZE_BYTES // 32)


def wait_for(is_reached: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not is_reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def write_until_killed(s3: Any, worker: int, written: dict[str, int]) -> None:
    """Write keys again and again; ``written`` holds the last acknowledged version of each."""
    for version in range(10_000):
        key = f"worker-{worker}/{version % 7}"
        try:
            s3.put_object(Bucket="bucket", Key=key, Body=content_of(key, version))
        except (BotoCoreError, ClientError):
            return
        written[key] = version


def test_a_kill_loses_no_acknowledged_write_and_leaves_no_half(own_emulator: Any) -> None:
    s3 = own_emulator.client("s3")
    s3.create_bucket(Bucket="bucket")
    written: dict[str, int] = {}
    threads = [
        threading.Thread(target=write_until_killed, args=(s3, worker, written))
        for worker in range(4)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(written) >= 20)
    own_emulator.kill()
    for thread in threads:
        thread.join()
    own_emulator.start()
    s3 = own_emulator.client("s3")
    for key, version in written.items():
        got = s3.get_object(Bucket="bucket", Key=key)
        content = got["Body"].read()
        assert got["ETag"] == f'"{hashlib.md5(content).hexdigest()}"'
        # The write after the last acknowledged one may have been done before the kill, too.
        assert content in (content_of(key, version), content_of(key, version + 7))


def test_a_multipart_upload_goes_on_after_a_kill(own_emulator: Any) -> None:
    s3 = own_emulator.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_tagging(Bucket="bucket", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    upload_id = s3.create_multipart_upload(Bucket="bucket", Key="key")["UploadId"]
    upload = {"Bucket": "bucket", "Key": "key", "UploadId": upload_id}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"content")["ETag"]
    own_emulator.kill()
    own_emulator.start()
    s3 = own_emulator.client("s3")
    parts = [{"PartNumber": 1, "ETag": etag}]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    own_emulator.kill()
    own_emulator.start()
    s3 = own_emulator.client("s3")
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == b"content"
    assert s3.get_bucket_tagging(Bucket="bucket")["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_an_upload_that_its_client_breaks_off_leaves_nothing(own_emulator: Any) -> None:
    s3 = own_emulator.client("s3")
    s3.create_bucket(Bucket="bucket")
    connection = http.client.HTTPConnection(own_emulator.url.removeprefix("http://"))
    connection.putrequest("PUT", "/bucket/key")
    connection.putheader(
        "Authorization",
        "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/s3/aws4_request, "
        "SignedHeaders=host, Signature=0",
    )
    connection.putheader("Content-Length", "1000000")
    connection.endheaders(b"x" * 500_000)
    contents = own_emulator.data_dir / "objects" / "content"
    wait_for(lambda: list(contents.iterdir()))
    connection.close()
    wait_for(lambda: not list(contents.iterdir()))
    assert s3.list_objects_v2(Bucket="bucket")["KeyCount"] == 0
