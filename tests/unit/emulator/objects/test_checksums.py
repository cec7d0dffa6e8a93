import pytest

from emulator.errors import AwsError
from emulator.objects.checksums import available, composite, encode, start_digest

# The check values of the catalogue of parametrised CRC algorithms, of the nine digits.
CHECKS = {"CRC32": "cbf43926", "CRC32C": "e3069283", "CRC64NVME": "ae8b14860a799888"}


@pytest.mark.parametrize("algorithm", CHECKS)
def test_a_checksum_is_the_same_in_pieces(algorithm: str) -> None:
    digest = start_digest(algorithm)
    for piece in [b"123", memoryview(b"45"), bytearray(b"6789"), b""]:
        digest.update(piece)
    assert digest.digest().hex() == CHECKS[algorithm]


def test_all_that_aws_clients_send_by_default_can_be_computed() -> None:
    # CRC32 is the default of boto3, CRC64NVME that of the AWS CLI version 2 and other CRT clients.
    assert {"CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"} <= set(available())


def test_an_algorithm_without_a_library_is_named() -> None:
    with pytest.raises(AwsError, match="XXHASH3") as caught:
        start_digest("XXHASH3")
    assert (caught.value.code, caught.value.status) == ("UnsupportedByEmulator", 400)


def test_a_composite_checksum_is_of_the_parts_checksums() -> None:
    part = encode(bytes.fromhex("cbf43926"))
    digest = start_digest("CRC32")
    digest.update(bytes.fromhex("cbf43926cbf43926"))
    assert composite("CRC32", [part, part]) == f"{encode(digest.digest())}-2"
