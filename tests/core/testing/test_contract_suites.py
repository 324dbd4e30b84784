"""The suites fail where a promise is broken, and pass where all are kept."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qlop
from pydantic import Field
from qlop import testing

from core.testing.example_model import LeastSquares


class TestLeastSquares(testing.ModelContractSuite):
    plugin_class = LeastSquares


class Momentum(qlop.FeatureStepPlugin):
    """Return over five bars."""

    name = "momentum"

    @property
    def lookback_bars(self):
        return 5

    def transform(self, data):
        closes = data["close"].unstack()
        return (closes / closes.shift(5) - 1.0).stack(future_stack=True).reindex(data.index).to_frame(self.name)


class Peeking(Momentum):
    def transform(self, data):
        return super().transform(data).groupby(level="ticker").shift(-1)


class FullSample(Momentum):
    def transform(self, data):
        return super().transform(data) / data["close"].std()


class Misnamed(Momentum):
    def transform(self, data):
        return super().transform(data).set_axis(["momentum_of_all"], axis=1)


class Whole(Momentum):
    def transform(self, data):
        return super().transform(data).fillna(0.0).round().astype(int)


class Dropping(Momentum):
    def transform(self, data):
        return super().transform(data).dropna()


class Writing(Momentum):
    def transform(self, data):
        data["close"] *= 1.0001
        return super().transform(data)


class Forgetful(Momentum):
    @property
    def lookback_bars(self):
        return 2


class Random(Momentum):
    def transform(self, data):
        return super().transform(data) + np.random.default_rng().normal(size=(len(data), 1))


class Infinite(Momentum):
    def transform(self, data):
        return super().transform(data) / 0.0


class Comparing(Momentum):
    def transform(self, data):
        return super().transform(data).groupby(level="timestamp").rank()


class Underreporting(Momentum):
    @property
    def input_columns(self):
        return ("open",)


class Direction(qlop.LabelerPlugin):
    """Whether the close rises over three bars."""

    name = "direction"
    task = "classification"
    ends_early = False
    guesses = False

    def label(self, data, *, terms):
        closes = data["close"].unstack()
        later = closes.shift(-3)
        if self.guesses:
            later = later.fillna(closes)
        target = (later > closes).where(later.notna()).astype(float)
        ends = pd.Series(closes.index, index=closes.index).shift(-1 if self.ends_early else -3)
        if self.guesses:
            ends = ends.fillna(closes.index[-1])
        frame = pd.DataFrame({"target": target.stack(future_stack=True).reindex(data.index)})
        frame["label_end"] = ends.reindex(data.index.get_level_values("timestamp")).array
        return frame.assign(label_end=frame["label_end"].where(frame["target"].notna()))


class EndsEarly(Direction):
    ends_early = True


class Guessing(Direction):
    guesses = True


class EndsBefore(Direction):
    def label(self, data, *, terms):
        labels = super().label(data, terms=terms)
        return labels.assign(label_end=labels["label_end"] - pd.Timedelta(days=30))


class Unpaired(Direction):
    def label(self, data, *, terms):
        return super().label(data, terms=terms).assign(label_end=pd.Timestamp("2030-01-01", tz="UTC"))


class Halves(Direction):
    def label(self, data, *, terms):
        labels = super().label(data, terms=terms)
        return labels.assign(target=labels["target"] / 2.0)


class Mistelling(Direction):
    classes = (1.0, 2.0)


class RateReader(Direction):
    def label(self, data, *, terms):
        labels = super().label(data, terms=terms)
        return labels.assign(target=labels["target"] * (terms.financing.base_rate_annual[-1] > 0.06))


class Trend(qlop.StrategyPlugin):
    """Long above the average of ten closes."""

    name = "trend"

    def generate_signals(self, panel, predictions):
        closes = panel["close"].unstack()
        signals = (closes > closes.rolling(10, min_periods=1).mean()).astype(float)
        return signals.stack(future_stack=True).reindex(panel.index).rename("exposure")


class Prescient(Trend):
    def generate_signals(self, panel, predictions):
        return super().generate_signals(panel, predictions).groupby(level="ticker").shift(-1)


class Anonymous(Trend):
    def generate_signals(self, panel, predictions):
        return super().generate_signals(panel, predictions).rename("signal")


class TruthReader(Trend):
    def generate_signals(self, panel, predictions):
        return predictions["target"].reindex(panel.index).rename("exposure")


class Understating(Trend):
    needed_columns = ("payoff_gain",)

    def generate_signals(self, panel, predictions):
        seen = predictions["payoff_gain"] + predictions.get("probability_1", 0.0)
        return seen.reindex(panel.index).rename("exposure")


class Careless(Trend):
    needs_predictions = True


class Unbounded(Trend):
    class Params(qlop.Params):
        """Parameters."""

        level: float = Field(default=1.0, description="A number without bounds.")


class Undescribed(Trend):
    class Params(qlop.Params):
        """Parameters."""

        level: float = Field(default=1.0, ge=0.0)


class OfTomorrow(Trend):
    requires_qlop = ">=99"


class SelfNaming(Trend):
    def __init__(self, name, params):
        super().__init__("my own name", params)


class Pickling(LeastSquares):
    def save_model(self, folder):
        (folder / "model.bin").write_bytes(pickle.dumps(self._coefficients))


class Unseeded(LeastSquares):
    def predict(self, features):
        return super().predict(features) + np.random.default_rng().normal()


class Blind(LeastSquares):
    def predict(self, features):
        return super().predict(features.reindex(columns=self._columns, fill_value=0.0))


class OrderBlind(LeastSquares):
    def predict(self, features):
        return super().predict(features.set_axis(self._columns, axis=1))


class Weightless(LeastSquares):
    def train(self, data, validation, context):
        super().train(qlop.TrainingData(data.features, data.target), validation, context)


class Contextual(LeastSquares):
    def predict(self, features):
        predicted = super().predict(features)
        return predicted - predicted.mean()


class Foreseeing(LeastSquares):
    capabilities = frozenset({"earlier_rows"})

    def predict(self, features):
        predicted = super().predict(features)
        return predicted - predicted.groupby(level="ticker").shift(-1).fillna(0.0)


class Neighbourly(LeastSquares):
    capabilities = frozenset({"earlier_rows"})

    def predict(self, features):
        predicted = super().predict(features)
        return predicted - predicted.groupby(level="timestamp").transform("mean")


class Moving(LeastSquares):
    """Fits the mean of the ticker's last three rows, those of one stretch in training."""

    capabilities = frozenset({"earlier_rows"})

    def train(self, data, validation, context):
        super().train(replace(data, features=self.means(data.features, data.stretch)), validation, context)

    def predict(self, features):
        return super().predict(self.means(features, None))

    def means(self, features, stretch):
        keys = [features.index.get_level_values("ticker"), 0 if stretch is None else stretch.to_numpy()]
        grouped = features.assign(stretch=keys[1]).groupby([keys[0], "stretch"], sort=False)
        rolled = grouped[list(features)].rolling(3, min_periods=1).mean()
        return rolled.droplevel([0, 1]).loc[features.index]


