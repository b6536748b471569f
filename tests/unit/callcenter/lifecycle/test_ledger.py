"""The ledger: what becomes of agents' time."""

import pytest

from callcenter import events as ev
from callcenter.ids import AgentId, TaskId
from callcenter.lifecycle.ledger import Ledger
from callcenter.units import Millis


@pytest.mark.parametrize(("rang_at", "rings"), [(1_000, [(1_000, 4_000)]), (4_000, [])])
def test_an_agents_phone_that_rang_for_a_task_kept_them_as_long_and_a_headset_that_opens_does_not(
    rang_at: int, rings: list[tuple[int, int]]
):
    ledger, task = Ledger(), TaskId("t1")
    ledger.fold(
        [
            ev.TaskScheduled(Millis(0), 1, task, "callback", "q", "mid", None, Millis(0), Millis(9_000), None, False),
            ev.TaskAttempted(
                Millis(4_000), 2, task, "callback", "q", "mid", None, AgentId("ana"), "g", 1, Millis(rang_at), True
            ),
        ]
    )

    assert [(span.begin, span.end) for span in ledger.spans if span.what == "ring"] == rings
