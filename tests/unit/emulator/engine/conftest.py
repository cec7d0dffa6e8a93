"""An engine on a real store and real threads, with an API whose jobs end as the test says."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from emulator.context import Context, Settings, Workers
from emulator.engine import executor
from emulator.engine.executions import DEFINITION_KIND, KIND, step_documents
from emulator.errors import resource_not_found
from emulator.objects import Objects
from emulator.store import Store

PIPELINE_ARN = "arn:aws:sagemaker:us-east-1:123456789012:pipeline/p"


@dataclass
class FakeApi:
    """SageMaker and Lambda, in memory.

    ``endings`` has, for a job's step, how its attempts end one after the other: an error that
    refuses the call, or members of the job's document. Without one, a job is Completed.
    """

    store: Store
    endings: dict[str, list[Any]] = field(default_factory=dict)
    functions: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        with self.lock:
            self.calls.append((operation, parameters))
        if service == "lambda":
            return self._invoke(parameters)
        verb = next(v for v in ("Create", "Describe", "Stop", "Update", "List") if v in operation)
        handler = getattr(self, f"_{verb.lower()}")
        answer: dict[str, Any] = handler(operation.removeprefix(verb), parameters)
        return answer

    def named(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of every call of an operation."""
        return [parameters for name, parameters in self.calls if name == operation]

    def _create(self, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters.get(f"{kind}Name", kind)
        ending = self._ending(name)
        if isinstance(ending, Exception):
            raise ending
        arn = f"arn:aws:sagemaker:us-east-1:123456789012:{kind.lower()}/{name}"
        document = {**parameters, f"{kind}Arn": arn, f"{kind}Status": "Completed", **ending}
        key = arn if kind == "ModelPackage" else name
        self.store.put(kind, key, document)
        return {f"{kind}Arn": arn}

    def _ending(self, name: str) -> Any:
        for step, endings in self.endings.items():
            if f"-{step}-" in name or name == step:
                return endings.pop(0) if endings else {}
        return {}

    def _describe(self, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters[f"{kind}Name"]
        document = self.store.get(kind, name)
        if document is None:
            raise resource_not_found(f"{kind} {name} is not there")
        return document

    def _stop(self, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
        changes = {f"{kind}Status": "Stopped"}
        self.store.update(kind, parameters[f"{kind}Name"], lambda document: document | changes)
        return {}

    def _update(self, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters[f"{kind}Name"]
        changes = {**parameters, **self._ending(name)}
        document = self.store.update(kind, name, lambda found: found | changes)
        return {f"{kind}Arn": document[f"{kind}Arn"]}

    def _list(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        return {"TrainingJobSummaries": self.endings.get("summaries", [])}

    def _invoke(self, parameters: dict[str, Any]) -> dict[str, Any]:
        function = self.functions[parameters["FunctionName"]]
        try:
            returned = function(json.loads(parameters["Payload"]))
        except ValueError as error:
            payload = {"errorType": "ValueError", "errorMessage": str(error)}
            return {"FunctionError": "Unhandled", "Payload": json.dumps(payload).encode()}
        return {"Payload": json.dumps(returned).encode()}


@dataclass
class Clock:
    """A clock that goes only when it is told to."""

    seconds: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Engine:
    """Starts executions and waits for their end."""

    context: Context
    api: FakeApi
    clock: Clock
    count: int = 0

    def start(self, *steps: Mapping[str, Any], **members: Any) -> str:
        """Start an execution as StartPipelineExecution would; gives its ARN."""
        self.count += 1
        arn = f"{PIPELINE_ARN}/execution/{self.count:012d}"
        definition = {"Version": "2020-12-01", "Steps": list(steps)}
        if "Parameters" in members:
            definition["Parameters"] = members.pop("Parameters")
        execution = {
            "PipelineArn": PIPELINE_ARN,
            "PipelineExecutionArn": arn,
            "PipelineExecutionStatus": "Executing",
            "CreationTime": self.clock(),
            "_PipelineName": "p",
            "_Parameters": members.pop("values", {}),
            "_Attempts": {},
            "_Revision": 0,
            **members,
        }
        store = self.context.store
        store.put(KIND, arn, execution)
        store.put(DEFINITION_KIND, arn, {"PipelineDefinition": json.dumps(definition)})
        executor.start(self.context, arn)
        return arn

    def ended(self, arn: str) -> dict[str, Any]:
        return self.context.store.wait_until(
            KIND, arn, lambda d: d["PipelineExecutionStatus"] not in ("Executing", "Stopping"), 20
        )

    def run(self, *steps: Mapping[str, Any], **members: Any) -> dict[str, Any]:
        return self.ended(self.start(*steps, **members))

    def steps(self, execution: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        return step_documents(self.context, execution["PipelineExecutionArn"])


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    store = Store(tmp_path / "store.sqlite")
    api, clock = FakeApi(store), Clock()
    objects = Objects(tmp_path / "objects")
    objects.create_bucket("bucket")
    settings = Settings("us-east-1", "123456789012", tmp_path, tmp_path, "http://127.0.0.1:1")
    context = Context(settings, store, objects, cast(Any, None), api, Workers(), clock)
    yield Engine(context, api, clock)
    store.close()