class Crossing(Moving):
    def train(self, data, validation, context):
        super().train(replace(data, stretch=None), validation, context)


class Remembering(Moving):
    seen = None

    def predict(self, features):
        known = features if self.seen is None else pd.concat([self.seen, features])
        self.seen = features
        return super().predict(known[~known.index.duplicated(keep="last")]).loc[features.index]


class Restarting(LeastSquares):
    def train(self, data, validation, context):
        for done in (1, 2, 1, 2):
            context.report_progress(done, 2, "sweeps")
        super().train(data, validation, context)


class Certain(LeastSquares):
    tasks = frozenset({"classification"})

    def predict(self, features):
        predicted = super().predict(features)
        return predicted.assign(probability_0=0.7, probability_1=0.7)


class Flat(qlop.BrokerPlugin):
    """Charges nothing."""

    name = "flat"

    def terms(self, panel):
        if "risk_free_rate_annual" not in panel:
            raise qlop.DataError("There is no risk_free_rate_annual.")
        rates = panel["risk_free_rate_annual"].groupby(level="timestamp").first().to_numpy()
        return qlop.BrokerTerms(qlop.FinancingTerms(self.rates(rates)), margin=self.margin())

    def rates(self, rates):
        return rates

    def margin(self):
        return qlop.MarginTerms()


class LastRate(Flat):
    def rates(self, rates):
        return np.full_like(rates, rates[-1])


class OneRate(Flat):
    def rates(self, rates):
        return rates[:1]


class Inverted(Flat):
    def margin(self):
        return qlop.MarginTerms(initial_long=0.2, maintenance_long=0.3)


class Folder(qlop.SinkPlugin):
    """Writes metrics as JSON."""

    name = "folder"
    leaves_draft = False
    replaces = False

    class Params(qlop.Params):
        """Parameters."""

        folder: str = Field(description="Where to.")

    def write(self, results):
        path = Path(self.params.folder) / "metrics.json"
        if path.exists() and not self.replaces:
            raise qlop.DataError(f"{path} exists.")
        try:
            path.write_text(json.dumps(dict(results.metrics)))
        except OSError as error:
            raise qlop.DataError(f"{path} cannot be written.") from error
        if self.leaves_draft:
            path.with_suffix(".draft").touch()
        return [path]


class Untidy(Folder):
    leaves_draft = True


class Overwriting(Folder):
    replaces = True


class Unasking(Folder):
    def check_tables(self, tables):
        """Refuse nothing."""


