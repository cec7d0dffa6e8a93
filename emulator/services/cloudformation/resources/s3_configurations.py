"""A bucket's configurations as templates write them, as S3's operations take them.

Source: AWS::S3::Bucket in the template reference, beside each Put operation of the S3 API.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.errors import unsupported

Value = Mapping[str, Any]


@dataclass(frozen=True)
class Configuration:
    """One property of a bucket.

    Attributes:
        put: The operation that sets it, with the member that carries it.
        delete: The operation that removes it; None where an empty one is put instead.
        translated: From the template's form to the operation's.
    """

    put: str
    member: str
    delete: str | None
    translated: Callable[[Any], Any] = lambda value: value


def _renamed(value: Value, names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(key, key): each for key, each in value.items()}


def _encryption(value: Value) -> dict[str, Any]:
    names = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
    rules = value.get("ServerSideEncryptionConfiguration", [])
    return {"Rules": [_renamed(rule, names) for rule in rules]}


def _cors(value: Value) -> dict[str, Any]:
    names = {"Id": "ID", "MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders"}
    return {"CORSRules": [_renamed(rule, names) for rule in value.get("CorsRules", [])]}


def _logging(value: Value) -> dict[str, Any]:
    names = {"DestinationBucketName": "TargetBucket", "LogFilePrefix": "TargetPrefix"}
    return {"LoggingEnabled": {"TargetPrefix": "", **_renamed(value, names)}} if value else {}


# Of each kind of target: the list's name in the API, the target's in the template and in the API.
_TARGETS = {
    "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
    "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
}
_EVENT_BRIDGE = "EventBridgeConfiguration"


def _notifications(value: Value) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: [_notification(each, target, arn) for each in value[key]]
        for key, (name, target, arn) in _TARGETS.items()
        if key in value
    }
    # Only the template can say that there is one and that it is off.
    if str(value.get(_EVENT_BRIDGE, {}).get("EventBridgeEnabled", False)).lower() == "true":
        found[_EVENT_BRIDGE] = {}
    return found


def _notification(value: Value, target: str, arn: str) -> dict[str, Any]:
    found = {"Events": [value["Event"]], arn: value[target]}
    if "Filter" in value:
        found["Filter"] = {"Key": {"FilterRules": value["Filter"]["S3Key"]["Rules"]}}
    return found


def _lifecycle(value: Value) -> dict[str, Any]:
    return {"Rules": [_lifecycle_rule(rule) for rule in value.get("Rules", [])]}


def _lifecycle_rule(given: Value) -> dict[str, Any]:
    rest = dict(given)
    rule: dict[str, Any] = {"Status": rest.pop("Status"), "Filter": _filter(rest)}
    if "Id" in rest:
        rule["ID"] = rest.pop("Id")
    _take_expiration(rest, rule)
    if "AbortIncompleteMultipartUpload" in rest:
        rule["AbortIncompleteMultipartUpload"] = rest.pop("AbortIncompleteMultipartUpload")
    if "Transitions" in rest:
        names = {"TransitionInDays": "Days", "TransitionDate": "Date"}
        rule["Transitions"] = [_renamed(each, names) for each in rest.pop("Transitions")]
    if "NoncurrentVersionTransitions" in rest:
        names = {"TransitionInDays": "NoncurrentDays"}
        transitions = rest.pop("NoncurrentVersionTransitions")
        rule["NoncurrentVersionTransitions"] = [_renamed(each, names) for each in transitions]
    if "NoncurrentVersionExpiration" in rest:
        rule["NoncurrentVersionExpiration"] = rest.pop("NoncurrentVersionExpiration")
    if rest:
        raise unsupported(f"Lifecycle rules with {', '.join(rest)} are not emulated.")
    return rule


def _take_expiration(rest: dict[str, Any], rule: dict[str, Any]) -> None:
    names = {
        "ExpirationInDays": "Days",
        "ExpirationDate": "Date",
        "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
    }
    expiration = {names[key]: rest.pop(key) for key in names if key in rest}
    if expiration:
        rule["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rest:
        days = rest.pop("NoncurrentVersionExpirationInDays")
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}


def _filter(rest: dict[str, Any]) -> dict[str, Any]:
    prefix, tags = rest.pop("Prefix", None), rest.pop("TagFilters", [])
    conditions: list[dict[str, Any]] = [{"Tag": tag} for tag in tags]
    if prefix is not None:
        conditions.insert(0, {"Prefix": prefix})
    if len(conditions) > 1:
        joined = {"Tags": tags}
        return {"And": joined if prefix is None else {"Prefix": prefix, **joined}}
    return conditions[0] if conditions else {"Prefix": ""}


CONFIGURATIONS: Mapping[str, Configuration] = {
    "BucketEncryption": Configuration(
        "PutBucketEncryption",
        "ServerSideEncryptionConfiguration",
        "DeleteBucketEncryption",
        _encryption,
    ),
    "CorsConfiguration": Configuration(
        "PutBucketCors", "CORSConfiguration", "DeleteBucketCors", _cors
    ),
    "LifecycleConfiguration": Configuration(
        "PutBucketLifecycleConfiguration",
        "LifecycleConfiguration",
        "DeleteBucketLifecycle",
        _lifecycle,
    ),
    "LoggingConfiguration": Configuration(
        "PutBucketLogging", "BucketLoggingStatus", None, _logging
    ),
    "NotificationConfiguration": Configuration(
        "PutBucketNotificationConfiguration", "NotificationConfiguration", None, _notifications
    ),
    "OwnershipControls": Configuration(
        "PutBucketOwnershipControls", "OwnershipControls", "DeleteBucketOwnershipControls"
    ),
    "PublicAccessBlockConfiguration": Configuration(
        "PutPublicAccessBlock", "PublicAccessBlockConfiguration", "DeletePublicAccessBlock"
    ),
    "VersioningConfiguration": Configuration(
        "PutBucketVersioning", "VersioningConfiguration", None
    ),
}
