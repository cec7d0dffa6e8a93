"""Templates that lie in S3.

Source: TemplateURL of CreateStack: "The location must point to a template that's located in an
Amazon S3 bucket".
"""

from botocore.exceptions import ClientError

from emulator.context import Context
from emulator.services import s3_addresses
from emulator.services.clients import client
from emulator.services.cloudformation.records import stack_error


def fetch(context: Context, url: str) -> str:
    """The text of the template.

    Raises:
        AwsError: ValidationError: the address is none of S3's, or nothing is there.
    """
    bucket, key = _place(context, url)
    try:
        answer = client(context, "s3").get_object(Bucket=bucket, Key=key)
        text: str = answer["Body"].read().decode()
    except ClientError as error:
        raise stack_error(f"S3 error: {error.response['Error']['Message']} ({url})") from error
    except UnicodeDecodeError as error:
        raise stack_error(f"The template at {url} is no text in UTF-8: {error}") from error
    return text


def _place(context: Context, url: str) -> tuple[str, str]:
    place = s3_addresses.bucket_and_key(context, url)
    if place is None:
        wanted = s3_addresses.expected(context)
        raise stack_error(f"TemplateURL must be a supported URL: got {url}, expected {wanted}.")
    return place