class Zip(qlop.ExporterPlugin):
    """Copies the model's card, and never looks back."""

    name = "zip"
    file_suffix = ".zip"

    def export(self, artifact, path):
        path.write_bytes((artifact.folder / "model.json").read_bytes())
        return qlop.ExportResult(path, len(artifact.example_features), 0.0, 0.0)


class Batch(qlop.OrchestratorPlugin):
    """Needs a section that no config has, and tells tables as a list."""

    name = "batch"
    required_sections = frozenset({"data", "sweep"})
    tables = ["equity"]

    def run(self, config, context):
        return qlop.RunResult()


class Walk(qlop.DataSourcePlugin):
    """Synthetic prices."""

    name = "walk"

    def load_data(self, tickers, start, end, interval):
        return testing.make_panel(50, 2)


class Unsorted(Walk):
    def load_data(self, tickers, start, end, interval):
        return super().load_data(tickers, start, end, interval).iloc[::-1]


FEATURES, LABELS, MODELS = testing.FeatureStepContractSuite, testing.LabelerContractSuite, testing.ModelContractSuite
STRATEGIES, BROKERS, SINKS = testing.StrategyContractSuite, testing.BrokerContractSuite, testing.SinkContractSuite
SOURCES = testing.DataSourceContractSuite

BROKEN_PROMISES = [
    (FEATURES, Peeking, "test_removing_later_bars_changes_no_earlier_value"),
    (FEATURES, FullSample, "test_removing_later_bars_changes_no_earlier_value"),
    (FEATURES, Comparing, "test_a_ticker_alone_has_the_same_values_unless_it_says_that_it_compares_tickers"),
    (FEATURES, Misnamed, "test_its_columns_are_named_after_the_instance"),
    (FEATURES, Whole, "test_it_adds_float_columns_on_the_same_index"),
    (FEATURES, Dropping, "test_it_adds_float_columns_on_the_same_index"),
    (FEATURES, Writing, "test_it_leaves_its_input_as_it_was"),
    (FEATURES, Forgetful, "test_a_value_depends_on_its_lookback_alone"),
    (FEATURES, Random, "test_two_instances_give_the_same_values"),
    (FEATURES, Infinite, "test_its_values_are_finite_or_missing_and_some_are_known"),
    (LABELS, EndsEarly, "test_a_label_depends_on_no_bar_after_its_end"),
    (LABELS, Guessing, "test_a_label_whose_end_is_cut_off_is_missing"),
    (LABELS, EndsBefore, "test_a_label_ends_at_its_bar_or_later"),
    (LABELS, Unpaired, "test_a_target_is_missing_exactly_where_its_end_is"),
    (LABELS, Halves, "test_classes_are_whole_numbers"),
    (LABELS, Mistelling, "test_the_side_and_the_classes_that_it_tells_are_such"),
    (LABELS, RateReader, "test_later_terms_change_no_label_that_has_ended"),
    (STRATEGIES, Prescient, "test_removing_later_bars_changes_no_earlier_exposure"),
    (STRATEGIES, Anonymous, "test_exposures_stand_on_the_panels_index"),
    (STRATEGIES, TruthReader, "test_it_does_not_read_what_the_predictions_say_of_the_future"),
    (STRATEGIES, Understating, "test_the_columns_that_it_says_it_needs_are_all_that_it_needs"),
    (STRATEGIES, Unbounded, "test_every_number_among_its_parameters_has_a_bound"),
    (STRATEGIES, Undescribed, "test_the_class_keeps_the_rules_of_all_plugins"),
    (STRATEGIES, OfTomorrow, "test_it_works_with_this_version_of_qlop"),
    (STRATEGIES, SelfNaming, "test_an_instance_bears_the_name_that_it_is_given"),
    (STRATEGIES, Momentum, "test_it_is_a_plugin_of_its_kind_alone"),
    (MODELS, Pickling, "test_nothing_that_it_saves_is_pickled"),
    (MODELS, Unseeded, "test_the_same_seed_gives_the_same_predictions"),
    (MODELS, Weightless, "test_sample_weights_count"),
    (MODELS, OrderBlind, "test_columns_in_another_order_are_refused_or_put_right"),
    (MODELS, Contextual, "test_a_row_is_predicted_alone_as_among_others"),
    (MODELS, Foreseeing, "test_later_rows_and_other_tickers_change_no_prediction"),
    (MODELS, Neighbourly, "test_later_rows_and_other_tickers_change_no_prediction"),
    (MODELS, Crossing, "test_nothing_that_it_learns_reads_a_row_of_another_stretch"),
    (MODELS, Remembering, "test_what_was_asked_before_changes_no_prediction"),
    (MODELS, Restarting, "test_progress_within_a_fit_counts_up_and_no_further_than_its_total"),
    (MODELS, Certain, "test_probabilities_are_between_0_and_1_and_sum_to_1"),
    (BROKERS, LastRate, "test_removing_later_bars_changes_no_earlier_rate"),
    (BROKERS, OneRate, "test_there_is_one_rate_a_bar"),
    (BROKERS, Inverted, "test_margin_is_a_fraction_and_maintenance_is_not_above_initial"),
    (SINKS, Untidy, "test_the_files_that_it_names_are_there_and_no_others"),
    (testing.OrchestratorContractSuite, Batch, "test_the_tables_that_it_tells_are_names"),
    (testing.OrchestratorContractSuite, Batch, "test_the_sections_that_it_requires_are_sections_of_a_config"),
    (SOURCES, Walk, "test_only_the_tickers_asked_for_come"),
    (SOURCES, Walk, "test_first_and_last_session_are_included_and_nothing_beyond"),
]
# Promises that are kept by refusing: the suite finds that nothing was refused.
MISSING_REFUSALS = [
    (STRATEGIES, Careless, "test_missing_predictions_are_refused_where_they_are_needed"),
    (MODELS, Blind, "test_a_missing_column_is_refused_by_its_name"),
    (MODELS, Certain, "test_a_single_class_cannot_be_learned"),
    (SINKS, Overwriting, "test_what_is_there_stays_unless_the_parameters_say_otherwise"),
    (SINKS, Unasking, "test_tables_that_are_there_are_refused_before_the_run"),
    (testing.ExporterContractSuite, Zip, "test_a_model_that_would_predict_otherwise_is_refused_and_leaves_no_file"),
    (SOURCES, Walk, "test_an_unknown_ticker_is_refused_by_its_name"),
    (SOURCES, Walk, "test_an_unknown_interval_is_refused_by_its_name"),
]


