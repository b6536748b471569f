"""Care calls: customers of a tier are called once in so many days, by the rule of `callcenter.contact_plan`.

Who is due follows from what is in the tables: the last talk, the last dealing the CRM knows of, and the last turn. So
it survives a restart, and a talk that the customer began puts the next turn off. A turn is a promise like others: the
engine keeps it in the customer's own hours, when no caller waits, and the journal replays it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from api.customers.directory.directory import Customers
from api.customers.reasons import details_row
from api.customers.tiers.standings import Standings
from api.ids import new_id
from api.live.periodic import Periodic
from api.live.protocol import LiveEngine
from api.settings import Settings
from api.state.history import History
from api.state.ports import Commands
from api.store.store import Store
from callcenter import commands as cmd
from callcenter.callbacks import TaskKind
from callcenter.centre import Centre
from callcenter.contact_plan import ContactPlan
from callcenter.errors import BadInput, CallCenterError
from callcenter.ids import CustomerKey, TaskId
from callcenter.units import DAY, MINUTE, Millis

LOG: Final = logging.getLogger("callcenter")
BATCH_SIZE: Final = 200
"""Turns begun in one go; calls are answered between two."""
REST_MS: Final = 10 * MINUTE
"""Nobody's turn began: so long nobody looks again, for it takes a look at each customer of the tier."""
EPOCH: Final = date(1970, 1, 1).toordinal()
ASKED: Final = (
    "SELECT c.key, c.customer_id, c.zone, c.consent, c.last_contact, "
    "(SELECT max(t.at) FROM contacts t WHERE t.customer_key = c.key AND t.talk_ms IS NOT NULL), "
    "(SELECT max(d.at) FROM task_details d WHERE d.customer_key = c.key AND d.campaign = ?) "
    "FROM customers c WHERE c.tier = ? AND c.customer_id IS NOT NULL ORDER BY c.key"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn is when."""

    key: str
    customer_id: str
    zone: str | None
    consent: bool
    last_contact: int | None
    """Day of the last talk or dealing; None: none is known."""
    last_turn: int | None
    """Day on which they were last called by the plan, whether or not they were reached."""
    last: int | None
    """From which day their next turn is counted."""
    due: int
    """Day of their turn; before today: it is overdue."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plan stands today."""

    tier: str
    plan: ContactPlan
    today: int
    turns: list[Turn]
    """Of all customers of the tier, who is due first first."""

    @property
    def willing(self) -> list[Turn]:
        """Those who agreed to be called."""
        return [turn for turn in self.turns if turn.consent]

    @property
    def taken(self) -> int:
        """How many had their turn today."""
        return sum(turn.last_turn == self.today for turn in self.turns)

    @property
    def due(self) -> list[Turn]:
        """Whose turn is today or was before."""
        return [turn for turn in self.willing if turn.due <= self.today]

    def next(self) -> list[Turn]:
        """Return whose turn begins now: all whose turn is today, and as many of those who wait as the day has room for.

        Who waits (overdue, or never called) is called at the plan's own pace, one a day at least, or a new plan would
        call a whole directory on its first day.
        """
        if not self.plan.has(self.today):
            return []
        today = [turn for turn in self.due if turn.due == self.today and turn.last is not None]
        waiting = [turn for turn in self.due if turn.due < self.today or turn.last is None]
        room = self.plan.turns_on(self.today, len(self.willing)) - self.taken - len(today)
        return today + waiting[: max(room, 0 if self.taken else 1)]


class CareCalls(Periodic):
    """Has customers called whose turn has come."""

    def __init__(
        self, live: LiveEngine, commands: Commands, customers: Customers, standings: Standings,
        history: History, settings: Callable[[], Settings],
    ) -> None:  # fmt: skip
        super().__init__(Millis(MINUTE))
        self._live = live
        self._commands = commands
        self._customers = customers
        self._standings = standings
        self._history = history
        self._settings = settings
        check_plans(settings(), live.engine.centre)

    def _due(self, now: Millis) -> bool:
        return bool(self._settings().contact_plans)

    async def stand(self, now: Millis) -> list[Standing]:
        """Return how each plan stands."""
        await self._history.flush()  # a talk of a moment ago counts
        return [await self._standing(tier, plan, now) for tier, plan in self._plans().items()]

    def queue(self) -> str:
        """Return whose agents make the calls."""
        return self._settings().contact_plan_queue or self._live.engine.centre.queues[0].name

    def _plans(self) -> Mapping[str, ContactPlan]:
        return plans_of(self._settings(), self._standings.tiers.order)

    async def _standing(self, tier: str, plan: ContactPlan, now: Millis) -> Standing:
        local = self._live.engine.centre.zone.local
        today = local(now) // DAY

        promised = set(self._commands.board.promised)

        def read(store: Store) -> list[Turn]:
            rows = (row for page in store.connection.pages(ASKED, (mark(tier), tier)) for row in page)
            turns = (turn_of(row, plan, today, local, promised=row[0] in promised) for row in rows)
            return sorted(turns, key=lambda turn: (turn.due, turn.key))

        return Standing(tier, plan, today, await self._live.read(read, apart=True))

    async def _run(self, now: Millis) -> None:
        try:
            if not await self.begin_turns(now):
                self._next = Millis(now + REST_MS)
        except CallCenterError as fault:
            LOG.warning("contact plans are kept later: %s", fault)

    async def begin_turns(self, now: Millis) -> int:
        """Promise a call to everybody whose turn begins now, some hundred at a time, and return to how many."""
        zone = self._live.engine.centre.zone
        begun = 0
        for standing in await self.stand(now):
            plan, today = standing.plan, standing.today
            end = zone.instant((plan.taken_on(today + 1) + 1) * DAY)  # in time: by the end of the next such day
            for turn in standing.next()[:BATCH_SIZE]:
                known = await self._customers.of_key(turn.key)
                if known is None or self._standings.of_call(known, None, now) != standing.tier:
                    continue  # erased a moment ago; an override or the blacklist goes before the grade
                task_id = TaskId(new_id("t"))
                command = cmd.ScheduleTask(
                    task_id, self.queue(), TaskKind.CARE, standing.tier, CustomerKey(turn.key), now, end, turn.zone
                )
                told = await self._commands.tell(
                    command, [details_row(task_id, turn.key, now, campaign=mark(standing.tier))]
                )
                begun += told.refusal is None  # else something was promised to them meanwhile
        return begun


def mark(tier: str) -> str:
    """Return by which name turns of a plan are known among the details of tasks."""
    return f"plan:{tier}"


def check_plans(settings: Settings, centre: Centre) -> None:
    """Refuse a centre that has not what the contact plans name.

    Raises:
        BadInput: a tier or queue that it has not, days out of range.
    """
    plans_of(settings, tuple(tier.name for tier in centre.tiers))
    queues = [queue.name for queue in centre.queues]
    if settings.contact_plan_queue not in (None, *queues):
        raise BadInput("contact_plan_queue: the centre has no such queue: it has {queues}", queues=", ".join(queues))


def plans_of(settings: Settings, tiers: tuple[str, ...]) -> dict[str, ContactPlan]:
    """Return the plans that the settings name, the best tier first.

    Raises:
        BadInput: a tier that the centre has not; days out of range.
    """
    for tier in settings.contact_plans:
        if tier not in tiers:
            raise BadInput(
                "contact_plans: the centre has no tier {tier!r}: it has {tiers}", tier=tier, tiers=", ".join(tiers)
            )
    try:
        return {
            tier: ContactPlan(settings.contact_plans[tier], settings.contact_plan_weekdays)
            for tier in tiers
            if tier in settings.contact_plans
        }
    except BadInput as fault:
        raise BadInput("contact_plans: {fault}", fault=fault) from None


def turn_of(
    row: tuple[Any, ...], plan: ContactPlan, today: int, local: Callable[[int], int], *, promised: bool = False
) -> Turn:
    """Return when a customer's turn is, from what the tables say; `promised`: they will be called anyway."""
    key, customer_id, zone, consent, dealt, talked, taken = row
    days = [None if at is None else local(at) // DAY for at in (talked, taken)]
    known = [day for day in (_day(dealt), days[0]) if day is not None and day <= today]  # a date ahead is a slip
    last = today if promised else max([*known, *(day for day in days[1:] if day is not None)], default=None)
    due = plan.next_turn(last, today)
    return Turn(key, customer_id, zone, bool(consent), max(known, default=None), days[1], last, due)


def _day(text: str | None) -> int | None:
    """Return the day of a date, or None for none."""
    try:
        return None if text is None else date.fromisoformat(text[:10]).toordinal() - EPOCH
    except ValueError:
        return None


def text_of(day: int | None) -> str | None:
    """Return a day as a date.

    >>> text_of(20514)
    '2026-03-02'
    """
    return None if day is None else date.fromordinal(day + EPOCH).isoformat()
