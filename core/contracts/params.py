"""The base of every plugin's parameters."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Params"]


class Params(BaseModel):
    """Base of a plugin's nested `Params`: frozen, and closed to unknown fields.

    Every field has a description and, where it is a number, bounds. The same class checks the config file, writes the
    CLI's help and draws the dashboard's form.
    """

    # What was given is in no text of pydantic's own: it may be a secret in the wrong place, and tracebacks show causes.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)
