"""Values that stacks give to others, and who uses them."""

from collections.abc import Mapping, Sequence

from emulator.context import Answer, Context, Handler, Request
from emulator.services.cloudformation.records import (
    DELETED,
    all_stacks,
    resources_of,
    stack_error,
)
from emulator.store import Document


def exports(context: Context) -> dict[str, dict[str, str]]:
    """All exports of the account and region, by name, as ListExports shows them."""
    found = {}
    for stack in all_stacks(context):
        if stack["StackStatus"] != DELETED:
            for output in stack.get("Outputs", []):
                if "ExportName" in output:
                    found[output["ExportName"]] = {
                        "ExportingStackId": stack["StackId"],
                        "Name": output["ExportName"],
                        "Value": output["OutputValue"],
                    }
    return found


def importers(context: Context, name: str) -> list[str]:
    """Names of the stacks that use the export."""
    return [
        stack["StackName"]
        for stack in all_stacks(context)
        if stack["StackStatus"] != DELETED and name in _imported_by(context, stack)
    ]


def _imported_by(context: Context, stack: Document) -> set[str]:
    found = set(stack.get("_Imports", []))
    for resource in resources_of(context, stack["StackId"]).values():
        found.update(resource.get("_Imports", []))
    return found


def used_exports(context: Context, outputs: Sequence[Mapping[str, str]]) -> dict[str, list[str]]:
    """Those of the outputs' exports that other stacks use, with who uses them."""
    names = [output["ExportName"] for output in outputs if "ExportName" in output]
    found = {name: importers(context, name) for name in names}
    return {name: users for name, users in found.items() if users}


def list_exports(context: Context, request: Request) -> Answer:
    """All exports, all on one page."""
    return {"Exports": list(exports(context).values())}


def list_imports(context: Context, request: Request) -> Answer:
    """Who uses an export.

    Raises:
        AwsError: ValidationError: nobody does.
    """
    name = request["ExportName"]
    found = importers(context, name)
    if not found:
        raise stack_error(f"Export '{name}' is not imported by any stack.")
    return {"Imports": found}


OPERATIONS: Mapping[str, Handler] = {"ListExports": list_exports, "ListImports": list_imports}
