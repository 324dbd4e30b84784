"""The library yfinance, made to raise what it hides: Yahoo's answers are looked at before the library sees them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import qlop

from plugins.data_sources._yahoo_currency import ChartCurrencies

__all__ = ["NoBarsError", "WatchedSession", "own_errors", "own_settings"]

_CHART_PATH = "/v8/finance/chart/"
_NOT_YET_LISTED = "Data doesn't exist for startDate"
_PASSED_ON = frozenset({401, 403, 429})
"""yfinance asks these again with another cookie, and says so itself if that does not help."""


class _RefusedError(Exception):
    """Yahoo will not answer this question, in its own words."""


class NoBarsError(Exception):
    """Yahoo knows the ticker, and has no bar of it in these dates."""


class WatchedSession:
    """A session whose answers about charts are looked at before yfinance sees them.

    yfinance remembers answers of past dates, errors among them: what is no chart must not reach it. What it drops of an
    answer is kept here.

    Attributes
    ----------
    currencies : ChartCurrencies
        What the last chart said of currencies.
    """

    def __init__(self, session: Any) -> None:  # noqa: ANN401 - of requests or curl_cffi
        self.session = session
        self.last_status = 0
        self.currencies = ChartCurrencies()
        self._ask = session.request
        session.request = self._asked

    def _asked(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the session takes and gives
        answer = self._ask(*args, **kwargs)
        if _CHART_PATH in urlsplit(str(answer.url)).path:
            self.last_status = int(answer.status_code)
            if self.last_status not in _PASSED_ON:
                self.currencies = _checked_chart(answer)
        return answer


def _checked_chart(answer: Any) -> ChartCurrencies:  # noqa: ANN401 - a response of requests or curl_cffi
    from qlop.engine import ServiceBusyError

    if answer.status_code >= 500:
        raise ServiceBusyError(f"Yahoo answers {answer.status_code}")
    try:
        chart = answer.json()["chart"]
        words = None if chart["error"] is None else str(chart["error"]["description"])
    except (LookupError, TypeError, ValueError) as unreadable:
        raise ServiceBusyError(f"Yahoo answers {answer.status_code} with something that is no chart") from unreadable
    if words is not None:
        raise _RefusedError(words)
    return _currencies_of(chart)


def _currencies_of(chart: Mapping[str, Any]) -> ChartCurrencies:
    try:
        (result,) = chart["result"]
        return ChartCurrencies.of(result)
    except (AttributeError, LookupError, TypeError, ValueError):
        return ChartCurrencies()  # yfinance tells what it cannot read


@contextmanager
def own_errors(who: str, watched: WatchedSession) -> Iterator[None]:
    """Turn what yfinance raises into what can be told, asked again or passed over."""
    from qlop.engine import ServiceBusyError
    from yfinance import exceptions  # type: ignore[import-untyped]

    watched.last_status = 0
    try:
        yield
    except ServiceBusyError as busy:
        raise ServiceBusyError(f"{who}: {busy}", busy.retry_after_s) from busy
    except exceptions.YFRateLimitError as error:
        raise ServiceBusyError(f"{who}: Yahoo asks for patience (429, too many requests)") from error
    except exceptions.YFPricesMissingError as error:
        _raise_if_turned_away(who, watched, error)
        raise NoBarsError from error
    except _RefusedError as refused:
        if str(refused).startswith(_NOT_YET_LISTED):
            raise NoBarsError from refused
        raise qlop.DataError(
            f"{who}: Yahoo refuses it: {str(refused).rstrip('.')}. Look the symbol up at Yahoo Finance, and correct "
            "data.tickers, the dates or data.interval."
        ) from refused
    except exceptions.YFTzMissingError as error:
        raise qlop.DataError(f"{who}: Yahoo knows no exchange of it; it may be delisted. Take it out.") from error
    except exceptions.YFException as error:
        raise ServiceBusyError(f"{who}: {error}") from error
    except OSError as error:
        _raise_if_turned_away(who, watched, error)
        # The error's own text holds the whole address, and with it the session's token.
        raise ServiceBusyError(f"{who}: Yahoo cannot be reached ({type(error).__name__})") from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        _raise_if_turned_away(who, watched, error)
        raise qlop.DataError(
            f"{who}: Yahoo's answer cannot be read ({type(error).__name__}: {error}). Try again, or update yfinance."
        ) from error


def _raise_if_turned_away(who: str, watched: WatchedSession, error: Exception) -> None:
    from qlop.engine import ServiceBusyError

    if watched.last_status in _PASSED_ON:
        raise ServiceBusyError(f"{who}: Yahoo turns us away ({watched.last_status})") from error


@contextmanager
def own_settings() -> Iterator[None]:
    """Let yfinance raise what it would hide and forget what it remembers; what it tells on the way is told by us."""
    import yfinance
    from yfinance.data import YfData  # type: ignore[import-untyped]

    YfData.cache_get.cache_clear()
    debug, logger = yfinance.config.debug, logging.getLogger("yfinance")
    before = debug.hide_exceptions, logger.disabled
    debug.hide_exceptions, logger.disabled = False, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        debug.hide_exceptions, logger.disabled = before
