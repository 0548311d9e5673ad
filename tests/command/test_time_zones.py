"""The time zones of the API are the published list, name by name."""

from pathlib import Path
from zoneinfo import available_timezones

import yaml

from openprac import time_zones

REFERENCE = Path(__file__).parents[2] / "reference" / "api-2026-02.yaml"


def test_the_zones_are_those_of_the_reference():
    published = yaml.safe_load(REFERENCE.read_text())["guides"]["time_zones"]["values"]
    assert sorted(published) == sorted(time_zones.TIME_ZONES)
    assert len(time_zones.TIME_ZONES) == 425


def test_every_zone_can_be_computed_with():
    assert available_timezones() >= time_zones.TIME_ZONES
