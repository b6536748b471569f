"""A column map as a proposal: what the names and cells of columns hint at, and what is left to be told.

What is not known is no guess: it stands in the map as a word that the reading refuses. Known are only the words below;
what a cell means is checked against what the other cells of its row say (somebody talked, or nobody).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from callcenter.config.tables import masked
from callcenter.config.tree import Tree
from sim.analysis.fit.cell_formats import TWELVE_HOURS, Column, one_way
from sim.analysis.fit.cells import Bools
from sim.analysis.fit.sixties import sixty_of

ASK: Final = "COLUMN"
"""In place of a column that is not known: no file has it."""
ASK_CELL: Final = "CELL"
ROLES: Final[dict[str, tuple[str, ...]]] = {
    "arrival": (
        r"enqueue|queued|queue (start|join|entry|enter)|arriv|ankunft|eintritt|进线|入队",
        r"start|begin|created|initiat|received|offered|date ?time|timestamp|call time|came|zeitstempel|début|开始",
        r"time|date|datum|zeit|heure|hora|fecha|时间",
    ),
    "wait": (
        r"speed of answer|\basa\b|wait|warte|attente|espera|等待",
        r"queue ?(time|dur|sec)|in queue|total queue|disp ?time|排队",
        r"\bring",
    ),
    "service": (
        r"talk|bill ?sec|conversation|interaction|gespr|habla|parole|通话",
        r"handl|service|bearbeit|traitement|处理",
    ),
    "hold": (r"\bhold|halte",),
    "wrap_up": (r"\bacw\b|acw ?time|after (call|contact)|wrap|work time|nachbearb|post appel|话后",),
    "queue": (
        r"queue|csq|skill|split|warteschlange|file d.attente|\bcola\b|队列|技能组",
        r"topic|department|\bline\b|abteilung|service|hotline|group|campaign|业务",
    ),
    "agent": (r"agent|users?\b|operator|worker|resource|employee|\brep\b|ans ?login|mitarbeiter|bearbeiter|坐席",),
    "customer": (
        r"\bani\b|caller|calling|customer|phone|originator|rufnummer|anrufer|appelant|客户",
        r"^from$|^src$|\bclid\b|remote",
    ),
    "call": (
        r"call ?id|contact ?id|conversation ?id|interaction ?id|uuid|unique ?id|session|task ?sid|call ?sid",
        r"^id$|^number$|^call (no|number)$",
    ),
}  # fmt: skip
"""Words in the names of columns that hold such things, the surest first."""
NOT: Final[dict[str, str]] = {
    "arrival": r"\bend|stop|disconnect|hang ?up|answer|connect|update|modif|complet|finish|clos|dequeue|export|result|ende\b|\bfin\b|left|leave",  # noqa: E501
    "wait": r"talk|wrap|ivr|after",
    "service": r"level|queue|wait|start|begin|exit|\bend\b",
    "hold": r"on hold before|wait",
    "queue": r"time|dur|agent",
    "agent": r"time|dur|seconds|rate|group|team|queue",
    "customer": r"time|dur|rate|satisf",
}
"""Words that rule a column out."""
LENGTHY: Final = re.compile(
    r"wait|queue|talk|dur|handl|hold|work|acw|ring|ivr|bill|wrap|warte|gespr|attente|conversation|espera|speed|asa|"
    r"call time"
)
END: Final = re.compile(r"\bend|stop|disconnect|hang ?up|terminat|left|cancel|ende\b|\bfin\b|结束")
ANSWER: Final = re.compile(r"answer|connect|pick ?up|bridge|angenommen|接听")
YES: Final = frozenset({"y", "yes", "true", "t", "1", "ja", "j", "oui", "sí", "si", "是", "x"})
NO: Final = frozenset({"n", "no", "false", "f", "0", "nein", "non", "否", ""})
OVERFLOWED: Final = re.compile(
    r"voice ?mail|mailbox|overflow|time ?out|timed ?out|callback|rückruf|redirect|deflect|exit|transferred to|留言|溢出"
)
ABANDONED: Final = re.compile(
    r"no[ _-]?answer|unanswered|not answered|aban|hang|hung|lost|cancel|miss|unavailable|aufgelegt|verloren|nicht ang"
    r"|verpasst|sans réponse|perdu|no contestad|perdid|放弃|未接|挂断|originator_cancel"
)
ANSWERED: Final = re.compile(
    r"answer|handled|complete|connected|\bok\b|success|normal_clearing|angenommen|beantwortet|répondu|contestad|atendid|"
    r"served|accepted|接听|已接|^agent$"
)
OUTCOME_NAMES: Final = re.compile(
    r"outcome|disposition|result|status|answer|aban|cause|ergebnis|statut|estado|resultado|résultat|结果|状态"
)
INBOUND: Final = re.compile(r"^(i|in|inbound.*|incoming.*|eingehend.*|entrant.*|entrante.*|呼入)$")
OUTBOUND: Final = re.compile(
    r"^(o|out|outbound.*|outgoing.*|internal.*|manual|ausgehend.*|intern|sortant.*|saliente.*|呼出)$"
)
KIND: Final = re.compile(r"\b(direction|dir|kind|(call |contact )?type|richtung|anrufart|sens|tipo)\b|方向|类型")
"""Columns that tell which calls were offered to the centre at all."""
VOICE: Final = re.compile(r"^(voice|call|phone|telephony|anruf|téléphone|语音)$")
NOBODY: Final = re.compile(r"^[\[(<]?(none|nobody|no agent|unassigned|unknown|n/a|-+|null)[\])>]?$")
SURE: Final = 0.99
"""Part of the rows of a cell in which somebody talked, from which it means answered; below the rest: it does not."""
UNITS: Final = ("seconds", "ms", "minutes", "days")
LEAST_MS: Final = 1_000.0
MS_FROM, DAYS_TO, MINUTES_TO = 5_000.0, 0.5, 15.0
"""A median talk of so much is in ms, in a spreadsheet's days, in minutes."""


