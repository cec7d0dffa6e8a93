"""Captured invocations as the lines and the files that AWS documents."""

import base64
from typing import Any

import pytest

from emulator.services.runtime.capture import Captured, Payload, file_key, line

TEXT_TYPES = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}


def captured(config: dict[str, Any], request: Payload, response: Payload) -> Captured:
    return Captured(
        endpoint_name="books",
        variant_name="AllTraffic",
        config={"CaptureOptions": [{"CaptureMode": "InputAndOutput"}]} | config,
        inference_time=1_573_770_306.25,  # 2019-11-14T22:25:06Z
        request=request,
        response=response,
        inference_id=None,
        custom_attributes=None,
    )


def test_a_line_is_the_one_in_awss_guide() -> None:
    # Source: the SageMaker developer guide, "Capture data from real-time endpoint".
    found = line(
        captured(
            {"CaptureContentTypeHeader": TEXT_TYPES},
            Payload("text/csv", b"132,25,113.2,96"),
            Payload("text/csv; charset=utf-8", b"0.01076381653547287"),
        )
    )

    assert found["eventMetadata"].pop("eventId")
    assert found == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "132,25,113.2,96",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "OUTPUT",
                "data": "0.01076381653547287",
                "encoding": "CSV",
            },
        },
        "eventMetadata": {"inferenceTime": "2019-11-14T22:25:06Z"},
        "eventVersion": "0",
    }


@pytest.mark.parametrize(
    ("header", "content_type", "body", "encoding"),
    [
        (TEXT_TYPES, "application/json", b"{}", "JSON"),
        (TEXT_TYPES, "Text/CSV", b"1", "CSV"),
        (TEXT_TYPES, "text/csv", b"\xff", "BASE64"),
        (TEXT_TYPES, "text/libsvm", b"1 1:2", "BASE64"),
        ({}, "text/csv", b"1", "BASE64"),
    ],
)
def test_only_listed_content_types_are_kept_as_text(
    header: dict[str, Any], content_type: str, body: bytes, encoding: str
) -> None:
    # Source: API_DataCaptureConfig: "If no headers are specified SageMaker will by default base64
    # encode when capturing the data."
    config = {"CaptureContentTypeHeader": header}
    found = line(captured(config, Payload(content_type, body), Payload("", b"")))

    side = found["captureData"]["endpointInput"]
    assert side["encoding"] == encoding
    data = base64.b64decode(side["data"]) if encoding == "BASE64" else side["data"].encode()
    assert data == body


@pytest.mark.parametrize(
    ("modes", "sides"),
    [
        (["Input"], ["endpointInput"]),
        (["Output"], ["endpointOutput"]),
        (["Input", "Output"], ["endpointInput", "endpointOutput"]),
    ],
)
def test_only_the_sides_asked_for_are_captured(modes: list[str], sides: list[str]) -> None:
    options = {"CaptureOptions": [{"CaptureMode": mode} for mode in modes]}
    found = line(captured(options, Payload("a/b", b"1"), Payload("a/b", b"2")))

    assert list(found["captureData"]) == sides


def test_a_file_lies_in_its_hour() -> None:
    # Source: the guide: {endpoint-name}/{variant-name}/yyyy/mm/dd/hh/filename.jsonl
    key = file_key(captured({}, Payload("", b""), Payload("", b"")))

    assert key.startswith("books/AllTraffic/2019/11/14/22/25-06-250-")
    assert key.endswith(".jsonl")
