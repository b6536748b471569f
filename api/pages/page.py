"""What every page goes through: who looks on, in which language; then the page; refusals become pages too."""

import gzip
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import jinja2
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth.sessions import COOKIE, SAFE, check_same_origin, check_token, cookie_of, token_of
from api.errors import Denied, Forbidden, Unauthorized
from api.http.formats import body_of
from api.http.routing import Router
from api.pages import wording
from api.pages.api_client import Answer, Plain, Refused, ask, told
from api.pages.assets import assets
from api.pages.i18n import PAGES, chosen_language
from api.pages.retold import retold
from callcenter.language import spoken
from callcenter.language.catalogues import LANGUAGES, translations
from callcenter.language.writer import Writer, zone_of

if TYPE_CHECKING:
    from api.services import Services

LOG: Final = logging.getLogger("callcenter")
LANGUAGE_COOKIE: Final = "callcenter_language"
THEME_COOKIE: Final = "callcenter_theme"
THEMES: Final = ("auto", "light", "dark")
POLICY: Final = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
PACKED_FROM: Final = 1_024
"""Bytes from which a page is sent packed."""
MOST_FIELDS: Final = 5_000

routes = Router(include_in_schema=False)
Act = Callable[["View"], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the navigation."""

    address: str
    title: str
    scopes: tuple[str, ...]
    place: int


NAVIGATION: Final[list[Entry]] = []


class Stale(Forbidden):
    """A form carries the token of another session: it was opened before somebody signed in anew."""


class View:
    """A request of somebody who looks on: what they may, their language, and the way to /v1."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.headers: Mapping[bytes, bytes] = dict(request.scope["headers"])
        self.language = chosen_language(
            cookie_of(self.headers, LANGUAGE_COOKIE), self.headers.get(b"accept-language", b"").decode("latin-1")
        )
        theme = cookie_of(self.headers, THEME_COOKIE)
        self.theme = theme if theme in THEMES else THEMES[0]
        self.cookie = cookie_of(self.headers, COOKIE)
        self.signed_in: Plain | None = None
        """Who is, as `GET /v1/me` tells it."""
        self.fields: dict[str, str] = {}
        """What a form posted."""

    @property
    def services(self) -> "Services":
        """What signs people in and out; for all else a page asks /v1."""
        found: Services = self.request.app.state.services
        return found

    @property
    def now(self) -> int:
        """The service's own time, as it was when this was asked, milliseconds since 1970."""
        return round(datetime.fromisoformat(self.me["at"]).timestamp() * 1000)

    @property
    def me(self) -> Plain:
        """Who is signed in, as `GET /v1/me` tells it."""
        assert self.signed_in is not None, "pages with scopes are for who is signed in"
        return self.signed_in

    async def admit(self) -> None:
        """See who is signed in.

        Raises:
            Unauthorized: nobody is.
            Refused: they may not look on now.
        """
        if self.cookie is None:
            raise Unauthorized("nobody is signed in")
        try:
            self.signed_in = await self.get("/v1/me")
        except Refused as refused:
            if refused.status == 401:
                raise Unauthorized(str(refused)) from None
            raise

    def may(self, *scopes: str) -> bool:
        """Tell whether who is signed in has one of these scopes."""
        return self.signed_in is not None and any(scope in self.signed_in["scopes"] for scope in scopes)

    @property
    def who(self) -> str:
        """How the one who is signed in is called."""
        me = self.signed_in
        return "" if me is None else me["agent_id"] or me["name"] or me["key_id"]

    @property
    def here(self) -> str:
        """This address, to come back to."""
        url = self.request.url
        address = f"{url.path}?{url.query}" if url.query else url.path
        return address if self.request.method in SAFE else "/"

    @property
    def is_fragment(self) -> bool:
        """Whether a part of a page is asked for, not a page."""
        return b"hx-request" in self.headers

    @property
    def in_dialog(self) -> bool:
        """Whether what is asked for is put into the dialog, which needs a way out of it."""
        return self.headers.get(b"hx-target") == b"dialog"

    @property
    def is_secure(self) -> bool:
        """Whether the address is one of https, here or at the proxy before us."""
        public = self.services.settings.public_url or ""
        return self.request.url.scheme == "https" or public.startswith("https:")

    # --- asking /v1

    async def get(self, path: str, **query: Any) -> Any:
        """Return what GET answers; what is None is not asked.

        Raises:
            Refused: it answered a problem, which becomes a page by itself.
        """
        return await told(self.request, self.cookie or "", self.language, "GET", path, query)

    async def post(self, path: str, body: Plain | None = None) -> Any:
        """Return what POST answers.

        Raises:
            Refused: it answered a problem, which becomes a page by itself.
        """
        return await told(
            self.request, self.cookie or "", self.language, "POST", path, {}, {} if body is None else body
        )

    async def answer(self, method: str, path: str, body: Any = None, known: str | None = None, **query: Any) -> Answer:
        """Return an answer of /v1 as it is, refused or not, JSON or not; `known`: the tag of one that is here."""
        return await ask(self.request, self.cookie or "", self.language, method, path, query, body, known)

    # --- what was asked

    def asked(self, name: str) -> str | None:
        """Return a field of the query string; an empty one is none."""
        return self.request.query_params.get(name) or None

    def field(self, name: str) -> str:
        """Return a field of the form; empty where there is none."""
        return self.fields.get(name, "").strip()

    # --- writing

    def _(self, text: str, **values: Any) -> str:
        """Return a text in the language of who looks on."""
        return translations(PAGES, self.language).gettext(text) % values if values else self.gettext(text)

    def gettext(self, text: str) -> str:
        """Return a text in the language of who looks on, as it is."""
        return translations(PAGES, self.language).gettext(text)

    def ngettext(self, one: str, many: str, n: int) -> str:
        """Return the text for so many in the language of who looks on, as it is."""
        return translations(PAGES, self.language).ngettext(one, many, n)

    def why(self, fault: Exception) -> str:
        """Return what a fault says in the language of who looks on; what /v1 refused is in it already."""
        return spoken.told(fault, self.language)

    @cached_property
    def writer(self) -> Writer:
        """What writes numbers, and instants in the centre's zone."""
        return Writer(self.language, zone_of("UTC" if self.signed_in is None else self.me["centre"]["zone"]))

    def render(self, template: str, /, **given: Any) -> str:
        """Return a template, filled."""
        return (
            environment(self.language)
            .get_template(template)
            .render(
                view=self,
                asset=assets().address,
                has_assets=not assets().missing,
                csrf="" if self.cookie is None else token_of(self.cookie),
                languages=LANGUAGES,
                navigation=[one for one in NAVIGATION if self.may(*one.scopes)],
                write=self.writer,
                words=wording,
                called=partial(wording.called, self),
                retold=partial(retold, self),
                **given,
            )
        )

    def show(self, template: str, status: int = 200, /, **given: Any) -> Response:
        """Return a page, or a part of one, as it is sent."""
        return self.sent(self.render(template, **given).encode(), status)

    def sent(self, text: bytes, status: int = 200, packed: bytes | None = None) -> Response:
        """Return HTML as it is sent; `packed`: the same by gzip, where it is there already."""
        headers = {"content-security-policy": POLICY, "referrer-policy": "same-origin", "vary": "cookie"}
        if len(text) >= PACKED_FROM and b"gzip" in self.headers.get(b"accept-encoding", b""):
            headers["content-encoding"] = "gzip"
            text = packed if packed is not None else gzip.compress(text, 3, mtime=0)
        return Response(text, status, headers, "text/html; charset=utf-8")

    def go(self, address: str) -> Response:
        """Send who looks on to a page of ours, after a form as after a script's request."""
        assert own_address(address) == address, "only to pages of ours"
        headers = {"content-security-policy": POLICY, "referrer-policy": "same-origin"}
        if self.is_fragment:
            return Response(b"", 204, headers | {"hx-redirect": address})
        return RedirectResponse(address, 303, headers)


def page(
    address: str, title: str = "", *, scopes: tuple[str, ...], place: int | None = None, part: bool = False
) -> Callable[[Act], Act]:
    """Put a page, or a part of one, at its address.

    Args:
        address: Where, with `{name}` for what is part of it (`view.request.path_params`).
        title: How the navigation calls it, marked by `N_`.
        scopes: Any of them will do; none: everybody may, signed in or not.
        place: Where it stands in the navigation; None: not in it.
        part: It asks /v1 before it shows anything, and is admitted by that answer.
    """
    if part:
        return _registered("GET", address, None)
    if place is not None:
        NAVIGATION.append(Entry(address, title, scopes, place))
        NAVIGATION.sort(key=lambda one: one.place)
    return _registered("GET", address, scopes)


def action(address: str, *, scopes: tuple[str, ...]) -> Callable[[Act], Act]:
    """Put what a form posts to at its address; it is refused without the session's token."""
    return _registered("POST", address, scopes)


def _registered(method: str, address: str, scopes: tuple[str, ...] | None) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        routes.add(address, _door(act, scopes), methods=[method])
        return act

    return register


def _door(act: Act, scopes: tuple[str, ...] | None) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def endpoint(request: Request) -> Response:
        view = View(request)
        try:
            if scopes is not None and (scopes or view.cookie is not None):
                await _admit(view, scopes)
            if request.method not in SAFE:
                await _read_form(view)
            return await act(view)
        except Unauthorized:
            return _to_sign_in(view)
        except Stale as fault:
            return shown_problem(view, fault.status, fault.title, "", stale=True)
        except Denied as fault:
            return shown_problem(view, fault.status, spoken.in_language(view.language, fault.title), view.why(fault))
        except Refused as fault:
            if fault.status == 401:
                return _to_sign_in(view)
            return shown_problem(view, fault.status, str(fault.problem.get("title", "")), str(fault))
        except Exception:
            LOG.exception("%s %s failed", request.method, request.scope["path"])
            return shown_problem(view, 500, "", "")

    return endpoint


async def _admit(view: View, scopes: tuple[str, ...]) -> None:
    try:
        await view.admit()
    except Unauthorized:
        if scopes:
            raise
        view.cookie = None
        return
    if scopes and not view.may(*scopes):
        raise Forbidden("this needs the scope {scopes}", scopes=" or ".join(scopes))


async def _read_form(view: View) -> None:
    """Read what was posted, if it comes from a page of ours."""
    check_same_origin(view.headers)
    raw = await body_of(view.request, view.services.settings.body_limit)
    text = raw.decode("utf-8", "replace")
    view.fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    if view.cookie is not None:
        shown = view.headers.get(b"x-csrf-token", b"").decode("latin-1") or view.fields.get("csrf", "")
        try:
            check_token(view.cookie, shown)
        except Forbidden as fault:
            raise Stale(str(fault)) from None


def _to_sign_in(view: View) -> Response:
    """Send who is not signed in to where they can; then back to the page they wanted, or acted from."""
    told = view.headers.get(b"hx-current-url", b"").decode("latin-1") if view.is_fragment else str(view.request.url)
    url = urlsplit(told)
    wanted = own_address(f"{url.path}?{url.query}" if url.query else url.path)
    stays = wanted == "/" or not (view.is_fragment or view.request.method in SAFE)
    return view.go("/sign-in" if stays else f"/sign-in?next={quote(wanted)}")


async def nowhere(request: Request, status: int) -> Response:
    """Answer somebody who looks on at an address where there is no page."""
    view = View(request)
    try:
        await _admit(view, ())
    except Refused as fault:
        status = fault.status
    return shown_problem(view, status, "", "")


def shown_problem(view: View, status: int, title: str, detail: str, *, stale: bool = False) -> Response:
    """Return a refusal as a page, or as the part of one that was asked for."""
    template = "components/problem.html" if view.is_fragment else "problem.html"
    return view.show(template, status, status=status, problem=title, detail=detail, stale=stale)


def own_address(wished: str | None) -> str:
    r"""Return the wished address if it is one of ours, else that of the first page.

    >>> own_address("/book?day=2026-03-02"), own_address("//evil.example"), own_address("/\\evil.example")
    ('/book?day=2026-03-02', '/', '/')
    """
    if not wished or not wished.startswith("/") or wished[1:2] in ("/", "\\") or not wished.isprintable():
        return "/"
    return wished


@cache
def environment(language: str) -> jinja2.Environment:
    """Return what fills templates in a language: everything is escaped, and nothing missing is passed over."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    made.policies["ext.i18n.trimmed"] = True
    found = translations(PAGES, language)
    made.install_gettext_callables(found.gettext, found.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters["query"] = lambda fields: urlencode({k: v for k, v in fields.items() if v is not None})
    return made
