"""Where a web hook may go: over HTTP, to a host that everybody can reach; never into the own network."""

import asyncio
import ipaddress
import socket
from typing import Final
from urllib.parse import SplitResult, urlsplit

from callcenter.errors import BadInput

Place = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
IN_IPV6: Final = (NAT64, ipaddress.ip_network("::/96"))
"""Where an IPv6 address ends in an IPv4 address that is meant."""


def destination(url: str, *, private: bool) -> SplitResult:
    """Return the parts of an address that a web hook may be given; `private`: the own network is allowed.

    A name is looked up when something is told, for it may mean another host by then.

    Raises:
        BadInput: it is none, and why.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadInput("is no address") from None
    well_made = url.isprintable() and " " not in url and parts.hostname and port != 0
    if parts.scheme not in ("https", "http") or not well_made or parts.username or parts.password:
        raise BadInput("write https://host/path, with no user in it")
    host = str(parts.hostname).rstrip(".")
    number = _number(host)
    own = not outside(number) if number is not None else host == "localhost" or host.endswith(".localhost")
    if own and not private:
        raise BadInput(PRIVATE.format(host[:60]))
    return parts


PRIVATE: Final = "{} is a private address (allow it: CALLCENTER_WEBHOOK_PRIVATE=true)"


def outside(place: Place) -> bool:
    """Tell whether a number is one of the whole internet's, and nothing of the own network in disguise."""
    if isinstance(place, ipaddress.IPv6Address):
        if any(place in network for network in IN_IPV6):
            return outside(ipaddress.IPv4Address(int(place) & 0xFFFF_FFFF))
        inner = place.ipv4_mapped or place.sixtofour
        if inner is not None:
            return outside(inner)
        if place.is_site_local:
            return False
    return place.is_global and not place.is_multicast


def _number(host: str) -> Place | None:
    """Return the number that a host is written as, by the rules of whoever connects: 0x7f.1 is 127.0.0.1."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


async def pinned(url: str) -> tuple[str, str, str]:
    """Return the address with the host's number in it, the Host header that goes with it, and the host's name.

    The name is asked for once: a name server that says another number a moment later is not heard.

    Raises:
        BadInput: it is inside the own network: a web hook is no way to reach that.
    """
    parts = destination(url, private=False)
    name = str(parts.hostname)
    found = await asyncio.get_running_loop().getaddrinfo(name, None, type=socket.SOCK_STREAM)
    numbers = [str(address[0]).partition("%")[0] for *_, address in found]
    if not all(outside(ipaddress.ip_address(number)) for number in numbers):
        raise BadInput(PRIVATE.format(name))
    number = f"[{numbers[0]}]" if ":" in numbers[0] else numbers[0]
    port = "" if parts.port is None else f":{parts.port}"
    where = parts._replace(netloc=number + port).geturl()
    return where, parts.netloc, name
