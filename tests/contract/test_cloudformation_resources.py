"""Resource types: what is made is really there, and Ref and GetAtt give what AWS documents.

Source: "Return values" of each type in the CloudFormation template reference.
"""

import io
import json
import zipfile

from tests.conftest import ROLE_ARN
from tests.contract.stacks import outputs, resource

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}


def assumed_by(service):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def told(**values):
    """Outputs by name: of the text ``A`` the Ref of A, of ``A.B`` the attribute B of A."""
    return {
        name: {
            "Value": {"Fn::GetAtt": what.split(".", 1)} if "." in what else {"Ref": what},
        }
        for name, what in values.items()
    }


def test_a_bucket_has_every_configuration_of_its_template(stacks, client, unique):
    logs = unique("logs")
    client("s3").create_bucket(Bucket=logs)
    bucket = resource(
        "AWS::S3::Bucket",
        BucketEncryption={
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            ]
        },
        CorsConfiguration={
            "CorsRules": [
                {
                    "AllowedMethods": ["GET"],
                    "AllowedOrigins": ["https://*.sagemaker.aws"],
                    "ExposedHeaders": ["ETag"],
                    "MaxAge": "60",
                }
            ]
        },
        LifecycleConfiguration={
            "Rules": [
                {"Id": "old", "Status": "Enabled", "Prefix": "tmp/", "ExpirationInDays": 7},
            ]
        },
        LoggingConfiguration={"DestinationBucketName": logs, "LogFilePrefix": "of/"},
        OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": "true",
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        VersioningConfiguration={"Status": "Enabled"},
    )
    policy = resource(
        "AWS::S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument={"Statement": []}
    )
    stack = stacks.created(
        {
            "Resources": {"Bucket": bucket, "Policy": policy},
            "Outputs": told(
                Name="Bucket",
                Arn="Bucket.Arn",
                Domain="Bucket.DomainName",
                Regional="Bucket.RegionalDomainName",
                Website="Bucket.WebsiteURL",
            ),
        }
    )

    found = outputs(stack)
    name, s3 = found["Name"], client("s3")
    assert found["Arn"] == f"arn:aws:s3:::{name}"
    assert found["Domain"] == f"{name}.s3.amazonaws.com"
    assert found["Regional"] == f"{name}.s3.us-east-1.amazonaws.com"
    assert found["Website"] == f"http://{name}.s3-website-us-east-1.amazonaws.com"
    rule = s3.get_bucket_cors(Bucket=name)["CORSRules"][0]
    assert (rule["ExposeHeaders"], rule["MaxAgeSeconds"]) == (["ETag"], 60)
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"][0]
    assert lifecycle["Filter"] == {"Prefix": "tmp/"}
    assert lifecycle["Expiration"] == {"Days": 7}
    assert s3.get_bucket_logging(Bucket=name)["LoggingEnabled"] == {
        "TargetBucket": logs,
        "TargetPrefix": "of/",
    }
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]) == {"Statement": []}
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]
    by_default = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]
    assert by_default["SSEAlgorithm"] == "AES256"
    assert stacks.physical_id(stack["StackId"], "Policy") == name
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_roles_and_policies_are_made_changed_and_removed(stacks, client, unique):
    shared = unique("shared")

    def template(action):
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}],
        }
        return {
            "Resources": {
                "Role": resource(
                    "AWS::IAM::Role",
                    AssumeRolePolicyDocument=assumed_by("sagemaker"),
                    ManagedPolicyArns=[{"Ref": "Shared"}],
                    Policies=[{"PolicyName": "own", "PolicyDocument": document}],
                    MaxSessionDuration="7200",
                ),
                "Policy": resource(
                    "AWS::IAM::Policy",
                    PolicyName="apart",
                    PolicyDocument=document,
                    Roles=[{"Ref": "Role"}],
                ),
                "Shared": resource(
                    "AWS::IAM::ManagedPolicy", ManagedPolicyName=shared, PolicyDocument=document
                ),
            },
            "Outputs": told(Name="Role", Arn="Role.Arn", Id="Role.RoleId", Shared="Shared"),
        }

    stack = stacks.created(template("s3:GetObject"))
    found, iam = outputs(stack), client("iam")
    role = iam.get_role(RoleName=found["Name"])["Role"]

    assert (role["Arn"], role["RoleId"]) == (found["Arn"], found["Id"])
    assert role["MaxSessionDuration"] == 7200
    assert found["Shared"] == f"arn:aws:iam::123456789012:policy/{shared}"
    attached = iam.list_attached_role_policies(RoleName=found["Name"])["AttachedPolicies"]
    assert [each["PolicyArn"] for each in attached] == [found["Shared"]]
    assert set(iam.list_role_policies(RoleName=found["Name"])["PolicyNames"]) == {"own", "apart"}

    stacks.updated(stack["StackId"], template("s3:PutObject"))

    for name in ("own", "apart"):
        policy = iam.get_role_policy(RoleName=found["Name"], PolicyName=name)["PolicyDocument"]
        assert policy["Statement"][0]["Action"] == "s3:PutObject"
    version = iam.get_policy(PolicyArn=found["Shared"])["Policy"]["DefaultVersionId"]
    managed = iam.get_policy_version(PolicyArn=found["Shared"], VersionId=version)
    assert managed["PolicyVersion"]["Document"]["Statement"][0]["Action"] == "s3:PutObject"
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_topic_has_its_policy_and_its_subscriptions(stacks, client):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    queue = client("sqs").create_queue(QueueName=stacks.unique("queue"))["QueueUrl"]
    queue_arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    stack = stacks.created(
        {
            "Resources": {
                "Topic": resource("AWS::SNS::Topic", DisplayName="told"),
                "Policy": resource(
                    "AWS::SNS::TopicPolicy",
                    Topics=[{"Ref": "Topic"}],
                    PolicyDocument={"Version": "2012-10-17", "Statement": [statement]},
                ),
                "Subscription": resource(
                    "AWS::SNS::Subscription",
                    TopicArn={"Ref": "Topic"},
                    Protocol="sqs",
                    Endpoint=queue_arn["Attributes"]["QueueArn"],
                    RawMessageDelivery=True,
                ),
            },
            "Outputs": told(Arn="Topic", Name="Topic.TopicName", Shown="Topic.DisplayName"),
        }
    )

    found, sns = outputs(stack), client("sns")
    assert found["Arn"] == f"arn:aws:sns:us-east-1:123456789012:{found['Name']}"
    assert found["Shown"] == "told"
    attributes = sns.get_topic_attributes(TopicArn=found["Arn"])["Attributes"]
    assert json.loads(attributes["Policy"])["Statement"] == [statement]
    sns.publish(TopicArn=found["Arn"], Message="hello")
    messages = client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert [each["Body"] for each in messages] == ["hello"]
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_key_rotates_and_is_found_by_its_alias(stacks, client, unique):
    alias = f"alias/{unique('key')}"
    root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    stack = stacks.created(
        {
            "Resources": {
                "Key": resource(
                    "AWS::KMS::Key",
                    EnableKeyRotation="true",
                    PendingWindowInDays=7,
                    KeyPolicy={"Version": "2012-10-17", "Statement": [statement]},
                ),
                "Alias": resource("AWS::KMS::Alias", AliasName=alias, TargetKeyId={"Ref": "Key"}),
            },
            "Outputs": told(Id="Key", Arn="Key.Arn", Alias="Alias"),
        }
    )

    found, kms = outputs(stack), client("kms")
    assert found["Alias"] == alias
    described = kms.describe_key(KeyId=alias)["KeyMetadata"]
    assert (described["KeyId"], described["Arn"]) == (found["Id"], found["Arn"])
    assert kms.get_key_rotation_status(KeyId=found["Id"])["KeyRotationEnabled"] is True
    stacks.deleted(stack["StackId"])
    state = kms.describe_key(KeyId=found["Id"])["KeyMetadata"]["KeyState"]
    assert state == "PendingDeletion"


