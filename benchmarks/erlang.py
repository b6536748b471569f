"""Staffing by formula beside pyworkforce: 10,000 random half hours, CPU seconds, and every wrong answer counted.

pyworkforce lives in an environment of its own (build/pyworkforce, made on the first run); where it cannot be installed
this says so and prints no ratio. Who is right is decided with 50 digits.
"""

import json
import subprocess
import sys
import time
import venv
from decimal import Decimal, getcontext
from pathlib import Path

import numpy as np

from benchmarks.pairs import median
from callcenter.erlang import BadFigure, erlang_a, offered_erl, staff_erlang_a, staff_erlang_c

CASES, ROUNDS = 10_000, 6
PATIENT_CASES, PATIENT_COPIES = 20, 500
"""Erlang A: so many cases for the peer (half a second each); ours does them so many times over, to be measurable."""
CHECKED = 150
"""Answers on which both agree, checked with 50 digits all the same."""
HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parent / "build" / "pyworkforce"
WANTED = "pyworkforce==0.5.4"
NEEDED = ("numpy", "pandas", "joblib", "ortools")
INTERVAL_S = 1800.0


def random_cases() -> dict[str, np.ndarray]:
    """Return half hours: load 0.2 to 1,460 erlangs (median 17), target .50 to .99, limit 5 to 60 s."""
    chance = np.random.Generator(np.random.PCG64(20260302))
    load = np.exp(chance.uniform(np.log(0.2), np.log(1460), CASES))
    aht = chance.uniform(60, 600, CASES)
    return {
        "calls": load * INTERVAL_S / aht,
        "aht": aht,
        "limit": chance.uniform(5, 60, CASES),
        "target": chance.uniform(0.5, 0.99, CASES),
        "patience": chance.uniform(30, 600, CASES),
    }


def ours_c(cases: dict[str, np.ndarray]) -> tuple[np.ndarray, float]:
    begun = time.process_time()
    load = offered_erl(cases["calls"], interval_s=INTERVAL_S, aht_s=cases["aht"])
    found = staff_erlang_c(load_erl=load, aht_s=cases["aht"], service_level=cases["target"], within_s=cases["limit"])
    return found, time.process_time() - begun


