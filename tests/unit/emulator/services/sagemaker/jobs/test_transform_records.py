import io
from typing import Any

import pytest

from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.sagemaker.jobs.transform_records import (
    batches,
    data_processing_of,
    output_of,
    payload_of,
)

MB = 1024 * 1024


def processing(content_type: str, **members: str) -> Any:
    source = {"ContentType": content_type}
    return data_processing_of({"TransformInput": source, "DataProcessing": members})


def test_multi_record_fills_requests_up_to_the_payload_limit() -> None:
    lines = [b"x" * (MB // 4)] * 7
    found = list(batches(io.BytesIO(b"\n".join(lines)), "Line", "MultiRecord", 1))
    assert [len(batch) for batch in found] == [3, 3, 1]
    assert all(len(b"\n".join(batch)) <= MB for batch in found)


def test_single_record_sends_each_line_alone_and_no_empty_one() -> None:
    content = io.BytesIO(b"1\n\n2\r\n3")
    assert list(batches(content, "Line", "SingleRecord", 6)) == [[b"1"], [b"2"], [b"3"]]


def test_an_object_that_is_not_split_is_one_record() -> None:
    assert list(batches(io.BytesIO(b"1\n2\n"), "None", "MultiRecord", 6)) == [[b"1\n2\n"]]


def test_zero_megabytes_is_no_limit() -> None:
    found = list(batches(io.BytesIO(b"x" * (7 * MB)), "None", "MultiRecord", 0))
    assert len(found[0][0]) == 7 * MB


def test_a_record_over_the_limit_is_the_callers_fault() -> None:
    with pytest.raises(ClientFault, match="MaxPayloadInMB"):
        list(batches(io.BytesIO(b"x" * (MB + 1)), "Line", "MultiRecord", 1))


def test_csv_is_joined_by_appending_the_prediction_to_the_row() -> None:
    joining = processing("text/csv", JoinSource="Input")
    assert output_of([b"1,2", b"3,4"], b"0.1\n0.2\n", joining) == b"1,2,0.1\n3,4,0.2"


def test_json_that_is_no_object_is_kept_as_sagemaker_input() -> None:
    joining = processing("application/json", JoinSource="Input")
    expected = b'{"SageMakerInput": [1, 2], "SageMakerOutput": {"score": 0.5}}'
    assert output_of([b"[1, 2]"], b'{"score": 0.5}', joining) == expected


def test_an_answer_with_other_rows_than_the_input_cannot_be_joined() -> None:
    joining = processing("text/csv", JoinSource="Input")
    # Source: AWS's words for it in the data log of a transform job.
    with pytest.raises(ClientFault, match="mismatched line count between the input and the output"):
        output_of([b"1", b"2"], b"0.1", joining)


def test_records_that_are_not_of_their_content_type_are_the_callers_fault() -> None:
    with pytest.raises(ClientFault, match="not JSON"):
        payload_of([b"{not json"], processing("application/jsonlines", InputFilter="$.a"))
    with pytest.raises(ClientFault, match="not CSV"):
        payload_of([b"\xff,1"], processing("text/csv", InputFilter="$[1]"))
    with pytest.raises(ClientFault, match="not CSV: field larger than"):
        payload_of([b"x" * 200_000], processing("text/csv", InputFilter="$[0]"))
    with pytest.raises(ClientFault, match="not JSON: it is nested too deeply"):
        payload_of([b"[" * 100_000], processing("application/json", InputFilter="$[0]"))


def test_without_filters_bytes_pass_untouched() -> None:
    untouched = processing("text/csv")
    assert payload_of([b"1, 2", b"\xff"], untouched) == b"1, 2\n\xff"
    assert output_of([b"1, 2"], b"any\nthing\n", untouched) == b"any\nthing\n"
