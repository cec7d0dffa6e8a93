"""A declaration as frozen data: what an execution carries out, whatever is declared later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator.services.codepipeline.declaration.actions import key_of
from emulator.services.codepipeline.declaration.conditions import declared_in
from emulator.services.codepipeline.declaration.providers import ActionKey
from emulator.services.codepipeline.declaration.structure import RETRY, ROLLBACK, SUPERSEDED
from emulator.store import Document

FAILED_ACTIONS, ALL_ACTIONS = "FAILED_ACTIONS", "ALL_ACTIONS"


@dataclass(frozen=True)
class Action:
    """One action. ``type_id`` is the declaration's actionTypeId, ``key`` what it is run by."""

    name: str
    type_id: Mapping[str, str]
    key: ActionKey
    configuration: Mapping[str, str]
    run_order: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    namespace: str | None
    role_arn: str | None
    timeout_minutes: int | None


@dataclass(frozen=True)
class Rule:
    """One rule of a condition. ``type_id`` is the declaration's ruleTypeId."""

    name: str
    type_id: Mapping[str, str]
    provider: str
    configuration: Mapping[str, str]
    inputs: tuple[str, ...]
    role_arn: str | None
    timeout_minutes: int | None


@dataclass(frozen=True)
class Condition:
    """A condition of a stage: met if all rules are; if not, its result is engaged."""

    result: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        conditions: By their kinds: beforeEntry, onSuccess, onFailure.
        retry_mode: If there is one, the stage is retried so, once, by itself when it fails.
        is_rolled_back: Whether it goes back by itself to its last success when it fails.
    """

    name: str
    actions: tuple[Action, ...]
    conditions: Mapping[str, Condition]
    retry_mode: str | None
    is_rolled_back: bool

    def groups(self) -> list[tuple[Action, ...]]:
        """Actions that run at the same time, in the order of their groups."""
        orders = sorted({action.run_order for action in self.actions})
        return [
            tuple(action for action in self.actions if action.run_order == order)
            for order in orders
        ]


@dataclass(frozen=True)
class Plan:
    """One version of a pipeline."""

    pipeline: str
    version: int
    role_arn: str
    bucket: str
    encryption_key: Mapping[str, str] | None
    mode: str
    stages: tuple[Stage, ...]

    def action(self, stage: str, name: str) -> Action | None:
        """An action by its stage's name and its own."""
        for each in self.stages:
            for action in each.actions:
                if (each.name, action.name) == (stage, name):
                    return action
        return None


def read_plan(declaration: Document) -> Plan:
    """The plan of a declaration that was found good."""
    stores = declaration.get("artifactStores") or {"": declaration.get("artifactStore")}
    store = next(iter(stores.values()))
    return Plan(
        pipeline=declaration["name"],
        version=declaration["version"],
        role_arn=declaration["roleArn"],
        bucket=store["location"],
        encryption_key=store.get("encryptionKey"),
        mode=declaration.get("executionMode", SUPERSEDED),
        stages=tuple(_read_stage(stage) for stage in declaration["stages"]),
    )


def _read_stage(stage: Mapping[str, Any]) -> Stage:
    failure = stage.get("onFailure", {})
    mode = failure.get("retryConfiguration", {}).get("retryMode", FAILED_ACTIONS)
    return Stage(
        name=stage["name"],
        actions=tuple(_read_action(action) for action in stage["actions"]),
        conditions={kind: _read_condition(found) for kind, found in declared_in(stage)},
        retry_mode=mode if failure.get("result") == RETRY else None,
        is_rolled_back=failure.get("result") == ROLLBACK,
    )


def _read_condition(condition: Mapping[str, Any]) -> Condition:
    rules = tuple(_read_rule(rule) for rule in condition["rules"])
    return Condition(condition["result"], rules)


def _read_rule(rule: Mapping[str, Any]) -> Rule:
    kind = rule["ruleTypeId"]
    return Rule(
        name=rule["name"],
        # Owner and version are AWS's to say: there is one of each.
        type_id={"owner": "AWS", "version": "1", **kind},
        provider=kind["provider"],
        configuration=rule.get("configuration", {}),
        inputs=tuple(artifact["name"] for artifact in rule.get("inputArtifacts", ())),
        role_arn=rule.get("roleArn"),
        timeout_minutes=rule.get("timeoutInMinutes"),
    )


def _read_action(action: Document) -> Action:
    return Action(
        name=action["name"],
        type_id=action["actionTypeId"],
        key=key_of(action),
        configuration=action.get("configuration", {}),
        run_order=action.get("runOrder", 1),
        inputs=tuple(artifact["name"] for artifact in action.get("inputArtifacts", ())),
        outputs=tuple(artifact["name"] for artifact in action.get("outputArtifacts", ())),
        namespace=action.get("namespace"),
        role_arn=action.get("roleArn"),
        timeout_minutes=action.get("timeoutInMinutes"),
    )
