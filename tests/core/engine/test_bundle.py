"""A bundle is believed whole and signed, or not at all."""

from __future__ import annotations

import io
import json
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import DataError
from core.contracts.exporter import ModelArtifact
from core.contracts.model import TrainContext
from core.engine.bundle import opened_bundle, write_bundle
from core.engine.fitted_model import FittedModel
from core.engine.model_artifact import load_model_artifact, save_fitted_model
from core.engine.signature import own_fingerprint, sign
from core.testing.example_model import LeastSquares
from core.testing.training_rows import make_training_data

Files = dict[str, bytes]


@pytest.fixture(autouse=True)
def configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("configuration")
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(folder))
    return folder


@pytest.fixture
def artifact(tmp_path: Path) -> ModelArtifact:
    model, data = LeastSquares("least_squares", LeastSquares.Params()), make_training_data("regression")
    model.train(data, None, TrainContext("regression"))
    (tmp_path / "run" / "model").mkdir(parents=True)
    save_fitted_model(
        FittedModel(model, "regression", tuple(data.features.columns)),
        tmp_path / "run" / "model",
        example_features=data.features.iloc[:20],
    )
    return load_model_artifact(tmp_path / "run" / "model", lambda: LeastSquares("least_squares", LeastSquares.Params()))


@pytest.fixture
def bundle(artifact: ModelArtifact, tmp_path: Path) -> Path:
    write_bundle(artifact, tmp_path / "bundle.zip", licence="For the desk alone.")
    return tmp_path / "bundle.zip"


def files_of(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def refused(path: Path, reason: str, **trust: object) -> None:
    with pytest.raises(DataError, match=reason), opened_bundle(path, **trust):
        pytest.fail("it was opened")


def test_an_opened_bundle_holds_all_that_its_readme_promises(bundle: Path) -> None:
    with opened_bundle(bundle) as opened:
        found = {entry.relative_to(opened.folder).as_posix() for entry in opened.folder.rglob("*") if entry.is_file()}
        assert {"model/model.json", "model/calibration.json", "model/examples.parquet"} < found
        assert {"pipeline.json", "schema.json", "MODEL_CARD.md", "LICENSE.txt", "README.md"} < found
        assert (opened.folder / "LICENSE.txt").read_text().startswith("For the desk alone.\n")
        schema = json.loads((opened.folder / "schema.json").read_text())
        assert [field["name"] for field in schema["features"]][:2] == ["momentum_20", "momentum_5"]
        assert schema["features"][0]["may_be_missing"] is False
        assert opened.fingerprint == own_fingerprint()
    assert not opened.folder.exists()


def test_the_card_that_the_run_wrote_travels_with_the_model(artifact: ModelArtifact, tmp_path: Path) -> None:
    (artifact.folder.parent / "model_card.md").write_text("# A card\n")
    write_bundle(artifact, tmp_path / "bundle.zip", licence="")
    files = files_of(tmp_path / "bundle.zip")
    assert files["MODEL_CARD.md"] == b"# A card\n"
    assert files["LICENSE.txt"].startswith(b"No licence was stated for this model.")


def test_the_same_model_gives_the_same_bytes(artifact: ModelArtifact, bundle: Path, tmp_path: Path) -> None:
    write_bundle(artifact, tmp_path / "again.zip", licence="For the desk alone.")
    assert bundle.read_bytes() == (tmp_path / "again.zip").read_bytes()


def test_its_sums_can_be_checked_without_qlop(bundle: Path, tmp_path: Path) -> None:
    shutil.unpack_archive(bundle, tmp_path / "unpacked")
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / "unpacked", capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b": OK") == len(files_of(bundle)) - 2


@pytest.mark.parametrize("name", ["model/model.json", "LICENSE.txt", "model/examples.parquet", "pipeline.json"])
def test_an_altered_file_is_refused_by_its_name(bundle: Path, name: str) -> None:
    files = files_of(bundle)
    refused(rewritten(bundle, {**files, name: files[name] + b" "}), f"its {name} was altered")


