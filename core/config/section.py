"""What every section of a config or of the settings is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Section"]


class Section(BaseModel):
    """Base of all sections: frozen, closed to unknown fields, numbers finite."""

    # What was given is in no text of pydantic's own: it may be a secret in the wrong place, and tracebacks show causes.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)
