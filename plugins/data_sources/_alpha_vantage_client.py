"""Asking AlphaVantage: no faster than the key allows, again after a fault that passes, and never showing the key.

AlphaVantage takes its key in the address alone. So it is put there below everything that logs addresses or keeps them
in errors, and taken out of each answer before anybody reads it: some of them repeat it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import qlop

from plugins.data_sources._alpha_vantage_answers import Meaning, meaning_of

if TYPE_CHECKING:
    import httpx

__all__ = ["Client", "Patience", "TokenBucket", "open_client"]

_OK = 200
_PASSES = frozenset({429, 500, 502, 503, 504})
_LOOK_S = 0.2


class TokenBucket:
    """How long to wait so that calls stay within a rate. It holds one token: calls are spread, not bunched.

    Parameters
    ----------
    calls_per_minute : float
        The rate.
    """

    def __init__(self, calls_per_minute: float) -> None:
        self._per_s = calls_per_minute / 60.0
        self._tokens = 1.0
        self._seen_at: float | None = None

    def wait_s(self, now: float) -> float:
        """Take a token at the moment `now`, in seconds of any clock; return how long it takes until it is there."""
        passed = 0.0 if self._seen_at is None else max(0.0, now - self._seen_at)
        self._seen_at = now
        self._tokens = min(1.0, self._tokens + passed * self._per_s) - 1.0
        return max(0.0, -self._tokens / self._per_s)


@dataclass(frozen=True)
class Patience:
    """How often a call is tried, and how long is waited before it is tried again."""

    attempts: int
    back_off_s: float
    limit_wait_s: float


class Client:
    """One conversation with AlphaVantage.

    Parameters
    ----------
    http : httpx.Client
        Knows the address, and puts the key to it.
    key : str
        The key, to take it out of answers.
    bucket : TokenBucket
        What the key allows.
    patience : Patience
        What is borne.
    access : DataAccess
        Where waits are told, and whether to stop.
    """

    def __init__(
        self, http: httpx.Client, key: str, bucket: TokenBucket, patience: Patience, access: qlop.DataAccess
    ) -> None:
        self._http = http
        self._secret = re.compile("|".join(re.escape(form) for form in {key, quote(key, safe="")}), re.IGNORECASE)
        self._bucket = bucket
        self._patience = patience
        self._access = access

    def ask(self, ticker: str, query: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Return the answer that holds bars, None where AlphaVantage knows no such symbol or month.

        Raises
        ------
        DataError
            If the limit of the key is reached, the key or the endpoint is refused, or no answer comes.
        """
        attempt = 1
        while isinstance(outcome := self._once(ticker, query), _Passing):
            if attempt == self._patience.attempts:
                raise _given_up(ticker, attempt, outcome) from outcome.cause
            wait_s = self._patience.limit_wait_s if outcome.is_limit else self._patience.back_off_s * 2 ** (attempt - 1)
            attempt += 1
            self._wait(wait_s, f"{ticker}: {outcome.reason}; call {attempt} of {self._patience.attempts} follows")
        return outcome

    def _once(self, ticker: str, query: Mapping[str, str]) -> Mapping[str, Any] | _Passing | None:
        import httpx

        self._wait(self._bucket.wait_s(time.monotonic()), f"{ticker}: calls stay within the key's rate")
        try:
            response = self._http.get("/query", params=dict(query))
        except httpx.TransportError as error:
            reason = self._without_key(str(error)) or type(error).__name__
            return _Passing(f"{self._http.base_url.host} cannot be reached ({reason})", _IS_IT_UP, cause=error)
        if response.status_code in _PASSES:
            return _Passing(f"HTTP status {response.status_code}", _IS_IT_UP)
        text = self._without_key(response.text)
        if response.status_code != _OK:
            raise qlop.DataError(
                f"AlphaVantage answered for {ticker} with HTTP status {response.status_code}: {text[:200]!r}. Check "
                "data_source_params.base_url."
            )
        try:
            body = json.loads(text)
        except json.JSONDecodeError as error:
            raise qlop.DataError(
                f"AlphaVantage answered for {ticker} with something else than JSON: {text[:80]!r}. Check "
                "data_source_params.base_url."
            ) from error
        return self._judged(ticker, query, body)

    def _judged(self, ticker: str, query: Mapping[str, str], body: Any) -> Mapping[str, Any] | _Passing | None:  # noqa: ANN401
        meaning, words = meaning_of(body)
        if meaning is Meaning.BARS:
            bars: Mapping[str, Any] = body
            return bars
        if meaning is Meaning.UNKNOWN:
            return None
        if meaning is Meaning.BUSY:
            return _Passing(f"it asks for fewer calls ({words})", _FEWER_CALLS, is_limit=True)
        raise qlop.DataError(f"AlphaVantage, {ticker}: {_WHAT_IT_IS[meaning].format(**query)} It said: {words}")

    def _wait(self, seconds: float, why: str) -> None:
        if seconds <= 0.0:
            return
        self._access.log(f"Waiting {seconds:.1f} s: {why}", level="info" if seconds >= 1.0 else "debug")
        ends_at = time.monotonic() + seconds
        while (left := ends_at - time.monotonic()) > 0.0:
            self._access.check_cancelled()
            time.sleep(min(left, _LOOK_S))

    def _without_key(self, text: str) -> str:
        return self._secret.sub("***", text)


_IS_IT_UP = "Is the network there, and is data_source_params.base_url right?"
_FEWER_CALLS = (
    "Lower data_source_params.calls_per_minute to what the key allows; if the day's calls are used up, go on tomorrow."
)
_WHAT_IT_IS = {
    Meaning.SPENT: (
        "the key's calls of the day are used up. Go on tomorrow, or with another key: what was loaded so far is kept, "
        "and the next run goes on from there."
    ),
    Meaning.PREMIUM: "{function} in this form is for premium keys, and this key is none. Use a premium key.",
    Meaning.BAD_KEY: "the key is refused. Correct what data_source_params.key refers to.",
    Meaning.OTHER: "it gave no bars of {function}.",
}


@dataclass(frozen=True)
class _Passing:
    """A fault that may pass."""

    reason: str
    next_step: str
    is_limit: bool = False
    cause: Exception | None = None


def _given_up(ticker: str, attempts: int, last: _Passing) -> qlop.DataError:
    return qlop.DataError(
        f"AlphaVantage gave no bars of {ticker} in {attempts} calls; the last said: {last.reason}. {last.next_step} "
        "What was loaded so far is kept, and the next run goes on from there."
    )


@contextmanager
def open_client(
    base_url: str, key: str, *, calls_per_minute: float, timeout_s: float, patience: Patience, access: qlop.DataAccess
) -> Iterator[Client]:
    """Open a conversation; connections end with it."""
    try:
        import httpx
    except ImportError as error:
        raise qlop.DataError("Data source 'alpha_vantage' needs httpx: pip install httpx") from error

    address = urlsplit(base_url)
    is_direct = address.scheme == "http" or proxy_bypass(address.hostname or "")
    proxy = None if is_direct else getproxies().get(address.scheme)

    class KeyedTransport(httpx.HTTPTransport):
        """Puts the key to the address: above this, neither httpx's log nor its errors know it."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            keyed = httpx.Request(
                request.method,
                request.url.copy_merge_params({"apikey": key}),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
            return super().handle_request(keyed)

    with httpx.Client(base_url=base_url, transport=KeyedTransport(proxy=proxy), timeout=timeout_s) as http:
        yield Client(http, key, TokenBucket(calls_per_minute), patience, access)
