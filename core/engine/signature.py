"""Signatures of exported files: Ed25519, by a key of the user's configuration folder (RFC 8032).

1. A signature is over what the file is for, and the SHA-256 of what is signed: one made for a bundle is worth nothing
   under another kind of file.
2. It carries the signer's public key. Which keys count is not the file's to say: the user's own, and those whose
   fingerprints the user names.
3. A fingerprint is the SHA-256 of the public key; its first 32 hexadecimal digits name the key.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.base.errors import DataError, ExportError, QlopError
from core.base.key_file import KEY_BYTES, key_in
from core.config.configuration_folder import configuration_folder

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["Signature", "fingerprint_fault", "own_fingerprint", "sign", "signed_by"]

KEY_FILE = "signing.key"
_ALGORITHM = "ed25519"
_SIGNATURE_BYTES = 64
_FINGERPRINT_DIGITS = 32
_FINGERPRINT = re.compile(rf"[0-9a-f]{{{_FINGERPRINT_DIGITS}}}")
_IF_DAMAGED = (
    "Put back your backup of it. If there is none, remove it, and the next export makes a fresh one; what the old one "
    "has signed, your own files too, then counts as another's, and is used only where its fingerprint is named as "
    "trusted (--trust-key)."
)


@dataclass(frozen=True)
class Signature:
    """A signature and the public key that it was made with."""

    public_key: bytes
    value: bytes

    def to_json(self) -> dict[str, str]:
        """Return it as plain JSON."""
        return {"algorithm": _ALGORITHM, "public_key": self.public_key.hex(), "signature": self.value.hex()}

    @classmethod
    def from_json(cls, raw: object) -> Signature:
        """Restore what `to_json` gave.

        Raises
        ------
        DataError
            If it is not of that form.
        """
        found = raw if isinstance(raw, Mapping) else {}
        try:
            public_key, value = bytes.fromhex(found["public_key"]), bytes.fromhex(found["signature"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError("its signature cannot be read") from error
        if found.get("algorithm") != _ALGORITHM or (len(public_key), len(value)) != (KEY_BYTES, _SIGNATURE_BYTES):
            raise DataError(f"its signature is not one of {_ALGORITHM}")
        return cls(public_key, value)

    @property
    def fingerprint(self) -> str:
        """What names the key."""
        return hashlib.sha256(self.public_key).hexdigest()[:_FINGERPRINT_DIGITS]


def sign(content: bytes, purpose: str, folder: Path | None = None) -> Signature:
    """Sign `content` with the user's own key, which is made on first use.

    Parameters
    ----------
    content : bytes
        What is signed.
    purpose : str
        What kind of file it is in; the check has to name the same.
    folder : Path, optional
        Where the key lies; by default the user's configuration folder.

    Raises
    ------
    ExportError
        If the key cannot be read or made, or others may read it.
    """
    key = _ed25519(ExportError).Ed25519PrivateKey.from_private_bytes(_own_key(folder, ExportError))
    return Signature(key.public_key().public_bytes_raw(), key.sign(_signed_bytes(content, purpose)))


def signed_by(
    content: bytes,
    purpose: str,
    signature: Signature,
    *,
    trusted: Collection[str] = (),
    folder: Path | None = None,
) -> str:
    """Return the fingerprint of the key that signed `content`, if that key counts.

    Parameters
    ----------
    content, purpose
        As they were signed.
    signature : Signature
        As the file has it.
    trusted : collection of str
        Fingerprints of keys that count besides the user's own.
    folder : Path, optional
        Where the user's own key lies.

    Raises
    ------
    DataError
        If content or signature were altered, or the key is neither the user's own nor a trusted one, or a trusted
        fingerprint is none. The message is the end of a sentence: "its signature does not fit ...".
    """
    from cryptography.exceptions import InvalidSignature

    for fault in filter(None, map(fingerprint_fault, trusted)):
        raise DataError(fault)
    key = _ed25519(DataError).Ed25519PublicKey.from_public_bytes(signature.public_key)
    try:
        key.verify(signature.value, _signed_bytes(content, purpose))
    except InvalidSignature as error:
        raise DataError("its signature does not fit its content: it was altered after it was signed") from error
    own = own_fingerprint(folder)
    if signature.fingerprint not in {own, *map(_plain, trusted)}:
        yours = f"yours is {own}" if own else "you have none of your own yet"
        raise DataError(f"it was signed by another key, {signature.fingerprint}, and {yours}")
    return signature.fingerprint


def fingerprint_fault(text: str) -> str:
    """Return why a text is no fingerprint of a key; "" where it is one, in letters of either case."""
    if _FINGERPRINT.fullmatch(_plain(text)):
        return ""
    return f"{text!r:.80} is no fingerprint; one has {_FINGERPRINT_DIGITS} hexadecimal digits"


def own_fingerprint(folder: Path | None = None) -> str:
    """Return what names the user's own key; empty where there is none yet, since reading makes none.

    Raises
    ------
    DataError
        If the key cannot be read, or others may read it.
    """
    if not _key_path(folder).exists():
        return ""
    key = _ed25519(DataError).Ed25519PrivateKey.from_private_bytes(_own_key(folder, DataError))
    return Signature(key.public_key().public_bytes_raw(), b"").fingerprint


def _own_key(folder: Path | None, error: type[QlopError]) -> bytes:
    return key_in(_key_path(folder), whose="The signing key", error=error, if_damaged=_IF_DAMAGED)[:KEY_BYTES]


def _plain(fingerprint: str) -> str:
    return fingerprint.strip().lower()


def _key_path(folder: Path | None) -> Path:
    return (folder or configuration_folder()) / KEY_FILE


def _signed_bytes(content: bytes, purpose: str) -> bytes:
    return f"qlop {purpose} 1\n".encode() + hashlib.sha256(content).digest()


def _ed25519(error: type[QlopError]) -> ModuleType:
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as failure:
        raise error("Signed files need the package cryptography: pip install cryptography") from failure
    return ed25519
