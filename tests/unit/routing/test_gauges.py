"""The engine's picture as gauges: what a scrape of the floor says, in which unit."""

from callcenter.commands import AdmitCall
from callcenter.metrics import catalogue as names
from callcenter.tiers import Target, Tier
from callcenter.units import Millis
from routing.explain.gauges import gauges


def test_targets_and_waits_are_in_seconds(told, one_queue):
    """A planted fault: the target's seconds times a thousand."""
    tiers = (Tier("vip", 0, target=Target(0.9, Millis(20_000))), Tier("standard", 1))
    tell = told(one_queue(tiers=tiers))
    tell(5, AdmitCall("c1", "sales", "vip"))
    found = dict(gauges(tell.engine.view(), tell.engine.centre, Millis(12_000)))

    assert found[names.TARGET_SECONDS] == {("vip",): 20.0}
    assert found[names.TARGET_SHARE] == {("vip",): 0.9}
    assert found[names.OLDEST]["sales", "vip"] == 7.0
    assert found[names.WAITING]["sales", "vip"] == 1
