"""Configurations of buckets, from the template's form to the API's.

Source: the property types of AWS::S3::Bucket in the CloudFormation template reference beside the
data types of the S3 API reference.
"""

import pytest

from emulator.errors import AwsError
from emulator.services.cloudformation.resources.fitting import fitted
from emulator.services.cloudformation.resources.s3_configurations import CONFIGURATIONS


def translated(name, value):
    configuration = CONFIGURATIONS[name]
    found = configuration.translated(value)
    # What it gives has to be what the operation takes.
    members = {"Bucket": "b", configuration.member: found}
    assert fitted("s3", configuration.put, members)[configuration.member] == found
    return found


def test_encryption():
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"}

    found = translated(
        "BucketEncryption",
        {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}
            ]
        },
    )

    assert found == {
        "Rules": [{"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}]
    }


def test_lifecycle():
    tag = {"Key": "k", "Value": "v"}
    rule = {
        "Id": "one",
        "Status": "Enabled",
        "Prefix": "tmp/",
        "TagFilters": [tag],
        "ExpirationInDays": 7,
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 3}],
        "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "TransitionInDays": 2}],
        "NoncurrentVersionExpirationInDays": 5,
    }

    found = translated("LifecycleConfiguration", {"Rules": [rule]})

    assert found == {
        "Rules": [
            {
                "ID": "one",
                "Status": "Enabled",
                "Filter": {"And": {"Prefix": "tmp/", "Tags": [tag]}},
                "Expiration": {"Days": 7},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                "Transitions": [{"StorageClass": "GLACIER", "Days": 3}],
                "NoncurrentVersionTransitions": [{"StorageClass": "GLACIER", "NoncurrentDays": 2}],
                "NoncurrentVersionExpiration": {"NoncurrentDays": 5},
            }
        ]
    }


def test_a_lifecycle_rule_with_more_than_is_known_is_refused():
    rule = {"Status": "Enabled", "ObjectSizeLessThan": "100"}

    with pytest.raises(AwsError, match="Lifecycle rules with ObjectSizeLessThan") as caught:
        translated("LifecycleConfiguration", {"Rules": [rule]})

    assert caught.value.code == "UnsupportedByEmulator"


def test_notifications():
    found = translated(
        "NotificationConfiguration",
        {
            "EventBridgeConfiguration": {"EventBridgeEnabled": "true"},
            "LambdaConfigurations": [
                {
                    "Event": "s3:ObjectCreated:*",
                    "Function": "arn:f",
                    "Filter": {"S3Key": {"Rules": [{"Name": "suffix", "Value": ".csv"}]}},
                }
            ],
        },
    )

    assert found == {
        "EventBridgeConfiguration": {},
        "LambdaFunctionConfigurations": [
            {
                "Events": ["s3:ObjectCreated:*"],
                "LambdaFunctionArn": "arn:f",
                "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".csv"}]}},
            }
        ],
    }


def test_logging_and_cross_origin_requests():
    logging = {"DestinationBucketName": "logs"}
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "Id": "one", "MaxAge": 5}

    assert translated("LoggingConfiguration", logging) == {
        "LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}
    }
    assert translated("CorsConfiguration", {"CorsRules": [rule]}) == {
        "CORSRules": [
            {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "ID": "one", "MaxAgeSeconds": 5}
        ]
    }
