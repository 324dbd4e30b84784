"""Several models as one: averaged, or stacked by a model that learns from their out-of-fold predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import qlop
from pydantic import Field, JsonValue

if TYPE_CHECKING:
    import pandas as pd

CARD_FILE = "ensemble.json"

ModelName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="Name of a model plugin.",
        json_schema_extra={"plugin_kind": "models"},
    ),
]
ModelParams = Annotated[
    dict[str, JsonValue], Field(description="Its parameters.", json_schema_extra={"params_of": "model_type"})
]


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
    its own format, in a folder of its own, beside the versions of their plugins.
    """

    name = "ensemble"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    # Those of the default members; an instance has what its own members have.
    capabilities = frozenset({"early_stopping", "missing_values"})
    no_learning_curve = "None of the members has a learning curve."
    no_shap_values = (
        "An ensemble has SHAP values only where it is a sum of what all of its members explain. An average of "
        "probabilities is none of members that explain log-odds, nor of three classes or more; a stacked one is none "
        "where its final model is not linear, or a member explains no log-odds."
    )

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
    _joined: qlop.JoinedModels | None = None
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
        of_any = frozenset.union(*having) & {"early_stopping"}
        of_all = frozenset.intersection(*having) & {"missing_values"}
        # The final model stops by no validation rows, and sees no missing value; all else it brings in like a member.
        of_parts = frozenset.union(*(part.capabilities for part in members)) & {"earlier_rows", "pretrained"}
        # The class says what all ensembles may do, the instance what this one can.
        vars(self).update(tasks=tasks, capabilities=of_any | of_all | of_parts)

    def check(self) -> None:
        """Refuse what a member, or the final model, would refuse. See the contract."""
        parts = [(f"members.{position}", member) for position, member in enumerate(self._new_members())]
        if self.params.method == "stacking":
            parts.append(("final_model", self._new_final()))
        for place, part in parts:
            try:
                part.check()
            except qlop.QlopError as error:
                raise qlop.ConfigError(f"{place}.model_params.{error}") from error

    def untrained_copy(self) -> Ensemble:
        """Return a new ensemble with the same way to other models. See the contract."""
        made = Ensemble(self.name, self.params)
        made.accept_models(self._makes())
        return made

    def train(self, data: qlop.TrainingData, validation: qlop.TrainingData | None, context: qlop.TrainContext) -> None:
        """Train the members on `data`, and before them the model that joins them. See the contract."""
        from qlop.engine import classes_to_learn

        from plugins.models._ensemble_progress import ModelsInTurn
        from plugins.models._ensemble_training import Stacking, trained_final, trained_members

        columns, names = tuple(str(column) for column in data.features.columns), self._names()
        classes = classes_to_learn(data, context, self.name)
        final, stacking = None, None
        if self.params.method == "stacking":
            blocks = self.params.n_blocks
            stacking = Stacking(self.name, names, classes, blocks, self._new_members, self._new_final)
        n_models = len(names) + (0 if stacking is None else stacking.n_models)
        progress = ModelsInTurn(context.report_progress, n_models)
        if stacking is not None:
            final = trained_final(stacking, data, context, progress)
        named = list(zip(names, self._new_members(), strict=True))
        members = trained_members(named, data, validation, context, progress)
        self._take(columns, classes, self._join(members, final))

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the joined value, or the likeliest class and the classes' probabilities. See the contract."""
        from qlop.engine import checked_features, joined_answer

        joined = self._trained()
        checked_features(features, self._columns, self.name)
        return joined_answer(joined, features, self._classes)

    def save_model(self, folder: Path) -> None:
        """Write each member into a folder of its own, and the cards. See the contract."""
        from qlop.engine import write_columns_card

        from plugins.models._ensemble_files import model_places, write_members_card

        joined = self._trained()
        for place, part in model_places(folder, joined.members, joined.final):
            place.mkdir(parents=True)
            part.save_model(place)
        write_columns_card(folder / CARD_FILE, self._columns, self._classes)
        write_members_card(folder, joined.names, joined.members, joined.final)

    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. See the contract."""
        from qlop.engine import read_columns_card

        from plugins.models._ensemble_files import check_members_card, model_places

        columns, classes = read_columns_card(folder / CARD_FILE, self.name)
        members = self._new_members()
        final = self._new_final() if self.params.method == "stacking" else None
        check_members_card(folder, self._names(), members, final)
        for place, part in model_places(folder, members, final):
            part.load_model(place)
        self._take(columns, classes, self._join(members, final))

    def feature_importances(self) -> pd.Series | None:
        """Return the members' shares by feature, each weighted as it counts; None where no member has importances.

        A member counts by its `weight`, or in stacking by the size that the final model gives to its predictions.
        """
        import pandas as pd

        total = pd.Series(0.0, index=list(self._columns), name="the members' own importances, as each member counts")
        for weight, member in zip(self._importance_weights(), self._trained().members, strict=True):
            own = member.feature_importances()
            if own is not None and own.sum() > 0.0:
                total += weight * (own / own.sum()).reindex(total.index, fill_value=0.0)
        return total / total.sum() if total.sum() > 0.0 else None

    def shap_values(self, features: pd.DataFrame) -> pd.DataFrame | None:
        """Return the members' SHAP values, weighted, where the ensemble is a sum of them. See the contract."""
        from qlop.engine import checked_features, joined_shap_values

        joined = self._trained()
        checked_features(features, self._columns, self.name)
        return joined_shap_values(joined, features, self._classes)

    def joined_models(self) -> qlop.JoinedModels | None:
        """Return the members and the model that joins them. See the contract."""
        return self._trained()

    def untrained_parts(self) -> Sequence[tuple[str, qlop.ModelPlugin]]:
        """Return new members, and in stacking a new final model. See the contract."""
        members = list(zip(self._names(), self._new_members(), strict=True))
        return [*members, ("final_model", self._new_final())] if self.params.method == "stacking" else members

    def history_reading(self) -> qlop.HistoryReading | None:
        """Return the longest history that one of the models reads, a final model's of answers included."""
        from qlop.engine import joined_history_reading

        return joined_history_reading(self._trained())

    def to_onnx(self, opset: int) -> bytes:
        """Return the members' own graphs, joined as `predict` joins their answers. See the contract."""
        from qlop.engine import onnx_of_joined_models

        return onnx_of_joined_models(self._trained(), len(self._columns), len(self._classes), opset)

    def _take(self, columns: tuple[str, ...], classes: tuple[float, ...], joined: qlop.JoinedModels) -> None:
        """Keep what was trained or loaded; what a part says of itself by its file alone is known only now."""
        from qlop.engine import latest_learned

        parts = [part for part in (*joined.members, joined.final) if part is not None]
        of_parts = frozenset.union(*(part.capabilities for part in parts)) & {"earlier_rows"}
        # The features are for the members; the final model sees their answers.
        of_members = frozenset.union(*(member.capabilities for member in joined.members)) & {"whole_numbers"}
        vars(self).update(capabilities=self.capabilities | of_parts | of_members)
        self._columns, self._classes, self._joined = columns, classes, joined
        self.learned_until = latest_learned(parts)

    def _trained(self) -> qlop.JoinedModels:
        if self._joined is None:
            raise qlop.TrainingError(f"Model {self.name!r} is not trained; call train or load_model first.")
        return self._joined

    def _makes(self) -> qlop.MakesModels:
        if self._make_model is None:
            raise qlop.PluginError(f"Model {self.name!r} has no way to other models; call accept_models first.")
        return self._make_model

    def _new_members(self) -> list[qlop.ModelPlugin]:
        return [self._new_part(f"members.{place}", member) for place, member in enumerate(self.params.members)]

    def _new_final(self) -> qlop.ModelPlugin:
        return self._new_part("final_model", self.params.final_model)

    def _new_part(self, place: str, part: Member | FinalModel) -> qlop.ModelPlugin:
        """Return a new model; a refusal names the place among the parameters."""
        make_model = self._makes()
        try:
            return make_model(part.model_type, part.model_params)
        except qlop.ConfigError as error:
            raise qlop.ConfigError(f"{place}.model_params: {error}") from error
        except qlop.PluginError as error:
            raise qlop.PluginError(f"{place}: {error}") from error

    def _names(self) -> tuple[str, ...]:
        """Return the members' names: their types, numbered where a type comes again."""
        types = [member.model_type for member in self.params.members]
        counts = [types[: place + 1].count(found) for place, found in enumerate(types)]
        return tuple(found if count == 1 else f"{found}_{count}" for found, count in zip(types, counts, strict=True))

    def _join(self, members: Sequence[qlop.ModelPlugin], final: qlop.ModelPlugin | None) -> qlop.JoinedModels:
        weights = [member.weight for member in self.params.members]
        shares = tuple(weight / sum(weights) for weight in weights)
        return qlop.JoinedModels(self._names(), tuple(members), shares, final)

    def _importance_weights(self) -> list[float]:
        joined = self._trained()
        if joined.final is None:
            return list(joined.weights)
        sizes = joined.final.feature_importances()
        if sizes is None:
            return [1.0] * len(joined.members)
        # All columns of the first member come first, then all of the next.
        by_member = sizes.to_numpy(dtype="float64").reshape(len(joined.members), -1).sum(axis=1)
        return [float(size) for size in by_member]
