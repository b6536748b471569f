"""Text in columns of a terminal, where a Chinese character takes two cells."""

from rich.cells import cell_len


def left(text: str, width: int) -> str:
    """Return a text that begins a column so many cells wide.

    >>> left("wait", 6) + "|", left("等待", 6) + "|"
    ('wait  |', '等待  |')
    """
    return text + " " * (width - cell_len(text))


def right(text: str, width: int) -> str:
    """Return a text that ends a column so many cells wide.

    >>> right("wait", 6), right("等待", 6)
    ('  wait', '  等待')
    """
    return " " * (width - cell_len(text)) + text
