"""`python -m benchmarks [NAME…]`: run the named measurements, or all of them, one after another."""

import sys
from importlib import import_module

PARTS = {
    "simulators": "two models in this simulator, plain SimPy, Ciw and salabim: calls per CPU second, ratios",
    "flagship": "the flagship's day with callbacks, compiled and under SimPy",
    "memory": "ten million calls in one replication, and each of them written down",
    "engine": "the engine alone: commands per second, and with 100 to 100,000 calls waiting",
    "mypyc": "the engine as Python runs it and compiled by mypyc: commands per second, models a and b (compiles first)",
    "directory": "a million customers imported into SQLite and PostgreSQL, and what a call pays to be known",
    "erlang": "formula staffing against pyworkforce",
    "http": "a posted call beside a bare FastAPI echo; with 100,000 waiting; with 200 listeners",
    "overload": "half, twice and five times the calls that the service can take: taken, refused, how soon",
    "restart": "ready after kill -9 and SIGTERM, a standby in its place; disk and memory per 100,000 calls",
    "watching": "what counting costs a posted call and a whole life; a scrape of 1,000 agents and 50 queues",
    "walls": "fifty walls beside a service that nobody watches; how late a wall is; first paint, a slider, the demo",
    "formulas": "formula beside simulation: where it is exact, and by how much it is off elsewhere",
    "files": "call logs read and fitted: CPU seconds and memory per million rows, plain, packed, quoted",
    "grading": "a file of customers read and graded: CPU seconds per million",
    "staffing": "staffing by simulation: a day of 48 half hours",
    "controls": "control variates: what they leave of the variance of service levels, with Erlang A's and without",
    "cores": "five thousand days in one process and in two: what a second core brings",
    "what_if": "a what-if of two million calls, from the request to the JSON",
}


def main() -> int:
    """Run what was asked for."""
    names = sys.argv[1:] or list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"there is no measurement {unknown[0]!r}: choose from {', '.join(PARTS)}", file=sys.stderr)
        return 2
    for name in names:
        print(f"\n== {name}: {PARTS[name]}", flush=True)
        import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
