"""The tests import each other as `tests.…`; a package, so that no other `tests` on the path comes before."""
