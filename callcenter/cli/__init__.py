"""The command line: a table of commands, imported when called; here faults become one line."""

import errno
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import typer

from callcenter.errors import CallCenterError
from callcenter.language.said import SOURCE
from callcenter.language.spoken import _, speak, speaking, spoken, told

ANSWER_IS_NO: Final = 1
WRONG_INPUT: Final = 2
MACHINE_FAILED: Final = 3
OUR_FAULT: Final = 70
INTERRUPTED: Final = 130

LANGUAGE_SETTING: Final = "CALLCENTER_LANG"


@dataclass(frozen=True, slots=True)
class Command:
    """A command's module, what in it is called (a function, or a Typer of several), and its help."""

    module: str
    what: str
    help: str


COMMANDS: Final = {
    "simulate": Command("callcenter.cli.simulate", "simulate", "Live through a scenario's days and report on them."),
    "compare": Command("callcenter.cli.compare", "compare", "Compare scenarios under the same chance."),
    "sweep": Command("callcenter.cli.sweep", "sweep", "Simulate a grid of settings."),
    "forecast": Command("callcenter.cli.forecast", "forecast", "Forecast calls per half hour from a call log."),
    "look": Command("callcenter.cli.look", "look", "Show what a call log is, and propose how to read it."),
    "fit": Command("callcenter.cli.fit", "fit", "Make a scenario from a call log."),
    "judge": Command("callcenter.cli.judge", "judge", "Test a fit on days of the log that it has not seen."),
    "staff": Command("callcenter.cli.staff", "staff", "How many agents in each interval."),
    "today": Command("callcenter.cli.today", "today", "The rest of a day from its calls so far."),
    "schedule": Command("callcenter.cli.schedule", "schedule", "Shifts that cover the staffing at least cost."),
    "erlang": Command("callcenter.cli.erlang", "erlang", "The Erlang formulas, for a pipe or a spreadsheet."),
    "tiers": Command("callcenter.cli.tiers", "tiers", "Grade customers."),
    "customers": Command("callcenter.cli.customers", "customers", "A CRM's customers into the directory, and out."),
    "campaign": Command("callcenter.cli.campaign", "campaign", "Lists of customers whom the centre calls."),
    "scenario": Command("callcenter.cli.scenario", "scenario", "Check, describe and start scenario files."),
    "serve": Command("callcenter.cli.serve", "serve", "Run the live service."),
    "rules": Command("callcenter.cli.rules", "rules", "Write Prometheus's rules for a centre's own targets."),
    "replay": Command("callcenter.cli.replay", "replay", "Run a journal again and prove the decisions identical."),
    "doctor": Command("callcenter.cli.doctor", "doctor", "Look at what the service needs, a line each."),
    "backup": Command("callcenter.cli.backup", "backup", "Copy the database while the service runs."),
    "restore": Command("callcenter.cli.backup", "restore", "Put a copy of the database back."),
    "book": Command("callcenter.cli.book", "book", "The day's book: each half hour as it came to pass."),
    "drive": Command("callcenter.cli.drive", "drive", "Play a scenario's people against a running service."),
}
"""In the order of the help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 1 the answer is no, 2 the input is wrong.

    The language asked for lasts as long as the command: who calls this from a notebook finds theirs again.
    """
    # No command has matrices large enough to share out; idle threads of numpy's BLAS spin, here and in each worker.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_streams()
    with speaking(spoken()):
        return _run(words)


