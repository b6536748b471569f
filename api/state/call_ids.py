"""The id of a call follows from its name in the telephony system that posts it."""

from hashlib import sha256


def call_name(style: str, source: str, external_id: str, before: str | None = None) -> str:
    """Return the one id of the call of this name: posts in parallel and after a restart find the same call.

    `before`: the id of the call that had the name before, if there is one.

    >>> call_name("external", "pbx", "s7"), call_name("external", "pbx", "s7", "s7~2")
    ('s7', 's7~3')
    """
    if style == "external":
        if before is None:
            return external_id
        times = before.rpartition("~")[2] if before.startswith(f"{external_id}~") else ""
        return f"{external_id}~{int(times) + 1 if times.isdecimal() else 2}"
    name = f"{len(source)}:{source}{external_id}" if before is None else f"{before}\x1f{source}"
    return "c" + sha256(name.encode()).hexdigest()[:20]
