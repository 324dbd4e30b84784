"""Waits between tries."""

from core.relay.back_off import BackOff


def test_the_bound_doubles_up_to_the_longest():
    waits = BackOff(lambda: 1.0, first_s=0.5, longest_s=3.0)
    assert [waits.next_s() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_the_wait_is_drawn_anywhere_below_the_bound():
    drawn = iter([0.0, 0.25, 0.999])
    waits = BackOff(lambda: next(drawn), first_s=1.0, longest_s=8.0)
    assert [waits.next_s() for _ in range(3)] == [0.0, 0.5, 3.996]


def test_a_success_begins_anew():
    waits = BackOff(lambda: 1.0, first_s=0.5, longest_s=3.0)
    waits.next_s()
    waits.next_s()
    waits.reset()
    assert waits.next_s() == 0.5
