"""Callbacks: promises made, kept, about to be missed."""

from typing import Final

from deploy.generate.panels import COUNT, SHARE, Ask, Board, Shown, by

CALLBACKS: Final = Board(
    "callbacks", "Callbacks",
    "Promises to call customers back: made, kept, about to be missed. A bar stands at the end of its half hour.",
    "now-24h",
    (
        ("Promises", (
            Shown("Kept, 24 hours", "stat", SHARE, (Ask("kind:callcenter_promise_kept:ratio1d", "{{kind}}"),),
                  "Kept (the customer was reached in time) / (kept + missed), of those decided in the last 24 hours.",
                  8, (0.9, 0.98), "more", tile=True, alerts=("PromisesMissed",)),
            Shown("End within the hour", "stat", COUNT, (Ask("callcenter_tasks_near_promise", "{{kind}}"),),
                  "Customers not reached yet whose promise ends within the hour.", 8, (1.0, 5.0),
                  alerts=("CallbacksNearTheirPromise",)),
            Shown("Open, by state", "stat", COUNT, (Ask(by("callcenter_tasks_open", "state"), "{{state}}"),),
                  "scheduled: not due or outside its window; due: waits for an agent; retry: nobody answered.", 8),
            Shown("Decided", "bars", COUNT,
                  (Ask(by("increase(callcenter_task_promises_total[30m])", "promise"), "{{promise}}"),),
                  "Promises, per half hour. void: cancelled, or the customer rang first.", 12),
            Shown("Open, by promise", "stack", COUNT, (Ask(by("callcenter_tasks_open", "promise"), "{{promise}}"),),
                  "missed: still called until it is given up.", 12),
        )),
        ("Work", (
            Shown("Made and ended", "bars", COUNT,
                  (Ask(by("increase(callcenter_tasks_scheduled_total[30m])", "kind"), "made {{kind}}"),
                   Ask(by("increase(callcenter_tasks_total[30m])", "outcome"), "{{outcome}}")),
                  "Callbacks, per half hour. More made than ended: they pile up.", 12),
            Shown("Attempts", "bars", COUNT,
                  (Ask(by("increase(callcenter_task_attempts_total[30m])", "result"), "{{result}}"),),
                  "Customers who were reached and who were not, per half hour.", 12),
            Shown("Solved by callback", "bars", COUNT,
                  (Ask(by("increase(callcenter_tasks_solved_total[30m])", "tier, solved"), "{{tier}}: {{solved}}"),),
                  "Customers served, per half hour: is their business finished? unsaid: no result was given.",
                  12),
        )),
    ),
    refresh="1m",
)  # fmt: skip
