"""Draw a run's summary as an SVG picture.

python docs/images/draw_summary.py SUMMARY.txt docs/images/demo_summary.svg
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.sax.saxutils import escape

CHARACTER_WIDTH, LINE_HEIGHT, MARGIN = 7.8, 17, 18
STYLE = "font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #d8dee4; white-space: pre"


def picture_of(text: str) -> str:
    """Return an SVG of `text`, one element a line, headings in the accent colour."""
    lines = ["$ qlop demo", "", *text.rstrip().splitlines()]
    width = round(max(map(len, lines)) * CHARACTER_WIDTH + 2 * MARGIN)
    height = len(lines) * LINE_HEIGHT + 2 * MARGIN
    rows = "\n".join(row_of(number, line) for number, line in enumerate(lines) if line)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">\n'
        f"<title>What qlop demo prints</title>\n"
        f"<style>text {{ {STYLE} }} .head {{ fill: #5ec8b8; font-weight: bold }}</style>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#15202b"/>\n{rows}\n</svg>\n'
    )


def row_of(number: int, line: str) -> str:
    """Return one line's element."""
    y = MARGIN + LINE_HEIGHT * (number + 0.75)
    return f'<text x="{MARGIN}" y="{y:g}" xml:space="preserve"{accent(line)}>{escape(line)}</text>'


def accent(line: str) -> str:
    """Return the class attribute of a heading: a line that begins at the margin."""
    return ' class="head"' if line[0] not in " =-" else ""


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    target.write_text(picture_of(source.read_text(encoding="utf-8")), encoding="utf-8")
