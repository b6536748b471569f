"""The words of a call centre: what exists, what can be asked, what can have happened.

In a notebook `import callcenter as cc` also gives `cc.load`, `cc.simulate`, `cc.compare`, `cc.sweep`, `cc.staff`,
`cc.schedule`, `cc.fit` and `cc.forecast` (docs/notebook.md). They live where all parts are put together, beside the
command line, and are imported when first asked for: the words themselves import nothing of it.
"""

NOTEBOOK = ("compare", "fit", "forecast", "load", "schedule", "simulate", "staff", "sweep")
"""What `callcenter.cli.notebook` lends to this name."""


def __getattr__(name: str) -> object:
    if name not in NOTEBOOK:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from callcenter.cli import notebook

    found: object = getattr(notebook, name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *NOTEBOOK])
