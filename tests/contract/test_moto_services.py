"""The services that moto answers for: they work through boto3, and they last."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT_ID = "123456789012"
BUILT_IN_ROLE = "AmazonSageMaker-ExecutionRole"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def test_resources_have_the_same_ids_and_times_after_a_kill(own_emulator: Any) -> None:
    iam, sqs, kms, ssm, sns, ecr = services(own_emulator)
    role = iam.create_role(RoleName="trainer", AssumeRolePolicyDocument=TRUST)["Role"]
    iam.attach_role_policy(
        RoleName="trainer", PolicyArn="arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    )
    user_key = iam.create_user(UserName="user") and iam.create_access_key(UserName="user")
    queue_url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    key = kms.create_key(Description="data")["KeyMetadata"]
    secret = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"before the kill")["CiphertextBlob"]
    ssm.put_parameter(Name="/model/version", Value="1", Type="String")
    ssm.put_parameter(Name="/model/version", Value="2", Type="String", Overwrite=True)
    parameter = ssm.get_parameter(Name="/model/version")["Parameter"]
    topic_arn = sns.create_topic(Name="approvals")["TopicArn"]
    repository = ecr.create_repository(repositoryName="images")["repository"]
    own_emulator.kill()
    own_emulator.start()
    iam, sqs, kms, ssm, sns, ecr = services(own_emulator)
    found = iam.get_role(RoleName="trainer")["Role"]
    assert (found["Arn"], found["RoleId"], found["CreateDate"]) == (
        role["Arn"],
        role["RoleId"],
        role["CreateDate"],
    )
    attached = iam.list_attached_role_policies(RoleName="trainer")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["AmazonSageMakerFullAccess"]
    (found,) = iam.list_access_keys(UserName="user")["AccessKeyMetadata"]
    assert found["AccessKeyId"] == user_key["AccessKey"]["AccessKeyId"]
    path = queue_url.partition(ACCOUNT_ID)[2]
    assert sqs.get_queue_url(QueueName="jobs")["QueueUrl"].endswith(f"{ACCOUNT_ID}{path}")
    found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert (found["Arn"], found["CreationDate"]) == (key["Arn"], key["CreationDate"])
    assert kms.decrypt(CiphertextBlob=secret)["Plaintext"] == b"before the kill"
    assert ssm.get_parameter(Name="/model/version")["Parameter"] == parameter
    assert [topic["TopicArn"] for topic in sns.list_topics()["Topics"]] == [topic_arn]
    (found,) = ecr.describe_repositories()["repositories"]
    assert found == repository


def services(emulator: Any) -> list[Any]:
    return [emulator.client(name) for name in ("iam", "sqs", "kms", "ssm", "sns", "ecr")]


def test_networks_have_the_same_ids_after_a_kill(own_emulator: Any) -> None:
    # Read before anything is made: the default VPC, which nobody made, is to stay the same too.
    default_vpc, default_subnets, default_groups = networks(own_emulator.client("ec2"))
    ec2 = own_emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for block in ("10.0.0.0/24", "10.0.1.0/24"):
        ec2.create_subnet(VpcId=vpc, CidrBlock=block)
    ec2.create_security_group(GroupName="builds", Description="builds", VpcId=vpc)
    before = networks(own_emulator.client("ec2"))
    assert len(before[0]) == len(default_vpc) + 1 == 2
    assert len(before[1]) == len(default_subnets) + 2
    assert len(before[2]) == len(default_groups) + 2  # its own, and the VPC's default one

    own_emulator.kill()
    own_emulator.start()

    assert networks(own_emulator.client("ec2")) == before


def networks(ec2: Any) -> tuple[list[Any], list[Any], list[Any]]:
    return (
        ec2.describe_vpcs()["Vpcs"],
        ec2.describe_subnets()["Subnets"],
        ec2.describe_security_groups()["SecurityGroups"],
    )


def test_messages_are_where_they_were_after_a_kill(own_emulator: Any) -> None:
    sqs = own_emulator.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    for text in ["first", "second", "third"]:
        sqs.send_message(QueueUrl=url, MessageBody=text)
    first = sqs.receive_message(QueueUrl=url)["Messages"][0]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    second = sqs.receive_message(QueueUrl=url)["Messages"][0]  # and not deleted: invisible
    own_emulator.kill()
    own_emulator.start()
    sqs = own_emulator.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    (third,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert {message["Body"] for message in (first, second, third)} == {"first", "second", "third"}
    sqs.delete_message(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "1"
    assert counts["ApproximateNumberOfMessages"] == "0"


def test_the_built_in_role_is_in_iam(client: Callable[[str], Any]) -> None:
    role = client("iam").get_role(RoleName=BUILT_IN_ROLE)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/{BUILT_IN_ROLE}"


# Source: the IAM API reference, SimulatePrincipalPolicy and EvaluationResult.
def test_every_action_is_allowed_to_a_role_that_exists(client: Callable[[str], Any]) -> None:
    role_arn = f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/{BUILT_IN_ROLE}"
    actions = ["sagemaker:CreateTrainingJob", "s3:GetObject", "s3:PutObject"]
    pages = (
        client("iam")
        .get_paginator("simulate_principal_policy")
        .paginate(
            PolicySourceArn=role_arn,
            ActionNames=actions,
            PaginationConfig={"PageSize": 2},
        )
    )
    found = [page["EvaluationResults"] for page in pages]
    assert [len(results) for results in found] == [2, 1]
    results = [result for page in found for result in page]
    assert [result["EvalActionName"] for result in results] == actions
    assert {(r["EvalDecision"], r["EvalResourceName"]) for r in results} == {("allowed", "*")}


def test_an_action_is_simulated_for_each_resource_that_is_given(
    client: Callable[[str], Any], unique: Callable[[str], str]
) -> None:
    iam, name = client("iam"), unique("user")
    iam.create_user(UserName=name)
    resources = ["arn:aws:s3:::bucket/*", "arn:aws:s3:::a&b/*"]
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT_ID}:user/{name}",
        ActionNames=["s3:PutObject"],
        ResourceArns=resources,
    )["EvaluationResults"]
    assert result["ResourceSpecificResults"] == [
        {
            "EvalResourceName": resource,
            "EvalResourceDecision": "allowed",
        }
        for resource in resources
    ]


@pytest.mark.parametrize(
    ("arn", "code", "status"),
    [
        (f"arn:aws:iam::{ACCOUNT_ID}:role/nobody", "NoSuchEntity", 404),
        (f"arn:aws:iam::{ACCOUNT_ID}:role/{BUILT_IN_ROLE}", "NoSuchEntity", 404),  # other path
        (f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/a/session", "InvalidInput", 400),
    ],
)
def test_nobody_is_not_simulated(
    client: Callable[[str], Any], arn: str, code: str, status: int
) -> None:
    with pytest.raises(ClientError, match=arn) as caught:
        client("iam").simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_role_of_ones_own_can_run_jobs(
    client: Callable[[str], Any], bucket: str, unique: Callable[[str], str]
) -> None:
    name = unique("role")
    arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
    lambda_client = client("lambda")
    zip_file = empty_zip()
    create = {
        "FunctionName": unique("function"),
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Code": {"ZipFile": zip_file},
        "Role": arn,
    }
    with pytest.raises(ClientError, match=f"{BUILT_IN_ROLE} from the start.*aws iam create-role"):
        lambda_client.create_function(**create)
    client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    assert lambda_client.create_function(**create)["Role"] == arn


def empty_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    return content.getvalue()


def test_the_caller_is_in_the_emulators_account(client: Callable[[str], Any]) -> None:
    assert client("sts").get_caller_identity()["Account"] == ACCOUNT_ID


def test_an_assumed_role_gives_credentials(client: Callable[[str], Any]) -> None:
    answer = client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/service-role/{BUILT_IN_ROLE}",
        RoleSessionName="session",
    )
    assert answer["AssumedRoleUser"]["Arn"].endswith(f"{BUILT_IN_ROLE}/session")
    assert answer["Credentials"]["SessionToken"]


def test_a_message_to_a_topic_comes_to_its_queue(
    client: Callable[[str], Any], unique: Callable[[str], str]
) -> None:
    sns, sqs = client("sns"), client("sqs")
    topic_arn = sns.create_topic(Name=unique("topic"))["TopicArn"]
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"])
    sns.publish(TopicArn=topic_arn, Message="approved")
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert json.loads(message["Body"])["Message"] == "approved"


def test_an_empty_queue_can_be_polled_while_others_work(
    client: Callable[[str], Any], unique: Callable[[str], str]
) -> None:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)


def test_many_can_poll_while_others_send(
    client: Callable[[str], Any], unique: Callable[[str], str]
) -> None:
    sqs = client("sqs")
    urls = [sqs.create_queue(QueueName=unique("queue"))["QueueUrl"] for _ in range(8)]
    received: list[str] = []

    def poll(url: str) -> None:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        received.extend(message["Body"] for message in answer.get("Messages", []))

    threads = [threading.Thread(target=poll, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    time.sleep(0.1)  # so that the polls are under way; the test cannot fail by their not being
    for number, url in enumerate(urls):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    for thread in threads:
        thread.join()
    assert sorted(received) == [str(number) for number in range(8)]


def test_metrics_come_back(client: Callable[[str], Any], unique: Callable[[str], str]) -> None:
    cloudwatch = client("cloudwatch")
    namespace = unique("Namespace")
    cloudwatch.put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": "rmse", "Value": 0.92}]
    )
    (metric,) = cloudwatch.list_metrics(Namespace=namespace)["Metrics"]
    assert metric["MetricName"] == "rmse"


def test_secrets_come_back(client: Callable[[str], Any], unique: Callable[[str], str]) -> None:
    secrets, name = client("secretsmanager"), unique("secret")
    secrets.create_secret(Name=name, SecretString="token")
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "token"


# One operation without an implementation in moto for each protocol that clients speak.
@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [
        ("iam", "generate_service_last_accessed_details", {"Arn": f"arn:aws:iam::{ACCOUNT_ID}:x"}),
        ("kms", "describe_custom_key_stores", {}),
        ("sqs", "list_message_move_tasks", {"SourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT_ID}:q"}),
        ("sns", "list_origination_numbers", {}),
        ("cloudwatch", "get_metric_widget_image", {"MetricWidget": "{}"}),
        ("ecr", "list_pull_time_update_exclusions", {}),
        ("ssm", "describe_activations", {}),
        ("ec2", "describe_stale_security_groups", {"VpcId": "vpc-1"}),
    ],
)
def test_an_operation_that_moto_lacks_is_named(
    client: Callable[[str], Any], service: str, operation: str, parameters: dict[str, str]
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(client(service), operation)(**parameters)
    response = caught.value.response
    assert response["Error"]["Code"] == "UnsupportedByEmulator"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    name = client(service).meta.method_to_api_mapping[operation]
    assert f"{service if service != 'cloudwatch' else 'monitoring'} {name}" in str(caught.value)


def test_keys_that_could_not_last_are_refused(client: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError) as caught:
        client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"
    assert "RSA_2048" in str(caught.value)


def test_of_ec2_there_are_networks_alone(client: Callable[[str], Any]) -> None:
    with pytest.raises(ClientError, match="ec2 RunInstances is not emulated") as caught:
        client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1)
    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_subscriptions_that_would_leave_the_machine_are_refused(
    client: Callable[[str], Any], unique: Callable[[str], str]
) -> None:
    topic_arn = client("sns").create_topic(Name=unique("topic"))["TopicArn"]
    with pytest.raises(ClientError) as caught:
        client("sns").subscribe(
            TopicArn=topic_arn, Protocol="https", Endpoint="https://example.com"
        )
    assert caught.value.response["Error"]["Code"] == "UnsupportedByEmulator"


def test_moto_is_loaded_on_first_use_only(own_emulator: Any) -> None:
    assert not (own_emulator.data_dir / "moto.sqlite").exists()
    own_emulator.client("sts").get_caller_identity()
    assert (own_emulator.data_dir / "moto.sqlite").exists()
