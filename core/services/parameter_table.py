"""The parameters of a plugin as a table of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.services.parameter_rows import ParameterRow, parameter_rows

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["parameter_table"]


def parameter_table(schema: Mapping[str, Any]) -> pd.DataFrame:
    """Return the parameters that a JSON schema describes, as a table of text.

    Parameters
    ----------
    schema : mapping
        As pydantic makes it; empty for a plugin that could not be imported.

    Returns
    -------
    DataFrame of shape (n_parameters, 5)
        parameter, type, default, allowed and description, as ParameterRow has them.
    """
    import pandas as pd

    return pd.DataFrame(parameter_rows(schema), columns=list(ParameterRow._fields), dtype="str")
