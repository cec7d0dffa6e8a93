"""Macros: names for Lambda functions that transform templates.

The resource is the macro: there is no operation of AWS that would make one, so what a stack keeps
of it is what is looked up. Source: AWS::CloudFormation::Macro in the template reference; its Ref
and its Id are its name, which is unique within an account.
"""

from collections.abc import Mapping

from emulator.services.cloudformation.records import MACRO_TYPE, find_macro
from emulator.services.cloudformation.resources.provider import Provider, ResourceFailed, Work


def _create(work: Work) -> str:
    name = str(work.properties["Name"])
    # As one step: of two stacks one gets the name.
    with work.context.store.transaction():
        if find_macro(work.context, name) is not None:
            raise ResourceFailed(
                f"Resource of type '{work.type_name}' with identifier '{name}' already exists."
            )
        work.made(name)
    return name


def _nothing(work: Work) -> None:
    """What the stack keeps of the resource is all that there is."""


PROVIDERS: Mapping[str, Provider] = {
    MACRO_TYPE: Provider(
        properties=frozenset({"Name", "FunctionName", "Description", "LogGroupName", "LogRoleARN"}),
        create=_create,
        update=_nothing,
        delete=_nothing,
        attributes=lambda work: {"Id": work.physical_id},
    ),
}
