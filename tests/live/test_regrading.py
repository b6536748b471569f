"""Tiers that follow a figure, live: a customer at the edge does not flicker, who rises does so at once."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.clock import HandClock
from api.settings import Settings
from api.store.open import reading
from callcenter.cli import main
from callcenter.errors import BadInput
from tests.live.conftest import BEGIN
from tests.live.test_imports import send

pytestmark = pytest.mark.anyio
LADDER = Settings(ladder={"vip": 50_000, "mid": 5_000}, ladder_width=1_000)


async def earns(service, revenue: float, customer_id: str = "C-1", **more) -> str | None:
    return (await service.post("/customers", 200, customer_id=customer_id, revenue_12m=revenue, **more))["tier"]


async def test_a_customer_at_the_edge_keeps_the_tier_until_the_figure_is_beyond_it_by_the_width(serving):
    async with serving(settings=LADDER) as service:
        said = [await earns(service, revenue) for revenue in (49_900, 50_100, 50_999, 51_000, 49_500, 49_000, 48_999)]
        assert said == ["mid", "mid", "mid", "vip", "vip", "vip", "mid"]
        told = await service.get("/standing?customer_id=C-1")
        assert told["why"] == (
            "mid by grade: revenue of 48,999: mid from 5,000, kept within 1,000 of an edge (review in 90 days)"
        )
        changes = (await service.get("/tier-changes?customer_id=C-1"))["changes"]
        assert [(c["before"], c["after"]) for c in changes] == [("vip", "mid"), ("mid", "vip")]


async def test_a_tier_that_is_said_counts_only_where_the_figure_is_not_known(serving):
    async with serving(settings=LADDER) as service:
        assert await earns(service, 60_000, tier="mid") == "vip"
        assert (await service.post("/customers", 200, customer_id="C-2", tier="mid"))["tier"] == "mid"


async def test_everybody_is_graded_anew_when_the_ladder_changes_and_who_rises_does_so_at_once(serving):
    clock = HandClock(BEGIN)
    async with serving(settings=LADDER, clock=clock) as service:
        for n in range(6):
            await earns(service, 10_000 * n, f"C-{n}", number=f"+44207946{n:04}")
        await service.post("/overrides", 201, customer_id="C-4", tier="standard", reason="court", until=BEGIN + 10**9)
    easier = Settings(ladder={"vip": 25_000, "mid": 20_000}, ladder_width=1_000)
    async with serving(settings=easier, clock=clock) as service:
        waits = await service.call("rises", caller="+442079460003")
        falls = await service.call("falls", caller="+442079460001")
        overridden = await service.call("stays", caller="+442079460004")
        done = await service.post("/tiers:regrade", 200)
        assert done == {"figure": "revenue_12m", "promoted": 1, "demoted": 1}, "4 is overridden, 5 was vip"
        tiers = [(await service.get(f"/calls/{call['call_id']}"))["tier"] for call in (waits, falls, overridden)]
        assert tiers == ["vip", "mid", "standard"]
        stands = [(await service.get(f"/standing?customer_id=C-{n}"))["grade_why"][:14] for n in (1, 3)]
        assert stands == ["revenue of 10,", "revenue of 30,"]
        assert (await service.post("/tiers:regrade", 200))["promoted"] == 0
        await service.passes(91 * 86_400)
        await service.services.sweep.settled()
        assert {one["kind"] for one in (await service.get("/reviews"))["reviews"]} == {"grade"}
        await service.post("/tiers:regrade", 200)
        assert (await service.get("/reviews"))["reviews"] == []


async def test_an_import_of_the_figure_grades_by_the_ladder_and_a_tier_it_says_counts_where_the_figure_is_not_known(
    serving,
):
    async with serving(settings=LADDER) as service:
        first = await send(service, "customer_id,phone,revenue_12m\nC-1,+442079460001,60000\nC-2,,10\nC-3,,\n")
        assert [first[name] for name in ("state", "tiers_by", "promoted", "demoted")] == ["done", "revenue_12m", 0, 0]
        tiers = [(await service.get(f"/customers/C-{n}"))["tier"] for n in (1, 2, 3)]
        assert tiers == ["vip", "standard", None]
        assert (await service.call(caller="+442079460001"))["tier"] == "vip"

        second = await send(service, "customer_id,tier,revenue_12m\nC-1,mid,49500\nC-2,vip,7000\nC-3,mid,\n")
        assert (second["promoted"], second["demoted"]) == (2, 0), "C-1 is within the width of the edge"
        stands = [await service.get(f"/standing?customer_id=C-{n}") for n in (1, 2, 3)]
        assert [one["tier"] for one in stands] == ["vip", "mid", "mid"]
        assert stands[1]["grade_why"].startswith("revenue of 7,000: mid from 5,000")

        third = await send(service, "customer_id,tier\nC-1,standard\nC-3,vip\n")
        assert (third["promoted"], third["demoted"]) == (1, 0), "the figure of C-1 is known, that of C-3 is not"
        changes = (await service.get("/tier-changes"))["changes"]
        assert [(c["before"], c["after"], c["by"]) for c in reversed(changes)] == [
            ("standard", "mid", "import"), ("standard", "mid", "import"), ("mid", "vip", "import"),
        ]  # fmt: skip
        assert (await service.post("/tiers:regrade", 200))["promoted"] == 0, "there is nothing left to do"


def test_an_import_into_a_stopped_service_grades_and_is_audited_alike(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CALLCENTER_LADDER", '{"vip": 50000, "mid": 5000}')
    database, crm = str(tmp_path / "x.sqlite3"), tmp_path / "crm.csv"

    def imported(text: str) -> dict:
        crm.write_text(text)
        assert main(["customers", "import", str(crm), "--database", database, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    imported("customer_id,revenue_12m,tier\nC-1,60000,mid\nC-2,10,\nC-3,,mid\n")
    told = imported("customer_id,revenue_12m,protected\nC-1,10,no\nC-2,5000,no\nC-3,,yes\n")
    assert [told[name] for name in ("tiers_by", "promoted", "demoted")] == ["revenue_12m", 1, 1]
    with reading(database) as store:
        tiers = {row["customer_id"]: row["tier"] for row in store.find("customers", None, None, 9)}
        assert tiers == {"C-1": "standard", "C-2": "mid", "C-3": "mid"}
        changes = store.find("tier_changes", None, "id", 9)
        assert [(row["before"], row["after"], row["by"]) for row in changes] == [
            ("vip", "standard", "import"), ("standard", "mid", "import"),
        ]  # fmt: skip
        assert [row["action"] for row in store.find("audit", None, None, 9)] == ["customer.import"] * 2


async def test_without_a_ladder_there_is_nothing_to_follow(service):
    assert (await service.post("/tiers:regrade", 409))["code"] == "conflict"


@pytest.mark.parametrize("ladder", [{"gold": 1.0}, {"blacklisted": 1.0}, {"standard": 1.0}, {"mid": 1.0, "vip": 2.0}])
async def test_a_ladder_that_cannot_be_is_refused_at_the_start(serving, ladder):
    with pytest.raises(BadInput):
        async with serving(settings=Settings(ladder=ladder)):
            raise AssertionError


@given(st.lists(st.integers(40_000, 60_000), min_size=2, max_size=8))
@settings(max_examples=10)
def test_no_statement_moves_a_customer_whose_figure_changed_by_less_than_the_width(tmp_path_factory, revenues):
    import asyncio

    from tests.live.conftest import running

    async def said() -> list[str | None]:
        path = tmp_path_factory.mktemp("regrading") / "x.sqlite3"
        async with running(path, settings=LADDER) as service:
            return [await earns(service, revenue) for revenue in revenues]

    tiers = asyncio.run(said())
    set_at, held = revenues[0], tiers[0]
    for revenue, tier in zip(revenues[1:], tiers[1:], strict=True):
        if tier != held:
            assert abs(revenue - set_at) >= 1_000
            set_at, held = revenue, tier