def test_altered_sums_do_not_fit_the_signature(bundle: Path) -> None:
    files = files_of(bundle)
    sums = files["SHA256SUMS"].replace(b"  README.md", b"  README.mD")
    refused(rewritten(bundle, {**files, "SHA256SUMS": sums}), "its signature does not fit its content")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda files: {**files, "model/extra.bin": b"x"}, "holds the file 'model/extra.bin' that its SHA256SUMS does"),
        (lambda files: {k: v for k, v in files.items() if k != "LICENSE.txt"}, "lacks the file 'LICENSE.txt'"),
        (lambda files: {k: v for k, v in files.items() if k != "signature.json"}, "it is not signed"),
        (lambda files: {k: v for k, v in files.items() if k != "SHA256SUMS"}, "it is no bundle"),
        (lambda files: {**files, "signature.json": b"["}, "its signature cannot be read"),
        (lambda files: {**files, "signature.json": b"[" * 4_000}, "its signature cannot be read"),
        (lambda files: {**files, "signature.json": b" " * 5_000}, "signature.json has 5,000 bytes"),
        (lambda files: {**files, "../evil": b"x"}, r"holds the entry '\.\./evil', which may not be unpacked"),
        (lambda files: {**files, "/etc/evil": b"x"}, "holds the entry '/etc/evil', which may not be unpacked"),
        (lambda files: {**files, "README.md": bytes(20_000_000)}, "'README.md', which unpacks to 20,000,000 bytes"),
    ],
)
def test_entries_that_are_not_those_signed_are_refused(
    bundle: Path, change: Callable[[Files], Files], reason: str
) -> None:
    refused(rewritten(bundle, change(files_of(bundle))), reason)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"#!/bin/sh\n" + content,
        lambda content: content + b"more",
        lambda content: content[:-2] + b"\x04\x00more",
    ],
)
def test_bytes_before_the_zip_file_after_it_or_in_its_comment_are_refused(
    bundle: Path, change: Callable[[bytes], bytes]
) -> None:
    bundle.write_bytes(change(bundle.read_bytes()))
    refused(bundle, r"is not used: it holds bytes from [\d,]+ on that belong to none of its files")


def test_bytes_between_two_entries_are_refused(bundle: Path) -> None:
    files = files_of(bundle)
    with zipfile.ZipFile(bundle, "w") as archive:
        for number, (name, content) in enumerate(files.items()):
            archive.writestr(name, content)
            if number == 2:
                archive.fp.write(b"hidden")
                archive.start_dir = archive.fp.tell()
    refused(bundle, "it holds bytes from")


def test_what_is_refused_is_said_in_a_whole_sentence(bundle: Path) -> None:
    refused(rewritten(bundle, {**files_of(bundle), "../evil": b"x"}), r"bundle\.zip is not used: it holds the entry")


def test_a_link_among_the_entries_is_refused(bundle: Path) -> None:
    with zipfile.ZipFile(bundle, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    refused(bundle, "holds the entry 'link', which may not be unpacked")


def test_what_is_no_zip_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bundle.zip").write_bytes(b"PK\x03\x04 nothing")
    refused(tmp_path / "bundle.zip", "no readable zip file")
    refused(tmp_path, "it is no file")
    refused(tmp_path / "none.zip", "there is no such file")
    (tmp_path / "link.zip").symlink_to(tmp_path / "bundle.zip")
    refused(tmp_path / "link.zip", "it is no file")


def test_a_bundle_of_another_key_is_used_only_if_its_key_is_named(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = own_fingerprint()
    monkeypatch.setenv("QLOP_CONFIG_DIR", str(tmp_path / "mine"))
    refused(bundle, f"signed by another key, {theirs}, .* --trust-key {theirs}")
    refused(bundle, "signed by another key", trusted=["0" * 32])
    with opened_bundle(bundle, trusted=[theirs]) as opened:
        assert opened.fingerprint == theirs


def test_whoever_signs_an_altered_bundle_anew_is_another_key(bundle: Path, tmp_path: Path) -> None:
    files = files_of(bundle)
    signed = json.dumps(sign(files["SHA256SUMS"], "bundle", tmp_path / "attacker").to_json()).encode()
    refused(rewritten(bundle, {**files, "signature.json": signed}), "signed by another key")


def test_a_signature_for_another_purpose_is_worth_nothing(bundle: Path) -> None:
    files = files_of(bundle)
    signed = json.dumps(sign(files["SHA256SUMS"], "joblib").to_json()).encode()
    refused(rewritten(bundle, {**files, "signature.json": signed}), "does not fit its content")


def test_a_file_that_was_cut_is_refused(bundle: Path) -> None:
    content = bundle.read_bytes()
    for kept in (0, 10, len(content) // 2, len(content) - 1):
        bundle.write_bytes(content[:kept])
        refused(bundle, "is not used")
    damaged = io.BytesIO(content)
    damaged.seek(len(content) // 3)
    damaged.write(b"\xff" * 40)
    bundle.write_bytes(damaged.getvalue())
    refused(bundle, "is not used")
