"""Records of a batch transform: split, batch, filter, join.

Source: API_TransformInput, API_DataProcessing; "Associate Prediction Results with Input Records".
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from emulator.json_text import read_json
from emulator.services.sagemaker.jobs.failures import ClientFault
from emulator.services.sagemaker.jobs.filter_paths import FilterPath, PathMissing, parse_filter

SINGLE_RECORD = "SingleRecord"
OUTPUT_KEY = "SageMakerOutput"
INPUT_KEY = "SageMakerInput"
_LINE = "Line"
_CSV = "text/csv"
_BYTES_PER_MB = 1024 * 1024


@dataclass(frozen=True)
class DataProcessing:
    """What happens to a record before and after the model has seen it."""

    is_csv: bool
    input_filter: FilterPath
    output_filter: FilterPath
    is_joined: bool

    @property
    def changes_output(self) -> bool:
        """Whether the model's answer is not yet the output."""
        return self.is_joined or not self.output_filter.is_root


def data_processing_of(document: Mapping[str, Any]) -> DataProcessing:
    """Read DataProcessing.

    Raises:
        AwsError: ValidationException: a filter is not a supported JSONPath.
    """
    given = document.get("DataProcessing", {})
    content_type = document["TransformInput"].get("ContentType", "")
    return DataProcessing(
        is_csv=content_type.partition(";")[0].strip() == _CSV,
        input_filter=parse_filter(given.get("InputFilter", "$")),
        output_filter=parse_filter(given.get("OutputFilter", "$")),
        is_joined=given.get("JoinSource", "None") == "Input",
    )


def batches(
    content: IO[bytes], split_type: str, strategy: str, payload_max_mb: int
) -> Iterator[list[bytes]]:
    """The records of an object, in lists that fit into one request each.

    Args:
        content: The object.
        split_type: None or Line.
        strategy: MultiRecord or SingleRecord.
        payload_max_mb: The bound of a request; 0 for none.

    Raises:
        ClientFault: One record alone is over the bound.
    """
    size_max = payload_max_mb * _BYTES_PER_MB if payload_max_mb else None
    records = _lines(content) if split_type == _LINE else iter([content.read()])
    batch: list[bytes] = []
    size = 0
    for record in records:
        if size_max is not None and len(record) > size_max:
            raise ClientFault(
                f"a record of {len(record)} bytes is larger than MaxPayloadInMB ({payload_max_mb})"
            )
        is_full = size_max is not None and size + len(record) + 1 > size_max
        if batch and (strategy == SINGLE_RECORD or is_full):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record) + 1
    if batch:
        yield batch


def _lines(content: Iterable[bytes]) -> Iterator[bytes]:
    for line in content:
        record = line.rstrip(b"\r\n")
        if record:
            yield record


def payload_of(records: Sequence[bytes], processing: DataProcessing) -> bytes:
    """What the model gets of the records.

    Raises:
        ClientFault: The input filter names what a record does not have.
    """
    if processing.input_filter.is_root:
        return b"\n".join(records)
    chosen = (
        _filtered(_parse(record, processing), processing.input_filter, processing)
        for record in records
    )
    return b"\n".join(chosen)


def output_of(records: Sequence[bytes], answer: bytes, processing: DataProcessing) -> bytes:
    """What is written for the model's answer to the records.

    Raises:
        ClientFault: Records and answers do not pair, or the output filter does not fit.
    """
    if not processing.changes_output:
        return answer
    answers = [line for line in answer.splitlines() if line.strip()]
    if len(records) == 1 and not processing.is_csv:
        answers = [answer]
    if len(answers) != len(records):
        raise ClientFault(
            "Fail to join data: mismatched line count between the input and the output "
            f"({len(records)} and {len(answers)})"
        )
    joined = (
        _filtered(_joined(record, line, processing), processing.output_filter, processing)
        for record, line in zip(records, answers, strict=True)
    )
    return b"\n".join(joined)


def _joined(record: bytes, answer: bytes, processing: DataProcessing) -> Any:
    result = _parse(answer, processing)
    if not processing.is_joined:
        return result
    given = _parse(record, processing)
    if processing.is_csv:
        return given + result
    if isinstance(given, dict):
        return {**given, OUTPUT_KEY: result}
    return {INPUT_KEY: given, OUTPUT_KEY: result}


def _parse(record: bytes, processing: DataProcessing) -> Any:
    try:
        text = record.decode()
        if processing.is_csv:
            return next(csv.reader([text]), [])
        return read_json(text)
    except (ValueError, csv.Error) as error:
        kind = "CSV" if processing.is_csv else "JSON"
        raise ClientFault(f"a record is not {kind}: {error}") from error


def _filtered(value: Any, path: FilterPath, processing: DataProcessing) -> bytes:
    try:
        chosen = path.select(value)
    except PathMissing as error:
        raise ClientFault(f"Unable to apply the filter: {error}") from error
    if not processing.is_csv:
        return json.dumps(chosen).encode()
    text = io.StringIO()
    row = chosen if isinstance(chosen, list) else [chosen]
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue().encode()
