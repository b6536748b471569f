"""`python -m docs.generate`: write the pages that follow from the code."""

from pathlib import Path

from docs.generate.architecture import architecture_page
from docs.generate.metrics import metrics_page
from docs.generate.moves import moves_page
from docs.generate.privacy import privacy_page
from docs.generate.reference import reference_page
from docs.generate.security import security_page

PAGES = {
    "architecture.md": architecture_page,
    "metrics.md": metrics_page,
    "privacy.md": privacy_page,
    "scenario-reference.md": reference_page,
    "security.md": security_page,
    "states.md": moves_page,
}


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (Path(__file__).parents[1] / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
