"""Asking again: how often, how long between, and what is told."""

import pytest

from core.base.errors import DataError, RunCancelled
from core.contracts.data_access import NoAccess
from core.engine.patient_asking import Patience, ServiceBusyError, ask_patiently


class Heard(NoAccess):
    """Notes what it is told; stops the run after so many questions whether it shall."""

    def __init__(self, stops_after=None):
        self.lines = []
        self._left = stops_after

    def log(self, message, *, level="info"):
        self.lines.append((level, message))

    def check_cancelled(self):
        if self._left == 0:
            raise RunCancelled("asked to stop")
        self._left = None if self._left is None else self._left - 1


class Service:
    """Is busy so many times, and answers then."""

    def __init__(self, n_busy, retry_after_s=0.0):
        self.n_asked, self._n_busy, self._retry_after_s = 0, n_busy, retry_after_s

    def __call__(self):
        self.n_asked += 1
        if self.n_asked <= self._n_busy:
            raise ServiceBusyError("The service answers 503", self._retry_after_s)
        return "the answer"


@pytest.mark.parametrize("n_busy", [0, 1, 3])
def test_a_busy_service_is_asked_again_until_it_answers(n_busy):
    service, heard = Service(n_busy), Heard()
    assert ask_patiently(service, heard, Patience(3, 0.0)) == "the answer"
    assert service.n_asked == n_busy + 1
    assert len(heard.lines) == n_busy


def test_each_wait_is_told_with_its_reason_and_its_place():
    heard = Heard()
    ask_patiently(Service(2, retry_after_s=0.01), heard, Patience(4, 0.0))
    assert heard.lines == [
        ("warning", "The service answers 503; asking again in 0.0 s (try 2 of 5)"),
        ("warning", "The service answers 503; asking again in 0.0 s (try 3 of 5)"),
    ]


@pytest.mark.parametrize(("retries", "times"), [(0, "once"), (2, "3 times")])
def test_a_service_that_stays_busy_ends_it_with_how_often_it_was_asked(retries, times):
    service = Service(99)
    with pytest.raises(DataError, match=f"answers 503; it was asked {times}.*raise data_source_params.retries"):
        ask_patiently(service, Heard(), Patience(retries, 0.0))
    assert service.n_asked == retries + 1


def test_any_other_error_is_not_tried_again():
    def refuses():
        calls.append(1)
        raise DataError("unknown")

    calls = []
    with pytest.raises(DataError, match="unknown"):
        ask_patiently(refuses, Heard(), Patience(5, 0.0))
    assert calls == [1]


def test_waits_double_up_to_the_longest_and_half_of_each_is_drawn():
    patience = Patience(retries=9, first_s=2.0, longest_s=10.0)
    assert [patience.wait_s(n, 0.0) for n in (1, 2, 3, 4, 9)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert [patience.wait_s(n, 1.0) for n in (1, 2, 3, 4, 9)] == [2.0, 4.0, 8.0, 10.0, 10.0]


def test_a_wait_of_an_hour_ends_when_the_run_is_asked_to_stop():
    service = Service(99, retry_after_s=3600.0)
    with pytest.raises(RunCancelled):
        ask_patiently(service, Heard(stops_after=2), Patience(5, 0.0))
    assert service.n_asked == 1
