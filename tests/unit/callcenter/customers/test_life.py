"""Which tier is in force, and why."""

import pytest

from callcenter.customers.blacklist import Entry, EntryState
from callcenter.customers.life import BadOverride, Grade, Override, Source, Tiers, check_override, standing
from callcenter.units import DAY, Millis

NOW = Millis(1_000 * DAY)
TIERS = Tiers(("vip", "mid", "standard", "blacklisted"), "standard", "blacklisted")
GRADE = Grade("mid", "82nd of 1,000 by revenue", Millis(NOW + 30 * DAY))
OVERRIDE = Override("o1", "vip", "won a prize", "sup-1", Millis(NOW - DAY), Millis(NOW + 12 * DAY))
ENTRY = Entry("b1", "p1", "threats", "sup-1", EntryState.IN_FORCE, Millis(NOW - DAY), Millis(NOW + 5 * DAY))


def later(days: float) -> Millis:
    return Millis(NOW + round(days * DAY))


def test_an_override_goes_before_the_blacklist_which_goes_before_the_grade():
    assert standing(NOW, TIERS, grade=GRADE, override=OVERRIDE, entry=ENTRY).source is Source.OVERRIDE
    assert standing(NOW, TIERS, grade=GRADE, entry=ENTRY).source is Source.BLACKLIST
    assert standing(NOW, TIERS, grade=GRADE).source is Source.GRADE
    assert standing(NOW, TIERS).source is Source.DEFAULT


def test_each_standing_says_why_in_one_sentence():
    assert standing(NOW, TIERS, override=OVERRIDE).why == "vip by override of sup-1: won a prize (12 days left)"
    assert standing(NOW, TIERS, entry=ENTRY).why == (
        "blacklisted by the blacklist, listed by sup-1: threats (is lifted unless reviewed in 5 days)"
    )
    assert standing(NOW, TIERS, grade=GRADE).why == "mid by grade: 82nd of 1,000 by revenue (review in 30 days)"
    assert standing(later(40), TIERS, grade=GRADE).why.endswith("(review overdue by 10 days)")
    assert standing(NOW, TIERS).why == "standard: what everybody is of whom nothing else is known"


def test_what_ends_ends_at_its_instant_and_what_is_behind_it_shows():
    ends = OVERRIDE.ends
    before = standing(Millis(ends - 1), TIERS, grade=GRADE, override=OVERRIDE)

    assert (before.tier, before.until) == ("vip", ends)
    assert standing(ends, TIERS, grade=GRADE, override=OVERRIDE).tier == "mid"
    assert standing(ENTRY.review_at, TIERS, grade=GRADE, entry=ENTRY).tier == "mid"


def test_a_tier_that_the_centre_no_longer_has_is_nobody_s():
    small = Tiers(("standard",), "standard", None)

    assert standing(NOW, small, grade=GRADE, override=OVERRIDE, entry=ENTRY).source is Source.DEFAULT


def test_no_grade_leads_into_the_last_band():
    listed = Grade("blacklisted", "the CRM says so", Millis(NOW + DAY))

    assert standing(NOW, TIERS, grade=listed).tier == "standard"


@pytest.mark.parametrize(
    "override",
    [
        Override("o1", "vip", "  ", "sup-1", NOW, later(1)),
        Override("o1", "gold", "a prize", "sup-1", NOW, later(1)),
        Override("o1", "blacklisted", "rude", "sup-1", NOW, later(1)),
        Override("o1", "vip", "a prize", "sup-1", NOW, NOW),
        Override("o1", "vip", "a prize", "sup-1", later(-9), later(-1)),
        Override("o1", "vip", "for ever", "sup-1", NOW, later(367)),
    ],
    ids=["no reason", "no such tier", "the blacklist's", "no time", "in the past", "for ever"],
)
def test_an_override_that_is_none_is_refused(override: Override):
    with pytest.raises(BadOverride):
        check_override(override, TIERS, NOW)


def test_a_good_override_passes():
    check_override(OVERRIDE, TIERS, NOW)


def test_up_is_a_promotion_and_anything_else_is_not():
    order = TIERS.order
    ups = [(a, b) for a in order for b in order if TIERS.is_promotion(a, b)]

    assert ups == [
        ("mid", "vip"), ("standard", "vip"), ("standard", "mid"),
        ("blacklisted", "vip"), ("blacklisted", "mid"), ("blacklisted", "standard"),
    ]  # fmt: skip
