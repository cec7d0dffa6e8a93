"""IAM: roles, policies within roles, managed policies."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work, by_name

# Whom a policy can be given to: the property, the parameter that names one, the operations' noun.
_PRINCIPALS = (
    ("Roles", "RoleName", "Role"),
    ("Groups", "GroupName", "Group"),
    ("Users", "UserName", "User"),
)


def _create_role(work: Work) -> str:
    work.call(
        "iam",
        "CreateRole",
        RoleName=work.name,
        **work.given(
            "AssumeRolePolicyDocument",
            "Path",
            "Description",
            "MaxSessionDuration",
            "PermissionsBoundary",
        ),
        Tags=work.tag_list(),
    )
    work.made(work.name)
    for arn in work.properties.get("ManagedPolicyArns", []):
        work.call("iam", "AttachRolePolicy", RoleName=work.name, PolicyArn=arn)
    for policy in work.properties.get("Policies", []):
        work.call("iam", "PutRolePolicy", RoleName=work.name, **policy)
    return work.name


def _update_role(work: Work) -> None:
    role = {"RoleName": work.physical_id}
    if work.has_changed("AssumeRolePolicyDocument"):
        document = work.properties["AssumeRolePolicyDocument"]
        work.call("iam", "UpdateAssumeRolePolicy", **role, PolicyDocument=document)
    if work.has_changed("Description", "MaxSessionDuration"):
        described = {"Description": work.properties.get("Description", "")}
        work.call("iam", "UpdateRole", **role, **described, **work.given("MaxSessionDuration"))
    if work.has_changed("PermissionsBoundary"):
        _change_boundary(work)
    _change_attached(work)
    _change_inline(work)
    if work.removed_tags():
        work.call("iam", "UntagRole", **role, TagKeys=work.removed_tags())
    work.call("iam", "TagRole", **role, Tags=work.tag_list())


def _change_boundary(work: Work) -> None:
    role = {"RoleName": work.physical_id}
    if "PermissionsBoundary" in work.properties:
        work.call("iam", "PutRolePermissionsBoundary", **role, **work.given("PermissionsBoundary"))
    else:
        work.call("iam", "DeleteRolePermissionsBoundary", **role)


def _change_attached(work: Work) -> None:
    wanted = set(work.properties.get("ManagedPolicyArns", []))
    before = set(work.before.get("ManagedPolicyArns", []))
    for arn in sorted(wanted - before):
        work.call("iam", "AttachRolePolicy", RoleName=work.physical_id, PolicyArn=arn)
    for arn in sorted(before - wanted):
        work.call("iam", "DetachRolePolicy", RoleName=work.physical_id, PolicyArn=arn)


def _change_inline(work: Work) -> None:
    wanted = {policy["PolicyName"]: policy for policy in work.properties.get("Policies", [])}
    before = {policy["PolicyName"] for policy in work.before.get("Policies", [])}
    for policy in wanted.values():
        work.call("iam", "PutRolePolicy", RoleName=work.physical_id, **policy)
    for name in sorted(before - wanted.keys()):
        work.call("iam", "DeleteRolePolicy", RoleName=work.physical_id, PolicyName=name)


def _delete_role(work: Work) -> None:
    """A role's own policies go with it; those of others, in AWS::IAM::Policy, have gone before."""
    role = {"RoleName": work.physical_id}
    attached = work.call("iam", "ListAttachedRolePolicies", **role)["AttachedPolicies"]
    ours = set(work.properties.get("ManagedPolicyArns", []))
    for policy in attached:
        if policy["PolicyArn"] in ours:
            work.call("iam", "DetachRolePolicy", **role, PolicyArn=policy["PolicyArn"])
    present = work.call("iam", "ListRolePolicies", **role)["PolicyNames"]
    for policy in work.properties.get("Policies", []):
        if policy["PolicyName"] in present:
            work.call("iam", "DeleteRolePolicy", **role, PolicyName=policy["PolicyName"])
    work.call("iam", "DeleteRole", **role)


def _role_attributes(work: Work) -> Mapping[str, Any]:
    role = work.call("iam", "GetRole", RoleName=work.physical_id)["Role"]
    return {"Arn": role["Arn"], "RoleId": role["RoleId"]}


def _each_principal(
    work: Work, properties: Mapping[str, Any], act: Callable[[str, dict[str, str]], object]
) -> None:
    for member, parameter, noun in _PRINCIPALS:
        for name in properties.get(member, []):
            act(noun, {parameter: name})


def _create_policy(work: Work) -> str:
    _put_policy(work)
    return work.name


def _put_policy(work: Work) -> None:
    policy = work.given("PolicyName", "PolicyDocument")
    _each_principal(
        work,
        work.properties,
        lambda noun, who: work.call("iam", f"Put{noun}Policy", **who, **policy),
    )
    _drop_policy(work, _no_more(work))


