"""Checkpoints and proofs are C2SP texts that verify offline, in one spelling only."""

import base64
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sandbox.ledger.note import Checkpoint, open_checkpoint, sign_checkpoint, verify_proof
from sandbox.seal import Ed25519Signer
from tests.ledger.makers import SIGNER, notice, open_ledger

ORIGIN = "data-sandbox/log"
HEAD = Checkpoint(ORIGIN, 12, bytes(range(32)))
NOTE = sign_checkpoint(HEAD, SIGNER)
KEY = SIGNER.public_key


def test_a_checkpoint_has_the_published_form() -> None:
    lines = NOTE.split("\n")
    assert lines[:4] == [ORIGIN, "12", base64.b64encode(HEAD.root).decode(), ""]
    assert lines[4].startswith(f"— {ORIGIN} ")
    assert lines[5:] == [""]
    assert len(base64.b64decode(lines[4].split(" ")[2])) == 4 + 64


def test_a_checkpoint_opens_under_its_key_alone() -> None:
    assert open_checkpoint(NOTE, KEY) == HEAD
    assert open_checkpoint(NOTE, KEY, origin=ORIGIN) == HEAD
    assert open_checkpoint(NOTE, KEY, origin="another/log") is None
    assert open_checkpoint(NOTE, Ed25519Signer(bytes(32)).public_key) is None
    assert open_checkpoint(NOTE, b"no key") is None


def test_a_signature_of_another_party_may_stand_beside() -> None:
    body, _, signature = NOTE.partition("\n\n")
    witness = "— witness.example " + base64.b64encode(bytes(68)).decode()
    assert open_checkpoint(f"{body}\n\n{witness}\n{signature}", KEY) == HEAD
    assert open_checkpoint(f"{body}\n\n{witness}\n", KEY) is None


@given(st.integers(0, len(NOTE) - 1), st.characters(codec="utf-8"))
def test_a_changed_checkpoint_does_not_open(place: int, letter: str) -> None:
    changed = NOTE[:place] + letter + NOTE[place + 1 :]
    assert open_checkpoint(changed, KEY) == (HEAD if changed == NOTE else None)


def test_a_checkpoint_has_one_spelling() -> None:
    """Base64 leaves bits unused before its padding; decoders that ignore them give one note many texts."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    head, last, rest = NOTE[:-3], NOTE[-3], NOTE[-2:]
    assert rest == "=\n"
    again = letters[letters.index(last) + 1]
    assert base64.b64decode((head + again + rest).split(" ")[2]) == base64.b64decode(NOTE.split(" ")[2])
    assert open_checkpoint(head + again + rest, KEY) is None


@given(st.text(max_size=300))
def test_no_text_makes_the_verifier_fail(text: str) -> None:
    assert open_checkpoint(text, KEY) is None
    assert not verify_proof(text, b"{}", KEY)
    assert not verify_proof("c2sp.org/tlog-proof@v1\nindex 0\n" + text, b"{}", KEY)


def test_every_record_of_a_log_has_a_proof_of_its_own(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    for number in range(20):
        ledger.append(notice(f"act {number}"))
    leaves = [record.leaf for record in ledger.records()]
    proofs = [ledger.proof(number) for number in range(20)]
    for number, proof in enumerate(proofs):
        assert [verify_proof(proof, leaf, KEY) for leaf in leaves] == [other == number for other in range(20)]
        assert not verify_proof(proof, leaves[number], Ed25519Signer(bytes(32)).public_key)
        assert not verify_proof(proof.replace(f"index {number}", f"index {number + 1}"), leaves[number], KEY)
        assert not verify_proof(proof.replace("index ", "index 0"), leaves[number], KEY)
        assert verify_proof(proof.replace("@v1\n", "@v1\nextra YQ==\n"), leaves[number], KEY)
    ledger.close()


@given(st.data())
def test_a_changed_proof_does_not_verify(proof_of_three: tuple[str, bytes], data: st.DataObject) -> None:
    proof, leaf = proof_of_three
    place = data.draw(st.integers(0, len(proof) - 1))
    letter = data.draw(st.sampled_from("AZaz09+/=\n — "))
    changed = proof[:place] + letter + proof[place + 1 :]
    assert verify_proof(changed, leaf, KEY) == (changed == proof)


def test_the_verifier_needs_no_database_package() -> None:
    program = (
        "import sys; sys.modules['sqlalchemy'] = sys.modules['alembic'] = None;"
        "from sandbox.ledger import verify_proof; print(verify_proof('', b'', b''))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
