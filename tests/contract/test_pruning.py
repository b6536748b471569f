"""The journal's past goes behind the oldest kept snapshot, and what stays tells the same, on either store."""

import gzip
import json
from pathlib import Path

import pytest

from api.errors import Unavailable
from api.live.clock import HandClock
from api.live.dispatcher import Dispatcher
from api.live.protocol import Limits
from api.live.pruning import Pruning
from api.recovery.verification import prove
from api.store.errors import BadJournal
from api.store.open import reading
from api.store.retention import pruned
from callcenter.centre import Centre, Group, Queue
from callcenter.cli import main
from callcenter.commands import AdmitCall, AdoptCentre, WithdrawCall
from callcenter.ids import CallId
from callcenter.units import DAY

pytestmark = pytest.mark.anyio
CENTRE = Centre("pruned", (Queue("sales"),), (Group("desk"),))
LATER = Centre("later", (Queue("sales"), Queue("more")), (Group("desk"),))
BEGIN = 1_772_442_000_000
LIMITS = Limits(snapshot_every=50)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def busy(live: Dispatcher, clock: HandClock, name: str, calls: int = 100) -> None:
    """Let calls come, and most of them go."""
    for n in range(calls):
        clock.move(100)
        call = CallId(f"{name}-{n}")
        await live.tell(AdmitCall(call, "sales"))
        if n % 5:
            await live.tell(WithdrawCall(call))


def rows(address: str) -> tuple[int, int, int]:
    """Return how many commands there are, up to where they are gone, and how far the journal goes."""
    with reading(address) as store:
        (count,) = store.connection.execute("SELECT count(*) FROM commands")[0]
        return int(str(count)), pruned(store.connection), store.head().last_n


async def test_what_is_behind_the_oldest_snapshot_goes_and_the_rest_goes_on(address: str, tmp_path: Path):
    clock, archive = HandClock(BEGIN), tmp_path / "archive.jsonl.gz"
    async with Dispatcher.open(CENTRE, address, clock=clock, limits=LIMITS) as live:
        await busy(live, clock, "a")
        await live.tell(AdoptCentre(LATER))
        await busy(live, clock, "b")
        assert await Pruning(live, 7, None).prune(live.now()) == 0, "it is of today"
        pruning = Pruning(live, 0, archive)
        gone = await pruning.prune(live.now())
        before = live.engine.snapshot()
    count, pruned, last_n = rows(address)
    archived = [json.loads(line)["n"] for line in gzip.decompress(archive.read_bytes()).splitlines()]
    with reading(address) as store:
        proof = prove(store)

    assert gone > 100
    told = [n for n in range(1, last_n + 1) if n not in adopted(address)]
    assert archived + list(range(pruned + 1, last_n + 1)) == told
    assert count == last_n - gone
    assert (proof.difference, proof.commands, proof.after > 1) == (None, last_n, True)
    async with Dispatcher.open(LATER, address, clock=clock, limits=LIMITS) as live:
        after = live.engine.snapshot()
        assert after["calls"] == before["calls"]
        await busy(live, clock, "c")
        await Pruning(live, 0, archive).prune(live.now())
    assert rows(address)[0] < 250, "what is kept does not grow"
    with reading(address) as store:
        assert prove(store).difference is None


def adopted(address: str) -> set[int]:
    """Return which commands before the chain are kept: they adopted the centres of kept snapshots."""
    with reading(address) as store:
        kept = store.connection.execute("SELECT n FROM commands WHERE n <= (SELECT pruned FROM shard)")
    return {int(str(n)) for (n,) in kept}


async def test_the_first_snapshot_of_each_day_is_kept_as_long_as_the_journal(address: str):
    clock = HandClock(BEGIN)
    async with Dispatcher.open(CENTRE, address, clock=clock, limits=LIMITS) as live:
        for n in range(9):
            await busy(live, clock, f"d{n}")
            clock.move(DAY)
        await Pruning(live, 4, None).prune(live.now())
        await busy(live, clock, "e")
    with reading(address) as store:
        kept = sorted(snapshot.at // DAY for snapshot in store.snapshots())
        oldest = min(snapshot.n for snapshot in store.snapshots())
        proof = prove(store)

    assert len(set(kept)) == 4
    assert (proof.after, proof.difference) == (oldest, None)


async def test_a_pruned_journal_is_replayed_from_its_snapshot_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    address, clock = str(tmp_path / "x.db"), HandClock(BEGIN)
    async with Dispatcher.open(CENTRE, address, clock=clock, limits=LIMITS) as live:
        await busy(live, clock, "a")
        await Pruning(live, 0, None).prune(live.now())

    assert main(["replay", address]) == 0
    said = capsys.readouterr()
    assert "begun at the snapshot of command" in said.err
    assert said.out.startswith("identical")


async def test_without_a_snapshot_that_can_be_read_it_says_what_to_do(tmp_path: Path):
    address, clock = str(tmp_path / "x.db"), HandClock(BEGIN)
    async with Dispatcher.open(CENTRE, address, clock=clock, limits=LIMITS) as live:
        await busy(live, clock, "a")
        await Pruning(live, 0, None).prune(live.now())
        await live.change(lambda store: store.connection.execute("UPDATE snapshots SET sum = 1"))
        with reading(address) as store, pytest.raises(BadJournal, match="without a snapshot: restore a copy"):
            prove(store)


async def test_an_archive_that_cannot_be_written_keeps_the_journal(tmp_path: Path):
    address, clock = str(tmp_path / "x.db"), HandClock(BEGIN)
    async with Dispatcher.open(CENTRE, address, clock=clock, limits=LIMITS) as live:
        await busy(live, clock, "a")
        with pytest.raises(OSError, match="archive"):
            await Pruning(live, 0, tmp_path / "nowhere" / "archive").prune(live.now())
    assert rows(address)[1] == 0


async def test_nothing_is_pruned_by_one_who_was_replaced(tmp_path: Path):
    address, clock = str(tmp_path / "x.db"), HandClock(BEGIN)
    async with Dispatcher.open(CENTRE, address, clock=clock, limits=LIMITS) as live:
        await busy(live, clock, "a")
        await live.change(lambda store: store.connection.execute("UPDATE shard SET epoch = epoch + 1"))
        with pytest.raises(Unavailable):
            await Pruning(live, 0, None).prune(live.now())
    assert rows(address)[1] == 0
