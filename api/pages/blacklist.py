"""The blacklist: who is on it, for how long, what it denies them, which reviews are due; and reviews of tiers."""

import asyncio

from starlette.responses import Response

from api.pages.customer_actions import act_address
from api.pages.customer_pages import CUSTOMERS
from api.pages.page import View, page
from api.pages.words import word


@page("/customers/blacklist", scopes=("supervisor",))
async def blacklist(view: View) -> Response:
    """Show the report of the blacklist and what is to be reviewed."""
    report, reviews = await asyncio.gather(view.get("/v1/blacklist/report"), view.get("/v1/reviews", limit=100))
    here = "/customers/blacklist"
    return view.show(
        "blacklist.html", parts=CUSTOMERS, report=report, word=lambda code: word(view, code),
        act=lambda name, subject: act_address(view, name, subject, here),
        reviews=[one for one in reviews["reviews"] if one["kind"] != "blacklist"],
    )  # fmt: skip
