"""Why a request is not served: each with its stable code and, where the request is at fault, its HTTP status."""

from collections.abc import Mapping
from typing import Any, ClassVar

from callcenter.errors import CallCenterError
from callcenter.language.said import N_, Said, said


class Unavailable(CallCenterError):
    """The engine takes no commands now: the journal is behind, failing or being rebuilt (503, fallback)."""

    code = "degraded"

    def __init__(self, why: str, retry_after_s: int = 1) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class UniqueConflict(CallCenterError):
    """A row's unique key (natural key, idempotency key) belongs to another row, which may not be durable yet.

    `await settled()`, then `find` the row: it is the one that counts.
    """

    code = "taken"

    def __init__(self, table: str, values: Mapping[str, object]) -> None:
        super().__init__(f"{table} has a row of this key already")
        self.table, self.values = table, values


class FellBehind(CallCenterError):
    """A reader of the stream did not keep up; it goes on with `events_after` from where it was."""

    code = "fell_behind"


class Denied(CallCenterError):
    """The request itself cannot be served: who asks, how, or how much; told in the asker's language (`spoken.told`)."""

    code = "bad_request"
    status: ClassVar[int] = 400
    title: ClassVar[str] = N_("The request cannot be read")

    def __init__(self, text: str, headers: Mapping[str, str] | None = None, /, **places: Any) -> None:
        """Say `text`; where there are places, each `{place}` in it stands for what is given."""
        super().__init__(Said(text, places) if places else text)
        self.headers = dict(headers or {})


class BadRequest(Denied):
    """Neither JSON nor a form."""


class TooLarge(Denied):
    """The body is beyond the limit."""

    code = "too_large"
    status = 413
    title = N_("The body is too large")

    def __init__(self, limit: int) -> None:
        super().__init__(N_("at most {limit:,} bytes are read"), {"Connection": "close"}, limit=limit)


class TooSlow(Denied):
    """The request did not become whole in time."""

    code = "too_slow"
    status = 408
    title = N_("The request took too long to come")

    def __init__(self, limit_s: float) -> None:
        super().__init__(N_("it was waited for for {seconds:g} s"), {"Connection": "close"}, seconds=limit_s)


class HeadTooLarge(Denied):
    """The address and the headers are beyond the limit."""

    code = "head_too_large"
    status = 431
    title = N_("The headers are too large")

    def __init__(self, limit: int) -> None:
        super().__init__(N_("at most {limit:,} bytes are read before the body"), limit=limit)


class CutOff(Denied):
    """The client has gone before its body was whole: nobody hears the answer."""

    code = "cut_off"

    def __init__(self) -> None:
        super().__init__(N_("the body ended before it was whole"))


class Compressed(Denied):
    """The body is written in a way that is not read."""

    code = "unsupported_encoding"
    status = 415
    title = N_("The body is compressed")

    def __init__(self, encoding: str) -> None:
        text = N_("Content-Encoding {encoding!r} is not read: send the body as it is")
        super().__init__(text, {"Accept-Encoding": "identity", "Connection": "close"}, encoding=encoding[:30])


class NotAllowed(Denied):
    """There is such an address, but not for this method."""

    code = "method_not_allowed"
    status = 405
    title = N_("This address does not take that method")

    def __init__(self, method: str, allowed: str) -> None:
        text = N_("{method} is not for this address: use {allowed}")
        super().__init__(text, {"Allow": allowed}, method=method[:20], allowed=allowed)


class Invalid(Denied):
    """The fields do not fit."""

    code = "validation_failed"
    status = 422
    title = N_("The fields do not fit")


class Unauthorized(Denied):
    """No key, or none that we know."""

    code = "unauthorized"
    status = 401
    title = N_("An API key is needed")

    def __init__(self, text: str) -> None:
        super().__init__(text, {"WWW-Authenticate": "Bearer"})


class Forbidden(Denied):
    """The key is good, but not for this."""

    code = "forbidden"
    status = 403
    title = N_("This key may not do that")


class NotFound(Denied):
    """No such thing."""

    code = "not_found"
    status = 404
    title = N_("There is no such thing")


class Conflict(Denied):
    """It cannot be as things stand."""

    code = "conflict"
    status = 409
    title = N_("As things stand this cannot be")


class ContactTaken(Conflict):
    """Another agent who is logged in is reached by the same telephone."""

    code = "contact_taken"


class KeyInUse(Conflict):
    """The first request with this idempotency key is still running."""

    code = "idempotency_key_in_use"

    def __init__(self) -> None:
        super().__init__(N_("the first request with this Idempotency-Key is still running"), {"Retry-After": "1"})


class KeyReused(Invalid):
    """An idempotency key came back with another request."""

    code = "idempotency_key_reused"
    title = N_("This Idempotency-Key belongs to another request")


class RateLimited(Denied):
    """Too many requests with a key, or too many failed sign-ins."""

    code = "rate_limited"
    status = 429
    title = N_("Too many requests")

    def __init__(self, wait_s: int, why: str = N_("this key has used its share")) -> None:
        text = N_("{why}; try again in {seconds} s")
        super().__init__(text, {"Retry-After": str(wait_s)}, why=said(why), seconds=wait_s)
        self.retry_after_s = wait_s
