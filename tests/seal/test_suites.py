"""The suites are the published ciphers, not something like them."""

import pytest
from cryptography.exceptions import InvalidTag

from sandbox.seal.suites import BY_NUMBER, SUITES


def test_sm4_gcm_matches_rfc_8998() -> None:
    """RFC 8998, appendix A.1."""
    cipher = SUITES["sm4-gcm"].cipher(bytes.fromhex("0123456789ABCDEFFEDCBA9876543210"))
    nonce = bytes.fromhex("00001234567800000000ABCD")
    associated = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    plain = bytes.fromhex(
        "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD"
        "EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA"
    )
    expected = bytes.fromhex(
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
        "83DE3541E4C2B58177E065A9BF7B62EC"
    )
    assert cipher.encrypt(nonce, plain, associated) == expected
    assert cipher.decrypt(nonce, expected, associated) == plain


def test_aes_256_gcm_matches_the_specification() -> None:
    """McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16."""
    cipher = SUITES["aes-256-gcm"].cipher(bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2))
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    associated = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = cipher.encrypt(nonce, plain, associated)
    assert sealed[-16:] == bytes.fromhex("76fc6ece0f4e1768cddf8853bb2d551b")


@pytest.mark.parametrize("name", sorted(SUITES))
def test_a_text_shorter_than_its_tag_is_refused(name: str) -> None:
    suite = SUITES[name]
    with pytest.raises(InvalidTag):
        suite.cipher(bytes(suite.key_bytes)).decrypt(bytes(12), b"short", b"")


def test_numbers_of_suites_never_change() -> None:
    assert {number: suite.name for number, suite in BY_NUMBER.items()} == {1: "aes-256-gcm", 2: "sm4-gcm"}
