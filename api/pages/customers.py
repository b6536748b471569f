"""Customers: one looked up by number, id or name; how they are treated and why, what has been, and what can be done."""

import asyncio
from typing import Any, Final
from urllib.parse import quote

from starlette.responses import Response

from api.pages.api_client import Refused
from api.pages.customer_actions import act_address
from api.pages.customer_pages import CUSTOMERS as PARTS
from api.pages.encrypted_address import seal, unsealed
from api.pages.page import View, action, page
from api.pages.story import story_address
from api.pages.words import word
from callcenter.language.said import N_

SUPERVISOR: Final = ("supervisor",)
DIGITS_OF_A_NUMBER: Final = 5
CONTACTS_SHOWN: Final = 25


@page("/customers", N_("Customers"), scopes=SUPERVISOR, place=50)
async def look_up(view: View) -> Response:
    """Ask whom to look up; show who fits what was asked, and the one if it is one."""
    asked = view.asked("wanted")
    wanted = None if asked is None else unsealed(view.cookie or "", asked)
    if wanted is None:
        return view.show("customers.html", parts=PARTS, found=None, wanted="")
    found = await _fitting(view, wanted)
    if len(found) == 1:
        return view.go(f"/customers/{quote(found[0]['customer_key'], safe='')}")
    return view.show("customers.html", parts=PARTS, found=found, wanted=wanted)


@action("/customers", scopes=SUPERVISOR)
async def wanted(view: View) -> Response:
    """Go to who fits: posted, so that no name and no number stands in an address, and sealed, so that Back works."""
    return view.go(f"/customers?wanted={seal(view.cookie or '', view.field('wanted'))}")


async def _fitting(view: View, wanted: str) -> list[dict[str, Any]]:
    """Return the customers whose number, id or name is what is wanted."""
    customers: dict[str, dict[str, Any]] = {}
    for query in _queries(wanted):
        try:
            for one in (await view.get("/v1/customers", **query, limit=50))["customers"]:
                customers.setdefault(one["customer_key"], one)
        except Refused as fault:
            if fault.status != 422:  # no number after all
                raise
    return list(customers.values())


def _queries(wanted: str) -> list[dict[str, str]]:
    """Return what is looked for: an id always, a number and a name where it can be one.

    >>> _queries("C-1"), _queries("0207 946 0958"), _queries("")
    ([{'customer_id': 'C-1'}, {'name': 'C-1'}], [{'customer_id': '0207 946 0958'}, {'number': '0207 946 0958'}], [])
    """
    if not wanted:
        return []
    letters = sum(one.isalpha() for one in wanted)
    queries = [{"customer_id": wanted}]
    if sum(one.isdigit() for one in wanted) >= DIGITS_OF_A_NUMBER and not letters:
        queries.append({"number": wanted})
    if letters and len(wanted) > 1:
        queries.append({"name": wanted})
    return queries


@page("/customers/{customer}", scopes=SUPERVISOR)
async def customer(view: View) -> Response:
    """Show one customer: who they are, their tier and why, what has been, what is open."""
    key = view.request.path_params["customer"]
    known = await view.get(f"/v1/customers/{quote(key, safe='')}")
    key = known["customer_key"]
    asked = {
        "contacts": view.get(f"/v1/customers/{key}/contacts", limit=CONTACTS_SHOWN, before=view.asked("before")),
        **{
            name: view.get(f"/v1/{name}", customer_key=key, **more)
            for name, more in (
                ("standing", {}), ("tier-changes", {"limit": 50}), ("overrides", {}), ("blacklist", {}),
                ("complaints", {}), ("surveys", {"limit": 50}), ("callbacks", {"state": "all"}),
            )
        },
    }  # fmt: skip
    told = dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))
    here = f"/customers/{quote(key, safe='')}"
    names = {name.replace("-", "_"): answer for name, answer in told.items()}
    return view.show(
        "customer.html", parts=PARTS, who=known, **names, here=here, word=lambda code: word(view, code),
        act=lambda name, subject=key: act_address(view, name, subject, here), story_address=story_address,
        override=next((one for one in told["overrides"]["overrides"] if one["ended_at"] is None), None),
        entry=next((one for one in told["blacklist"]["entries"] if one["state"] in ("proposed", "in_force")), None),
    )  # fmt: skip
