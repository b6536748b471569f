"""Complaints that somebody still has to do something about, the highest level first, with their limits."""

from starlette.responses import Response

from api.pages.customer_actions import act_address
from api.pages.customer_pages import CUSTOMERS
from api.pages.page import View, page
from api.pages.words import word


@page("/customers/complaints", scopes=("supervisor",))
async def complaints(view: View) -> Response:
    """Show the complaints that are unresolved."""
    told = await view.get("/v1/complaints")
    here = "/customers/complaints"
    return view.show(
        "complaints.html", parts=CUSTOMERS, complaints=told["complaints"], word=lambda code: word(view, code),
        act=lambda name, subject: act_address(view, name, subject, here),
    )  # fmt: skip
