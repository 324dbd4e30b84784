"""What the files of a lake hold: one schema for all, and the value that its times are compared with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qlop

if TYPE_CHECKING:
    import pyarrow as pa

    from plugins.data_sources._lake import Lake

__all__ = ["bound_value", "damaged_file", "refuse_other_schema", "refuse_other_values", "schema_of"]

# A session's date and its moment in UTC differ by less than a day in any zone; the exact cut is made later.
_MARGIN = timedelta(days=2)
_EPOCH_SECONDS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
_ROWS_AT_ONCE = 100_000


def schema_of(file: Path) -> pa.Schema:
    """Return a file's schema.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return parquet.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        raise qlop.DataError(f"{file}: it cannot be read as Parquet: {error}. Check or remove the file.") from error


def refuse_other_schema(file: Path, lake: Lake, first: Path, folder_values: Mapping[str, str]) -> None:
    """Refuse a file that lacks a column of the first one, has it in a type of another kind, or has one more."""
    from qlop.engine import source_columns

    held = {field.name: field.type for field in schema_of(file)}
    for name in lake.columns.values():
        kind = lake.types[name]
        if name in folder_values:
            continue
        found = f"is {held[name]}" if name in held else "is not there"
        if name not in held or _family(held[name]) != _family(kind):
            raise qlop.DataError(
                f"{file}: column {name!r} {found}, and in {first} it is {kind}; all files of a lake have one schema. "
                "Rewrite the file, or narrow data_source_params.path."
            )
    names = [*held, *(key for key in folder_values if key not in held)]
    named = source_columns(names, lake.params.columns, origin=str(file)) if set(names) != set(lake.types) else {}
    for column, name in named.items():
        if column not in lake.columns:
            raise qlop.DataError(
                f"{file}: column {name!r} is {column}, and {first} has none; all files of a lake have one schema. "
                f"Rewrite the files, or say columns: {{{column}: ''}} to leave it out."
            )


def refuse_other_values(file: Path, names: Collection[str], folder_values: Mapping[str, str]) -> None:
    """Refuse a file that says of itself, in a column, something else than its folder."""
    used = {name.casefold() for name in names}
    by_key = {key.casefold(): (key, value) for key, value in folder_values.items() if key.casefold() in used}
    own = [field.name for field in schema_of(file) if field.name.casefold() in by_key] if by_key else []
    for name in own:
        key, said = by_key[name.casefold()]
        other = next((value for value in _values_of(file, name) if value != said), None)
        if other is not None:
            raise qlop.DataError(
                f"{file}: column {name!r} holds {other:.60}, and its folder says {key}={said:.60}; which is true "
                "nobody here can know. Move the file, or correct one of them."
            )


def _values_of(file: Path, name: str) -> Iterator[str]:
    import pyarrow as pa
    from pyarrow import compute, parquet

    try:
        for batch in parquet.ParquetFile(file).iter_batches(_ROWS_AT_ONCE, columns=[name]):
            yield from (str(value) for value in compute.unique(batch[name]).to_pylist())
    except (pa.ArrowException, OSError) as error:
        raise qlop.DataError(f"{file}: it cannot be read as Parquet: {error}. Check or remove the file.") from error


def _family(kind: Any) -> str:  # noqa: ANN401 - pyarrow ships no types
    """Return what a type holds, whatever its width: files of one lake may differ in that."""
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    if types.is_timestamp(kind):
        return f"timestamp in {kind.tz}" if kind.tz else "timestamp"
    return "text" if types.is_string(kind) or types.is_large_string(kind) else str(kind)


def bound_value(bound: date, sign: str, kind: Any, timestamp_format: str | None) -> object:  # noqa: ANN401
    """Return the value that a time column of this type is compared with, None where it cannot be."""
    from pyarrow import types

    day = bound - _MARGIN if sign == ">=" else bound + _MARGIN + timedelta(days=1)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if types.is_date(kind):
        return day
    if types.is_timestamp(kind):
        return moment if kind.tz else moment.replace(tzinfo=None)
    if types.is_integer(kind) and timestamp_format in _EPOCH_SECONDS:
        return int(moment.timestamp()) * _EPOCH_SECONDS[timestamp_format]
    if types.is_integer(kind) and timestamp_format == "%Y%m%d":
        return int(f"{day:%Y%m%d}")
    # Texts that begin with the year, ISO's with dashes and without, sort by it alike.
    begins_with_year = (timestamp_format or "%Y").startswith("%Y")
    return str(day.year if sign == ">=" else day.year + 1) if _family(kind) == "text" and begins_with_year else None


def damaged_file(files: Sequence[Path]) -> Path | None:
    """Return the first file that another reader cannot read either: DuckDB does not always say which one it is."""
    import pyarrow as pa
    from pyarrow import parquet

    for file in files:
        try:
            for _ in parquet.ParquetFile(file).iter_batches(_ROWS_AT_ONCE):
                pass
        except (pa.ArrowException, OSError):
            return file
    return None
