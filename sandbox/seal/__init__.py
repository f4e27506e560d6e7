"""Authenticated encryption of files at rest, and the keys for it.

``Keyring`` seals snapshots, workspaces and stored results, each under its own key wrapped by the master key;
destroying that key destroys the file. ``Signer`` signs the checkpoints of the disclosure log.
"""

from sandbox.seal.keyring import Keyring
from sandbox.seal.pseudonym import pseudonym_key
from sandbox.seal.signer import Ed25519Signer, Signer

__all__ = ["Ed25519Signer", "Keyring", "Signer", "pseudonym_key"]
