"""SNS: topics, their policies, subscriptions."""

from collections.abc import Mapping
from typing import Any

from emulator.services.cloudformation.resources.provider import Naming, Provider, Work

# Properties that are attributes of the same name, and those that are named otherwise.
_TOPIC_ATTRIBUTES = {
    "DisplayName": "DisplayName",
    "KmsMasterKeyId": "KmsMasterKeyId",
    "FifoTopic": "FifoTopic",
    "ContentBasedDeduplication": "ContentBasedDeduplication",
    "SignatureVersion": "SignatureVersion",
    "TracingConfig": "TracingConfig",
}
_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
)


def _create_topic(work: Work) -> str:
    attributes = {
        attribute: work.properties[name]
        for name, attribute in _TOPIC_ATTRIBUTES.items()
        if name in work.properties
    }
    answer = work.call(
        "sns", "CreateTopic", Name=work.name, Attributes=attributes, Tags=work.tag_list()
    )
    arn = str(answer["TopicArn"])
    work.made(arn)
    _subscribe_all(work, arn, work.properties.get("Subscription", []))
    return arn


def _subscribe_all(work: Work, arn: str, subscriptions: list[Mapping[str, Any]]) -> None:
    for each in subscriptions:
        work.call("sns", "Subscribe", TopicArn=arn, **each)


def _update_topic(work: Work) -> None:
    for name, attribute in _TOPIC_ATTRIBUTES.items():
        if work.has_changed(name):
            value = work.properties.get(name, "")
            work.call(
                "sns",
                "SetTopicAttributes",
                TopicArn=work.physical_id,
                AttributeName=attribute,
                AttributeValue=value,
            )
    if work.has_changed("Subscription"):
        _unsubscribe_all(work)
        _subscribe_all(work, work.physical_id, work.properties.get("Subscription", []))
    if work.removed_tags():
        work.call("sns", "UntagResource", ResourceArn=work.physical_id, TagKeys=work.removed_tags())
    work.call("sns", "TagResource", ResourceArn=work.physical_id, Tags=work.tag_list())


def _unsubscribe_all(work: Work) -> None:
    was = [(each["Protocol"], each["Endpoint"]) for each in work.before.get("Subscription", [])]
    answer = work.call("sns", "ListSubscriptionsByTopic", TopicArn=work.physical_id)
    for each in answer["Subscriptions"]:
        if (each["Protocol"], each["Endpoint"]) in was:
            work.call("sns", "Unsubscribe", SubscriptionArn=each["SubscriptionArn"])


def _delete_topic(work: Work) -> None:
    work.call("sns", "DeleteTopic", TopicArn=work.physical_id)


def _topic_attributes(work: Work) -> Mapping[str, Any]:
    work.call("sns", "GetTopicAttributes", TopicArn=work.physical_id)
    return {"TopicArn": work.physical_id, "TopicName": work.physical_id.rpartition(":")[2]}


def _put_policies(work: Work) -> None:
    for topic in work.properties["Topics"]:
        _set_policy(work, topic, work.properties["PolicyDocument"])
    for topic in set(work.before.get("Topics", [])) - set(work.properties["Topics"]):
        _set_policy(work, topic, _default_policy(topic))


def _create_policies(work: Work) -> str:
    _put_policies(work)
    return work.name


def _delete_policies(work: Work) -> None:
    for topic in work.properties["Topics"]:
        _set_policy(work, topic, _default_policy(topic))


def _set_policy(work: Work, topic: str, document: Any) -> None:
    work.call(
        "sns",
        "SetTopicAttributes",
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=document,
    )


def _default_policy(topic: str) -> Mapping[str, Any]:
    """What a topic has without a policy: its own account may use it."""
    account = topic.split(":")[4]
    actions = ["Publish", "Subscribe", "GetTopicAttributes", "SetTopicAttributes", "DeleteTopic"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    return {"Version": "2008-10-17", "Statement": [{"Sid": "__default_statement_ID", **statement}]}


def _create_subscription(work: Work) -> str:
    attributes = work.given(*_SUBSCRIPTION_ATTRIBUTES)
    answer = work.call(
        "sns",
        "Subscribe",
        **work.given("TopicArn", "Protocol", "Endpoint"),
        Attributes=attributes,
        ReturnSubscriptionArn=True,
    )
    return str(answer["SubscriptionArn"])


def _update_subscription(work: Work) -> None:
    for name in _SUBSCRIPTION_ATTRIBUTES:
        if work.has_changed(name):
            work.call(
                "sns",
                "SetSubscriptionAttributes",
                SubscriptionArn=work.physical_id,
                AttributeName=name,
                AttributeValue=work.properties.get(name, ""),
            )


def _delete_subscription(work: Work) -> None:
    work.call("sns", "Unsubscribe", SubscriptionArn=work.physical_id)


PROVIDERS: Mapping[str, Provider] = {
    "AWS::SNS::Topic": Provider(
        properties=frozenset({"TopicName", "Subscription", "Tags", *_TOPIC_ATTRIBUTES}),
        create=_create_topic,
        update=_update_topic,
        delete=_delete_topic,
        attributes=_topic_attributes,
        naming=Naming("TopicName", 256),
        identity=lambda work: work.arn("sns", work.name),
    ),
    "AWS::SNS::TopicPolicy": Provider(
        properties=frozenset({"PolicyDocument", "Topics"}),
        create=_create_policies,
        update=_put_policies,
        delete=_delete_policies,
        naming=Naming("", 256),
    ),
    "AWS::SNS::Subscription": Provider(
        properties=frozenset({"TopicArn", "Protocol", "Endpoint", *_SUBSCRIPTION_ATTRIBUTES}),
        create=_create_subscription,
        update=_update_subscription,
        delete=_delete_subscription,
        attributes=lambda work: {"Arn": work.physical_id},
    ),
}
