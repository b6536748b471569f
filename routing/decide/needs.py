"""What a call or task needs of an agent: its queue's skills, and what it brings of its own."""

from callcenter.errors import CannotServe
from callcenter.language.said import said
from callcenter.skills import Levels, covers, levels, relaxed
from routing.state.floor import Floor
from routing.state.records import Waiting


def needs_besides(floor: Floor, item: Waiting, *more: Levels) -> None:
    """Need `more` besides: what a call brings of its own never loosens what the queue asks for.

    Raises:
        CannotServe: nobody, by the centre or logged in, has all that.
    """
    needs = dict(item.base_needs)
    for levels_of in more:
        for skill, level in levels_of:
            needs[skill] = max(level, needs.get(skill, 0))
    item.base_needs = item.needs = levels(needs)
    if item.needs != item.queue.config.needs and not any(covers(s, widest_of(item)) for s in _skill_sets(floor)):
        wanted = ", ".join(f"{skill} {level}" for skill, level in widest_of(item))
        raise CannotServe(said("no group of agents has {wanted}", wanted=wanted), queue=item.queue.name)


def widest_of(item: Waiting) -> Levels:
    """Return what `item` needs after all relaxation steps."""
    needs = item.base_needs
    for step in item.queue.config.relaxation:
        needs = relaxed(needs, step)
    return needs


def _skill_sets(floor: Floor) -> list[Levels]:
    """Return the skills of whoever can ever serve, by the centre, and of who is logged in now."""
    known = [g.skills for g in floor.centre.groups] + [a.skills for a in floor.centre.agents if a.skills is not None]
    return known + [crew.skills for crew in floor.crews.values() if crew.logged_in]
