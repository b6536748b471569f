"""`callcenter replay`: run a journal again and prove that the decisions are identical, or show the first difference."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from callcenter.cli import ANSWER_IS_NO
from callcenter.cli.options import AsJson, Processes, Replications, Seed, json_text, note
from callcenter.cli.progress import Bar
from callcenter.language.spoken import _

if TYPE_CHECKING:
    from api.recovery.verification import Differs


def replay(
    database: Annotated[
        str, typer.Argument(metavar="DATABASE", help="A SQLite file, or postgresql://…: what the service wrote.")
    ],
    centre: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER.yaml", help="Estimate by simulation what the days would have been with this centre."
        ),
    ] = None,
    replications: Replications = None,
    seed: Seed = None,
    processes: Processes = None,
    as_json: AsJson = False,
) -> int:
    """Run a journal again and prove that the decisions are identical, or show the first difference."""
    if centre is not None:
        from callcenter.cli.counterfactual import estimate

        return estimate(database, centre, replications, seed, processes, as_json=as_json)
    from api.recovery.verification import prove
    from api.store.open import reading

    with reading(database) as store, Bar("replaying", store.head().last_n) as bar:
        proof = prove(store, bar)
    if as_json:
        print(
            json_text(
                {
                    "database": database,
                    "identical": proof.difference is None,
                    "after": proof.after,
                    "commands": proof.commands,
                    "refused": proof.refused,
                    "events": proof.events,
                    "events_compared": proof.compared,
                    "difference": _plain(proof.difference),
                }
            )
        )
    elif proof.difference is None:
        if proof.after:
            note(
                _(
                    "callcenter replay: the journal is pruned: begun at the snapshot of command {after:,}",
                    after=proof.after,
                )
            )
        print(
            _(
                "identical: {commands:,} commands ({refused:,} refused) gave the same {events:,} events, "
                "{compared:,} of them compared one by one",
                commands=proof.commands,
                refused=proof.refused,
                events=proof.events,
                compared=proof.compared,
            )
        )
    else:
        _show(proof.difference)
    return 0 if proof.difference is None else ANSWER_IS_NO


def _plain(difference: "Differs | None") -> dict[str, object] | None:
    if difference is None:
        return None
    return {
        "command": difference.n,
        "event": difference.seq,
        "recorded": difference.recorded,
        "replayed": difference.replayed,
    }


def _show(difference: "Differs") -> None:
    where = "its refusal" if difference.seq is None else f"event {difference.seq}"
    print(_("different: command {n}, {where}", n=difference.n, where=where))
    print(_("  recorded: {recorded}", recorded=difference.recorded or _("nothing")))
    print(_("  replayed: {replayed}", replayed=difference.replayed or _("nothing")))
    note(_("callcenter replay: was the journal written by another version? That one replays it"))