def test_a_repository_of_images_a_log_group_and_an_alarm(stacks, client, unique):
    expiry = {"rules": [{"rulePriority": 1, "selection": {}, "action": {"type": "expire"}}]}
    expiry["rules"][0]["selection"] = {
        "tagStatus": "untagged",
        "countType": "imageCountMoreThan",
        "countNumber": 3,
    }
    group = f"/{unique('group')}"
    stack = stacks.created(
        {
            "Resources": {
                "Images": resource(
                    "AWS::ECR::Repository",
                    ImageScanningConfiguration={"ScanOnPush": "true"},
                    LifecyclePolicy={"LifecyclePolicyText": json.dumps(expiry)},
                    EmptyOnDelete=True,
                ),
                "Logs": resource("AWS::Logs::LogGroup", LogGroupName=group, RetentionInDays="14"),
                "Alarm": resource(
                    "AWS::CloudWatch::Alarm",
                    Namespace="AWS/SageMaker",
                    MetricName="Invocation5XXErrors",
                    Dimensions=[{"Name": "EndpointName", "Value": "books"}],
                    Statistic="Sum",
                    Period="60",
                    EvaluationPeriods=1,
                    Threshold="0.5",
                    ComparisonOperator="GreaterThanThreshold",
                    TreatMissingData="notBreaching",
                ),
            },
            "Outputs": told(
                Repository="Images",
                RepositoryArn="Images.Arn",
                Uri="Images.RepositoryUri",
                Group="Logs",
                GroupArn="Logs.Arn",
                Alarm="Alarm",
                AlarmArn="Alarm.Arn",
            ),
        }
    )

    found = outputs(stack)
    images = client("ecr").describe_repositories(repositoryNames=[found["Repository"]])
    assert images["repositories"][0]["repositoryUri"] == found["Uri"]
    assert images["repositories"][0]["imageScanningConfiguration"] == {"scanOnPush": True}
    groups = client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert [(each["logGroupName"], each["retentionInDays"]) for each in groups] == [(group, 14)]
    assert found["GroupArn"] == f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*"
    alarm = client("cloudwatch").describe_alarms(AlarmNames=[found["Alarm"]])["MetricAlarms"][0]
    assert (alarm["AlarmArn"], alarm["Threshold"]) == (found["AlarmArn"], 0.5)
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"


