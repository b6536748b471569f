"""Sign-in and sign-out, the choice of language and colours, and where `/` leads."""

from typing import Final

from starlette.responses import Response

from api.auth.keys import Key
from api.auth.sessions import COOKIE, set_cookie
from api.errors import Denied, RateLimited
from api.pages.page import LANGUAGE_COOKIE, NAVIGATION, THEME_COOKIE, THEMES, View, action, own_address, page
from callcenter.language.catalogues import LANGUAGES
from callcenter.language.said import N_

_WRONG: Final = {
    "name or password is wrong": N_("Name or password is wrong."),
    "this key is not known": N_("This key is not known."),
    "this key was revoked": N_("This key was revoked."),
    "this key has expired": N_("This key has expired."),
    "this link was used, or is too old: sign in with a key": N_("This link was used, or is too old."),
}
YEAR_S = 366 * 86_400


@page("/", scopes=())
async def home(view: View) -> Response:
    """Lead to the first page that is theirs, or to sign-in."""
    for entry in NAVIGATION:
        if view.may(*entry.scopes):
            return view.go(entry.address)
    return view.go("/sign-in") if view.signed_in is None else view.show("nothing.html", title=N_("Signed in"))


@page("/sign-in", scopes=())
async def sign_in_form(view: View) -> Response:
    """Ask for a key."""
    if view.signed_in is not None:
        return view.go(own_address(view.asked("next")))
    return view.show("sign_in.html", next=own_address(view.asked("next")), wrong=None)


@action("/sign-in", scopes=())
async def sign_in(view: View) -> Response:
    """Sign in by a key, or by name and password."""
    back = own_address(view.field("next"))
    client = view.request.client
    source = "" if client is None else client.host
    passwords = view.services.passwords
    try:
        if view.field("name"):
            how = "password"
            key = await passwords.key_by_password(view.field("name"), view.fields.get("password", ""), source)
        else:
            how = "key"
            key = passwords.key_by_secret(view.field("key"), source, view.services.live.now())
    except RateLimited as fault:
        wrong = view._("Too many tries: wait %(minutes)s minutes.", minutes=-(-fault.retry_after_s // 60))
        return view.show("sign_in.html", 429, next=back, wrong=wrong)
    except Denied as fault:
        return view.show("sign_in.html", 401, next=back, wrong=view.gettext(_WRONG.get(str(fault), str(fault))))
    return await signed_in(view, key, how, back)


@page("/sign-in/once/{secret}", scopes=())
async def invited(view: View) -> Response:
    """Ask whoever follows a link whether they mean it: what looks at links beforehand does not use it up."""
    return view.show("sign_in_once.html", secret=view.request.path_params["secret"])


@action("/sign-in/once", scopes=())
async def sign_in_once(view: View) -> Response:
    """Sign in by a link that is good once."""
    try:
        key = view.services.sessions.redeem(view.field("secret"))
    except Denied as fault:
        return view.show("sign_in.html", 401, next="/", wrong=view.gettext(_WRONG.get(str(fault), str(fault))))
    return await signed_in(view, key, "link", "/")


async def signed_in(view: View, key: Key, how: str, back: str) -> Response:
    """Begin a session and lead on."""
    if view.cookie is not None:
        await view.services.sessions.end(view.cookie)
    cookie = await view.services.sessions.begin(key, how)
    answer = view.go(back)
    answer.headers.append("set-cookie", set_cookie(COOKIE, cookie, secure=view.is_secure))
    return answer


@action("/sign-out", scopes=())
async def sign_out(view: View) -> Response:
    """End the session."""
    if view.cookie is not None:
        await view.services.sessions.end(view.cookie)
    answer = view.go("/sign-in")
    answer.headers.append("set-cookie", set_cookie(COOKIE, "", secure=view.is_secure, max_age_s=0))
    return answer


@action("/preferences", scopes=())
async def choose(view: View) -> Response:
    """Keep the choice of language or colours, and go back."""
    answer = view.go(own_address(view.field("next")))
    for name, cookie, known in (("language", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
        if view.field(name) in known:
            made = set_cookie(cookie, view.field(name), secure=view.is_secure, max_age_s=YEAR_S)
            answer.headers.append("set-cookie", made)
    return answer
