"""Roles may do what CloudFormation does for them, and policies fit into IAM's limits.

What CloudFormation calls for a resource is in its type's schema, under handlers.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from scripts.check_templates.branches import branch
from scripts.check_templates.loading import load
from scripts.check_templates.policies import Policy, policies

ROOT = Path(__file__).parents[3]
PROJECT = (
    "project/template.yaml",
    "project/seed.yaml",
    "model_build/pipeline.yaml",
    "model_deploy/pipeline.yaml",
)
# Features of the resource types that the templates do not use.
UNUSED = re.compile(
    r"iam:(attach|detach)rolepolicy|iam:(delete|get|put)(group|user)policy"
    r"|codecommit:(listrepositories|putrepositorytriggers)|codepipeline:disablestagetransition"
    r"|ecr:(putlifecyclepolicy|setrepositorypolicy)|kms:disablekey"
    r"|elasticfilesystem:.*|s3files:.*|firehose:.*|s3tables:.*|s3:rest[.]put[.]object"
    r"|lambda:(associateruntimealias|getcodesigningconfig|getlayerversion|passcapacityprovider)"
    r"|lambda:(get|put)(function(scaling|concurrency)|provisionedconcurrency)(config)?"
    r"|lambda:(putfunctionrecursionconfig|putruntimemanagementconfig)"
    r"|lambda:deleteprovisionedconcurrencyconfig"
    r"|logs:(createlogdelivery|(delete|put)dataprotectionpolicy|putbearertokenauthentication)"
    r"|logs:put(index|resource)policy"
    r"|s3:(create|get)bucketmetadatatableconfiguration|s3:(get|put)bucketabac"
    r"|s3:deleteobject|s3:put(bucket)?(accelerate|analytics|cors|notification|objectlock|replication"
    r"|website|intelligenttiering|inventory|metrics)(configuration)?|s3:putobjectacl"
    r"|sns:putdataprotectionpolicy|sagemaker:putmodelpackagegrouppolicy"
    r"|application-autoscaling:(put|delete)scheduledaction"
)


def handled(paths: Iterable[str], handlers: Iterable[str]) -> set[str]:
    """The actions of CloudFormation for all resources; those that are retained are not deleted."""
    found: set[str] = set()
    for path in paths:
        for resource in load(ROOT / path)["Resources"].values():
            if resource["Type"].startswith("Custom::"):
                # Source: "Custom resources" of the CloudFormation user guide: a stack invokes the
                # function of its ServiceToken, whatever it asks of it.
                found.add("lambda:invokefunction")
                continue
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"])
            for handler in handlers:
                if handler != "delete" or resource.get("DeletionPolicy") != "Retain":
                    needed = schema.schema.get("handlers", {}).get(handler, {})
                    found |= {action.lower() for action in needed.get("permissions", [])}
    return {action for action in found if not UNUSED.fullmatch(action)}


def statements(path: str, *names: str) -> Iterator[dict[str, Any]]:
    for policy in policies(branch(load(ROOT / path), is_met=True)):
        if policy.resource in names:
            yield from policy.document["Statement"]


def actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else action


def allowed(path: str, *names: str) -> set[str]:
    return {
        action.lower()
        for statement in statements(path, *names)
        if statement["Effect"] == "Allow"
        for action in actions(statement)
    }


def test_the_launch_role_makes_reads_and_deletes_all_of_a_project() -> None:
    given = allowed("project/portfolio.yaml", "LaunchStacks", "LaunchPipelines")
    assert handled(PROJECT, ("create", "read", "delete")) - given == set()


def test_the_stages_role_makes_changes_and_deletes_all_of_an_endpoint() -> None:
    given = allowed("model_deploy/pipeline.yaml", "StageRole")
    wanted = handled(("model_deploy/endpoint.yaml",), ("create", "read", "update", "delete"))
    assert wanted - given == set()
    assert len(wanted) > 30


@pytest.mark.parametrize("path", [*PROJECT, "project/portfolio.yaml"])
def test_only_what_has_no_resource_is_allowed_on_all(path: str) -> None:
    """Actions that the service authorization reference gives no resource type."""
    without = re.compile(
        "ec2:Describe.*|ecr:GetAuthorizationToken|cloudwatch:(PutMetricData|GetMetric(Data|Statistics))"
        "|sagemaker:ListModelPackages|application-autoscaling:Describe.*|kms:(CreateKey|ListAliases)"
        "|cloudformation:(GetTemplateSummary|ValidateTemplate)|sns:(GetSubscriptionAttributes|Unsubscribe)"
        "|logs:Describe(LogGroups|ResourcePolicies|IndexPolicies)"
    )
    found = 0
    for policy in policies(branch(load(ROOT / path), is_met=True)):
        for statement in policy.document["Statement"]:
            if statement.get("Resource") == "*" and policy.resource_type != "AWS::KMS::Key":
                assert all(map(without.fullmatch, actions(statement))), (policy.resource, statement)
                found += 1
    assert found


def holders(template: dict[str, Any], policy: Policy) -> list[str]:
    """The roles that have a policy: those that it names, or the one that it is written in."""
    properties = template["Resources"][policy.resource]["Properties"]
    return [each["Ref"] for each in properties.get("Roles", [{"Ref": policy.resource}])]


@pytest.mark.parametrize("is_met", [True, False])
@pytest.mark.parametrize("path", [*PROJECT, "project/portfolio.yaml"])
def test_policies_fit_into_the_quotas_of_iam(path: str, is_met: bool) -> None:
    """Source: IAM quotas: 6,144 characters in a managed policy, 10,240 inline in a role."""
    template = branch(load(ROOT / path), is_met)
    inline: dict[str, int] = {}
    for policy in policies(template):
        size = len("".join(json.dumps(policy.document, separators=(",", ":")).split()))
        if policy.resource_type == "AWS::IAM::ManagedPolicy":
            assert size <= 6144, policy.resource
        elif policy.resource_type in ("AWS::IAM::Role", "AWS::IAM::Policy"):
            for role in holders(template, policy):
                inline[role] = inline.get(role, 0) + size
    assert all(size <= 10240 for size in inline.values()), inline


@pytest.mark.parametrize(
    "path", ["project/seed.yaml", "model_build/pipeline.yaml", "model_deploy/pipeline.yaml"]
)
def test_nothing_is_put_into_a_vpc_before_its_role_may_join_it(path: str) -> None:
    """Source: CodeBuild and Lambda refuse a VPC whose interfaces the role may not make."""
    template = branch(load(ROOT / path), True)
    inside = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if "VpcConfig" in resource["Properties"]
    }
    assert inside
    for name, properties in inside.items():
        role = (properties.get("ServiceRole") or properties["Role"])["Fn::GetAtt"][0]
        (policy,) = (
            each
            for each in policies(template)
            if role in holders(template, each)
            and "ec2:CreateNetworkInterface" in json.dumps(each.document)
        )
        is_first = policy.resource == role or json.dumps({"Ref": policy.resource}) in json.dumps(
            properties
        )
        assert is_first, name


@pytest.mark.parametrize("path", [*PROJECT, "project/portfolio.yaml"])
def test_services_assume_roles_for_this_account_alone(path: str) -> None:
    """Lambda gives no source account when it assumes a role, so none can be asked for there."""
    template = load(ROOT / path)
    roles = [
        (name, resource["Properties"]["AssumeRolePolicyDocument"]["Statement"])
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    ]
    assert roles
    for name, trust in roles:
        for statement in trust:
            if statement["Principal"] != {"Service": "lambda.amazonaws.com"}:
                wanted = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
                assert statement["Condition"] == wanted, name
