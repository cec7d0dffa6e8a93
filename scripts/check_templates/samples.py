"""Names and ARNs that stand for what is known only when a template is deployed."""

import re
from typing import Any

from scripts.check_templates.loading import Template

_HERE = "us-east-1:123456789012"
_UUID = "00000000-0000-4000-8000-000000000000"
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "sample",
    "AWS::StackId": f"arn:aws:cloudformation:{_HERE}:stack/sample/0",
}
# What Ref gives where it gives no name, and GetAtt gives as the Arn.
ARNS = {
    "AWS::CodeBuild::Project": f"arn:aws:codebuild:{_HERE}:project/sample",
    "AWS::ECR::Repository": f"arn:aws:ecr:{_HERE}:repository/sample",
    "AWS::Events::Rule": f"arn:aws:events:{_HERE}:rule/sample",
    "AWS::IAM::Role": "arn:aws:iam::123456789012:role/sample",
    "AWS::KMS::Key": f"arn:aws:kms:{_HERE}:key/{_UUID}",
    "AWS::Lambda::Function": f"arn:aws:lambda:{_HERE}:function:sample",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{_HERE}:log-group:sample:*",
    "AWS::S3::Bucket": "arn:aws:s3:::sample",
    "AWS::SNS::Topic": f"arn:aws:sns:{_HERE}:sample",
}
_REF_IS_ARN = {"AWS::SNS::Topic"}
# Parameters whose names say that they are addresses.
_PARAMETERS = {
    "ConnectionArn": f"arn:aws:codeconnections:{_HERE}:connection/{_UUID}",
    "ExecutionRoleArn": ARNS["AWS::IAM::Role"],
    "KmsKeyArn": ARNS["AWS::KMS::Key"],
    "NoticesTopicArn": ARNS["AWS::SNS::Topic"],
    "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/sample",
    "StudioRoleArn": ARNS["AWS::IAM::Role"],
    "SecondStudioRoleArn": ARNS["AWS::IAM::Role"],
    "RatingsS3Uri": "s3://sample/ratings",
    "ItemsS3Uri": "s3://sample/items",
}
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


class UnknownIntrinsic(Exception):
    """There is no sample for a function or an attribute; the message says where to add it."""


def resolve(value: Any, template: Template) -> Any:
    """The value with samples in place of its intrinsic functions.

    Raises:
        UnknownIntrinsic: there is none for a function, a parameter's ARN or an attribute.
    """
    if isinstance(value, list):
        return [resolve(item, template) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, argument), *_ = value.items()
        if name == "Ref":
            return _ref(argument, template)
        if name.startswith("Fn::"):
            return _function(name, argument, template)
    return {key: resolve(member, template) for key, member in value.items()}


def _function(name: str, argument: Any, template: Template) -> Any:
    if name == "Fn::GetAtt":
        resource, attribute = argument
        return _attribute(resource, attribute, template)
    if name == "Fn::Sub":
        text, given = (argument, {}) if isinstance(argument, str) else argument
        known = {key: str(resolve(member, template)) for key, member in given.items()}
        return _VARIABLE.sub(lambda found: known.get(found[1]) or _named(found[1], template), text)
    resolved = resolve(argument, template)
    if name == "Fn::Select":
        return resolved[1][int(resolved[0])]
    if name == "Fn::Split":
        return resolved[1].split(resolved[0])
    if name == "Fn::Join":
        return resolved[0].join(resolved[1])
    if name == "Fn::FindInMap":
        mapping, first, second = resolved
        return template["Mappings"][mapping][first][second]
    raise UnknownIntrinsic(f"{name}: add it to {__name__}.")


def _named(name: str, template: Template) -> str:
    resource, _, attribute = name.partition(".")
    return _attribute(resource, attribute, template) if attribute else _ref(name, template)


def _ref(name: str, template: Template) -> str:
    if name in _PSEUDO:
        return _PSEUDO[name]
    resource = template["Resources"].get(name)
    if resource is not None:
        return ARNS[resource["Type"]] if resource["Type"] in _REF_IS_ARN else "sample"
    if name in _PARAMETERS:
        return _PARAMETERS[name]
    if name.endswith(("Arn", "Uri")):
        raise UnknownIntrinsic(f"Parameter {name}: add a sample to {__name__}._PARAMETERS.")
    return "sample"


def _attribute(name: str, attribute: str, template: Template) -> str:
    resource_type = template["Resources"][name]["Type"]
    if attribute == "Arn" and resource_type in ARNS:
        return ARNS[resource_type]
    raise UnknownIntrinsic(f"{name}.{attribute} ({resource_type}): add it to {__name__}.ARNS.")
