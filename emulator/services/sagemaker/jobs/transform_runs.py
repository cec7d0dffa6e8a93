"""One transform job: a model server, the objects that go through it, and its end."""

import gzip
import io
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, cast

from emulator.containers import ContainerProcess
from emulator.context import Context
from emulator.services.sagemaker.jobs import inputs, lifecycle, outputs
from emulator.services.sagemaker.jobs.container_runs import Ending, failed, run_to_end
from emulator.services.sagemaker.jobs.directories import JobDirectory
from emulator.services.sagemaker.jobs.failures import ClientFault, client_error
from emulator.services.sagemaker.jobs.inputs import InputFile
from emulator.services.sagemaker.jobs.kinds import TRANSFORM
from emulator.services.sagemaker.jobs.lifecycle import Document
from emulator.services.sagemaker.jobs.model_clients import (
    InvocationFailed,
    InvocationSettings,
    ModelClient,
)
from emulator.services.sagemaker.jobs.running import JobHandle
from emulator.services.sagemaker.jobs.s3_uris import S3Uri, parse_s3_uri
from emulator.services.sagemaker.jobs.transform_records import (
    DataProcessing,
    batches,
    data_processing_of,
    output_of,
    payload_of,
)
from emulator.services.sagemaker.models import existing_model
from emulator.services.sagemaker.serving.servers import (
    ModelServer,
    ModelServerFailed,
    PingFailed,
    ServerPlan,
    start_model_server,
)

# Source: API_CreateTransformJob, API_ModelClientConfig: the defaults.
PAYLOAD_MAX_MB = 6
_TIMEOUT_SECONDS = 600
_RETRIES_MAX = 3
_MULTI_RECORD = "MultiRecord"
# Source: AWS's FailureReason of such a job.
_PING_REASON = (
    "AlgorithmError: Model container failed to respond to ping. Please ensure /ping endpoint is "
    "implemented and responds with an HTTP 200 status code"
)
_STRATEGY_WORDS: Mapping[str, str] = {
    "MultiRecord": "MULTI_RECORD",
    "SingleRecord": "SINGLE_RECORD",
}


@dataclass(frozen=True)
class Settings:
    """How objects are sent: the job's own settings, else the container's, else the defaults."""

    concurrency: int
    payload_max_mb: int
    strategy: str
    split_type: str
    assembles_lines: bool
    is_gzip: bool
    processing: DataProcessing


@dataclass(frozen=True)
class ObjectFault:
    """Why an object was not transformed."""

    uri: S3Uri
    is_callers: bool
    message: str


def run_transform_job(context: Context, document: Document, handle: JobHandle) -> None:
    """Run the job and end it: the body of its thread."""
    run_to_end(
        context,
        TRANSFORM,
        document,
        lambda directory: _transform(context, document, directory, handle),
    )


def _transform(
    context: Context, document: Document, directory: JobDirectory, handle: JobHandle
) -> Ending:
    name = document["TransformJobName"]
    lifecycle.note(context, TRANSFORM, name, TransformStartTime=context.clock())
    source = document["TransformInput"]["DataSource"]["S3DataSource"]
    files = inputs.list_files(context, source["S3DataType"], parse_s3_uri(source["S3Uri"]))
    try:
        server = _start_server(context, document, directory, handle)
    except ModelServerFailed as error:
        if handle.stop_requested.is_set():
            return Ending(lifecycle.STOPPED)
        is_silent = isinstance(error, PingFailed)
        return failed(_PING_REASON if is_silent else client_error(error.reason))
    try:
        client = ModelClient(server.port, _invocation_settings(document))
        settings = _settings(document, client)
        faults = _transform_all(context, document, directory, files, client, settings, handle)
    finally:
        server.stop()
    if handle.stop_requested.is_set():
        return Ending(lifecycle.STOPPED)
    return failed(_reason(faults)) if faults else Ending(lifecycle.COMPLETED)


def _start_server(
    context: Context, document: Document, directory: JobDirectory, handle: JobHandle
) -> ModelServer:
    plan = ServerPlan(
        model=_model_of(context, document),
        name=document["TransformJobName"],
        root=directory.root,
        log_path=directory.log_path,
        variables=_variables(document),
    )

    def attach(process: ContainerProcess) -> None:
        handle.attach(process)
        if handle.stop_requested.is_set():
            process.stop(context.settings.limits.stop_grace_seconds)

    return start_model_server(context, plan, attach)


def _model_of(context: Context, document: Document) -> Mapping[str, Any]:
    """The model with the job's environment, which wins over the model's."""
    model = dict(existing_model(context, document["ModelName"]))
    containers = list(model.pop("Containers", None) or [model["PrimaryContainer"]])
    first = dict(containers[0])
    first["Environment"] = {**first.get("Environment", {}), **document.get("Environment", {})}
    model["PrimaryContainer"] = first
    return model


def _variables(document: Document) -> dict[str, str]:
    """Source: "Use Your Own Inference Code with Batch Transform", environment variables."""
    variables = {"SAGEMAKER_BATCH": "true"}
    if "MaxPayloadInMB" in document:
        variables["SAGEMAKER_MAX_PAYLOAD_IN_MB"] = str(document["MaxPayloadInMB"])
    if "BatchStrategy" in document:
        variables["SAGEMAKER_BATCH_STRATEGY"] = _STRATEGY_WORDS[document["BatchStrategy"]]
    if document.get("MaxConcurrentTransforms"):
        count = str(document["MaxConcurrentTransforms"])
        variables["SAGEMAKER_MAX_CONCURRENT_TRANSFORMS"] = count
    return variables


