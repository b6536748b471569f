"""The same rules on days with much more to do: a seed writes two hundred sensible commands on a random centre."""

from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter import commands as cmd
from callcenter.agents import Phone
from callcenter.callbacks import TaskKind
from callcenter.centre import Centre, Selection
from callcenter.config.zones import zone
from callcenter.events import OfferEnd
from callcenter.ids import AgentId, CallId, CustomerKey, OfferId, TaskId
from callcenter.units import Millis
from tests.rules.day import Day
from tests.strategies import AGENTS, CUSTOMERS, START, centres

GAPS = (0, 0, 1, 500, 1_000, 2_500, 5_000, 5_000, 10_000)
ENDS = (OfferEnd.NO_ANSWER, OfferEnd.REJECTED, OfferEnd.BUSY, OfferEnd.UNREACHABLE, OfferEnd.SYSTEM)


class Writer:
    """Writes one day: who is there, who rings, and what each of them does next."""

    def __init__(self, day: Day, seed: int) -> None:
        self.day, self.chance, self.calls = day, Random(seed), 0

    def log_in(self) -> cmd.Command:
        chance = self.chance
        group = chance.choice([g.name for g in self.day.centre.groups])
        skills = chance.choice((None, None, None, (("a", 3), ("b", 3)), (("a", 2),)))
        return cmd.LogIn(AgentId(chance.choice(AGENTS)), group, skills)

    def call(self) -> cmd.AdmitCall:
        chance = self.chance
        self.calls += 1
        return cmd.AdmitCall(
            CallId(f"n{self.calls}"),
            chance.choice([q.name for q in self.day.centre.queues]),
            chance.choice((None, "vip", "mid", "standard", "blacklisted")),
            chance.choice((None, *(CustomerKey(name) for name in CUSTOMERS))),
            chance.choice((None, None, None, "fraud")),
            chance.choice(((), (), (), (("a", 1),))),
            tuple(AgentId(name) for name in chance.sample(AGENTS, chance.choice((0, 0, 1, 2)))),
            chance.choice(("voice", "voice", "chat", "mail")),
            chance.choice((None, "Test/Far", "Test/Jumps")),
        )

    def next(self) -> cmd.Command:
        """Return what happens next, from what there is."""
        chance, desk = self.chance, self.day.desk
        offers = [a.offer_id for a in desk.agents.values() if a.offer is not None]
        talks = [i for i in desk.items.values() if i.state == "talking"]
        waiting = [i for i in desk.items.values() if not i.task and i.state in ("waiting", "offered")]
        tasks = [i for i in desk.items.values() if i.task]
        dice = chance.random()
        if len(desk.agents) < 3 and dice < 0.3:
            return self.log_in()
        if offers and dice < 0.35:
            offer = OfferId(chance.choice(offers))
            return cmd.AcceptOffer(offer) if chance.random() < 0.7 else cmd.EndOffer(offer, chance.choice(ENDS))
        if talks and dice < 0.55:
            return self.talk(chance.choice(talks))
        if desk.agents and dice < 0.67:
            return self.agent(chance.choice(sorted(desk.agents)))
        if waiting and dice < 0.74:
            return self.waiting_call(chance.choice(waiting).id)
        if tasks and dice < 0.77:
            task = TaskId(chance.choice(tasks).id)
            due = Millis(self.day.now + chance.choice((0, 30_000)))
            return chance.choice(
                (cmd.CancelTask(task), cmd.RescheduleTask(task, due), cmd.RescheduleTask(task, due, due))
            )
        if dice < 0.79:
            customer = chance.choice((None, CustomerKey("kim"), CustomerKey("lee")))
            queue = chance.choice(self.day.centre.queues).name
            return cmd.ScheduleTask(TaskId(f"t{chance.randrange(50)}"), queue, TaskKind.DEFERRED, None, customer)
        if dice < 0.80:
            return cmd.Resume(chance.choice((0, 5_000, 40_000)))
        if dice < 0.805:
            return cmd.AdoptCentre(self.other_rules())
        if dice < 0.81:
            return cmd.LearnZones((zone(chance.choice(("Asia/Tokyo", "Europe/Madrid"))),))
        return self.call()

    def other_rules(self) -> Centre:
        """Return the centre with a few of its rules changed."""
        chance, centre = self.chance, self.day.centre
        queues = tuple(
            replace(
                queue,
                selection=chance.choice(list(Selection)),
                keep_generalists_free=chance.random() < 0.5,
                wrap_up=chance.choice((queue.wrap_up, Millis(3_000))),
                wrap_up_cap=chance.choice((queue.wrap_up_cap, None, Millis(4_000))),
                max_wait=chance.choice((queue.max_wait, None, Millis(30_000))),
                offer_timeout=Millis(7_000),
            )
            for queue in centre.queues
        )
        groups = tuple(replace(group, break_cap=chance.choice((None, 1, 2))) for group in centre.groups)
        return replace(centre, queues=queues, groups=groups)

    def talk(self, item: object) -> cmd.Command:
        chance = self.chance
        subject = str(item.id)  # type: ignore[attr-defined]
        if item.task:  # type: ignore[attr-defined]
            task = TaskId(subject)
            return chance.choice(
                (cmd.ReportReached(task), cmd.ReportNotReached(task), cmd.EndTask(task), cmd.EndTask(task))
            )
        call = CallId(subject)
        queue = chance.choice(self.day.centre.queues).name
        return chance.choice(
            (
                cmd.EndCall(call),
                cmd.EndCall(call),
                cmd.EndCall(call),
                cmd.TransferCall(call, queue, chance.choice(("blind", "consult", "return"))),
                cmd.HoldCall(call),
                cmd.ResumeCall(call),
                cmd.FailCall(call, "line cut"),
            )
        )

    def agent(self, name: str) -> cmd.Command:
        agent, chance = AgentId(name), self.chance
        return chance.choice(
            (
                cmd.LogOut(agent, chance.random() < 0.3),
                cmd.SetAvailable(agent),
                cmd.SetAvailable(agent),
                cmd.SetAvailable(agent),
                cmd.SetNotReady(agent),
                cmd.RequestBreak(agent),
                cmd.EndWrapUp(agent),
                cmd.ExtendWrapUp(agent, Millis(chance.choice((2_000, 60_000)))),
                cmd.NoteResult(agent, chance.choice(("solved", "unsolved"))),
                cmd.SetPhone(agent, chance.choice((Phone.FREE, Phone.FREE, Phone.BUSY_ELSEWHERE))),
            )
        )

    def waiting_call(self, name: str) -> cmd.Command:
        call, chance = CallId(name), self.chance
        return chance.choice(
            (
                cmd.AbandonCall(call),
                cmd.ConvertCall(call),
                cmd.WithdrawCall(call),
                cmd.FailCall(call, "line cut"),
                cmd.ReprioritiseCall(call, chance.choice((None, "vip", "blacklisted")), chance.choice((None, 0, 1))),
            )
        )


def write(centre: Centre, seed: int, steps: int) -> Day:
    """Live a day of so many commands, with every rule looked at all the time."""
    day = Day(centre, START)
    writer = Writer(day, seed)
    for _ in range(3):
        day.do(writer.log_in())
    for step in range(steps):
        day.pass_time(writer.chance.choice(GAPS))
        command = writer.next()
        if isinstance(command, cmd.AdmitCall) and step % 3 == 0:
            day.ask_beforehand(command)
        else:
            day.do(command)
        if step % 25 == 0:
            day.restart()
            day.look()
    day.pass_time(3_600_000)
    day.desk.at_rest(day.now)
    day.end()
    return day


@settings(max_examples=100)
@given(centre=centres(), seed=st.integers(0, 2**32))
def test_a_busy_day_keeps_every_rule(centre: Centre, seed: int):
    write(centre, seed, steps=200)
