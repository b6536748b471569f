"""Staffs the cases on standard input with pyworkforce, in an environment of its own; imports nothing of ours."""

import json
import sys
import time


def main() -> None:
    cases = json.load(sys.stdin)
    from pyworkforce.queuing import ErlangC

    begun = time.process_time()
    answers = [
        ErlangC(transactions=calls, aht=aht, asa=limit, interval=interval).required_positions(service_level=target)[
            "raw_positions"
        ]
        for calls, aht, limit, interval, target in cases["c"]
    ]
    found = {"c": answers, "c_s": time.process_time() - begun, "a": None, "a_s": None}
    if cases["a"]:
        try:
            from pyworkforce.queuing import ErlangA
        except ImportError as error:
            found["a_failed"] = str(error)
        else:
            begun = time.process_time()
            found["a"] = [
                ErlangA(
                    transactions=calls, aht=aht, asa=limit, interval=interval, patience=patience
                ).required_positions(service_level=target)["raw_positions"]
                for calls, aht, limit, interval, patience, target in cases["a"]
            ]
            found["a_s"] = time.process_time() - begun
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
