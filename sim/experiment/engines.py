"""Which engine lives through a scenario's days: SimPy, or the compiled path, which comes to the same call by call."""

from enum import StrEnum
from typing import NamedTuple

from callcenter.errors import BadInput
from callcenter.scenario import Scenario

EXTRA = "the extra 'fast' is not installed: pip install 'callcenter[fast]'"


class Engine(StrEnum):
    """What may be asked for."""

    AUTO = "auto"
    SIMPY = "simpy"
    COMPILED = "compiled"
    BOTH = "both"


class EnginesDiffer(Exception):
    """A day came to one thing under SimPy and to another under the compiled path; the message is the first of it."""


class Choice(NamedTuple):
    """The engine that does it, and why it is not the compiled one where that is worth a line."""

    engine: Engine
    why: str | None = None


def choose(scenario: Scenario, wanted: Engine = Engine.AUTO) -> Choice:
    """Return which engine lives through the scenario's days.

    Raises:
        BadInput: the compiled path was asked for by name, and is not there or does not cover the scenario.
    """
    if wanted is Engine.SIMPY:
        return Choice(Engine.SIMPY)
    obstacle, silent = _obstacle(scenario)
    if obstacle is None:
        return Choice(Engine.COMPILED if wanted is Engine.AUTO else wanted)
    if wanted is not Engine.AUTO:
        raise BadInput("--engine {wanted}: {obstacle}", wanted=wanted, obstacle=obstacle)
    return Choice(Engine.SIMPY, None if silent else obstacle)


def _obstacle(scenario: Scenario) -> tuple[str | None, bool]:
    """Return why the compiled path cannot, and whether that goes without saying."""
    try:
        from sim.compiled.coverage import refusal
        from sim.compiled.machine import machine_code
    except ImportError:
        return EXTRA, True
    except (OSError, MemoryError):  # such as too little memory for the library itself
        return "the compiled engine's library cannot be loaded here: SimPy does", False
    refused = refusal(scenario)
    if refused is not None:
        return f"the compiled engine does not know {refused}: SimPy does", False
    try:
        machine_code()
    except (OSError, RuntimeError, MemoryError) as fault:
        return f"the compiled engine does not work here ({fault}): SimPy does", False
    return None, False


def is_compiled_yet() -> bool:
    """Tell whether the compiled path is installed and has been compiled: the first use takes some seconds more."""
    try:
        from sim.compiled.machine import is_ready
    except (ImportError, OSError, MemoryError):
        return True
    return is_ready()
