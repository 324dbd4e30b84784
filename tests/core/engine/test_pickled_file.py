"""Pickles are told from files of numbers, whose first bytes are a length and may be any."""

import json
import pickle

import pytest

from core.engine.pickled_file import is_pickled, pickled_content


def safetensors_file(header_bytes: int) -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return header_bytes.to_bytes(8, "little") + header.ljust(header_bytes) + bytes(4)


@pytest.mark.parametrize("header_bytes", [640, 896, 1152, 1408, 66432])
def test_numbers_whose_length_of_header_reads_as_a_pickles_start_are_numbers(tmp_path, header_bytes):
    content = safetensors_file(header_bytes)
    assert content[:1] == b"\x80"
    assert not pickled_content(content)
    (tmp_path / "a.safetensors").write_bytes(content)
    assert not is_pickled(tmp_path / "a.safetensors")


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_is_one_whatever_its_name(tmp_path, protocol):
    (tmp_path / "a.safetensors").write_bytes(pickle.dumps({"a": 1}, protocol=protocol))
    assert is_pickled(tmp_path / "a.safetensors")


def test_a_pickle_with_a_brace_where_a_header_has_it_is_a_pickle(tmp_path):
    content = b"\x80\x02X\x02\x00\x00\x00a{."
    assert pickle.loads(content) == "a{"
    assert pickled_content(content)
    (tmp_path / "a.safetensors").write_bytes(content)
    assert is_pickled(tmp_path / "a.safetensors")


def test_archives_of_others_are_no_pickles_by_their_names(tmp_path):
    for name, expected in (("a.bin", True), ("a.skops", False), ("a.zip", False)):
        (tmp_path / name).write_bytes(b"PK\x03\x04")
        assert is_pickled(tmp_path / name) is expected
