"""Agents of whom anything is known: a name that is nobody's is no agent who is logged out."""

from api.auth.keys import Key
from api.services import Services
from callcenter.errors import UnknownAgent
from callcenter.language.said import said


async def see_that_known(services: Services, key: Key, agent_id: str) -> None:
    """See that an agent is logged in, or has a name in the centre, a telephone, a key, a plan or a day here.

    Raises:
        UnknownAgent: nobody was ever called so, as far back as agents' days are kept.
    """
    if agent_id in services.board.agents or agent_id in services.contacts or agent_id == key.agent_id:
        return
    if any(agent.id == agent_id for agent in services.live.engine.centre.agents):
        return
    if any(known.agent_id == agent_id for known in services.access.keys.values()):
        return
    if agent_id in services.customers.managers.absences or await services.history.has_seen(agent_id):
        return
    raise UnknownAgent(
        said("there is no agent {agent_id}: nobody was ever logged in by this name", agent_id=agent_id),
        agent_id=agent_id,
    )
