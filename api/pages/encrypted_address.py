"""Personal data in a page's address, encrypted by the session's cookie: Back works, and nobody else can read it."""

from base64 import urlsafe_b64encode
from typing import Any

from api.auth.keys import hashed


def seal(cookie: str, text: str) -> str:
    """Return a text for an address of this session; nobody without its cookie reads it.

    >>> sealed = seal("cookie", "+44 20 7946 0958")
    >>> unsealed("cookie", sealed), unsealed("another", sealed), unsealed("cookie", sealed[:-4])
    ('+44 20 7946 0958', None, None)
    """
    sealed: str = _cipher(cookie).encrypt(text.encode()).decode()
    return sealed


def unsealed(cookie: str, sealed: str) -> str | None:
    """Return the text; None: it is of another session, or was changed."""
    from cryptography.fernet import InvalidToken

    try:
        text: str = _cipher(cookie).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None
    return text


def _cipher(cookie: str) -> Any:
    from cryptography.fernet import Fernet  # a megabyte and 30 ms that only who looks up pays

    return Fernet(urlsafe_b64encode(bytes.fromhex(hashed(f"address:{cookie}"))))
