"""QLOP's mark, drawn here: an icon by name would be fetched from another host at every visit."""

from __future__ import annotations

__all__ = ["icon", "wordmark"]

_TEAL = "#0F8A86"
_BARS = (
    '<rect x="2" y="13" width="5" height="9" rx="1"/><rect x="9.5" y="8" width="5" height="14" rx="1"/>'
    '<rect x="17" y="2" width="5" height="20" rx="1"/>'
)


def icon() -> str:
    """Return the mark as SVG: three bars that grow."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="{_TEAL}">{_BARS}</svg>'


def wordmark() -> str:
    """Return the mark and the name as SVG, in a colour that stands out from both themes' backgrounds."""
    style = 'font-family="system-ui, sans-serif" font-size="20" font-weight="700" letter-spacing="1"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 104 24" fill="{_TEAL}">{_BARS}'
        f'<text x="32" y="20" {style}>QLOP</text></svg>'
    )
