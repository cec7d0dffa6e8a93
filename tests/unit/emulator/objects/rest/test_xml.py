import pytest
from botocore.model import Shape
from botocore.session import get_session

from emulator.errors import AwsError
from emulator.objects.rest.xml import read_document
from emulator.protocol.xml import write_members


def payload(operation: str, member: str) -> Shape:
    model = get_session().get_service_model("s3").operation_model(operation)
    return model.input_shape.members[member]


# The sample request of PutBucketLifecycleConfiguration in the S3 API reference.
LIFECYCLE = b"""<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Rule>
    <ID>id1</ID>
    <Filter><Prefix>documents/</Prefix></Filter>
    <Status>Enabled</Status>
    <Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition>
  </Rule>
  <Rule>
    <ID>id2</ID>
    <Filter><Prefix>logs/</Prefix></Filter>
    <Status>Enabled</Status>
    <Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>
  </Rule>
</LifecycleConfiguration>"""


def test_flattened_lists_numbers_and_times_are_read() -> None:
    shape = payload("PutBucketLifecycleConfiguration", "LifecycleConfiguration")
    assert read_document(shape, LIFECYCLE) == {
        "Rules": [
            {
                "ID": "id1",
                "Filter": {"Prefix": "documents/"},
                "Status": "Enabled",
                "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
            },
            {
                "ID": "id2",
                "Filter": {"Prefix": "logs/"},
                "Status": "Enabled",
                "Expiration": {"Date": 1_893_456_000.0},
            },
        ]
    }


def test_what_was_read_is_written_as_it_was() -> None:
    shape = payload("PutBucketLifecycleConfiguration", "LifecycleConfiguration")
    written = write_members(shape, read_document(shape, LIFECYCLE))
    root = "<LifecycleConfiguration>{}</LifecycleConfiguration>"
    assert read_document(shape, root.format(written).encode()) == read_document(shape, LIFECYCLE)


@pytest.mark.parametrize(
    "text", ["<&>\"'", "tab\tnewline\nreturn\r", "  spaces  ", "ü 日本語 🦊", "]]>"]
)
def test_any_text_survives_the_way_through_xml(text: str) -> None:
    shape = payload("PutBucketTagging", "Tagging")
    value = {"TagSet": [{"Key": "key", "Value": text}]}
    written = f"<Tagging>{write_members(shape, value)}</Tagging>"
    assert read_document(shape, written.encode()) == value


BOMB = b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><Tagging><TagSet>&d;</TagSet></Tagging>'


@pytest.mark.parametrize(
    "body", [b"", b"no xml", b"<Tagging>", BOMB, BOMB.decode().encode("utf-16"), b"<a>" * 100_000]
)
def test_what_is_no_acceptable_document_is_malformed(body: bytes) -> None:
    with pytest.raises(AwsError, match="MalformedXML"):
        read_document(payload("PutBucketTagging", "Tagging"), body)


def test_a_document_type_is_refused_in_any_encoding() -> None:
    for body in (BOMB, BOMB.decode().encode("utf-16")):
        with pytest.raises(AwsError, match="a document type is not allowed"):
            read_document(payload("PutBucketTagging", "Tagging"), body)


def test_a_number_that_is_none_is_malformed() -> None:
    body = LIFECYCLE.replace(b"<Days>30</Days>", b"<Days>soon</Days>")
    shape = payload("PutBucketLifecycleConfiguration", "LifecycleConfiguration")
    with pytest.raises(AwsError, match="soon"):
        read_document(shape, body)
