"""An ETA comes from the observed rate, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest

from core.services.progress import EtaClock


class Moments:
    """A clock that moves when it is told to."""

    def __init__(self):
        self.moment = datetime(2020, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.moment

    def pass_s(self, seconds):
        self.moment += timedelta(seconds=seconds)


def test_the_first_look_at_a_step_gives_no_estimate():
    assert EtaClock(Moments()).eta_s("train", 0, 10) is None


def test_the_rest_takes_as_long_as_the_rate_says():
    moments = Moments()
    clock = EtaClock(moments)
    clock.eta_s("train", 0, 10)
    moments.pass_s(4)
    assert clock.eta_s("train", 2, 10) == pytest.approx(16.0)
    moments.pass_s(16)
    assert clock.eta_s("train", 10, 10) == 0.0


def test_a_step_that_begins_anew_is_estimated_anew():
    moments = Moments()
    clock = EtaClock(moments)
    clock.eta_s("fit model", 0, 10)
    moments.pass_s(100)
    clock.eta_s("fit model", 10, 10)
    assert clock.eta_s("fit model", 0, 10) is None
    moments.pass_s(2)
    assert clock.eta_s("fit model", 1, 10) == pytest.approx(18.0)
    moments.pass_s(2)
    assert clock.eta_s("fit model", 2, 10) == pytest.approx(16.0)


def test_a_step_without_a_total_or_a_move_has_no_estimate():
    moments = Moments()
    clock = EtaClock(moments)
    clock.eta_s("train", 3, 10)
    moments.pass_s(4)
    assert clock.eta_s("train", 3, 10) is None
    assert clock.eta_s("load", 1, None) is None
