"""Who must be called back: what breaks next first, before noon, today, later."""

from datetime import datetime, timedelta
from typing import Any, Final

from starlette.responses import Response

from api.pages.customer_actions import act_address
from api.pages.customer_pages import CUSTOMERS
from api.pages.page import View, page
from api.pages.words import word
from callcenter.language.said import N_

LATE, NOON, EVENING, TOMORROW, LATER = (
    N_("Past their promise"), N_("Before noon"), N_("Before the end of the day"), N_("Tomorrow"), N_("Later"),
)  # fmt: skip
MOST: Final = 1_000


def until(now: datetime) -> list[tuple[datetime, str]]:
    """Return up to when each heading goes, the past first.

    >>> [text for _, text in until(datetime(2026, 3, 2, 13, 0))]
    ['Past their promise', 'Before the end of the day', 'Tomorrow']
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = [(now, LATE), (midnight.replace(hour=12), NOON)]
    ends += [(midnight + timedelta(days=1), EVENING), (midnight + timedelta(days=2), TOMORROW)]
    return [(end, text) for end, text in ends if end >= now]


@page("/customers/callbacks", scopes=("supervisor",))
async def callbacks(view: View) -> Response:
    """Show the open callbacks under the time of their promise."""
    open_ones = (await view.get("/v1/callbacks", sort="promise", limit=MOST))["callbacks"]
    zone = view.writer.zone
    ends = until(datetime.fromtimestamp(view.now / 1000, zone))
    groups: dict[str, list[dict[str, Any]]] = {text: [] for _, text in (*ends, (None, LATER))}
    for one in open_ones:
        promise = datetime.fromisoformat(one["promise"])
        groups[next((text for end, text in ends if promise < end), LATER)].append(one)
    here = "/customers/callbacks"
    return view.show(
        "callbacks.html", parts=CUSTOMERS, groups=groups, shown=len(open_ones), most=MOST,
        word=lambda code: word(view, code), act=lambda name, subject: act_address(view, name, subject, here),
        needed=(LATE, NOON, EVENING),
    )  # fmt: skip
