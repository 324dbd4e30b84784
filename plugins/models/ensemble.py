"""Several models as one: averaged, or stacked by a model that learns from their out-of-fold predictions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import qlop
from pydantic import Field, JsonValue

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

CARD_FILE = "ensemble.json"
MEMBERS_FILE = "members.json"
MEMBERS_FOLDER = "members"
FINAL_FOLDER = "final"
# Of the bars that teach a member for one block: what stops its training early.
STOPPING_SHARE = 0.15
LEAST_PROBABILITY = 1e-6

ModelName = Annotated[str, Field(min_length=1, max_length=200, description="Name of a model plugin.")]
ModelParams = Annotated[dict[str, JsonValue], Field(description="Its parameters.")]


class Member(qlop.Params):
    """A model of an ensemble."""

    model_type: ModelName
    model_params: ModelParams = Field(default_factory=dict)
    weight: float = Field(default=1.0, gt=0.0, le=1e6, description="average: how much it counts beside the others.")


class FinalModel(qlop.Params):
    """The model that learns from the members' predictions."""

    model_type: ModelName = "linear"
    model_params: ModelParams = Field(default_factory=dict)


class Ensemble(qlop.ModelPlugin):
    """Models that predict together: classifier or regressor, by the label's task.

    `average` is the weighted mean of the members' probabilities or values. `stacking` trains `final_model` on what the
    members say of rows that they have not seen: the bars are cut into blocks, and each block but the first is predicted
    by members trained on the rows before it whose labels end before it begins. The members that are kept then learn
    from all rows. A row with a missing feature is predicted if all members take missing values. Each member is kept in
    its own format, in a folder of its own.
    """

    name = "ensemble"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    # Those of the default members; an instance has what its own members have.
    capabilities = frozenset({"early_stopping", "missing_values"})

    class Params(qlop.Params):
        """Parameters of `ensemble`."""

        members: tuple[Member, ...] = Field(
            default=(Member(model_type="linear"), Member(model_type="xgboost")),
            min_length=1,
            max_length=20,
            description="The models; each is trained on the same rows with a seed of its own.",
        )
        method: Literal["average", "stacking"] = Field(default="average", description="How predictions are joined.")
        final_model: FinalModel = Field(
            default=FinalModel(), description="stacking: learns from the members' log-odds or values."
        )
        n_blocks: int = Field(
            default=5, ge=2, le=50, description="stacking: blocks of bars that are predicted out of fold."
        )

    params: Params

    _make_model: qlop.MakesModels | None = None
    _members: Sequence[qlop.ModelPlugin] = ()
    _final: qlop.ModelPlugin | None = None
    _columns: tuple[str, ...] = ()
    _classes: tuple[float, ...] = ()

    def accept_models(self, make_model: qlop.MakesModels) -> None:
        """Make the members once, so that what is wrong with them is known before anything is read. See the contract."""
        self._make_model = make_model
        members = self._new_members()
        if self.params.method == "stacking":
            members = [*members, self._new_final()]
        tasks = frozenset.intersection(*(member.tasks for member in members))
        if not tasks:
            does = ", ".join(f"{type(member).name} {'/'.join(sorted(member.tasks))}" for member in members)
            raise qlop.ConfigError(f"Model {self.name!r}: its members share no task: {does}. Choose others.")
        having = [member.capabilities for member in members[: len(self.params.members)]]
        of_any = frozenset.union(*having) & {"early_stopping", "earlier_rows"}
        of_all = frozenset.intersection(*having) & {"missing_values"}
        # The class says what all ensembles may do, the instance what this one can.
        vars(self).update(tasks=tasks, capabilities=of_any | of_all)

    def untrained_copy(self) -> Ensemble:
        """Return a new ensemble with the same way to other models. See the contract."""
        made = Ensemble(self.name, self.params)
        made.accept_models(self._makes())
        return made

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        """Train the members on `data`, and before them the model that joins them. See the contract."""
        from qlop.engine import classes_to_learn

        columns = tuple(str(column) for column in data.features.columns)
        self._classes, self._columns = classes_to_learn(data, context, self.name), columns
        self._final = self._trained_final(data, context) if self.params.method == "stacking" else None
        members = self._new_members()
        for place, (name, member) in enumerate(zip(self._names(), members, strict=True)):
            _train(member, data, validation, _own_context(context, name, place))
        self._members = members

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the joined value, or the likeliest class and the classes' probabilities. See the contract."""
        import numpy as np
        from qlop.engine import answer_frame, checked_features

        members = self._trained()
        checked_features(features, self._columns, self.name)
        if self._final is not None:
            answer = self._final.predict(self._inputs(members, features))
            return answer_frame(self._values(answer), self._classes, features.index)
        weights = np.array([member.weight for member in self.params.members])
        said = np.stack([self._values(member.predict(features)) for member in members])
        return answer_frame(np.tensordot(weights / weights.sum(), said, axes=1), self._classes, features.index)

    def save_model(self, folder: Path) -> None:
        """Write each member into a folder of its own, and the cards. See the contract."""
        from qlop.engine import write_columns_card

        parts = self._parts(folder, self._trained())
        for place, part in parts:
            place.mkdir(parents=True)
            part.save_model(place)
        write_columns_card(folder / CARD_FILE, self._columns, self._classes)
        (folder / MEMBERS_FILE).write_text(json.dumps(self._composition(), indent=2) + "\n", encoding="utf-8")

    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. See the contract."""
        from qlop.engine import read_columns_card

        columns, classes = read_columns_card(folder / CARD_FILE, self.name)
        try:
            found = json.loads((folder / MEMBERS_FILE).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise qlop.DataError(f"{folder} does not hold a model of {self.name!r}: {error!s:.300}") from error
        if found != self._composition():
            raise qlop.DataError(
                f"{folder / MEMBERS_FILE} holds the ensemble {found!s:.300}, but the parameters are those of "
                f"{self._composition()!s:.300}. Load it with the parameters that it was trained with."
            )
        members = self._new_members()
        final = self._new_final() if self.params.method == "stacking" else None
        for place, part in self._parts(folder, members, final):
            part.load_model(place)
        self._members, self._final, self._columns, self._classes = members, final, columns, classes

    def feature_importances(self) -> pd.Series | None:
        """Return the members' shares by feature, each weighted as it counts; None where no member has importances.

        A member counts by its `weight`, or in stacking by the size that the final model gives to its predictions.
        """
        import pandas as pd

        total = pd.Series(0.0, index=list(self._columns), name="importance")
        for weight, member in zip(self._importance_weights(), self._trained(), strict=True):
            own = member.feature_importances()
            if own is not None and own.sum() > 0.0:
                total += weight * (own / own.sum()).reindex(total.index, fill_value=0.0)
        return total / total.sum() if total.sum() > 0.0 else None

    def _trained(self) -> Sequence[qlop.ModelPlugin]:
        if not self._members:
            raise qlop.TrainingError(f"Model {self.name!r} is not trained; call train or load_model first.")
        return self._members

    def _makes(self) -> qlop.MakesModels:
        if self._make_model is None:
            raise qlop.PluginError(f"Model {self.name!r} has no way to other models; call accept_models first.")
        return self._make_model

    def _new_members(self) -> list[qlop.ModelPlugin]:
        make_model = self._makes()
        return [make_model(member.model_type, member.model_params) for member in self.params.members]

    def _new_final(self) -> qlop.ModelPlugin:
        return self._makes()(self.params.final_model.model_type, self.params.final_model.model_params)

    def _names(self) -> list[str]:
        """Return the members' names: their types, numbered where a type comes again."""
        types = [member.model_type for member in self.params.members]
        counts = [types[: place + 1].count(found) for place, found in enumerate(types)]
        return [found if count == 1 else f"{found}_{count}" for found, count in zip(types, counts, strict=True)]

    def _composition(self) -> dict[str, JsonValue]:
        final = self.params.final_model.model_type if self.params.method == "stacking" else None
        return {"members": list(self._names()), "final_model": final}

    def _parts(
        self, folder: Path, members: Sequence[qlop.ModelPlugin], final: qlop.ModelPlugin | None = None
    ) -> list[tuple[Path, qlop.ModelPlugin]]:
        parts = [(folder / MEMBERS_FOLDER / f"{place:02}", member) for place, member in enumerate(members)]
        last = final or self._final
        return parts if last is None else [*parts, (folder / FINAL_FOLDER, last)]

    def _values(self, answer: pd.DataFrame) -> NDArray[np.float64]:
        """Return the values of a regression, or a column of probabilities for each class that sum to 1."""
        import numpy as np
        from qlop.engine import probability_column

        if not self._classes:
            return answer["prediction"].to_numpy(dtype=np.float64)
        columns = [probability_column(label) for label in self._classes]
        shares = answer.reindex(columns=columns, fill_value=0.0).to_numpy(dtype=np.float64)
        scaled: NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
        return scaled

    def _inputs(self, members: Sequence[qlop.ModelPlugin], features: pd.DataFrame) -> pd.DataFrame:
        """Return what the final model sees: values, or log-odds of the higher of two classes, or of each class."""
        import numpy as np
        import pandas as pd

        columns: dict[str, NDArray[np.float64]] = {}
        for name, member in zip(self._names(), members, strict=True):
            values = self._values(member.predict(features))
            if not self._classes:
                columns[name] = values
                continue
            shares = values.clip(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY)
            odds = np.log(shares) - np.log1p(-shares)
            chosen = self._classes[1:] if len(self._classes) == 2 else self._classes
            columns |= {f"{name}.{label:g}": odds[:, self._classes.index(label)] for label in chosen}
        return pd.DataFrame(columns, index=features.index)

    def _trained_final(self, data: qlop.TrainingData, context: qlop.TrainContext) -> qlop.ModelPlugin:
        """Train the final model on what members say of the blocks after those that they learned from."""
        import numpy as np
        import pandas as pd
        from qlop.engine import chosen_rows, classes_of, time_blocks

        inputs, predicted = [], np.zeros(len(data.target), dtype=bool)
        for teaches, block in time_blocks(data, self.params.n_blocks):
            rows = chosen_rows(data, teaches)
            if self._classes and classes_of(rows.target) != self._classes:
                continue
            members = self._new_members()
            for place, member in enumerate(members):
                stops = "early_stopping" in member.capabilities
                cut = _stopping_rows(rows, is_classified=bool(self._classes)) if stops else None
                teaching, watched = cut or (rows, None)
                _train(member, teaching, watched, _own_context(context, "", place))
            # A model that reads earlier rows is shown them; no later row is shown to any.
            shown = np.arange(len(block)) <= np.flatnonzero(block)[-1] if "earlier_rows" in self.capabilities else block
            inputs.append(self._inputs(members, data.features[shown])[block[shown]])
            predicted |= block
        if not inputs:
            raise qlop.TrainingError(
                f"Model {self.name!r}: none of the {self.params.n_blocks} blocks has rows of every class before it. "
                "Lengthen splits.train_bars, or set method to 'average'."
            )
        final = self._new_final()
        rows = replace(chosen_rows(data, predicted), features=pd.concat(inputs))
        _train(final, rows, None, _own_context(context, "final", len(self.params.members)))
        return final

    def _importance_weights(self) -> list[float]:
        if self._final is None:
            return [member.weight for member in self.params.members]
        sizes = self._final.feature_importances()
        if sizes is None:
            return [1.0] * len(self.params.members)
        owners = [str(column).rpartition(".")[0] if self._classes else str(column) for column in sizes.index]
        return [
            float(sum(size for owner, size in zip(owners, sizes, strict=True) if owner == name))
            for name in self._names()
        ]


