"""Reads of the store: one connection, so one at a time."""

import asyncio
import threading
from pathlib import Path

from api.live.reader import Reading
from api.store.open import Database
from api.store.store import Store


def test_questions_are_answered_one_after_another_by_the_same_thread(tmp_path: Path):
    database = Database(str(tmp_path / "x.db"))
    database.writer().connection.close()

    async def work() -> list[tuple[int, int]]:
        reading = Reading(database, asyncio.get_running_loop())

        asked = threading.Event()

        def question(store: Store) -> tuple[int, int]:
            asked.wait()  # a second thread would begin while the first waits here
            return threading.get_ident(), id(store)

        try:
            answers = [asyncio.ensure_future(reading.ask(question)) for _ in range(5)]
            asyncio.get_running_loop().call_soon(asked.set)  # when each of them has begun
            return await asyncio.gather(*answers)
        finally:
            reading.close()

    assert len(set(asyncio.run(work()))) == 1
