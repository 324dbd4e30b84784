"""The base of models that are networks: what goes in, what comes out, and the files in between.

1. Features are standardised by the training rows; a regression's target is, too.
2. The network is made and trained from the context's seed, in float32, by deterministic algorithms.
3. It predicts in float64 on one thread of the processor, so that a row's answer does not depend on the rows beside it.
4. Weights are kept as safetensors, the rest as JSON; loading makes the network by the model's own parameters.
"""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from core.base.errors import ConfigError, DataError, TrainingError
from core.contracts.model import HistoryReading, ModelPlugin
from core.engine.torch_training.network_params import NetworkParams
from core.engine.torch_training.requirement import check_device, check_installed

if TYPE_CHECKING:
    import pandas as pd
    import torch

    from core.contracts.model import TrainContext, TrainingData
    from core.contracts.params import Params
    from core.engine.torch_training.network_record import NetworkRecord

__all__ = ["NetworkModel"]


class NetworkModel(ModelPlugin):
    """A classifier or regressor, by the label's task, whose network a subclass makes.

    Attributes
    ----------
    sequence_bars : int or None
        Rows of a history that the network reads; None where it reads a row by itself.
    longest_gap_us : int or None
        Microseconds; what no history crosses. None: by the training rows.
    record : NetworkRecord or None
        What turns features into inputs and outputs into predictions; None before training.
    network : Module or None
        The trained network, float64 on the processor; None before training.
    size_field : str
        The parameter that decides how many weights there are, for messages.
    """

    capabilities = frozenset({"early_stopping", "missing_values"})
    size_field: ClassVar[str] = ""
    no_shap_values = "A network has no SHAP values; how much each feature matters is found by shuffling it."
    params: NetworkParams

    sequence_bars: int | None = None
    longest_gap_us: int | None = None
    record: NetworkRecord | None = None
    network: torch.nn.Module | None = None

    def __init__(self, name: str, params: Params) -> None:
        super().__init__(name, params)
        check_installed(name)

    def check(self) -> None:
        """Refuse a device that is not there, and a network that no memory of this machine holds. See the contract."""
        from core.engine.torch_training.network_size import check_machine_holds

        try:
            check_device(self.params.device, self.name)
        except TrainingError as error:
            raise ConfigError(f"device: {error}") from error
        try:
            check_machine_holds(self.fewest_weights(), self.name)
        except TrainingError as error:
            raise ConfigError(f"{self.size_field}: {error}" if self.size_field else str(error)) from error

    @abstractmethod
    def build_network(self, n_inputs: int, n_outputs: int) -> torch.nn.Module:
        """Return a new network.

        It is called with inputs of shape (n_rows, n_inputs), or with histories and lengths where `sequence_bars` is
        given (NetworkRows.batch), and answers with (n_rows, n_outputs): a logit for each class, or the standardised
        value.
        """

    def fewest_weights(self) -> int:
        """Return how many weights the network has with one input and one output; 0 where only making it tells.

        It is asked before a run begins, and imports nothing heavy.
        """
        return 0

    def n_weights(self, n_inputs: int, n_outputs: int) -> int:
        """Return how many weights such a network has, before it is made; 0 where that is not known."""
        from core.engine.torch_training.network_size import n_weights

        return n_weights(lambda: self.build_network(n_inputs, n_outputs))

    def train(self, data: TrainingData, validation: TrainingData | None, context: TrainContext) -> None:
        """Fit on `data`, watching `validation`. See the contract."""
        check_device(self.params.device, self.name)
        from core.engine.torch_training.network_training import trained_network

        self.record, self.network = trained_network(self, data, validation, context)

    def predict(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return the value, or the likeliest class and the classes' probabilities. See the contract."""
        from core.engine.torch_training.network_predictions import network_predictions

        record, network = self._trained()
        return network_predictions(record, network, features, self.sequence_bars, self.name)

    def save_model(self, folder: Path) -> None:
        """Write weights and record. See the contract."""
        from core.engine.torch_training.network_file import write_weights
        from core.engine.torch_training.network_record import write_record

        record, network = self._trained()
        write_weights(network, folder)
        write_record(record, folder)

    def load_model(self, folder: Path) -> None:
        """Restore what `save_model` wrote. See the contract."""
        from core.engine.torch_training.network_file import WEIGHTS_FILE, read_weights
        from core.engine.torch_training.network_record import read_record
        from core.engine.torch_training.network_size import check_file_holds

        record = read_record(folder, self.name)
        self._check_architecture(record, folder)
        shape = record.standardisation.n_inputs, record.n_outputs
        check_file_holds(self.n_weights(*shape), folder / WEIGHTS_FILE)
        try:
            network = self.build_network(*shape).float()
        except TrainingError as error:
            raise DataError(f"{folder}: {error}") from error
        read_weights(network, folder)
        self.record, self.network = record, network.double().eval()

    def feature_importances(self) -> pd.Series:
        """Return how much the loss rises when a feature is shuffled among the rows."""
        import pandas as pd

        record, _ = self._trained()
        measure = "rise of the loss when its values are shuffled (permutation)"
        return pd.Series(record.importances, index=list(record.feature_columns), name=measure, dtype="float64")

    def history_reading(self) -> HistoryReading | None:
        """Return how many rows a memory reads; None of a network that reads a row by itself. See the contract."""
        gap = self._trained()[0].longest_gap_us
        return None if self.sequence_bars is None or gap is None else HistoryReading(self.sequence_bars, gap)

    def to_onnx(self, opset: int) -> bytes:
        """Return standardisation and network as a graph in float64. See the contract."""
        from core.engine.onnx_graphs.network_graph import onnx_of_network

        record, network = self._trained()
        return onnx_of_network(record, network, self.sequence_bars, opset)

    def architecture(self) -> dict[str, Any]:
        """Return the parameters that say what the network looks like, as JSON."""
        return self.params.model_dump(mode="json", exclude=set(NetworkParams.model_fields))

    def _trained(self) -> tuple[NetworkRecord, torch.nn.Module]:
        if self.record is None or self.network is None:
            raise TrainingError(f"Model {self.name!r} is not trained; call train or load_model first.")
        return self.record, self.network

    def _check_architecture(self, record: NetworkRecord, folder: Path) -> None:
        own = self.architecture()
        differs = [name for name in {**own, **record.architecture} if own.get(name) != record.architecture.get(name)]
        if differs:
            raise DataError(
                f"{folder} holds a network with {differs[0]} {record.architecture.get(differs[0])!r:.200}, and the "
                f"model {self.name!r} is to have {own.get(differs[0])!r:.200}. Load it with the parameters that it "
                "was trained with."
            )
        if (self.sequence_bars is None) != (record.longest_gap_us is None):
            raise DataError(f"{folder} does not hold a network of {self.name!r}: one reads histories, the other not.")