def _open_streams() -> None:
    """Let standard streams that were closed (`callcenter … >&-`, some schedulers) lead nowhere.

    Else the next file that is opened takes their number, and what is printed goes into it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                os.fstat(number)
                continue
            os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w"))


def _run(words: list[str]) -> int:
    name = next((word for word in words if not word.startswith("-")), "")
    try:
        command = command_of(name)
        _help_in_language(command, words)
        status = command(words, prog_name="callcenter", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return _say(_("interrupted"), INTERRUPTED)
    except CallCenterError as error:
        return _say(told(error), WRONG_INPUT)
    except typer.TyperException as error:
        return _misspelt(error, words)
    except BrokenPipeError:  # `callcenter … | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        no_place = error.errno in (errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP)
        hint = _(": check the path") if no_place else ""
        said = f"{error.filename or 'callcenter'}: {error.strerror or error}{hint}"
        return _say(said, WRONG_INPUT if no_place else MACHINE_FAILED)
    except Exception:
        traceback.print_exc()
        return _say(_("callcenter: this is our fault, not yours: please report the lines above"), OUR_FAULT)
    return status if isinstance(status, int) else 0


def _misspelt(error: typer.TyperException, words: list[str]) -> int:
    """Say what the option parser does not understand, in the language asked for wherever that stands in the line."""
    from callcenter.cli.help import wished
    from callcenter.cli.parser_texts import in_our_words

    if type(error).__name__ == "NoArgsIsHelpError":  # typer gives it no name to import
        print(error.format_message(), file=sys.stderr)
        return WRONG_INPUT
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "callcenter"
    with speaking(wished(words, os.environ.get(LANGUAGE_SETTING, ""))):
        what = in_our_words(_one_line(error.format_message()))
        return _say(_("{path}: {what} (see {path} --help)", path=path, what=what), WRONG_INPUT)


def command_of(called: str) -> Any:
    """Return the command line with the called command imported, which asks for the language."""
    command = typer.main.get_command(_app(called))
    for part in [each for word, each in getattr(command, "commands", {}).items() if word == called]:
        _with_language(part)
    return command


def _help_in_language(command: Any, words: list[str]) -> None:
    if "--help" not in words and len(words) > 1:
        return
    from callcenter.cli.help import told_in, wished

    if (language := wished(words, os.environ.get(LANGUAGE_SETTING, ""))) != SOURCE:
        told_in(language, command)


def _app(called: str) -> typer.Typer:
    """Return the app with the called command imported; the others only lend their name to the help."""
    app = typer.Typer(
        help="Call centre routing: simulate a day, staff it, run it live.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback()(_version)
    for name, command in COMMANDS.items():
        what = getattr(import_module(command.module), command.what) if name == called else _elsewhere
        if isinstance(what, typer.Typer):
            app.add_typer(what, name=name, help=command.help)
        else:
            app.command(name, help=None if name == called else command.help, short_help=command.help)(what)
    return app


def _speak(wished: str | None) -> None:
    if wished is None:
        return
    if wished.lower().startswith("en"):
        speak(SOURCE)
    else:
        from callcenter.cli.help import language_named

        speak(language_named(wished))


def _asked(
    lang: str | None = typer.Option(
        None, metavar="LANG", envvar=LANGUAGE_SETTING, expose_value=False, is_eager=True, callback=_speak,
        help="Write tables and reports in this language: en (the default) or zh. JSON and CSV are the same in both.",
    ),
) -> None:  # fmt: skip
    """Ask for the language: every command does, and none has to pass it on."""


def _with_language(command: Any) -> None:
    """Let a command, or each of a group, be told in which language people read it."""
    if hasattr(command, "commands"):
        for part in command.commands.values():
            _with_language(part)
        return
    asks = typer.Typer(add_completion=False)
    asks.command()(_asked)
    command.params += typer.main.get_command(asks).params


def _elsewhere() -> None:
    raise AssertionError("only the called command is imported")


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"callcenter {version('callcenter')}")
        raise typer.Exit


def _version(
    version: bool = typer.Option(False, "--version", is_eager=True, callback=_show_version, help="Print the version."),
) -> None:
    """Call centre routing: simulate a day, staff it, run it live."""


def _one_line(text: str) -> str:
    """Return a text as one line with nothing in it that a terminal obeys."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(text.split()))


def _say(line: str, status: int) -> int:
    print(_one_line(line), file=sys.stderr)
    return status
