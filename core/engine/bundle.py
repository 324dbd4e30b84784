"""A bundle: one signed zip file with all that another machine needs to predict by a model.

    model/              the model's folder as model_artifact.py writes it, example rows with predictions among it
    pipeline.json       the feature steps that feed it, in order, and the bars that they are made of
    schema.json         the columns that go in and come out
    MODEL_CARD.md       what the model is, to read
    LICENSE.txt         who may use it, as its owner says
    README.md           how to run it
    SHA256SUMS          of every file above; `sha256sum -c SHA256SUMS` checks them anywhere
    signature.json      over SHA256SUMS

1. Reading looks into the zip file first: only the sums and the signature, both small. A file without a signature, of a
   key that does not count, with entries that the sums do not name or without some that they name, or with bytes that
   are no entry's goes no further.
2. Then it is unpacked as every model archive is (model_archive.py), into a private folder.
3. There signature and sums are checked once more, now over the bytes that are used.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import struct
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile

from core.base.errors import DataError, ExportError
from core.base.temporary_folder import full_disk_named, temporary_folder
from core.engine.bundle_texts import bundle_texts
from core.engine.model_archive import pack_model, unpack_model
from core.engine.model_card import read_model_card
from core.engine.signature import Signature, sign, signed_by
from core.engine.zip_bytes import refuse_other_bytes
from core.engine.zip_entries import check_directory, checked_entries

if TYPE_CHECKING:
    from core.contracts.exporter import ModelArtifact

__all__ = ["MODEL_FOLDER", "PIPELINE_FILE", "Bundle", "opened_bundle", "write_bundle"]

PURPOSE = "bundle"
MODEL_FOLDER, PIPELINE_FILE = "model", "pipeline.json"
SUMS_FILE, SIGNATURE_FILE = "SHA256SUMS", "signature.json"
_LARGEST = {SUMS_FILE: 4_000_000, SIGNATURE_FILE: 4_096}
_SUM_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_NEXT = "Ask whoever made it for the file again."


@dataclass(frozen=True)
class Bundle:
    """A bundle, unpacked and believed.

    Attributes
    ----------
    folder : Path
        Its content, for as long as it is open.
    fingerprint : str
        Of the key that signed it.
    """

    folder: Path
    fingerprint: str


def write_bundle(artifact: ModelArtifact, path: Path, *, licence: str) -> None:
    """Write an artifact's bundle to `path`, signed with the user's own key; the same model gives the same bytes.

    Parameters
    ----------
    artifact : ModelArtifact
        The model.
    path : Path
        The file.
    licence : str
        What its owner says about its use; empty where nothing was said.

    Raises
    ------
    ExportError
        If the key cannot be used, or a file's name cannot be listed.
    DataError
        If a file of the model was altered.
    StoreError
        If there is no room for temporary files.
    OSError
        If the file cannot be written.
    """
    card = read_model_card(artifact.folder)
    with temporary_folder("qlop-bundle-") as folder:
        with full_disk_named(folder):
            _copy_files(artifact.folder, folder / MODEL_FOLDER)
            for name, text in bundle_texts(artifact, card, licence).items():
                (folder / name).write_text(text, encoding="utf-8")
            sums = _sums_of(folder)
            (folder / SUMS_FILE).write_bytes(sums)
            signed = json.dumps(sign(sums, PURPOSE).to_json(), sort_keys=True, indent=2)
            (folder / SIGNATURE_FILE).write_text(f"{signed}\n", encoding="utf-8")
        pack_model(folder, path)


@contextmanager
def opened_bundle(path: Path, *, trusted: Collection[str] = ()) -> Iterator[Bundle]:
    """Give a bundle unpacked, until the block ends.

    Parameters
    ----------
    path : Path
        The file.
    trusted : collection of str
        Fingerprints of keys that count besides the user's own.

    Raises
    ------
    DataError
        If the file cannot be read, is no bundle, is not signed, was altered, was signed by a key that does not count,
        or holds an entry that its sums do not name or that may not be unpacked, or bytes of no entry.
    StoreError
        If there is no room to unpack it.
    """
    with temporary_folder("qlop-bundle-") as folder:
        try:
            _check_before_unpacking(path, trusted)
            unpack_model(path, folder)
            fingerprint = _check_unpacked(folder, trusted)
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
        except DataError as error:
            said, named = str(error).rstrip("."), f"{path} "
            said = f"it {said.removeprefix(named)}" if said.startswith(named) else said
            raise DataError(f"{path} is not used: {said}.") from error
        yield Bundle(folder, fingerprint)


def _copy_files(source: Path, target: Path) -> None:
    # shutil.copytree would say in words only that a disk is full.
    for file in sorted(entry for entry in source.rglob("*") if entry.is_file()):
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)


def _sums_of(folder: Path) -> bytes:
    names = sorted(entry.relative_to(folder).as_posix() for entry in folder.rglob("*") if entry.is_file())
    for name in names:
        if not _SUM_LINE.fullmatch(f"{'0' * 64}  {name}"):
            raise ExportError(f"The model's file {name!r} bears a name that no list of sums can hold.")
    return "".join(f"{_sha256(folder / name)}  {name}\n" for name in names).encode()


def _check_before_unpacking(path: Path, trusted: Collection[str]) -> None:
    if path.is_symlink() or not path.is_file():
        raise DataError("it is no file" if path.exists() else "there is no such file")
    try:
        check_directory(path)
        with ZipFile(path) as archive:
            entries = checked_entries(archive, path)
            refuse_other_bytes(archive, path)
            names = {entry.filename for entry in entries}
            small = {name: _small(archive, name, names) for name in (SUMS_FILE, SIGNATURE_FILE)}
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, struct.error) as error:
        raise DataError(f"it is no readable zip file: {error!s:.200}. {_NEXT}") from error
    _signer(small[SUMS_FILE], small[SIGNATURE_FILE], trusted)
    _same_names(names - {SUMS_FILE, SIGNATURE_FILE}, _sums(small[SUMS_FILE]))


def _small(archive: ZipFile, name: str, names: set[str]) -> bytes:
    if name not in names:
        what = "it is not signed" if name == SIGNATURE_FILE else "it is no bundle"
        raise DataError(f"{what}: it has no {name}. {_NEXT}")
    if archive.getinfo(name).file_size > _LARGEST[name]:
        raise DataError(f"its {name} has {archive.getinfo(name).file_size:,} bytes; at most {_LARGEST[name]:,} may be")
    return archive.read(name)


def _check_unpacked(folder: Path, trusted: Collection[str]) -> str:
    content = (folder / SUMS_FILE).read_bytes()
    fingerprint = _signer(content, (folder / SIGNATURE_FILE).read_bytes(), trusted)
    sums = _sums(content)
    found = {entry.relative_to(folder).as_posix() for entry in folder.rglob("*") if entry.is_file()}
    _same_names(found - {SUMS_FILE, SIGNATURE_FILE}, sums)
    for name, stated in sums.items():
        if _sha256(folder / name) != stated:
            raise DataError(f"its {name} was altered: its SHA-256 is not the signed one. {_NEXT}")
    return fingerprint


def _signer(sums: bytes, signature: bytes, trusted: Collection[str]) -> str:
    try:
        told = json.loads(signature)
    except (ValueError, RecursionError) as error:
        raise DataError("its signature cannot be read") from error
    found = Signature.from_json(told)
    try:
        return signed_by(sums, PURPOSE, found, trusted=trusted)
    except DataError as error:
        if "another key" not in str(error):
            raise
        raise DataError(
            f"{error}. If you know its maker and were told this fingerprint by them: --trust-key {found.fingerprint}"
        ) from error


def _sums(content: bytes) -> Mapping[str, str]:
    matches = [_SUM_LINE.fullmatch(line) for line in content.decode("utf-8", errors="replace").splitlines()]
    if not all(matches):
        raise DataError(f"its {SUMS_FILE} cannot be read")
    return {match[2]: match[1] for match in matches if match}


def _same_names(found: set[str], sums: Mapping[str, str]) -> None:
    unknown, lacking = sorted(found - set(sums)), sorted(set(sums) - found)
    if unknown:
        raise DataError(f"it holds the file {unknown[0]!r} that its {SUMS_FILE} does not name")
    if lacking:
        raise DataError(f"it lacks the file {lacking[0]!r} that its {SUMS_FILE} names")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
