"""The module ``cfnresponse`` that inline functions find beside their code.

Source: "cfn-response module" in the CloudFormation User Guide: its signature and what it sends.
"""

CFNRESPONSE = '''"""Answers CloudFormation for a custom resource."""

import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(
    event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None
):
    stream = context.log_stream_name
    answer = {
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {stream}",
        "PhysicalResourceId": physicalResourceId or stream,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    body = json.dumps(answer).encode()
    headers = {"content-type": "", "content-length": str(len(body))}
    request = urllib.request.Request(
        event["ResponseURL"], data=body, headers=headers, method="PUT"
    )
    with urllib.request.urlopen(request) as response:
        print("Status code:", response.status)
'''
"""Its text, for Python."""
