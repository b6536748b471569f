"""Objects of ours as bytes, and back: quickly, and no class is ever made but those of the modules that are listed here.

By `pickle`, whose reader is given nothing but our own plain classes of state and the collections they are kept in: what
stands in a database cannot have anything else imported or called. Bytes are read only by the very same code as wrote
them (`FORM`): any other builds anew what they hold, from the journal.
"""

import io
import pickle
import zlib
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

import callcenter.metrics
from callcenter.errors import BadInput

OURS: Final = (
    "api.state.records", "callcenter.agents", "callcenter.callbacks", "callcenter.calls", "callcenter.events",
    "callcenter.hours", "callcenter.customers.satisfaction",
    *(f"callcenter.metrics.{module.name}" for module in iter_modules(callcenter.metrics.__path__)),
)  # fmt: skip
"""Modules of plain classes: their instances do nothing when they are made or filled."""
ALSO: Final = ("api.state.board", "api.state.ended_calls", "api.state.projections", "routing.columns")
"""Modules on whose code it depends, too, what the bytes mean."""
COLLECTIONS: Final = frozenset({("collections", "defaultdict"), ("collections", "deque"), ("builtins", "int")})


@cache
def form() -> int:
    """Return what the code is recognised by that writes the bytes, and reads them."""
    found = zlib.crc32(b"1")
    for name in (*OURS, *ALSO):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        found = zlib.crc32(Path(spec.origin).read_bytes(), found)
    return found


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in COLLECTIONS:
            return getattr(import_module(module), name)
        found = getattr(import_module(module), name, None) if module in OURS else None
        if not isinstance(found, type) or found.__module__ != module:
            raise BadInput("{module}.{name} is none of the classes that are read", module=module, name=name)
        return found


def written(thing: object) -> bytes:
    """Return plain data, and objects of listed classes in it, as bytes."""
    return zlib.compress(pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL), 1)


def read(body: bytes) -> Any:
    """Return what was written; raises `BadInput` for anything else."""
    try:
        return _Reader(io.BytesIO(zlib.decompress(body))).load()
    except BadInput:
        raise
    except Exception as fault:  # whatever it is: these are not the bytes that were written
        raise BadInput("no state of ours ({name__}: {fault})", name__=type(fault).__name__, fault=fault) from fault
