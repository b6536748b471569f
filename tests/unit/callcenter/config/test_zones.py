from datetime import UTC, datetime
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.config.zones import zone, zone_names

FIRST, LAST = 0, int(datetime(2060, 12, 31, tzinfo=UTC).timestamp())
LIVELY = [
    "Europe/Madrid", "Europe/Dublin", "America/New_York", "America/Mexico_City", "America/Boa_Vista", "UTC",
    "Australia/Lord_Howe", "Africa/Casablanca", "Africa/Monrovia", "Asia/Kathmandu", "Asia/Hebron",
    "Asia/Shanghai", "Pacific/Apia",
]  # fmt: skip


def pinned(name: str) -> ZoneInfo:
    with resources.files("tzdata.zoneinfo").joinpath(name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def offset_ms(info: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, info).utcoffset()
    assert offset is not None
    return int(offset.total_seconds() * 1000)


@given(name=st.sampled_from(LIVELY), second=st.integers(FIRST, LAST))
def test_the_table_says_what_zoneinfo_says(name: str, second: int):
    assert zone(name).local(second * 1000) - second * 1000 == offset_ms(pinned(name), second)


@pytest.mark.parametrize("name", LIVELY)
def test_each_edge_is_where_zoneinfo_has_it(name: str):
    table, info = zone(name), pinned(name)

    for start, before, after in zip(table.starts[1:], table.offsets, table.offsets[1:], strict=False):
        second = start // 1000
        assert (offset_ms(info, second - 1), offset_ms(info, second)) == (before, after)


def test_madrid_springs_forward_at_one_utc():
    table = zone("Europe/Madrid")
    edge = int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp()) * 1000

    assert table.local(edge) - table.local(edge - 1) == 3_600_001


@pytest.mark.slow
def test_every_zone_agrees_with_zoneinfo_every_six_hours():
    alike = {(zone(name).starts, zone(name).offsets): name for name in zone_names()}
    for name in alike.values():
        table, info = zone(name), pinned(name)
        for second in range(FIRST, LAST, 6 * 3600):
            assert table.local(second * 1000) - second * 1000 == offset_ms(info, second), (name, second)


@pytest.mark.parametrize("name", ["Europe/Madird", "", "../etc/passwd", "CEST", "europe/madrid"])
def test_an_unknown_zone_is_refused(name: str):
    with pytest.raises(ValueError, match="is not a time zone"):
        zone(name)


def test_a_misspelt_zone_is_recognised():
    with pytest.raises(ValueError, match=r"did you mean Europe/Madrid\?"):
        zone("Europe/Madird")
