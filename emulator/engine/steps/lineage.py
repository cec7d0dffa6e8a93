"""Lineage steps: entities, and then the associations between them and others.

An entity that is there already, of the same source and type, is reused. Source: "Lineage Tracking
Entities": "SageMaker AI reuses any existing entities rather than creating new ones".
"""

from collections.abc import Mapping
from typing import Any

from emulator.engine.arguments import fitted
from emulator.engine.lineage_arguments import LISTS, LineageEntities
from emulator.engine.steps.run import StepFailed, StepResult, StepRun

Arns = dict[str, dict[str, str]]


def run_lineage(run: StepRun) -> StepResult:
    """CreateAction, CreateArtifact, CreateContext, and AddAssociation."""
    arns: Arns = {}
    for each in LISTS:
        for entity in run.arguments.get(each.member, []):
            request = fitted(each.shape, entity)
            arn = _existing(run, each, request)
            if arn is None:
                arn = run.call(each.operation, **request)[f"{each.type}Arn"]
            name = request.get(each.name_key, arn.rpartition("/")[2])
            arns.setdefault(each.arns, {})[name] = arn
            run.report(StepResult({"Lineage": arns}))
    added = [_associate(run, arns, each) for each in run.arguments.get("Associations", [])]
    return StepResult({"Lineage": {**arns, **({"Associations": added} if added else {})}})


def _existing(run: StepRun, each: LineageEntities, request: Mapping[str, Any]) -> str | None:
    """The ARN of the same entity, if there is one."""
    summaries = run.call(
        f"List{each.member}",
        SourceUri=request["Source"]["SourceUri"],
        **{f"{each.type}Type": request[f"{each.type}Type"]},
        MaxResults=100,
    )[f"{each.type}Summaries"]
    for summary in summaries:
        is_same = _source(summary) == _source(request)
        # An artifact is known by its source, the others by their names.
        if each.type != "Artifact":
            is_same = is_same and summary[each.name_key] == request[each.name_key]
        if is_same:
            return str(summary[f"{each.type}Arn"])
    return None


def _source(entity: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entity["Source"].items() if value}


def _associate(run: StepRun, arns: Arns, association: Mapping[str, Any]) -> dict[str, str]:
    ends = {f"{end}Arn": _arn(arns, association[end]) for end in ("Source", "Destination")}
    if not run.call("ListAssociations", **ends)["AssociationSummaries"]:
        kind = {key: association[key] for key in ("AssociationType",) if key in association}
        run.call("AddAssociation", **ends, **kind)
    return ends


def _arn(arns: Arns, end: Mapping[str, Any]) -> str:
    if "Arn" in end:
        return str(end["Arn"])
    created = next((arns.get(each.arns, {}) for each in LISTS if each.type == end["Type"]), {})
    if end["Name"] not in created:
        raise StepFailed(
            f"ClientError: An association names {end['Type']} '{end['Name']}', which the step"
            f" does not create; it creates: {', '.join(created) or 'none'}."
        )
    return created[end["Name"]]