def _train(
    model: qlop.ModelPlugin,
    data: qlop.TrainingData,
    validation: qlop.TrainingData | None,
    context: qlop.TrainContext,
) -> None:
    watched = validation if "early_stopping" in model.capabilities else None
    model.train(data, watched, context)


def _own_context(context: qlop.TrainContext, name: str, place: int) -> qlop.TrainContext:
    """Return a member's context: a seed of its own, and its metrics under its name; they are not told without one."""

    def report_metric(metric: str, value: float, step: int) -> None:
        if name:
            context.report_metric(f"{name}.{metric}", value, step)

    return replace(context, seed=(context.seed + place) % 2**32, report_metric=report_metric)


def _stopping_rows(
    rows: qlop.TrainingData, *, is_classified: bool
) -> tuple[qlop.TrainingData, qlop.TrainingData] | None:
    """Return the rows cut in two in time, nothing of the first reaching into the second; None where a class is lost."""
    import numpy as np
    from qlop.engine import chosen_rows, classes_of, rows_known_before

    moments = rows.features.index.get_level_values(0)
    bars = moments.unique().sort_values()
    start = bars[int(len(bars) * (1.0 - STOPPING_SHARE))]
    teaches = rows_known_before(rows, start)
    if not teaches.any() or (is_classified and classes_of(rows.target[teaches]) != classes_of(rows.target)):
        return None
    return chosen_rows(rows, teaches), chosen_rows(rows, np.asarray(moments >= start))
