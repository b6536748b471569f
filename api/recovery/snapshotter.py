"""Snapshots made beside the service: a child process replays the journal, so that the live loop never pauses.

`python -m api.recovery.snapshotter` reads the journal, and writes one line of figures, the snapshot's bytes and those
of the projections to standard output. It never writes to the database: only the service's writer does.
"""

import asyncio
import gc
import json
import os
import sys

from api.recovery.restore import restore
from api.store.errors import StoreFailed
from api.store.objects import form
from api.store.open import reading
from api.store.rows import FoldedRow, SnapshotRow, packed, size_of
from callcenter.units import Millis


async def snapshot_beside(address: str) -> tuple[SnapshotRow, int]:
    """Let a child process make a snapshot of the journal as committed; return it, and of how much it is.

    Raises:
        StoreFailed: the child did not succeed.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.recovery.snapshotter", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        said, complained = await child.communicate(address.encode())  # an address has a password: not for `ps`
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if child.returncode:
        raise StoreFailed(f"no snapshot: {complained.decode(errors='replace').strip()[-300:]}")
    line, _, bodies = said.partition(b"\n")
    figures = json.loads(line)
    size = figures["bytes"]
    row = SnapshotRow(figures["n"], Millis(figures["at"]), figures["seq"], figures["centre_n"], bodies[:size])
    row.folded = FoldedRow(row.seq, figures["form"], bodies[size:])
    return row, int(figures["size"])


def main() -> None:
    """Read the address from standard input, and write the snapshot to standard output."""
    os.nice(5)  # calls come first
    gc.disable()  # it makes no circles, and ends soon
    with reading(sys.stdin.read().strip()) as store:
        recovered = restore(store, store.head())
    plain, head, projections = recovered.engine.snapshot(), recovered.head, recovered.projections
    assert projections is not None
    body = packed(plain)
    figures = {"n": head.last_n, "at": head.reached, "seq": head.last_seq, "centre_n": recovered.centre_n}
    line = json.dumps(figures | {"size": size_of(plain), "bytes": len(body), "form": form()}).encode()
    sys.stdout.buffer.write(line + b"\n" + body + projections.saved())


if __name__ == "__main__":
    main()
