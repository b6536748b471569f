"""A centre that is written as a file is read as the same centre."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.centre import Centre
from callcenter.config.centre_tree import centre_text
from callcenter.config.parse import parse_centre
from callcenter.config.shipped import shipped, shipped_text
from callcenter.config.zones import zone
from callcenter.hours import OpeningHours
from callcenter.tiers import CALL_RESULTS, Finish, Scope, Sense, Target
from callcenter.units import DAY, HOUR, Millis
from tests.strategies import centres

SHANGHAI, MADRID, LIMA = (zone(name) for name in ("Asia/Shanghai", "Europe/Madrid", "America/Lima"))
DAYS = (((9 * HOUR, 12 * HOUR), (13 * HOUR, DAY)), (), ((0, DAY),))


@st.composite
def written_centres(draw: st.DrawFn) -> Centre:
    """Centres as a file can hold them: real zones, no word of skills that a queue does not need."""
    centre = draw(centres())
    queues = []
    for queue in centre.queues:
        needed = dict(queue.needs)
        steps = [replace(s, needs=tuple(sorted(n for n in s.needs if n[0] in needed))) for s in queue.relaxation]
        week = tuple(draw(st.sampled_from(DAYS)) for _ in range(7))
        special = draw(st.dictionaries(st.integers(20_000, 20_009), st.sampled_from(DAYS), max_size=2))
        hours = OpeningHours(draw(st.sampled_from((SHANGHAI, MADRID))), week, tuple(sorted(special.items())))
        results = draw(st.sampled_from((CALL_RESULTS, (("sold: yes", Finish.SOLVED), ("no", Finish.UNSOLVED)))))
        queues.append(
            replace(queue, relaxation=tuple(steps), hours=draw(st.sampled_from((None, hours))), results=results)
        )
    tiers = [
        replace(tier, target=tier.target and draw(st.sampled_from((
            tier.target, Target(1 / 3, Millis(1_500), Scope.MONTH),
            Target(0.8, Millis(0), Scope.INTERVAL, Sense.PROBABILITY, 0.955),
        ))))
        for tier in centre.tiers
    ]  # fmt: skip
    return replace(
        centre, queues=tuple(queues), tiers=tuple(tiers), zone=draw(st.sampled_from((SHANGHAI, LIMA))),
        zones=(MADRID,), region=draw(st.sampled_from((None, "NO"))),
        name=draw(st.sampled_from(("any", "yes", "1: a#b", '"q"', "中心"))),
    )  # fmt: skip


@settings(max_examples=10)
@given(written_centres())
def test_any_centre_is_read_as_it_was_written(centre: Centre):
    assert parse_centre(centre_text(centre)) == centre


@pytest.mark.parametrize("name", shipped("centre"))
def test_a_shipped_centre_is_read_as_it_was_written(name: str):
    centre = parse_centre(shipped_text(name, "centre"), name)

    assert parse_centre(centre_text(centre)) == centre
