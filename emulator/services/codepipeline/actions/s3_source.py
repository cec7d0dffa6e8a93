"""Source: a zip object in S3.

Source: "Amazon S3 source action reference" of the user guide.
"""

from emulator.errors import AwsError
from emulator.objects import Objects
from emulator.services.codepipeline.actions.work import (
    CONFIGURATION_ERROR,
    REVISION_UNAVAILABLE,
    ActionFailed,
    Result,
    Work,
)
from emulator.services.codepipeline.artifacts import scratch_file

OBJECT_KEY, OBJECT_VERSION = "S3_OBJECT_KEY", "S3_OBJECT_VERSION_ID"


def perform(work: Work) -> Result:
    """Keep the object's present version, or the one asked for, as the output artifact."""
    objects, output = work.context.objects, work.outputs[0]
    bucket = work.configuration["S3Bucket"]
    key = work.overrides.get(OBJECT_KEY, work.configuration["S3ObjectKey"])
    try:
        _check_versions(objects, bucket)
        with scratch_file(work.context) as path:
            stored = objects.link(bucket, key, path, work.overrides.get(OBJECT_VERSION))
            objects.put_file(output.bucket, output.key, path)
    except AwsError as error:
        raise ActionFailed(
            REVISION_UNAVAILABLE,
            f"The object with key '{key}' of bucket '{bucket}' could not be had: {error}",
        ) from error
    etag, version_id = stored.info.etag, stored.version_id
    summary = f"Amazon S3 version id: {version_id}"
    return Result(
        summary=summary,
        variables={"BucketName": bucket, "ETag": etag, "ObjectKey": key, "VersionId": version_id},
        revision={
            "revisionId": version_id,
            "revisionChangeIdentifier": etag,
            "revisionSummary": summary,
            "created": stored.info.last_modified,
            "revisionUrl": f"{work.context.settings.endpoint_url}/{bucket}/{key}",
        },
    )


def _check_versions(objects: Objects, bucket: str) -> None:
    """A source's bucket has to keep versions, so that an execution is of one of them."""
    status = objects.bucket(bucket).configurations.get("Versioning", {}).get("Status")
    if status != "Enabled":
        raise ActionFailed(
            CONFIGURATION_ERROR,
            f"Bucket '{bucket}' does not have versioning enabled, which a source action needs: "
            f"aws s3api put-bucket-versioning --bucket {bucket} "
            "--versioning-configuration Status=Enabled",
        )
