"""The five dashboards, one file each."""

from typing import Final

from deploy.generate.boards.callbacks import CALLBACKS
from deploy.generate.boards.engine import ENGINE
from deploy.generate.boards.fairness import FAIRNESS
from deploy.generate.boards.supervisor import SUPERVISOR
from deploy.generate.boards.wall import WALL

BOARDS: Final = (WALL, SUPERVISOR, CALLBACKS, ENGINE, FAIRNESS)
