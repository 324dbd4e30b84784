"""The type of a parameter that is a path of this machine."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

__all__ = ["LOCAL_PATH", "LocalPath"]

LOCAL_PATH = "path"
"""The `format` that a path has in a JSON schema."""

LocalPath = Annotated[str, Field(json_schema_extra={"format": LOCAL_PATH})]
"""A path, relative ones from the working folder, `~` the home folder; patterns such as `prices/*.csv` too.

A run's config holds it absolute, so that the run can be repeated from any folder, and tells which runs it comes from.
Links stay links there; where they lead when a run begins is noted beside it.
"""