class Proposal:
    """The map of a log, part by part."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = [column for column in columns if column.holds != "empty"]
        self.map: dict[str, Tree] = {"version": 1, "zone": "UTC"}
        self.asks: list[str] = ["zone: where the centre is (Europe/Berlin)"]
        self._used: set[str] = set()
        decimal = next((column.decimal for column in self.columns if column.decimal == ","), None)
        if decimal is not None:
            self.map["decimal"] = decimal
        for column in self.columns:
            if column.mixed:
                ways = " and ".join(map(masked, column.mixed))
                self.asks.append(f"{column.name}: to be exported in one way, its times are written in several: {ways}")
        self._arrival()
        self._lengths()
        self._people()
        self._outcome()
        self._where()
        self._call()

    # --- columns by their names

    def _best(self, role: str, fits: Iterable[Column]) -> Column | None:
        """Return the column whose name says it holds this, the surest word first."""
        free = [column for column in fits if column.name not in self._used]
        refuse = NOT.get(role)
        free = [column for column in free if refuse is None or not re.search(refuse, column.plain)]
        for words in ROLES[role]:
            for column in free:
                if re.search(words, column.plain):
                    self._used.add(column.name)
                    return column
        return None

    # --- when

    def _arrival(self) -> None:
        moments = [column for column in self.columns if column.is_moment]
        came = self._best("arrival", moments)
        if came is None and len(moments) == 1 and not re.search(NOT["arrival"], moments[0].plain):
            came = moments[0]
            self._used.add(came.name)
        if came is not None:
            self.map["arrival"] = self._moment("arrival", came)
            return
        clocks = [
            column for column in self.columns
            if (column.holds == "clock" or any(column.holds.endswith(f"written {way}") for way in TWELVE_HOURS))
            and not LENGTHY.search(column.plain)
        ]  # fmt: skip
        clock, days = self._best("arrival", clocks), [column for column in self.columns if column.is_day]
        if clock is None or not days:
            self.asks.append("arrival: which column says when the call reached the queue")
            self.map["arrival"] = {"column": ASK, "as": "iso"}
            return
        written = clock.holds.removeprefix("times written ")
        self.map["arrival"] = {"column": clock.name, **({"as": "clock"} if written == "clock" else {"format": written})}
        self._used.add(days[0].name)
        self.map["date"] = self._moment("date", days[0])
        self._merged("date", days[0])
        if clock.holds == "clock" and all(int(cell.split(":")[0]) <= 12 for cell in clock.texts if cell):
            self.asks.append("arrival: whether its clock goes to twelve or to twenty-four hours")

    def _merged(self, part: str, column: Column) -> None:
        if column.merged:
            self.asks.append(
                f"{part}: whether cells of {column.name} are merged ({column.empty:,} are empty): unmerge them, and "
                "fill every row"
            )

    def _moment(self, part: str, column: Column) -> dict[str, Tree]:
        way, either = one_way(column)
        if either:
            self.asks.append(f"{part}: whether days come before months ({' or '.join(column.ways[:2])})")
        if way is None:
            return {"column": column.name, "format": f"DAYS OR MONTHS FIRST, {len(column.ways)} ways"}
        return {"column": column.name, **({"format": way} if "%" in way else {"as": way})}

    # --- how long

    def _lengths(self) -> None:
        lengths = [column for column in self.columns if column.is_length]
        service = self._best("service", lengths)
        wait = self._best("wait", lengths)
        hold, wrap_up = self._best("hold", lengths), self._best("wrap_up", lengths)
        ring = next((c for c in lengths if c.name not in self._used and re.search(r"\bring", c.plain)), None)
        unit = _unit(service) if service is not None else None
        if service is not None:
            self.map["service"] = self._length("service", service, unit, hold)
            if re.search(ROLES["service"][1], service.plain) and wrap_up is not None:
                self.asks.append(
                    f"service: whether {service.name} holds after-call work too, which {wrap_up.name} tells"
                )
        elif not self._between_moments("service"):
            self.asks.append("service: how long the agent talked, a column or {from: ANSWER, to: END}")
        if wait is not None:
            self.map["wait"] = self._length("wait", wait, unit, ring if "queue" in wait.plain else None)
        elif not self._between_moments("wait"):
            self.asks.append("wait: a column, or {from: COLUMN, to: [ANSWER, END]}")
            self.map["wait"] = {"column": ASK}
        if wrap_up is not None:
            self.map["wrap_up"] = self._length("wrap_up", wrap_up, unit, None)

    def _length(self, part: str, column: Column, usual: str | None, plus: Column | None) -> dict[str, Tree]:
        unit = _unit(column, usual)
        if unit not in {"seconds", "clock", "words"} or (unit == "seconds" and usual == "ms"):
            self.asks.append(f"{part}: whether {column.name} is in {unit}")
        made: dict[str, Tree] = {"column": column.name, "unit": unit}
        if plus is not None and _unit(plus, usual) == unit:
            made["plus"] = plus.name
            self._used.add(plus.name)
            self.asks.append(f"{part}: whether {column.name} holds {plus.name} already (then without plus)")
        return made

    def _between_moments(self, part: str) -> bool:
        """Propose the time between two moments; tell whether there are such."""
        came = self.map["arrival"]
        begin = str(came["column"]) if isinstance(came, dict) else ASK
        moments = [column for column in self.columns if column.is_moment and column.name != begin]
        form = next((column.ways for column in self.columns if column.name == begin), ())
        moments = [column for column in moments if set(column.ways) & set(form)]
        answer = next((c for c in moments if ANSWER.search(c.plain) and not END.search(c.plain)), None)
        end = next((c for c in moments if END.search(c.plain)), None)
        if answer is None or end is None or begin == ASK:
            return False
        self.map[part] = (
            {"from": answer.name, "to": end.name} if part == "service"
            else {"from": begin, "to": [answer.name, end.name]}
        )  # fmt: skip
        self._used |= {answer.name, end.name}
        return True

    # --- who, and which queue

    def _people(self) -> None:
        agent = self._best("agent", [c for c in self.columns if not c.is_moment and c.holds != "clock"])
        self._agent = agent
        queue = self._best("queue", [c for c in self.columns if c.is_words])
        if queue is not None:
            self.map["queue"] = {"column": queue.name, "values": {cell: cell for cell, _ in queue.cells} or "all"}
            self._merged("queue", queue)
        customer = self._best("customer", [c for c in self.columns if not c.is_moment and c.holds != "clock"])
        if agent is not None:
            none = sorted({cell for cell in agent.texts if NOBODY.fullmatch(cell.casefold())})
            self.map["agent"] = {"column": agent.name, "none": ["", "0", *none]} if none else agent.name
        if customer is not None:
            self.map["customer"] = customer.name

    def _served(self) -> Bools | None:
        """Return the rows in which somebody talked, as far as another column than the outcome tells."""
        found = self.map.get("service")
        if not isinstance(found, dict):
            return self._has_agent()
        if "column" in found:
            column = next(column for column in self.columns if column.name == found["column"])
            with np.errstate(invalid="ignore"):
                return np.asarray(column.seconds(str(found["unit"])) > 0)
        column = next(column for column in self.columns if column.name == found["from"])
        return np.array([cell not in {"", "0"} for cell in column.texts], np.bool_)

    def _has_agent(self) -> Bools | None:
        if self._agent is None:
            return None
        return np.array([bool(c) and NOBODY.fullmatch(c.casefold()) is None for c in self._agent.texts], np.bool_)

    # --- what became of it

    def _outcome(self) -> None:
        served = self._served()
        found = [
            (len(told["unknown"]), place, column, told)
            for place, column in enumerate(self._outcome_columns())
            if (told := _meanings(column, served))["answered"] and told["abandoned"]
        ]
        if found:
            _, _, column, told = min(found, key=lambda one: one[:2])
            self._used.add(column.name)
            known = {kind: told[kind] for kind in ("answered", "abandoned", "overflowed") if told[kind]}
            self.map["outcome"] = {"column": column.name, **{kind: list(cells) for kind, cells in known.items()}}
            self.asks.append(f"outcome: whether these cells of {column.name} mean that")
            if told["unknown"]:
                listed = ", ".join(told["unknown"])
                self.asks.append(
                    f"outcome: what these cells of {column.name} mean (ignored: such rows do not count): {listed}"
                )
            return
        for part in (self.map.get("service"), self.map.get("wait")):
            answer = (
                part["from"] if isinstance(part, dict) and part is self.map.get("service") and "from" in part else None
            )
            if answer is not None:
                self.map["outcome"] = {"column": str(answer), "abandoned": ["", "0"], "otherwise": "answered"}
                self.asks.append(f"outcome: whether calls without {answer} were abandoned")
                return
        has = self._has_agent()
        if (
            self._agent is not None
            and has is not None
            and served is not None
            and not has.all()
            and (has == served).all()
        ):
            none = sorted({cell for cell, there in zip(self._agent.texts, has.tolist(), strict=True) if not there})
            self.map["outcome"] = {"column": self._agent.name, "abandoned": list(none), "otherwise": "answered"}
            self.asks.append("outcome: whether calls that no agent took were abandoned")
            return
        self.asks.append("outcome: which column and which of its cells mean answered, abandoned")
        self.map["outcome"] = {"column": ASK, "answered": [f"{ASK_CELL} 1"], "abandoned": [f"{ASK_CELL} 2"]}

    def _outcome_columns(self) -> list[Column]:
        """Return columns that may tell the outcome, those first whose name says so."""
        few = [column for column in self.columns if column.cells and column.name not in self._used and not column.ways]
        named = [column for column in few if OUTCOME_NAMES.search(column.plain)]
        return named + [column for column in few if column not in named and column.holds == "words"]

    # --- which rows, and which of a call's

    def _where(self) -> None:
        where: dict[str, Tree] = {}
        for wanted, others in ((INBOUND, OUTBOUND), (VOICE, None)):
            for column in self.columns:
                cells = [cell for cell, _ in column.cells]
                kept = [cell for cell in cells if wanted.fullmatch(cell.casefold())]
                gone = [
                    cell for cell in cells if cell not in kept and (others is None or others.fullmatch(cell.casefold()))
                ]
                if kept and gone and len(kept) + len(gone) == len(cells):
                    where[column.name] = list(kept)
                    self.asks.append(
                        f"where: whether rows of {column.name} other than {', '.join(kept)} are left out rightly"
                    )
        if where:
            self.map["where"] = where
        for column in self.columns:
            if KIND.search(column.plain) and len(column.cells) > 1 and column.name not in {*where, *self._used}:
                told = ", ".join(f"{cell} {n:,}" for cell, n in column.cells)
                self.asks.append(f"where: whether rows with each of these cells of {column.name} count: {told}")

    def _call(self) -> None:
        column = self._best("call", [c for c in self.columns if not c.is_moment and c.holds != "clock"])
        if column is None:
            return
        came = self.map["arrival"]
        at = next((c for c in self.columns if isinstance(came, dict) and c.name == came["column"]), None)
        first: dict[str, str] = {}
        legs = 0
        for name, when in zip(column.texts, at.texts if at is not None else (), strict=False):
            legs += bool(name) and first.setdefault(name, when) != when
        if legs:
            self.asks.append(
                f"call: {legs:,} cells of {column.name} come again at another time: are these legs of a call, or "
                "is it no name of a call?"
            )
            return
        self.map["call"] = column.name


def _unit(column: Column, usual: str | None = None) -> str:
    """Return the unit of a length: as its name says, else as the figures allow."""
    if column.holds == "clock":
        return "clock"
    if column.holds == "lengths":
        return "words"
    if (sixty := sixty_of(column.texts)) is not None:
        return sixty
    if re.search(r"\bms\b|milli|msec", column.plain):
        return "ms"
    if re.search(r"\bmin(ute)?s?\b", column.plain):
        return "minutes"
    if re.search(r"\bsec(ond)?s?\b", column.plain) or column.name.endswith("(s)"):
        return "seconds"
    values = column.seconds()
    values = values[values > 0]
    if not len(values):
        return usual if usual in UNITS else "seconds"
    middle = float(np.median(values))
    if usual == "ms" and middle < LEAST_MS:  # nobody waits for parts of a second: not written as the talk time is
        return "seconds"
    if usual in UNITS:
        return usual
    if middle < DAYS_TO and values.max() < 1:
        return "days"
    if middle >= MS_FROM:
        return "ms"
    of_service = any(re.search(words, column.plain) for words in ROLES["service"])
    return "minutes" if middle <= MINUTES_TO and of_service else "seconds"


def _meanings(column: Column, served: Bools | None) -> dict[str, list[str]]:
    """Return what the cells of a column mean: by words, or by whether somebody talked; unknown where these disagree."""
    told: dict[str, list[str]] = {"answered": [], "abandoned": [], "overflowed": [], "unknown": []}
    flags = {cell.casefold() for cell, _ in column.cells} <= YES | NO and len(column.cells) == 2
    of_lost = re.search(r"aban|lost|miss|unanswered|verloren|放弃", column.plain) is not None
    cells = np.array(column.texts, object)
    for cell, _ in column.cells:
        low = cell.casefold()
        part = float(served[cells == cell].mean()) if served is not None and (cells == cell).any() else None
        if flags:
            kind = "abandoned" if (low in YES) == of_lost else "answered"
            kind = kind if of_lost or ANSWER.search(column.plain) else "unknown"
        else:
            kind = (
                "overflowed" if OVERFLOWED.search(low) else "abandoned" if ABANDONED.search(low)
                else "answered" if ANSWERED.search(low) else "unknown"
            )  # fmt: skip
        if part is not None:
            if kind == "answered" and part < 1 - SURE:
                kind = "unknown"
            elif kind in {"abandoned", "unknown"} and part > SURE:
                kind = "answered" if kind == "unknown" else "unknown"
        told[kind].append(cell)
    return told
