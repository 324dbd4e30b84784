"""What is asked for at every step is done now and then."""

from core.engine.torch_training.seldom import Seldom


def test_the_first_call_is_passed_on_and_those_that_follow_at_once_are_not():
    done = []
    often = Seldom(lambda: done.append(1), every_s=3600.0)
    for _ in range(1000):
        often()
    assert done == [1]


def test_without_a_pause_every_call_is_passed_on():
    done = []
    always = Seldom(lambda: done.append(1), every_s=0.0)
    for _ in range(5):
        always()
    assert len(done) == 5
