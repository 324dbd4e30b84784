"""Who may knock at all: the Host that a request names, and the Origin of the page it comes from.

A browser sends both by itself, so a hostile page can neither reach a relay under a name of its own (DNS rebinding) nor
from its own origin. A page of this machine is foreign too, whatever serves it, unless browsers are meant to come here
rather than through the dashboard. Programs send no Origin; the token is what they are known by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

__all__ = ["Door", "is_loopback"]

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Door:
    """The hosts and origins that are let in, besides those of this machine's loopback names.

    Attributes
    ----------
    hosts : collection of str
        Names under which the relay may be called, without a port.
    origins : collection of str
        Origins of pages, such as "https://qlop.example.org".
    takes_own_pages : bool
        Whether pages of loopback names may come in.
    """

    hosts: Collection[str] = ()
    origins: Collection[str] = ()
    takes_own_pages: bool = False

    @classmethod
    def of(
        cls,
        origins: Iterable[str],
        urls: Iterable[str] = (),
        names: Iterable[str] = (),
        *,
        takes_own_pages: bool = False,
    ) -> Door:
        """Return the door for pages of `origins`, and for a relay that is called by `urls` or `names`."""
        allowed = frozenset(_plain_origin(origin) for origin in origins)
        hosts = {_host_of_url(url) for url in (*allowed, *urls)} | {name.lower() for name in names}
        return cls(frozenset(host for host in hosts if host), allowed, takes_own_pages)

    def refusal(self, hosts: list[str], origins: list[str]) -> str | None:
        """Return why a request with these Host and Origin headers is refused, or None where it may come in."""
        host = _host_of_url(f"//{hosts[0]}") if len(hosts) == 1 else None
        if host is None or not self._knows_host(host):
            return (
                f"bad_host: this relay is not called {_shown(hosts)}; it answers to loopback names and to the hosts of "
                "relay.allowed_origins, relay.url and relay.browser_url."
            )
        if any(not self._knows_origin(origin) for origin in origins) or len(origins) > 1:
            return (
                f"bad_origin: pages of {_shown(origins)} may not connect here; allowed are relay.allowed_origins, and "
                "pages of this machine where relay.browser_url is set. The dashboard's /api/relay takes its own."
            )
        return None

    def _knows_host(self, host: str) -> bool:
        return host in self.hosts or is_loopback(host)

    def _knows_origin(self, origin: str) -> bool:
        host = _host_of_url(origin)
        is_ours = (
            self.takes_own_pages
            and origin.startswith(("http://", "https://"))
            and host is not None
            and is_loopback(host)
        )
        return is_ours or _plain_origin(origin) in self.origins


def is_loopback(host: str) -> bool:
    """Return whether `host` names this machine to itself alone."""
    if host.lower() in _LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host_of_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    # User names have no place in either header.
    return None if port == 0 or "@" in parts.netloc else parts.hostname


def _plain_origin(origin: str) -> str:
    return origin.strip().rstrip("/").lower()


def _shown(values: list[str]) -> str:
    text = " and ".join(repr(value) for value in values) or "by no name"
    return text if len(text) <= 120 else f"{text[:117]}..."