def run_one(suite, plugin, test, folder):
    under_test = type("UnderTest", (suite,), {"plugin_class": plugin})
    if issubclass(plugin, Folder):
        under_test.params_in = lambda self, folder: {"folder": str(folder)}
    method = getattr(under_test(), test)
    method(folder) if "tmp_path" in method.__func__.__code__.co_varnames else method()


@pytest.mark.parametrize(
    ("suite", "plugin", "test"), BROKEN_PROMISES, ids=lambda value: getattr(value, "__name__", value)
)
def test_a_broken_promise_fails_the_test_of_that_promise(suite, plugin, test, tmp_path):
    with pytest.raises(AssertionError):
        run_one(suite, plugin, test, tmp_path)


@pytest.mark.parametrize(
    ("suite", "plugin", "test"), MISSING_REFUSALS, ids=lambda value: getattr(value, "__name__", value)
)
def test_what_should_be_refused_and_is_not_fails(suite, plugin, test, tmp_path):
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        run_one(suite, plugin, test, tmp_path)


def test_reading_a_column_that_was_not_named_fails(tmp_path):
    with pytest.raises(KeyError, match="close"):
        run_one(FEATURES, Underreporting, "test_what_it_says_it_reads_is_all_that_it_reads", tmp_path)


def test_a_panel_that_breaks_its_form_fails(tmp_path):
    with pytest.raises(qlop.DataError):
        run_one(SOURCES, Unsorted, "test_what_it_returns_is_a_price_panel", tmp_path)


@pytest.mark.parametrize(
    ("suite", "plugin"),
    [
        (FEATURES, Momentum),
        (LABELS, Direction),
        (MODELS, Moving),
        (STRATEGIES, Trend),
        (BROKERS, Flat),
        (SINKS, Folder),
    ],
)
def test_the_plugins_that_these_were_made_from_keep_their_promises(suite, plugin, tmp_path):
    # Their module imports pandas, as it is a test.
    tests = [name for name in dir(suite) if name.startswith("test_") and "heavy" not in name and "pickles" not in name]
    for number, test in enumerate(tests):
        folder = tmp_path / str(number)
        folder.mkdir()
        run_one(suite, plugin, test, folder)
    assert len(tests) > 10


def test_saving_less_than_was_learned_is_noticed_in_another_process(tmp_path):
    def save_rounded(model, folder):
        LeastSquares.save_model(model, folder)
        path = folder / "least_squares.json"
        state = json.loads(path.read_text(encoding="utf-8"))
        rounded = [round(value, 6) for value in state["coefficients"]]
        path.write_text(json.dumps({**state, "coefficients": rounded}), encoding="utf-8")

    class Rounding(MODELS):
        plugin_class = LeastSquares

        def trained(self, folder, task, data=None):
            model = super().trained(folder, task, data)
            model.save_model = lambda to: save_rounded(model, to)
            return model

    with pytest.raises(AssertionError, match="Arrays are not equal"):
        Rounding().test_saved_and_loaded_elsewhere_it_predicts_the_same(tmp_path)
