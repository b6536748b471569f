"""The yardstick: FastAPI hands a posted call back, unread, with neither key nor decision nor journal.

The server is that of `callcenter serve`. Run as `python -m benchmarks.posting.echo`; says `ready on URL`.
"""

import asyncio
import sys
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI

from api.serve import listening_place

app = FastAPI()


@app.post("/v1/calls")
async def echo(body: dict[str, Any]) -> dict[str, Any]:
    """Return what was posted."""
    return body


async def main() -> None:
    """Serve until stopped."""
    place = listening_place("127.0.0.1", 0)
    place.listen()
    print(f"ready on http://127.0.0.1:{place.getsockname()[1]}", file=sys.stderr, flush=True)
    config = uvicorn.Config(
        app,
        loop="none",
        http="httptools",
        workers=1,
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        timeout_keep_alive=75,
    )
    await asyncio.create_task(uvicorn.Server(config).serve([place]))


if __name__ == "__main__":
    uvloop.run(main())