def test_a_function_is_made_of_inline_code_and_of_a_zip_and_may_be_invoked_by_others(
    stacks, client, bucket
):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("zipped.py", "def handler(event, context):\n    return 'zipped'\n")
    client("s3").put_object(Bucket=bucket, Key="code.zip", Body=content.getvalue())

    def template(answer):
        code = f"def handler(event, context):\n    return {answer!r}\n"
        common = {"Runtime": "python3.12", "Role": ROLE_ARN}
        return {
            "Resources": {
                "Inline": resource(
                    "AWS::Lambda::Function",
                    **common,
                    Handler="index.handler",
                    Code={"ZipFile": code},
                    Environment={"Variables": {"STAGE": "1"}},
                    Timeout="10",
                ),
                "Zipped": resource(
                    "AWS::Lambda::Function",
                    **common,
                    Handler="zipped.handler",
                    Code={"S3Bucket": bucket, "S3Key": "code.zip"},
                ),
                "Permission": resource(
                    "AWS::Lambda::Permission",
                    FunctionName={"Fn::GetAtt": ["Inline", "Arn"]},
                    Action="lambda:InvokeFunction",
                    Principal="events.amazonaws.com",
                ),
            },
            "Outputs": told(Inline="Inline", Zipped="Zipped", Arn="Inline.Arn"),
        }

    stack = stacks.created(template("before"))
    found, functions = outputs(stack), client("lambda")

    def invoked(name):
        return json.loads(functions.invoke(FunctionName=found[name])["Payload"].read())

    assert found["Arn"] == f"arn:aws:lambda:us-east-1:123456789012:function:{found['Inline']}"
    assert (invoked("Inline"), invoked("Zipped")) == ("before", "zipped")
    policy = json.loads(functions.get_policy(FunctionName=found["Inline"])["Policy"])
    assert policy["Statement"][0]["Principal"] == {"Service": "events.amazonaws.com"}
    stacks.updated(stack["StackId"], template("after"))
    assert invoked("Inline") == "after"
    assert stacks.deleted(stack["StackId"])["StackStatus"] == "DELETE_COMPLETE"
