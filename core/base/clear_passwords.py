"""Passwords that stand in a text in the clear: recognised, so that they are refused, and blotted out of what is told.

1. In a URL, before its host: `postgresql://ann:PASSWORD@host/db`. The port of `http://host:80/a@b` is none.
2. Among a URL's options: `...?password=PASSWORD`, `&token=TOKEN`.
3. In a connection's text, as libpq and ODBC take it: `host=h password=PASSWORD`, `UID=u;PWD=PASSWORD`.

References (`env:NAME`, `file:PATH`), stars, placeholders (PASSWORD, ...), e-mail addresses and texts that merely speak
of a password are none. All of it takes a time that grows with the text's length alone, whatever stands there.
"""

from __future__ import annotations

import re

__all__ = ["IN_CLEAR", "holds_password", "names_password", "without_passwords"]

IN_CLEAR = "holds a password, a token or a key; secrets are references: env:NAME or file:PATH."
"""What is said of a place in which `holds_password` finds one; the text itself is never repeated."""

# One slash too: what was taken for a path has lost the other.
_WEB = r"(?:https?|wss?|ftps?):/{1,2}"
_USER = r"[^\s/?#:\[]{0,512}+:"
_PORT = r"\d{1,5}(?:[/\s?#]|\Z)"
_BLOTTED = r"(?:\*+|\.{3}|…|(?-i:PASSWORD|TOKEN))(?:[@&\s'\";)]|\Z)"
_UNSHOWN = rf"(?!{_BLOTTED}|(?:env|file):)"
_NAME = r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|(?:secret|access)[_-]?key|signature)"
_KEYWORD = r"(?<![\w.-])[\w-]{0,32}(?:password|passwd|passphrase|pwd|secret_?access_?key|accountkey|sharedaccesskey)"
_VALUE = r"(?:''[^']++''|'(?:[^'\\]|\\.)++'|\"[^\"]++\"|['\"]{0,2}[^\s;'\"&)]++)"

_TO_PASSWORD = re.compile(
    rf"(?<![a-z0-9+.-])(?:{_WEB}{_USER}(?!{_PORT})|(?!{_WEB}|file:)[a-z][a-z0-9+.-]{{0,64}}+:/{{1,2}}{_USER})(?!{_BLOTTED})",
    re.IGNORECASE,
)
_BEFORE_SPACE = re.compile(r"\S*+")
_OPTION = re.compile(rf"([?&](?:[\w.-]{{0,64}}{_NAME}|sig|pass)=){_UNSHOWN}[^&\s'\"]++", re.IGNORECASE)
_SETTING = re.compile(rf"({_KEYWORD}=){_UNSHOWN}{_VALUE}", re.IGNORECASE)
_SPACED_SETTING = re.compile(rf"({_KEYWORD}\s{{0,8}}=\s{{0,8}}){_UNSHOWN}{_VALUE}", re.IGNORECASE)
_OF_A_CONNECTION = re.compile(
    r"(?<![\w.])(?:host|hostaddr|user|uid|dbname|database|server|port|dsn)\s{0,8}=", re.IGNORECASE
)
_SECRET_NAME = re.compile(
    r"(?:.*[_-])?(?:password|passwd|passphrase|pwd|secret|api[_-]?key|secret[_-]?(?:access[_-]?)?key|access[_-]?key"
    r"|(?:access|auth|bearer)[_-]?token)",
    re.IGNORECASE,
)


def holds_password(text: str) -> bool:
    """Return whether a password, a token or a key stands in `text`."""
    return without_passwords(text) != text or _is_url_with_password(text.strip())


def without_passwords(text: str) -> str:
    """Return `text` with stars in the place of each password."""
    if "=" not in text and "@" not in text:
        return text
    text = "".join(_blotted_urls(text))
    settings = (_SETTING, _SPACED_SETTING) if _OF_A_CONNECTION.search(text) else (_SETTING,)
    for pattern in (_OPTION, *settings):
        text = pattern.sub(r"\1***", text)
    return text


def names_password(name: str) -> bool:
    """Return whether what stands under this name can only be a secret: `password`, `db_password`, `api_key`."""
    return _SECRET_NAME.fullmatch(name) is not None


def _blotted_urls(text: str) -> list[str]:
    parts, told = [], 0
    while found := _TO_PASSWORD.search(text, told):
        run = _BEFORE_SPACE.match(text, found.end())
        end = run.end() if run else found.end()
        # A password may hold an @ too: the last one is the host's.
        host = text.rfind("@", found.end() + 1, end)
        parts.append(text[told:end] if host < 0 else f"{text[told : found.end()]}***{text[host:end]}")
        told = end
    return [*parts, text[told:]]


def _is_url_with_password(text: str) -> bool:
    """Return whether a text that is a URL alone has a password, be there white space in it."""
    found = _TO_PASSWORD.match(text)
    return found is not None and not text[found.end() : found.end() + 1].isspace() and "@" in text[found.end() + 1 :]