def _invocation_settings(document: Document) -> InvocationSettings:
    config = document.get("ModelClientConfig", {})
    return InvocationSettings(
        content_type=document["TransformInput"].get("ContentType"),
        accept=document["TransformOutput"].get("Accept"),
        timeout_seconds=config.get("InvocationsTimeoutInSeconds", _TIMEOUT_SECONDS),
        retries_max=config.get("InvocationsMaxRetries", _RETRIES_MAX),
    )


def _settings(document: Document, client: ModelClient) -> Settings:
    asked = {} if document.get("MaxConcurrentTransforms") else client.execution_parameters()
    words = {word: name for name, word in _STRATEGY_WORDS.items()}
    source = document["TransformInput"]
    return Settings(
        concurrency=document.get("MaxConcurrentTransforms")
        or int(asked.get("MaxConcurrentTransforms", 1)),
        payload_max_mb=document.get(
            "MaxPayloadInMB", int(asked.get("MaxPayloadInMB", PAYLOAD_MAX_MB))
        ),
        strategy=document.get("BatchStrategy")
        or words.get(str(asked.get("BatchStrategy")), _MULTI_RECORD),
        split_type=source.get("SplitType", "None"),
        assembles_lines=document["TransformOutput"].get("AssembleWith") == "Line",
        is_gzip=source.get("CompressionType") == "Gzip",
        processing=data_processing_of(document),
    )


def _transform_all(
    context: Context,
    document: Document,
    directory: JobDirectory,
    files: list[InputFile],
    client: ModelClient,
    settings: Settings,
    handle: JobHandle,
) -> list[ObjectFault]:
    """Transform each object; one that fails leaves no output and does not keep the others."""
    target = parse_s3_uri(document["TransformOutput"]["S3OutputPath"])
    outputs.require_bucket(context, target)
    faults = []
    with ThreadPoolExecutor(settings.concurrency, "transform") as pool:
        for file in files:
            if handle.stop_requested.is_set():
                break
            fault = _transform_one(context, directory, file, target, client, settings, pool)
            if fault is not None and not handle.stop_requested.is_set():
                faults.append(fault)
                _log(context, directory, fault)
    return faults


def _transform_one(
    context: Context,
    directory: JobDirectory,
    file: InputFile,
    target: S3Uri,
    client: ModelClient,
    settings: Settings,
    pool: ThreadPoolExecutor,
) -> ObjectFault | None:
    scratch = directory.path / "output"
    _, raw = context.objects.open(file.uri.bucket, file.uri.key)
    try:
        with _reader(raw, is_gzip=settings.is_gzip) as content, scratch.open("wb") as output:
            for part in _answers(content, client, settings, pool):
                output.write(part)
                if settings.assembles_lines and not part.endswith(b"\n"):
                    output.write(b"\n")
    except InvocationFailed as error:
        is_callers = error.status is not None and error.status < 500
        status = "" if error.status is None else f"{error.status}: "
        return ObjectFault(file.uri, is_callers, f"{status}{error.message}")
    except ClientFault as error:
        return ObjectFault(file.uri, True, error.message)
    except (gzip.BadGzipFile, EOFError) as error:
        return ObjectFault(file.uri, True, f"not a gzip file: {error}")
    uri = target.join(f"{file.relative_path}.out")
    context.objects.put_file(uri.bucket, uri.key, scratch)
    return None


def _reader(raw: BinaryIO, *, is_gzip: bool) -> IO[bytes]:
    """The object's content, buffered: it comes without a buffer, and lines would be slow."""
    buffered = io.BufferedReader(raw)  # type: ignore[type-var]
    return cast(IO[bytes], gzip.GzipFile(fileobj=buffered) if is_gzip else buffered)


def _answers(
    content: IO[bytes], client: ModelClient, settings: Settings, pool: ThreadPoolExecutor
) -> Iterator[bytes]:
    """The outputs in the order of the records, with so many requests on their way at a time."""

    def work(records: list[bytes]) -> bytes:
        answer = client.invoke(payload_of(records, settings.processing))
        return output_of(records, answer, settings.processing)

    waiting: deque[Future[bytes]] = deque()
    for records in batches(
        content, settings.split_type, settings.strategy, settings.payload_max_mb
    ):
        if len(waiting) == settings.concurrency:
            yield waiting.popleft().result()
        waiting.append(pool.submit(work, records))
    while waiting:
        yield waiting.popleft().result()


def _log(context: Context, directory: JobDirectory, fault: ObjectFault) -> None:
    """Source: the data log of a transform job, "[sagemaker logs]: bucket/key: message"."""
    stamp = int(context.clock() * 1000)
    place = f"{fault.uri.bucket}/{fault.uri.key}"
    path = directory.log_path.with_name(f"{directory.log_path.stem}-data-log.log")
    with path.open("a", encoding="utf-8") as log:
        for line in fault.message.splitlines() or [""]:
            log.write(f"{stamp}\t[sagemaker logs]: {place}: {line}\n")


def _reason(faults: list[ObjectFault]) -> str:
    first = faults[0]
    kind = "ClientError" if all(fault.is_callers for fault in faults) else "AlgorithmError"
    more = f" (and {len(faults) - 1} more objects)" if len(faults) > 1 else ""
    return f"{kind}: See job logs for more information: {first.uri}: {first.message[:600]}{more}"
