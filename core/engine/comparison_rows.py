"""Many rows that a copy of a model is compared on: the original's example rows, and rows drawn around them.

1. Each column is drawn by itself. One value in five is an example's own, to the bit, because trees split at such
   values; the others lie between two neighbouring examples; one in fifty lies beyond an end, by up to a tenth of the
   range. A column of whole numbers has its examples' own alone where the model takes no others.
2. In every other row one value in ten is made missing, 5 % of all, where the model takes missing values.
3. The rows continue the examples' bars day by day, so that a model that reads the bars before finds them.
4. The original is asked with its calibration, and the copy has to answer alike: on the examples as it was saved, and on
   the drawn rows as the original answers now.
5. Where the calibration hides what the model says (hidden_scores.py), the copy is compared without it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.base.errors import DataError, ExportError
from core.engine.hidden_scores import hides_scores
from core.engine.model_artifact import load_fitted_model

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from core.contracts.exporter import ModelArtifact
    from core.contracts.model import ModelPlugin
    from core.engine.fitted_model import FittedModel

__all__ = ["Compared", "compare_copy", "compare_predictions", "comparison_rows", "fitted_model_of"]

COMPARED_ROWS = 10_000
_SHARE_EXACT, _SHARE_BEYOND, _SHARE_MISSING_IN_A_ROW = 0.2, 0.02, 0.1
_BEYOND = 0.1
_MOST_TICKERS = 4
_LIKELIEST, _PROBABILITY = "prediction", "probability_"


@dataclass(frozen=True)
class Compared:
    """How a copy was compared with its original.

    Attributes
    ----------
    n_rows : int
        On how many rows.
    largest_difference : float
        Between their predictions.
    largest_uncalibrated_difference : float or None
        Between what both say before the calibration; None where that was not compared.
    """

    n_rows: int
    largest_difference: float
    largest_uncalibrated_difference: float | None = None


def comparison_rows(artifact: ModelArtifact, n_rows: int = COMPARED_ROWS, seed: int = 0) -> pd.DataFrame:
    """Return feature rows to compare predictions on; the same for the same artifact, number and seed.

    Parameters
    ----------
    artifact : ModelArtifact
        Its example features say what values a column has.
    n_rows : int
        How many rows.
    seed : int
        Another seed draws other rows.

    Returns
    -------
    DataFrame of shape (n_rows, n_features)
        float64 in the examples' columns, index (timestamp, ticker), sorted, with NaN where the model takes it.

    Raises
    ------
    ExportError
        If the artifact has no example rows.
    """
    import pandas as pd

    examples = artifact.example_features
    if examples.empty:
        raise ExportError("The model keeps no example rows, so no copy of it can be compared. Train it again.")
    random = np.random.default_rng(seed)
    takes_whole_alone = "whole_numbers" in artifact.model.capabilities
    columns = [examples[name].to_numpy(dtype=np.float64) for name in examples.columns]
    drawn = [
        random.choice(column, n_rows) if takes_whole_alone and _are_whole(column) else _drawn(column, n_rows, random)
        for column in columns
    ]
    values = np.column_stack(drawn)
    if "missing_values" in artifact.model.capabilities:
        has_missing = (np.arange(n_rows) % 2 == 1)[:, None]
        values[has_missing & (random.random(values.shape) < _SHARE_MISSING_IN_A_ROW)] = np.nan
    else:
        values = np.nan_to_num(values, nan=0.0)
    return pd.DataFrame(values, index=_later_bars(examples.index, n_rows), columns=examples.columns)


def compare_predictions(
    found: pd.DataFrame,
    expected: pd.DataFrame,
    tolerance: float,
    *,
    row_text: Callable[[int], str] | None = None,
) -> float:
    """Return the largest difference between a copy's predictions and the original's.

    A difference is a share of its column's largest expected value, so that it means the same for returns of a percent
    and for prices. Where two classes are equally likely within twice the tolerance, either may be called the likeliest.

    Parameters
    ----------
    found, expected : DataFrame
        One row for each row of features, in one order; columns by name, equal in both.
    tolerance : float
        The largest difference that is allowed.
    row_text : callable, optional
        What messages call the row at a position; by default its number and its label in the index.

    Raises
    ------
    ExportError
        If rows or columns are not the same, a value is missing in one and not in the other, or a difference is larger;
        the message names the first row and column of the largest.
    """
    wanted = list(expected.columns)
    if len(found) != len(expected) or sorted(map(str, found.columns)) != sorted(map(str, wanted)):
        raise ExportError(
            f"The exported model predicts {len(found)} rows of {list(found.columns)}; expected were {len(expected)} "
            f"rows of {wanted}."
        )
    copied, original = found[wanted].to_numpy(dtype=np.float64), expected.to_numpy(dtype=np.float64)
    differences = _differences(copied, original)
    if _LIKELIEST in wanted:
        differences[_are_nearly_tied(expected, tolerance), wanted.index(_LIKELIEST)] = 0.0
    largest = float(differences.max(initial=0.0))
    if largest <= tolerance:
        return largest
    row, column = divmod(int(differences.argmax()), differences.shape[1])
    n_wrong = int((differences > tolerance).sum())
    named = row_text or (lambda place: f"row {place} ({_label_text(expected.index[place])})")
    allowed = f"may differ by {tolerance:g} of the column's largest" if tolerance else "may not differ in any bit"
    raise ExportError(
        f"The exported model predicts {wanted[column]} {float(copied[row, column])!r} in {named(row)}; "
        f"the original predicts {float(original[row, column])!r}, and they "
        f"{allowed} ({n_wrong} of {differences.size} values differ by more). Nothing was kept."
    )


def compare_copy(
    artifact: ModelArtifact,
    predict: Callable[[pd.DataFrame], pd.DataFrame],
    tolerance: float,
    *,
    n_rows: int = COMPARED_ROWS,
    is_calibrated: bool = True,
    uncalibrated: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> Compared:
    """Compare a copy with its original on the examples as they were saved, and on drawn rows.

    Parameters
    ----------
    artifact : ModelArtifact
        The original.
    predict : callable
        The copy: features in, predictions out, row by row.
    tolerance : float
        As `compare_predictions` takes it.
    n_rows : int
        Rows to draw besides the examples.
    is_calibrated : bool
        Whether the copy carries the calibration; without it the original is asked for its own probabilities.
    uncalibrated : callable, optional
        The same copy without calibration and payoff, as the same code makes it. It is asked where the calibration hides
        the model's scores: at its base rate a faulty copy predicts as well as a faithful one.

    Raises
    ------
    ExportError
        As `comparison_rows` and `compare_predictions`.
    """
    examples = artifact.example_features
    blocks = [examples, comparison_rows(artifact, n_rows)]
    # Bit for bit, the number of rows that are asked about counts: it decides in which order a library adds up.
    at_once = tolerance > 0.0
    original = fitted_model_of(artifact)
    if not is_calibrated:
        compare_predictions(original.predict(examples), artifact.expected_predictions, tolerance)
        original = replace(original, calibrators=())
    found, named = _asked(predict, blocks, at_once), partial(_named, examples)
    expected = _asked(original.predict, blocks, at_once)
    largest = compare_predictions(found, expected, tolerance, row_text=named)
    if is_calibrated:
        saved = compare_predictions(
            found.iloc[: len(examples)], artifact.expected_predictions, tolerance, row_text=named
        )
        largest = max(largest, saved)
    if uncalibrated is None or not hides_scores(original, expected, tolerance):
        return Compared(len(found), largest)
    own, copied = _asked(original.uncalibrated().predict, blocks, at_once), _asked(uncalibrated, blocks, at_once)
    try:
        return Compared(len(found), largest, compare_predictions(copied, own, tolerance, row_text=named))
    except ExportError as error:
        raise ExportError(
            f"The calibration hides the model's own scores, and before it they differ. {error}"
        ) from error


def _named(examples: pd.DataFrame, row: int) -> str:
    if row < len(examples):
        return f"row {row} of the examples ({_label_text(examples.index[row])})"
    return f"drawn row {row - len(examples)}, which is made of the examples' values and is no ticker's bar"


def fitted_model_of(artifact: ModelArtifact) -> FittedModel:
    """Return the artifact's model with its calibration, read from its folder anew.

    Raises
    ------
    ExportError
        If the folder was altered.
    """

    def make_model() -> ModelPlugin:
        return artifact.model.untrained_copy()

    try:
        return load_fitted_model(artifact.folder, make_model)
    except DataError as error:
        raise ExportError(f"The model cannot be read back from {artifact.folder}: {error}") from error


def _asked(
    predict: Callable[[pd.DataFrame], pd.DataFrame], blocks: Sequence[pd.DataFrame], at_once: bool
) -> pd.DataFrame:
    """Return predictions of all rows; asked at once where that may be, since a reader may take seconds to start."""
    import pandas as pd

    return predict(pd.concat(blocks)) if at_once else pd.concat([predict(block) for block in blocks])


def _are_whole(examples: NDArray[np.float64]) -> bool:
    return bool((examples == np.floor(examples)).all())


def _drawn(examples: NDArray[np.float64], n_rows: int, random: np.random.Generator) -> NDArray[np.float64]:
    known = np.sort(examples[np.isfinite(examples)])
    if not len(known):
        return np.full(n_rows, np.nan)
    position = random.uniform(0.0, len(known) - 1.0, n_rows)
    values = np.interp(position, np.arange(len(known)), known)
    is_exact = random.random(n_rows) < _SHARE_EXACT
    values[is_exact] = random.choice(known, int(is_exact.sum()))
    reach = _BEYOND * (float(known[-1] - known[0]) or max(abs(float(known[0])), 1.0))
    beyond = random.uniform(0.0, reach, n_rows)
    chance = random.random(n_rows)
    values = np.where(chance < _SHARE_BEYOND / 2, known[0] - beyond, values)
    return np.where(chance > 1.0 - _SHARE_BEYOND / 2, known[-1] + beyond, values)


def _later_bars(index: pd.Index, n_rows: int) -> pd.MultiIndex:
    import pandas as pd

    tickers = sorted(set(index.get_level_values("ticker")))[:_MOST_TICKERS]
    first = pd.Timestamp(index.get_level_values("timestamp").max()) + pd.Timedelta(days=1)
    bars = pd.date_range(first, periods=-(-n_rows // len(tickers)), freq="D")
    return pd.MultiIndex.from_product([bars, tickers], names=["timestamp", "ticker"])[:n_rows]


def _differences(copied: NDArray[np.float64], original: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        largest = np.nanmax(np.abs(original), axis=0, initial=0.0)
        apart = np.abs(copied - original) / np.where(largest > 0.0, largest, 1.0)
    are_equal = (copied == original) | (np.isnan(copied) & np.isnan(original))
    # What is missing on one side alone, or infinite, differs without measure.
    apart[~np.isfinite(apart)] = np.inf
    apart[are_equal] = 0.0
    return apart


def _label_text(label: object) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _are_nearly_tied(expected: pd.DataFrame, tolerance: float) -> NDArray[np.bool_]:
    columns = [name for name in expected.columns if str(name).startswith(_PROBABILITY)]
    if len(columns) < 2:
        return np.zeros(len(expected), dtype=np.bool_)
    ordered = np.sort(expected[columns].to_numpy(dtype=np.float64), axis=1)
    tied: NDArray[np.bool_] = ordered[:, -1] - ordered[:, -2] <= 2.0 * tolerance
    return tied
