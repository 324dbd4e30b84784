"""A signature holds for these bytes, this purpose and a key that counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import DataError, ExportError
from core.engine.signature import Signature, fingerprint_fault, own_fingerprint, sign, signed_by


def test_what_was_signed_is_known_by_its_own_key(tmp_path: Path) -> None:
    signature = sign(b"content", "bundle", tmp_path)
    assert signed_by(b"content", "bundle", signature, folder=tmp_path) == own_fingerprint(tmp_path)


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    first = sign(b"content", "bundle", tmp_path / "configuration")
    assert (tmp_path / "configuration" / "signing.key").stat().st_mode & 0o777 == 0o600
    assert sign(b"content", "bundle", tmp_path / "configuration") == first


@pytest.mark.parametrize(("content", "purpose"), [(b"contenT", "bundle"), (b"content", "joblib")])
def test_other_bytes_or_another_purpose_do_not_fit(tmp_path: Path, content: bytes, purpose: str) -> None:
    signature = sign(b"content", "bundle", tmp_path)
    with pytest.raises(DataError, match="its signature does not fit its content"):
        signed_by(content, purpose, signature, folder=tmp_path)


def test_another_key_counts_only_when_it_is_named(tmp_path: Path) -> None:
    theirs = sign(b"content", "bundle", tmp_path / "theirs")
    with pytest.raises(DataError, match=f"another key, {theirs.fingerprint}, and you have none of your own yet"):
        signed_by(b"content", "bundle", theirs, folder=tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
    mine = sign(b"content", "bundle", tmp_path / "mine")
    with pytest.raises(DataError, match=f"another key, {theirs.fingerprint}, and yours is {mine.fingerprint}"):
        signed_by(b"content", "bundle", theirs, folder=tmp_path / "mine")
    trusted = [f" {theirs.fingerprint.upper()} "]
    assert signed_by(b"content", "bundle", theirs, trusted=trusted, folder=tmp_path / "mine") == theirs.fingerprint


def test_a_public_key_put_in_place_of_the_signers_does_not_fit(tmp_path: Path) -> None:
    theirs, mine = sign(b"content", "bundle", tmp_path / "theirs"), sign(b"content", "bundle", tmp_path / "mine")
    with pytest.raises(DataError, match="does not fit"):
        signed_by(b"content", "bundle", Signature(mine.public_key, theirs.value), folder=tmp_path / "mine")


def test_a_signature_survives_json(tmp_path: Path) -> None:
    signature = sign(b"content", "bundle", tmp_path)
    assert Signature.from_json(signature.to_json()) == signature


@pytest.mark.parametrize(
    "change", [{"algorithm": "none"}, {"public_key": "00"}, {"signature": "xyz"}, {"signature": None}]
)
def test_a_signature_of_another_form_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    raw = {**sign(b"content", "bundle", tmp_path).to_json(), **change}
    with pytest.raises(DataError, match="its signature"):
        Signature.from_json(raw)
    with pytest.raises(DataError, match="its signature cannot be read"):
        Signature.from_json([raw])


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    signature = sign(b"content", "bundle", tmp_path)
    (tmp_path / "signing.key").chmod(0o644)
    with pytest.raises(ExportError, match="has mode 644; others may read it"):
        sign(b"content", "bundle", tmp_path)
    with pytest.raises(DataError, match=r"The signing key .* has mode 644"):
        signed_by(b"content", "bundle", signature, folder=tmp_path)


def test_of_a_damaged_key_it_is_said_what_removing_it_costs(tmp_path: Path) -> None:
    sign(b"content", "bundle", tmp_path)
    (tmp_path / "signing.key").write_text("damaged")
    with pytest.raises(
        DataError, match=r"Put back your backup of it\. .* your own files too, then counts as another's"
    ):
        own_fingerprint(tmp_path)
    with pytest.raises(ExportError, match="Put back your backup of it"):
        sign(b"content", "bundle", tmp_path)


@pytest.mark.parametrize("text", ["zzz", "", "0" * 31, "0" * 33, "g" * 32])
def test_what_is_no_fingerprint_is_not_taken_for_one(tmp_path: Path, text: str) -> None:
    signature = sign(b"content", "bundle", tmp_path)
    assert fingerprint_fault(text) == f"{text!r} is no fingerprint; one has 32 hexadecimal digits"
    with pytest.raises(DataError, match="is no fingerprint; one has 32 hexadecimal digits"):
        signed_by(b"content", "bundle", signature, trusted=[text], folder=tmp_path)
    assert fingerprint_fault(f" {signature.fingerprint.upper()} ") == ""
