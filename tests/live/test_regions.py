"""A customer who rings by a national number is who they are, where the centre says its region."""

from dataclasses import replace

import pytest

from tests.live.conftest import CENTRE

pytestmark = pytest.mark.anyio
HERE = replace(CENTRE, region="CN")


async def test_a_vip_is_one_however_their_number_comes(serving):
    async with serving(centre=HERE) as service:
        await service.post("/customers", 200, customer_id="C-1", number="138 0013 8000", tier="vip")

        for text in ("13800138000", "sip:13800138000@gw", '"Wang" <sip:13800138000@gw>;tag=1', "+8613800138000"):
            assert (await service.call(caller=text))["tier"] == "vip", text
        assert (await service.get("/centre"))["region"] == "CN"


async def test_numbers_and_no_region_are_said_at_the_start(serving, caplog):
    from api.state.regions import warn_of_region

    async with serving() as service:
        await warn_of_region(service.live, None)
        assert "region" not in caplog.text
        await service.post("/customers", 200, customer_id="C-1", number="+8613800138000", tier="vip")
        await warn_of_region(service.live, None)
        assert "region: CN" in caplog.text
        caplog.clear()
        await warn_of_region(service.live, "GB")
        assert "none is of it" in caplog.text
        caplog.clear()
        await warn_of_region(service.live, "CN")
        assert caplog.text == ""
