"""Now: the wall, what waits, who is there, what was promised."""

from starlette.responses import Response

from api.pages.i18n import N_
from api.pages.page import View, page


@page("/now", N_("Now"), scopes=("supervisor",), place=10)
async def now(view: View) -> Response:
    """Show the wall."""
    return view.show("now.html", queues=await view.get("/v1/queues"))
