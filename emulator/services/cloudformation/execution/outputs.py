"""What a stack gives when it is done: its outputs, and exports that are nobody else's."""

from typing import Any

from emulator.services.cloudformation.execution.sites import Site
from emulator.services.cloudformation.exports import exports, importers
from emulator.services.cloudformation.records import stack_error
from emulator.services.cloudformation.scopes import scope_of
from emulator.services.cloudformation.template.resolving import resolve
from emulator.store import Document


def outputs_of(site: Site) -> dict[str, Any]:
    """The members of the stack that its outputs are, from the resources as they are now.

    Raises:
        AwsError: ValidationError: an output cannot be resolved, an export is another stack's, or
            one that others use is gone or would be another.
    """
    imports: set[str] = set()
    scope = scope_of(site.context, site.stack, site.definition, site.find, imports.add)
    found: list[Document] = []
    for name, output in site.definition.template.outputs.items():
        if output.condition is not None and not scope.conditions[output.condition]:
            continue
        shown = {"OutputKey": name, "OutputValue": _text(name, resolve(output.value, scope))}
        if output.description is not None:
            shown["Description"] = output.description
        if output.export_name is not None:
            shown["ExportName"] = str(resolve(output.export_name, scope))
        found.append(shown)
    _check_exports(site, found)
    return {"Outputs": found, "_Imports": sorted(imports)}


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        raise stack_error(
            f"Template format error: Output {name} is malformed. The Value field of every Outputs"
            " member must evaluate to a String."
        )
    return str(value)


def _check_exports(site: Site, outputs: list[Document]) -> None:
    wanted = {each["ExportName"]: each["OutputValue"] for each in outputs if "ExportName" in each}
    stack_id, faults = site.stack["StackId"], []
    for name, export in exports(site.context).items():
        if name in wanted and export["ExportingStackId"] != stack_id:
            owner = export["ExportingStackId"].split("/")[1]
            faults.append(f"Export with name {name} is already exported by stack {owner}.")
        if export["ExportingStackId"] == stack_id and wanted.get(name) != export["Value"]:
            users = importers(site.context, name)
            if users:
                action = "updated" if name in wanted else "deleted"
                faults.append(
                    f"Export {name} cannot be {action} as it is in use by {', '.join(users)}."
                )
    if faults:
        raise stack_error(" ".join(faults))
