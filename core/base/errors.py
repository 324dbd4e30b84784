"""The tree of errors.

QlopError
├── ConfigError          a config file or an override cannot be used; exit code 2
├── UsageError           a command was called wrongly; exit code 2
├── PluginError          a plugin is unknown, broken, ambiguous or incompatible; exit code 2
├── DataError            prices, features, labels or predictions break a promise
│   └── LookAheadError   a value at time t changes with data after t
├── TrainingError        a model cannot be trained on what it was given
├── BacktestError        targets, terms and prices cannot be simulated together
├── RunError             a run cannot be started, read or ended
│   ├── RunIdError       an id that no run has, or that a new run cannot bear; exit code 2
│   ├── RunCancelled     the run was asked to stop
│   └── RunLimitError    the run came to a limit of time, memory or disk space
├── StoreError           the home folder, the run store or a temporary folder cannot be read or written
│   └── HomeError        the home folder that was named cannot be used; exit code 2
├── RelayError           the relay of live events cannot be started, reached or believed
└── ExportError          an exported model cannot be written or does not predict as its original

The exit code counts while there is no run. Once a run's folder exists, a run that fails ends with 1, whatever failed.

A message says what, where, the value found, the value allowed and the next step.
"""

from __future__ import annotations

__all__ = [
    "BacktestError",
    "ConfigError",
    "DataError",
    "ExportError",
    "HomeError",
    "LookAheadError",
    "PluginError",
    "QlopError",
    "RelayError",
    "RunCancelled",
    "RunError",
    "RunIdError",
    "RunLimitError",
    "StoreError",
    "TrainingError",
    "UsageError",
]


class QlopError(Exception):
    """Root of every error that QLOP raises on purpose."""

    exit_code: int = 1


class ConfigError(QlopError):
    """A config file or an override cannot be used."""

    exit_code = 2


class UsageError(QlopError):
    """A command was called wrongly."""

    exit_code = 2


class PluginError(QlopError):
    """A plugin is unknown, broken, ambiguous or incompatible."""

    exit_code = 2


class DataError(QlopError):
    """Prices, features, labels or predictions break a promise."""


class LookAheadError(DataError):
    """A value at time t changes with data after t."""


class TrainingError(QlopError):
    """A model cannot be trained on what it was given."""


class BacktestError(QlopError):
    """Targets, terms and prices cannot be simulated together."""


class RunError(QlopError):
    """A run cannot be started, read or ended."""


class RunIdError(RunError):
    """An id is malformed, no run's, more than one run's, or used already by another run."""

    exit_code = 2


class RunCancelled(RunError):  # noqa: N818 - an outcome, not a fault
    """The run was asked to stop."""

    exit_code = 130


class RunLimitError(RunError):
    """The run came to a limit of time, memory or disk space."""


class StoreError(QlopError):
    """The home folder, the run store or a temporary folder cannot be read or written."""


class HomeError(StoreError):
    """The home folder that was named cannot be used."""

    exit_code = 2


class RelayError(QlopError):
    """The relay of live events cannot be started, reached or believed."""


class ExportError(QlopError):
    """An exported model cannot be written or does not predict as its original."""
