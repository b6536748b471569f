"""What stands beside the tests can be imported by name."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for beside in (str(HERE), str(HERE.parent)):
    if beside not in sys.path:
        sys.path.insert(0, beside)
