"""Who I am here: what the key I signed in with may do, and a password of my own."""

from typing import Final

from starlette.responses import Response

from api.pages.api_client import Refused
from api.pages.page import View, action, page
from callcenter.language.said import N_

PEOPLE: Final = ("agent", "supervisor")
"""Scopes of those who sign in by a password."""
MAY: Final = {
    "telephony": N_("report calls, see numbers"), "agent": N_("work at a desk"),
    "supervisor": N_("look on, decide, simulate"), "admin": N_("keys, centre, audit trail"),
    "metrics": N_("read metrics"),
}  # fmt: skip


@page("/me", scopes=(*PEOPLE, "telephony", "metrics"))
async def me(view: View) -> Response:
    """Show what I may, and the form of my password."""
    return await _shown(view)


async def _shown(view: View, wrong: str = "", status: int = 200) -> Response:
    name = (await view.get("/v1/me:password"))["name"] if view.may(*PEOPLE) else None
    return view.show(
        "me.html", status, may=MAY, sets_password=view.may(*PEOPLE), name=name, wished=view.field("name"), wrong=wrong
    )


@action("/me/password", scopes=PEOPLE)
async def set_password(view: View) -> Response:
    """Set my password; I sign in by it next."""
    password = view.fields.get("password", "")
    if password != view.fields.get("again", ""):
        return await _shown(view, view._("The two are not the same."), 422)
    body = {"password": password}
    body |= {name: view.fields[name] for name in ("name", "current") if view.fields.get(name)}
    try:
        await view.post("/v1/me:password", body)
    except Refused as refused:
        if refused.status not in (409, 422, 429):
            raise
        return await _shown(view, str(refused), refused.status)
    return view.go("/sign-in")
