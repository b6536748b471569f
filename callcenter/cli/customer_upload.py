"""Upload of a customer file to a running service over HTTP, in pieces, until the import is finished."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from callcenter.cli.progress import Bar
from callcenter.errors import BadInput

KEY: Final = "CALLCENTER_KEY"
PIECE: Final = 1 << 20
ASK_EVERY_S: Final = 0.25
OVER: Final = ("checked", "refused", "done", "failed", "cancelled")


def over_http(
    url: str, file: Path, columns: str, *, dry_run: bool, skip_rejected: bool, region: str | None
) -> dict[str, Any]:
    """Return what came of the import.

    Raises:
        BadInput: nobody answers, the key may not, or the file is no customer file: one line.
    """
    import httpx2

    key = os.environ.get(KEY)
    if not key:
        raise BadInput("{key}: is not set: put an API key with the scope admin there", key=KEY)
    asked = {"file": file.name, "dry_run": _word(dry_run), "skip_rejected": _word(skip_rejected)}
    asked |= {"columns": columns} if columns else {}
    asked |= {"region": region} if region is not None else {}
    headers = {"Authorization": f"Bearer {key}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        try:
            answer = client.post("/v1/customers:import", params=asked, content=_pieces(file))
            found = _checked(answer)
            with Bar("rows", 0) as bar:
                while found["state"] not in OVER:
                    time.sleep(ASK_EVERY_S)  # noqa: TID251  # a person waits for a service
                    found = _checked(client.get(f"/v1/imports/{found['id']}"))
                    done = found["imported"] if found["imported"] else found["rows"]
                    bar(done, found["accepted"] or found["rows"])
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            raise BadInput(
                "--url {url}: nobody answers there ({fault}): start callcenter serve", url=url, fault=fault
            ) from None
    if found["error"] is not None:
        raise BadInput(found["error"])
    return found


def _word(wish: bool) -> str:
    return "true" if wish else "false"


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def _checked(answer: Any) -> dict[str, Any]:
    if answer.status_code >= 400:
        raise BadInput(
            "--url: the service says {status_code}: {detail}",
            status_code=answer.status_code,
            detail=answer.json().get("detail", answer.text),
        )
    found: dict[str, Any] = answer.json()
    return found