def _drop_policy(work: Work, properties: Mapping[str, Any]) -> None:
    name = (work.before or work.properties)["PolicyName"]
    _each_principal(
        work,
        properties,
        lambda noun, who: work.call("iam", f"Delete{noun}Policy", **who, PolicyName=name),
    )


def _no_more(work: Work) -> dict[str, list[str]]:
    """The principals that had the policy and are not to have it, or not by that name."""
    is_renamed = bool(work.before) and work.has_changed("PolicyName")
    return {
        member: [
            name
            for name in work.before.get(member, [])
            if is_renamed or name not in work.properties.get(member, [])
        ]
        for member, _, _ in _PRINCIPALS
    }


def _delete_policy(work: Work) -> None:
    _drop_policy(work, work.properties)


def _create_managed(work: Work) -> str:
    answer = work.call(
        "iam",
        "CreatePolicy",
        PolicyName=work.name,
        **work.given("PolicyDocument", "Path", "Description"),
    )
    arn = str(answer["Policy"]["Arn"])
    work.made(arn)
    _attach(work, arn, work.properties)
    return arn


def _attach(work: Work, arn: str, properties: Mapping[str, Any]) -> None:
    _each_principal(
        work,
        properties,
        lambda noun, who: work.call("iam", f"Attach{noun}Policy", **who, PolicyArn=arn),
    )


def _detach(work: Work, arn: str, properties: Mapping[str, Any]) -> None:
    _each_principal(
        work,
        properties,
        lambda noun, who: work.call("iam", f"Detach{noun}Policy", **who, PolicyArn=arn),
    )


def _update_managed(work: Work) -> None:
    arn = work.physical_id
    if work.has_changed("PolicyDocument"):
        _drop_old_versions(work)
        document = work.properties["PolicyDocument"]
        work.call(
            "iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document, SetAsDefault=True
        )
    added = {
        member: [
            name
            for name in work.properties.get(member, [])
            if name not in work.before.get(member, [])
        ]
        for member, _, _ in _PRINCIPALS
    }
    _attach(work, arn, added)
    _detach(work, arn, _no_more(work))


def _drop_old_versions(work: Work) -> None:
    versions = work.call("iam", "ListPolicyVersions", PolicyArn=work.physical_id)["Versions"]
    for version in versions:
        if not version["IsDefaultVersion"]:
            work.call(
                "iam",
                "DeletePolicyVersion",
                PolicyArn=work.physical_id,
                VersionId=version["VersionId"],
            )


def _delete_managed(work: Work) -> None:
    _drop_old_versions(work)
    _detach(work, work.physical_id, work.properties)
    work.call("iam", "DeletePolicy", PolicyArn=work.physical_id)


def _managed_attributes(work: Work) -> Mapping[str, Any]:
    policy = work.call("iam", "GetPolicy", PolicyArn=work.physical_id)["Policy"]
    return {
        "PolicyArn": policy["Arn"],
        "PolicyId": policy["PolicyId"],
        "AttachmentCount": policy["AttachmentCount"],
        "CreateDate": policy["CreateDate"].isoformat(),
        "DefaultVersionId": policy["DefaultVersionId"],
        "IsAttachable": policy["IsAttachable"],
        "PermissionsBoundaryUsageCount": policy.get("PermissionsBoundaryUsageCount", 0),
        "UpdateDate": policy["UpdateDate"].isoformat(),
    }


def _managed_identity(work: Work) -> str:
    path = work.properties.get("Path", "/")
    return f"arn:aws:iam::{work.context.settings.account_id}:policy{path}{work.name}"


_BOTH = frozenset({"PolicyDocument", "Roles", "Groups", "Users"})

PROVIDERS: Mapping[str, Provider] = {
    "AWS::IAM::Role": Provider(
        properties=frozenset(
            {
                "RoleName",
                "AssumeRolePolicyDocument",
                "Path",
                "Description",
                "MaxSessionDuration",
                "PermissionsBoundary",
                "ManagedPolicyArns",
                "Policies",
                "Tags",
            }
        ),
        create=_create_role,
        update=_update_role,
        delete=_delete_role,
        attributes=_role_attributes,
        naming=Naming("RoleName", 64),
        identity=by_name,
    ),
    "AWS::IAM::Policy": Provider(
        properties=_BOTH | {"PolicyName"},
        create=_create_policy,
        update=_put_policy,
        delete=_delete_policy,
        naming=Naming("", 128),
    ),
    "AWS::IAM::ManagedPolicy": Provider(
        properties=_BOTH | {"ManagedPolicyName", "Path", "Description"},
        create=_create_managed,
        update=_update_managed,
        delete=_delete_managed,
        attributes=_managed_attributes,
        naming=Naming("ManagedPolicyName", 128),
        identity=_managed_identity,
    ),
}
