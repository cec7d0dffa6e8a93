"""Where a definition is for."""

import pytest

from pipelines.target import Target, TargetError


def test_account_and_partition_are_read_from_the_role() -> None:
    target = Target("arn:aws-cn:iam::210987654321:role/path/name", "my-bucket", "cn-north-1")
    assert (target.partition, target.account_id) == ("aws-cn", "210987654321")
    # Source: the ARN format of Lambda functions in the Service Authorization Reference.
    assert target.lambda_arn("check") == "arn:aws-cn:lambda:cn-north-1:210987654321:function:check"


def test_all_malformed_members_are_named_at_once() -> None:
    with pytest.raises(TargetError) as raised:
        Target("a-role", "A_Bucket", "here")
    message = str(raised.value)
    assert "role_arn: got 'a-role'" in message
    assert "bucket: got 'A_Bucket'" in message
    assert "region: got 'here'" in message
