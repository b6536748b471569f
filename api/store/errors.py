"""What can go wrong with a store."""

from callcenter.errors import BadInput, CallCenterError


class StoreFailed(CallCenterError):
    """The database could not do it now: disk full, read-only, connection lost, …; nothing of it is kept."""

    code = "store_failed"


class Conflict(StoreFailed):
    """A unique key of the database says no."""

    code = "conflict"


class BadJournal(BadInput):
    """The database is of no use as it is: held by another service, newer than the program, or damaged."""

    code = "bad_journal"


class Owned(BadJournal):
    """Another service has the database now."""

    def __init__(self, name: str, holder: str) -> None:
        super().__init__(
            f"{name}: another service has it open ({holder}): stop that one, wait for its end (--standby), "
            "or use another --database"
        )
        self.holder = holder


class Replaced(BadJournal):
    """Another service has had the journal since this one: what this one remembers is out of date."""

    code = "replaced"
