"""Findings are a short block: the first whole, the rest counted."""

from core.engine.finding_lines import finding_lines


def test_no_finding_is_no_line():
    assert finding_lines(()) == []


def test_six_findings_are_told_and_the_rest_counted():
    lines = finding_lines([f"Number {number}." for number in range(9)])
    assert lines[0].split(maxsplit=1) == ["Finding", "Number 0."]
    assert "Number 5." in lines[5]
    assert lines[6].split(maxsplit=1) == ["Findings", "3 more; the log and data.json hold all of them"]
    assert len(lines) == 7
