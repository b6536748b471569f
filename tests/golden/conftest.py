"""What stands beside the tests (how the golden files are made) can be imported by name."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for beside in (str(HERE), str(HERE.parent)):
    if beside not in sys.path:
        sys.path.insert(0, beside)
