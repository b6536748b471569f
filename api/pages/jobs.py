"""A job that a planning page started: its progress, its end, and its result, kept by the name that was given."""

from urllib.parse import quote

from api.pages.api_client import Plain
from api.pages.page import View


def _address(view: View) -> str:
    return f"/v1/simulations/{view.request.path_params['simulation_id']}"


async def so_far(view: View) -> Plain:
    """Return how far the job of this address is."""
    found: Plain = await view.get(_address(view))
    return found


async def cancelled(view: View) -> Plain:
    """End the job of this address, and return how it stands."""
    found: Plain = await view.post(f"{_address(view)}:cancel")
    return found


async def kept(view: View) -> str:
    """Keep what came of the job of this address; return the id of what is kept."""
    name = view.field("name") or view._("Without a name")
    found: Plain = await view.post(f"{_address(view)}:keep", {"name": name})
    return str(found["id"])


async def begun_here(view: View) -> Plain | None:
    """Return the job that the address names as begun here: a page that is loaded anew goes on with it."""
    job_id = view.asked("job")
    if job_id is None:
        return None
    answer = await view.answer("GET", f"/v1/simulations/{quote(job_id, safe='')}")
    return answer.payload if answer.status == 200 else None
