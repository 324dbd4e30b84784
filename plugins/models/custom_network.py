"""A network of one's own, by its layers or by its import path, trained by PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import qlop
from pydantic import Field, JsonValue
from qlop.engine import DropoutLayer, Layer, LinearLayer, ReluLayer
from qlop.engine import NetworkModel as _NetworkModel
from qlop.engine import NetworkParams as _NetworkParams

if TYPE_CHECKING:
    import torch

_BY_DEFAULT = (LinearLayer(width=64), ReluLayer(), DropoutLayer(), LinearLayer(width=32), ReluLayer())


class LayeredNetwork(qlop.Params):
    """Layers in the config; a linear layer to the outputs follows the last one."""

    kind: Literal["layers"] = "layers"
    layers: tuple[Layer, ...] = Field(
        default=_BY_DEFAULT, min_length=1, max_length=1_000, description="From the inputs to the outputs."
    )


class ImportedNetwork(qlop.Params):
    """A class that inherits torch.nn.Module, made with n_inputs, n_outputs and the arguments."""

    kind: Literal["module"] = "module"
    import_path: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$", max_length=500, description="package.module:Class"
    )
    arguments: dict[str, JsonValue] = Field(default_factory=dict, description="Further arguments by name.")


class CustomNetwork(_NetworkModel):
    """A network of one's own: layers in the config, or a torch.nn.Module named by its import path.

    It is called with rows of shape (n_rows, n_inputs) and answers with (n_rows, n_outputs): a logit a class, or the
    standardised value. Features are standardised by the training rows; a missing value is the median, told apart by an
    input of its own. A module is imported from what is installed here, in training and in loading: a model's file holds
    its weights (safetensors) and its import path, never code.
    """

    name = "custom_network"
    version = "1.0.0"
    requires_qlop = ">=0.1,<1"
    size_field = "network.layers"

    class Params(_NetworkParams):
        """Parameters of `custom_network`."""

        network: Annotated[LayeredNetwork | ImportedNetwork, Field(discriminator="kind")] = Field(
            default=LayeredNetwork(), description="What the network looks like."
        )

    params: Params

    def check(self) -> None:
        """Refuse a device or a size that is not there, and a class as `check_loading` does. See the contract."""
        super().check()
        self.check_loading()

    def check_loading(self) -> None:
        """Refuse a class that cannot be imported or made, or that mixes rows. See the contract."""
        from qlop.engine import network_import_complaint

        network = self.params.network
        if isinstance(network, ImportedNetwork):
            complaint = network_import_complaint(network.import_path, network.arguments)
            if complaint:
                raise qlop.ConfigError(f"network.import_path: {complaint}")

    def build_network(self, n_inputs: int, n_outputs: int) -> torch.nn.Module:
        """Return the layers, or a new object of the class named."""
        from qlop.engine import imported_network, layered_network

        network = self.params.network
        if isinstance(network, LayeredNetwork):
            return layered_network(network.layers, n_inputs, n_outputs)
        return imported_network(network.import_path, network.arguments, n_inputs, n_outputs)

    def fewest_weights(self) -> int:
        """Return how many weights the layers have at least; of a class it is not known. See `NetworkModel`."""
        from qlop.engine import layered_weights

        network = self.params.network
        return layered_weights(network.layers, 1, 1) if isinstance(network, LayeredNetwork) else 0

    def n_weights(self, n_inputs: int, n_outputs: int) -> int:
        """Return how many weights the layers have; of a class, whose code decides, it is not known before."""
        return super().n_weights(n_inputs, n_outputs) if isinstance(self.params.network, LayeredNetwork) else 0
