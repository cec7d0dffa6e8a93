"""What the emulator can make of a template: its types, their properties, what rules look up."""

from collections.abc import Iterable, Sequence

from emulator.errors import listed, unsupported
from emulator.services.cloudformation.account_resources import LISTED_TYPES
from emulator.services.cloudformation.resources import PROVIDERS, find_provider
from emulator.services.cloudformation.schemas import property_faults
from emulator.services.cloudformation.template.document import Resource, Template
from emulator.services.cloudformation.template.resolving import resolve
from emulator.services.cloudformation.template.rule_lookups import types_of_all
from emulator.services.cloudformation.template.scope import Scope

IAM, NAMED_IAM = "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"
AUTO_EXPAND = "CAPABILITY_AUTO_EXPAND"
# Source: "Acknowledging IAM resources in CloudFormation templates".
_IAM_TYPES = (
    "AWS::IAM::AccessKey",
    "AWS::IAM::Group",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    "AWS::IAM::UserToGroupAddition",
)
_NAMES = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
_HAS_SNAPSHOTS: frozenset[str] = frozenset()


def check_support(template: Template) -> None:
    """Refuse the template for all that the emulator cannot make of it.

    This is where every property that a template gives has its place: a provider tells which it
    makes use of, and any other is refused here rather than passed over.

    Raises:
        AwsError: UnsupportedByEmulator, with everything at once.
    """
    resources = template.resources.values()
    faults = [
        *_type_faults(resources),
        *_property_faults(resources),
        *_policy_faults(resources),
        *_rule_faults(template),
    ]
    if faults:
        raise unsupported(listed(faults, " "))


def _type_faults(resources: Iterable[Resource]) -> list[str]:
    unknown = sorted({each.type for each in resources if find_provider(each.type) is None})
    if not unknown:
        return []
    return [
        f"The emulator does not support the resource types [{', '.join(unknown)}]. It supports: "
        f"{', '.join(sorted(PROVIDERS))} and Custom::*."
    ]


def _property_faults(resources: Iterable[Resource]) -> list[str]:
    faults = []
    for each in resources:
        provider = find_provider(each.type)
        if provider is None or provider.properties is None:
            continue
        others = [name for name in each.properties if name not in provider.properties]
        if others:
            faults.append(
                f"Resource {each.logical_id}: the emulator does not support the properties "
                f"[{', '.join(others)}] of {each.type}."
            )
    return faults


def _policy_faults(resources: Iterable[Resource]) -> list[str]:
    faults = []
    for each in resources:
        for name, policy in (
            ("DeletionPolicy", each.deletion_policy),
            ("UpdateReplacePolicy", each.update_replace_policy),
        ):
            if policy == "Snapshot" and each.type not in _HAS_SNAPSHOTS:
                faults.append(
                    f"Resource {each.logical_id}: {each.type} does not support {name} Snapshot."
                )
        members = {"CreationPolicy": each.creation_policy, "UpdatePolicy": each.update_policy}
        faults += [
            f"Resource {each.logical_id}: the emulator does not support {name}."
            for name, value in members.items()
            if value
        ]
    return faults


def _rule_faults(template: Template) -> list[str]:
    unknown = types_of_all(template) - LISTED_TYPES
    if not unknown:
        return []
    return [
        f"Rules: the emulator has no resources of the types [{', '.join(sorted(unknown))}] for "
        f"Fn::RefAll to list. It has those of: {', '.join(sorted(LISTED_TYPES))}."
    ]


def property_value_faults(template: Template, active: Iterable[str], scope: Scope) -> list[str]:
    """What is wrong with the properties as far as they are known before anything is made."""
    faults = []
    for logical_id in active:
        resource = template.resources[logical_id]
        properties = resolve(resource.properties, scope)
        faults += [
            f"Properties validation failed for resource {logical_id} with message: {fault}"
            for fault in property_faults(resource.type, properties)
        ]
    return faults


def needed_capabilities(template: Template) -> tuple[list[str], list[str]]:
    """The capabilities that the template needs, and the resources and transforms that do.

    Source: Capabilities of CreateStack: templates with macros, hosted ones among them, need
    CAPABILITY_AUTO_EXPAND.
    """
    iam = [each for each in template.resources.values() if each.type in _IAM_TYPES]
    is_named = any(_NAMES.get(each.type) in each.properties for each in iam)
    of_iam = [NAMED_IAM if is_named else IAM] if iam else []
    of_transforms = [AUTO_EXPAND] if template.transforms else []
    types = sorted({each.type for each in iam})
    return [*of_iam, *of_transforms], [*types, *template.transforms]


def missing_capabilities(template: Template, given: Sequence[str]) -> list[str]:
    """The capabilities that the template needs and the caller does not acknowledge.

    Transforms are acknowledged before they are carried out, see ``requests.submitted``.
    """
    needed = [each for each in needed_capabilities(template)[0] if each != AUTO_EXPAND]
    acknowledged = {*given, IAM} if NAMED_IAM in given else set(given)
    return [capability for capability in needed if capability not in acknowledged]
