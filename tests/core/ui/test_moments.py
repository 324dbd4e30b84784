"""Moments stand in the viewer's zone, with UTC beside."""

from datetime import UTC, datetime

import pytest

from core.ui.moments import moment_in_zone

NOON = datetime(2026, 3, 1, 12, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "2026-03-01 13:05 (12:05 UTC)"),
        ("Asia/Kolkata", "2026-03-01 17:35 (12:05 UTC)"),
        ("Pacific/Kiritimati", "2026-03-02 02:05 (2026-03-01 12:05 UTC)"),
    ],
)
def test_a_moment_stands_in_the_viewers_zone_and_in_utc(zone, shown):
    assert moment_in_zone(NOON, zone) == shown


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC", "Africa/Abidjan", None, "", "No/Such_Zone", "../../etc/passwd"])
def test_a_viewer_in_utc_or_in_a_zone_that_is_unknown_reads_utc_once(zone):
    assert moment_in_zone(NOON, zone) == "2026-03-01 12:05 UTC"