def patient(cases: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the first cases of 2 to 300 erlangs, for Erlang A."""
    load = cases["calls"] * cases["aht"] / INTERVAL_S
    some = np.flatnonzero((load >= 2) & (load <= 300))[:PATIENT_CASES]
    return {name: values[some] for name, values in cases.items()}


def ours_a(cases: dict[str, np.ndarray], copies: int) -> tuple[np.ndarray, float]:
    many = {name: np.tile(values, copies) for name, values in cases.items()}
    begun = time.process_time()
    found = staff_erlang_a(
        load_erl=offered_erl(many["calls"], interval_s=INTERVAL_S, aht_s=many["aht"]),
        aht_s=many["aht"],
        patience_s=many["patience"],
        service_level=many["target"],
        within_s=many["limit"],
    )
    return found[: len(cases["calls"])], (time.process_time() - begun) / copies


def fewest_c(calls: float, aht: float, limit: float, target: float, guess: int) -> int:
    """Return the fewest agents by Erlang C with 50 digits, near `guess`."""
    getcontext().prec = 50
    load = Decimal(calls) * Decimal(aht) / Decimal(INTERVAL_S)
    inverse = Decimal(1)  # 1 / Erlang B
    n = 0
    while True:
        n += 1
        inverse = 1 + n / load * inverse
        if n <= load or n < guess - 3:
            continue
        waits = 1 / (1 + (1 - load / n) * (inverse - 1))
        if 1 - waits * (-(n - load) * Decimal(limit) / Decimal(aht)).exp() >= Decimal(target):
            return n


def environment() -> Path | None:
    """Return the interpreter that has pyworkforce, made on the first run; None where that fails."""
    python = ENVIRONMENT / "bin" / "python"
    done = ENVIRONMENT / "ready"
    if done.exists():
        return python
    try:
        venv.create(ENVIRONMENT, clear=True, with_pip=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # What it needs by the ordinary rules: the option below would let pip take numpy for a newer Python.
        subprocess.run([*command, *NEEDED], check=True, capture_output=True, timeout=600)
        only = ["--no-deps", "--ignore-requires-python", WANTED]  # it asks for Python 3.12, but runs on 3.11
        subprocess.run([*command, *only], check=True, capture_output=True, timeout=600)
        done.touch()
    except (OSError, subprocess.SubprocessError) as error:
        print(f"  {WANTED} could not be installed: {error}; no ratio")
        return None
    return python


def peer(python: Path, c: list[list[float]], a: list[list[float]]) -> dict[str, object] | None:
    """Return what pyworkforce answers, and its CPU seconds; None where it fails."""
    script = HERE / "peers" / "pyworkforce_staffing.py"
    try:
        done = subprocess.run(
            [str(python), str(script)], input=json.dumps({"c": c, "a": a}), capture_output=True, text=True, check=True,
            timeout=900,
        )  # fmt: skip
    except subprocess.SubprocessError as error:
        print(f"  pyworkforce failed: {error}: {getattr(error, 'stderr', '')!s:.300}; no ratio")
        return None
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print times, ratios and wrong answers."""
    cases = random_cases()
    ours_c(cases)  # the first call compiles nothing, but warms the caches
    few = patient(cases)
    c_rows = np.column_stack(
        [cases["calls"], cases["aht"], cases["limit"], np.full(CASES, INTERVAL_S), cases["target"]]
    )
    a_rows = np.column_stack(
        [few["calls"], few["aht"], few["limit"], np.full(len(few["calls"]), INTERVAL_S), few["patience"], few["target"]]
    )
    python = environment()
    ours_a(few, 1)
    c_s: list[tuple[float, float]] = []
    a_s: list[tuple[float, float]] = []
    theirs, mine_s = None, []
    for _ in range(ROUNDS):
        mine, seconds = ours_c(cases)
        _, seconds_a = ours_a(few, PATIENT_COPIES)
        mine_s.append((seconds, seconds_a))
        if python is not None:
            theirs = peer(python, c_rows.tolist(), a_rows.tolist())
            if theirs is None:
                python = None
                continue
            c_s.append((seconds, float(theirs["c_s"])))  # type: ignore[arg-type]
            if theirs["a"] is not None:
                a_s.append((seconds_a, float(theirs["a_s"])))  # type: ignore[arg-type]
    print(f"Erlang C, {CASES:,} half hours: {median([c for c, _ in mine_s]).value / CASES * 1e6:.2f} us each (numpy)")
    _told_c(cases, mine, theirs, c_s)
    _told_a(few, theirs, [a for _, a in mine_s], a_s)
    _edges()


def _faster(pairs: list[tuple[float, float]], goal: int) -> str:
    """Return by how much ours is faster than the peer in the same round: median, and an interval of 95 %."""
    ratio = median([theirs / mine for mine, theirs in pairs])
    return f"ours is x {ratio.value:,.0f} [{ratio.lowest:,.0f}..{ratio.highest:,.0f}] faster (goal: {goal:,})"


def _told_c(
    cases: dict[str, np.ndarray], mine: np.ndarray, theirs: dict[str, object] | None, pairs: list[tuple[float, float]]
) -> None:
    answers = np.array(theirs["c"]) if theirs is not None else mine
    look = sorted({*np.flatnonzero(answers != mine).tolist(), *range(0, CASES, CASES // CHECKED)})
    wrong_mine = wrong_theirs = 0
    for n in look:
        right = fewest_c(*(float(cases[k][n]) for k in ("calls", "aht", "limit", "target")), guess=int(mine[n]))
        wrong_mine += right != mine[n]
        wrong_theirs += right != answers[n]
    print(f"  ours: {wrong_mine} wrong ({len(look)} checked with 50 digits: every difference and every 66th)")
    if theirs is not None:
        each = median([t for _, t in pairs]).value / CASES * 1e6
        print(f"  pyworkforce: {each:.0f} us each, {wrong_theirs} wrong; {_faster(pairs, 500)}")


def _told_a(
    few: dict[str, np.ndarray], theirs: dict[str, object] | None, mine_s: list[float], pairs: list[tuple[float, float]]
) -> None:
    mine, _ = ours_a(few, 1)
    count = len(mine)
    load = offered_erl(few["calls"], interval_s=INTERVAL_S, aht_s=few["aht"])

    def enough(agents: np.ndarray) -> np.ndarray:
        level = erlang_a(
            load_erl=load, agents=agents, aht_s=few["aht"], patience_s=few["patience"], within_s=few["limit"]
        ).p_served_within_t
        return level >= few["target"]

    too_many = int(enough(mine - 1).sum())
    each = median(mine_s).value / count * 1e6
    print(f"Erlang A, {count} half hours of 2 to 300 erlangs: {each:.1f} us each, {too_many} too many")
    if theirs is None or theirs["a"] is None:
        why = "" if theirs is None else f" ({theirs.get('a_failed', 'it has no Erlang A')})"
        print(f"  pyworkforce did not answer{why}: no ratio")
        return
    answers = np.array(theirs["a"])
    more = answers - mine
    each = median([t for _, t in pairs]).value / count
    print(
        f"  pyworkforce: {each * 1e3:.0f} ms each, too many agents in {int((more > 0).sum())} of {count} "
        f"(worst +{int(more.max())}); {_faster(pairs, 100_000)}"
    )


def _edges() -> None:
    """Print the answers at the edges."""
    found = staff_erlang_c(load_erl=[0.0, 10.0, 10_000.0], aht_s=180, service_level=0.8, within_s=20).tolist()
    large = int(staff_erlang_c(load_erl=100_000.0, aht_s=180, service_level=0.99, within_s=20))
    try:
        staff_erlang_c(load_erl=10.0, aht_s=180, service_level=1.0, within_s=20)
        refused = "accepted (wrong)"
    except BadFigure as error:
        refused = f"refused: {error}"
    print(f"  no calls: {found[0]}; 10 erlangs: {found[1]}; 10,000: {found[2]}; 100,000 at 99/20: {large}")
    print(f"  target 100 %: {refused}")


if __name__ == "__main__":
    sys.exit(main())
