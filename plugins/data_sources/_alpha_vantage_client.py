"""Asking AlphaVantage: no faster than the key allows, again after a fault that passes, and never showing the key.

AlphaVantage takes its key in the address alone. So it is put there below everything that logs addresses or keeps them
in errors, and taken out of each answer before anybody reads it: some of them repeat it.
"""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, urlsplit
from urllib.request import getproxies, proxy_bypass

import qlop

from plugins.data_sources._alpha_vantage_answers import Meaning, meaning_of
from plugins.data_sources._alpha_vantage_rate import TokenBucket

if TYPE_CHECKING:
    import httpx
    from qlop.engine import Patience

    from plugins.data_sources.alpha_vantage import AlphaVantage

__all__ = ["Client", "open_client"]

_OK = 200
_PASSES = frozenset({429, 500, 502, 503, 504})


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
        How often a call is tried.
    limit_wait_s : float
        How long at least is waited after an answer that asks for fewer calls.
    access : DataAccess
        Where waits are told, and whether to stop.
    """

    def __init__(
        self,
        http: httpx.Client,
        key: str,
        bucket: TokenBucket,
        patience: Patience,
        limit_wait_s: float,
        access: qlop.DataAccess,
    ) -> None:
        self._http = http
        self._secret = re.compile("|".join(re.escape(form) for form in _written(key)), re.IGNORECASE)
        self._bucket = bucket
        self._patience = patience
        self._limit_wait_s = limit_wait_s
        self._access = access

    def ask(self, ticker: str, query: Mapping[str, str]) -> Mapping[str, Any] | None:
        """Return the answer that holds bars, None where AlphaVantage knows no such symbol or month.

        Raises
        ------
        DataError
            If the limit of the key is reached, the key or the endpoint is refused, or no answer comes.
        """
        from qlop.engine import ask_patiently

        return ask_patiently(lambda: self._once(ticker, query), self._access, self._patience)

    def _once(self, ticker: str, query: Mapping[str, str]) -> Mapping[str, Any] | None:
        import httpx
        from qlop.engine import ServiceBusyError

        self._wait_for_the_rate(ticker)
        who = f"AlphaVantage gave no bars of {ticker}"
        try:
            response = self._http.get("/query", params=dict(query))
        except httpx.TransportError as error:
            reason = self._without_key(str(error)) or type(error).__name__
            busy = f"{who}: {self._http.base_url.host} cannot be reached ({reason})"
            raise ServiceBusyError(busy, next_step=_IS_IT_UP) from error
        if response.status_code in _PASSES:
            raise ServiceBusyError(f"{who}: HTTP status {response.status_code}", next_step=_IS_IT_UP)
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

    def _judged(self, ticker: str, query: Mapping[str, str], body: Any) -> Mapping[str, Any] | None:  # noqa: ANN401
        from qlop.engine import ServiceBusyError

        meaning, words = meaning_of(body)
        words = self._without_key(words)
        if meaning is Meaning.BARS:
            bars: Mapping[str, Any] = body
            return bars
        if meaning is Meaning.UNKNOWN:
            return None
        if meaning is Meaning.BUSY:
            busy = f"AlphaVantage gave no bars of {ticker}: it asks for fewer calls ({words.rstrip('.')})"
            raise ServiceBusyError(busy, self._limit_wait_s, _FEWER_CALLS)
        raise qlop.DataError(f"AlphaVantage, {ticker}: {_WHAT_IT_IS[meaning].format(**query)} It said: {words}")

    def _wait_for_the_rate(self, ticker: str) -> None:
        from qlop.engine import wait_patiently

        seconds = self._bucket.wait_s(time.monotonic())
        if seconds > 0.0:
            told = f"Waiting {seconds:.1f} s: {ticker}: calls stay within the key's rate"
            self._access.log(told, level="info" if seconds >= 1.0 else "debug")
            wait_patiently(self._access, seconds)

    def _without_key(self, text: str) -> str:
        return self._secret.sub("***", text)


def _written(key: str) -> list[str]:
    """Return the ways in which an answer may write the key, the longest first."""
    in_json = (json.dumps(key)[1:-1], json.dumps(key, ensure_ascii=False)[1:-1])
    forms = {key, quote(key, safe=""), quote(key), quote_plus(key), html.escape(key), *in_json, repr(key)[1:-1]}
    return sorted(forms, key=len, reverse=True)


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


@contextmanager
def open_client(params: AlphaVantage.Params, key: str, access: qlop.DataAccess) -> Iterator[Client]:
    """Open a conversation; connections end with it."""
    from qlop.engine import Patience

    try:
        import httpx
    except ImportError as error:
        raise qlop.DataError("Data source 'alpha_vantage' needs httpx: pip install httpx") from error

    address = urlsplit(params.base_url)
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

    patience = Patience(params.retries, params.back_off_s)
    try:
        transport = KeyedTransport(proxy=proxy)
    except (httpx.InvalidURL, ImportError, ValueError):
        # From None: what is read as the proxy's port or scheme may be a piece of its password.
        raise qlop.DataError(
            f"The proxy that {address.scheme.upper()}_PROXY names cannot be used: it must be such as "
            "http://USER:PASSWORD@HOST:PORT, with @, : and / in the password written %40, %3A and %2F. For a proxy of "
            "socks5://: pip install 'httpx[socks]'"
        ) from None
    with httpx.Client(base_url=params.base_url, transport=transport, timeout=params.timeout_s) as http:
        yield Client(http, key, TokenBucket(params.calls_per_minute), patience, params.limit_wait_s, access)
