"""Model packages: an event when one is registered, and whenever it is updated."""

from emulator.context import Context
from emulator.services.sagemaker.events.details import Detail, in_words, members
from emulator.services.sagemaker.events.observing import Observer, observer
from emulator.services.sagemaker.model_packages import KIND
from emulator.store import Document

_MEMBERS = (
    "ModelPackageGroupName",
    "ModelPackageName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "MetadataProperties",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "ModelLifeCycle",
)
# Source: the possible values of UpdatedModelPackageFields in the developer guide's example.
_UPDATED_FIELDS = {
    "ModelApprovalStatus": "ModelApprovalStatus",
    "ApprovalDescription": "ApprovalDescription",
    "SourceUri": "sourceUri",
    "CustomerMetadataProperties": "CustomerMetadataProperties",
    "InferenceSpecification": "InferenceSpecification",
    "ModelLifeCycle": "ModelLifeCycle",
}


def _tell(
    context: Context, before: Document | None, after: Document | None
) -> tuple[list[str], Detail] | None:
    if after is None:
        return None
    detail = members(after, _MEMBERS)
    if before is not None:
        updated = [
            field
            for member, field in _UPDATED_FIELDS.items()
            if before.get(member) != after.get(member)
        ]
        if not updated and before["ModelPackageStatus"] == after["ModelPackageStatus"]:
            return None
        detail["UpdatedModelPackageFields"] = updated
    for member in ("CreationTime", "LastModifiedTime"):
        if member in after:
            detail[member] = in_words(after[member])
    return [after["ModelPackageArn"]], detail


OBSERVERS: tuple[tuple[str, Observer], ...] = (
    (KIND, observer("SageMaker Model Package State Change", _tell)),
)
