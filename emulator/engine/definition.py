"""What a pipeline definition says, as frozen data.

Source: the definition JSON that SageMaker SDK v3 emits, version "2020-12-01".
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from emulator.errors import listed

VERSION = "2020-12-01"
MAX_CHARACTERS = 1_048_576
MAX_STEP_NAME_CHARACTERS = 64
# Levels of arrays and objects. Ours: far beyond what people write, and within Python's stack.
MAX_DEPTH = 200
COMPLETED = "Completed"
TRIGGERS = (COMPLETED, "Failed", "Stopped", "Any")

Scalar = str | int | float | bool


class DefinitionError(Exception):
    """A definition that cannot run, with all that is wrong with it."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(dict.fromkeys(faults))
        super().__init__("Unable to parse pipeline definition. " + listed(self.faults, " "))


@dataclass(frozen=True)
class Parameter:
    """A value that each execution may set."""

    name: str
    type: str
    default: Scalar | None = None
    enum_values: tuple[Scalar, ...] = ()


@dataclass(frozen=True)
class Dependency:
    """A step to wait for, and the outcome that lets the waiting step run."""

    step: str
    trigger: str = COMPLETED


@dataclass(frozen=True)
class RetryPolicy:
    """When, how often and for how long a failed attempt is made again."""

    exception_types: tuple[str, ...]
    interval_seconds: float = 1
    backoff_rate: float = 2.0
    max_attempts: int | None = None
    expire_after_minutes: float | None = None


@dataclass(frozen=True)
class CacheConfig:
    """Whether an earlier run's outputs will do, and how old that run may be."""

    is_enabled: bool
    expire_after_seconds: float | None = None


@dataclass(frozen=True)
class PropertyFile:
    """A JSON file in an output of a Processing step, which Std:JsonGet may read."""

    name: str
    output_name: str
    file_path: str


@dataclass(frozen=True)
class OutputParameter:
    """A value that a Lambda or Callback step hands on."""

    name: str
    type: str


@dataclass(frozen=True)
class Branch:
    """The side of a Condition step on which a step stands."""

    condition_step: str
    outcome: bool


@dataclass(frozen=True)
class Condition:
    """One comparison; ``operands`` are values or expressions, ``conditions`` what Not and Or hold.

    Equals and the ordering conditions have two operands, left and right; In has the value first
    and then those it may be.
    """

    type: str
    operands: tuple[Any, ...] = ()
    conditions: tuple["Condition", ...] = ()


@dataclass(frozen=True)
class Step:
    """One step; those within a Condition step stand beside it and name their branch.

    Attributes:
        target: Whom the step asks: a Lambda step's FunctionArn, a Callback step's SqsQueueUrl.
    """

    name: str
    type: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[Dependency, ...] = ()
    display_name: str | None = None
    description: str | None = None
    branch: Branch | None = None
    cache: CacheConfig | None = None
    retry_policies: tuple[RetryPolicy, ...] = ()
    property_files: tuple[PropertyFile, ...] = ()
    target: Any = None
    output_parameters: tuple[OutputParameter, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Definition:
    """A whole pipeline; ``steps`` in the order in which they are written."""

    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    experiment_config: Mapping[str, Any] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        """The step of that name.

        Raises:
            KeyError: There is none.
        """
        return self._steps_by_name[name]

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name.

        Raises:
            KeyError: There is none.
        """
        return self._parameters_by_name[name]

    @functools.cached_property
    def _steps_by_name(self) -> Mapping[str, Step]:
        return {step.name: step for step in self.steps}

    @functools.cached_property
    def _parameters_by_name(self) -> Mapping[str, Parameter]:
        return {parameter.name: parameter for parameter in self.parameters}
