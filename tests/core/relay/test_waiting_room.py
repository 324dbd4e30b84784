"""Who waits without a token, and who of them goes when there are too many."""

from core.relay.waiting_room import WaitingRoom


class Lobby:
    """A room, its clock, and who was sent away."""

    def __init__(self):
        self.now, self.gone = 0.0, []
        self.room = WaitingRoom(lambda: self.now)

    def come(self, *names):
        for name in names:
            self.room.come(name, lambda name=name: self.gone.append(name))


def test_of_too_many_the_oldest_goes():
    lobby = Lobby()
    lobby.come("a", "b", "c", "d")
    lobby.room.hold(2)
    assert lobby.gone == ["a", "b"]
    assert len(lobby.room) == 2


def test_who_has_not_had_the_time_to_show_a_token_is_spared():
    lobby = Lobby()
    lobby.come("a")
    lobby.now = 0.9
    lobby.come("b", "c")
    lobby.room.thin(1, 1.0)
    assert lobby.gone == []
    lobby.now = 1.0
    lobby.room.thin(1, 1.0)
    assert lobby.gone == ["a"]


def test_who_was_let_in_or_has_gone_counts_no_longer():
    lobby = Lobby()
    lobby.come("a", "b")
    lobby.room.leave("a")
    lobby.room.leave("a")
    lobby.room.hold(0)
    assert lobby.gone == ["b"]


def test_a_guest_is_sent_away_in_the_manner_that_was_told_last_and_keeps_its_place():
    lobby = Lobby()
    lobby.come("a", "b")
    lobby.room.meet("a", lambda: lobby.gone.append("a, politely"))
    lobby.room.meet("stranger", lambda: lobby.gone.append("stranger"))
    lobby.room.hold(0)
    assert lobby.gone == ["a, politely", "b"]
