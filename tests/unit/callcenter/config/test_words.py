import pytest

from callcenter.config import words
from callcenter.tiers import Target
from callcenter.units import DAY, HOUR, MINUTE, Millis


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("20s", 20),
        ("5m", 300),
        ("24h", 86_400),
        ("1h30m", 5_400),
        ("1h 30m", 5_400),
        ("2.5m", 150),
        ("2d", 172_800),
        (0, 0),
    ],
)
def test_a_duration_is_written_with_its_unit(text: object, seconds: float):
    assert words.duration_s(text) == seconds


@pytest.mark.parametrize("text", [20, 1.5, "20", "5 minutes", "-5m", "", None, True, "m", "1e3s", [], "99999d"])
def test_a_duration_without_a_unit_is_refused_with_the_way_to_write_it(text: object):
    with pytest.raises(ValueError, match=r"write \w+"):
        words.duration_s(text)


def test_a_share_is_a_percentage_or_a_fraction():
    assert words.share("90%") == words.share("90 %") == words.share(0.9) == 0.9


@pytest.mark.parametrize("value", ["120%", 1.2, -0.1, "-5%", "ninety", None, True, float("nan")])
def test_what_is_no_share_is_refused(value: object):
    with pytest.raises(ValueError, match="90%"):
        words.share(value)


def test_a_share_above_one_asks_for_the_percent_sign():
    with pytest.raises(ValueError, match=r"did you mean 85%\?"):
        words.share(85)


@pytest.mark.parametrize("value", ["90/20", "90 / 20", "90%/20s", "90% within 20s", "90 % within 20s"])
def test_a_target_has_several_spellings(value: str):
    assert words.target(value) == Target(0.9, Millis(20_000))


@pytest.mark.parametrize("value", ["120/20", "0/20", "100/20", "90", "90% in 20s", 90, None, "90% within 20"])
def test_what_is_no_target_is_refused(value: object):
    with pytest.raises(ValueError, match="90/20"):
        words.target(value)


def test_a_span_over_midnight_ends_the_next_day():
    assert words.span("08:00-24:00") == (8 * HOUR, DAY)
    assert words.span("22:00-06:00") == (22 * HOUR, DAY + 6 * HOUR)


@pytest.mark.parametrize("value", ["8-20", "25:00", "08:60", "8", 830, None, "24:30"])
def test_what_is_no_time_of_day_is_refused(value: object):
    with pytest.raises(ValueError, match='"00:00" to "24:00"'):
        words.clock(value)


def test_a_time_of_day_may_leave_out_its_zero():
    assert words.clock("8:05") == 8 * HOUR + 5 * MINUTE


@pytest.mark.parametrize(
    "value, days",
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("fri-mon", (0, 4, 5, 6)),
        ("Sat", (5,)),
        ("monday", (0,)),
        (["mon", "wed-thu"], (0, 2, 3)),
    ],
)
def test_weekdays_are_days_spans_or_lists(value: object, days: tuple[int, ...]):
    assert words.weekdays(value) == days


@pytest.mark.parametrize("value", ["mo", "mon-frei", "", 1, [], None, "mon,"])
def test_what_is_no_weekday_is_refused(value: object):
    with pytest.raises(ValueError, match="not a day of the week"):
        words.weekdays(value)


def test_dates_are_days_since_1970():
    assert words.day_number("1971-01-01") == 365
    assert words.date_text(words.day_number("2026-03-02")) == "2026-03-02"


@pytest.mark.parametrize("value", ["2026-02-30", "02.03.2026", 20260302, "1900-01-01", None])
def test_what_is_no_date_is_refused(value: object):
    with pytest.raises(ValueError, match="2026-03-02"):
        words.day_number(value)


def test_thirds_are_scaled_to_one():
    assert sum(share for _, share in words.pairs({"a": 0.333, "b": 0.333, "c": 0.333})) == pytest.approx(1, abs=1e-15)
