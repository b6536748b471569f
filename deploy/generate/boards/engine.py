"""Engine health: whether the service decides, writes and listens as it should."""

from typing import Final

from deploy.generate.panels import COUNT, SECONDS, SHARE, Ask, Board, Shown, by, quantile

ENGINE: Final = Board(
    "engine", "Engine health", "Whether the service decides, writes and listens as it should.", "now-3h",
    (
        ("At work", (
            Shown("Up", "stat", COUNT, (Ask('up{job="callcenter"}', "{{instance}}"),),
                  "1: the last scrape went well.", 4, (1.0,), "more", tile=True, alerts=("ServiceDown",)),
            Shown("Problems", "stat", COUNT, (Ask("callcenter_problems", "{{part}}"),),
                  "Why the service is not ready, as /readyz tells; 0: it is.", 8, (1.0,),
                  alerts=("JournalFails", "BoardIsDeaf")),
            Shown("Last told the time", "stat", SECONDS,
                  (Ask("timestamp(callcenter_last_tick_timestamp_seconds) - callcenter_last_tick_timestamp_seconds",
                       "ago"),),
                  "Time of the scrape - last tick. Beyond a second or two, nothing that is due is carried out.",
                  4, (2.0, 5.0), alerts=("DispatcherDoesNotTick",)),
            Shown("Rebuilt from the journal", "stat", COUNT, (Ask("callcenter_journal_recoveries_total", "times"),),
                  "Since this process began, because a commit or a decision failed.", 4, (1.0,),
                  alerts=("JournalFails",)),
            Shown("Version", "stat", COUNT, (Ask("callcenter_build_info", "{{version}}"),), "What runs.", 4,
                  named=True),
        )),
        ("Speed", (
            Shown("Decisions", "lines", SECONDS,
                  (Ask(quantile(0.5, "callcenter_decision_seconds"), "half take less"),
                   Ask(quantile(0.99, "callcenter_decision_seconds"), "99 % take less")),
                  "A posted call from its arrival to its answer, its commit included, over the half hour before.", 12,
                  alerts=("DecisionsAreSlow",)),
            Shown("Commits", "lines", SECONDS,
                  (Ask(quantile(0.5, "callcenter_journal_commit_seconds"), "half take less"),
                   Ask(quantile(0.99, "callcenter_journal_commit_seconds"), "99 % take less")),
                  "One group commit of the journal, over the half hour before.", 12, alerts=("JournalIsSlow",)),
            Shown("Requests by status", "stack", "reqps",
                  (Ask(by("rate(callcenter_http_requests_total[5m])", "status"), "{{status}}"),),
                  "A second, over five minutes.", 8, alerts=("RequestsFail",)),
            Shown("Requests by route", "stack", "reqps",
                  (Ask("topk(8, sum by (route) (rate(callcenter_http_requests_total[5m])))", "{{route}}"),),
                  "A second, over five minutes; the eight that are asked most.", 8),
            Shown("Waiting for the disk", "lines", COUNT, (Ask("callcenter_journal_backlog", "entries"),),
                  "Applied, and not durable yet.", 8, alerts=("JournalIsSlow",)),
            Shown("Events", "lines", "cps", (Ask("deriv(callcenter_last_event_seq[5m])", "events"),),
                  "What happens on the floor, as facts: a second, over five minutes.", 8, alerts=("BoardIsDeaf",)),
            Shown("Processor", "lines", SHARE,
                  (Ask('rate(process_cpu_seconds_total{job="callcenter"}[5m])', "of a core"),),
                  "Seconds of CPU a second, over five minutes: one process, one core at most, jobs aside.", 8),
            Shown("Memory", "lines", "bytes",
                  (Ask('process_resident_memory_bytes{job="callcenter"}', "resident"),), "Of the process.", 8),
        )),
        ("Offers and forecasts", (
            Shown("Offers that ring", "lines", COUNT, (Ask("callcenter_live_offers", "offers"),), "Without an end.", 8),
            Shown("The oldest of them", "lines", SECONDS, (Ask("callcenter_oldest_offer_seconds", "rings"),),
                  "Beyond every offer timeout it is stuck.", 8, alerts=("OfferIsStuck",)),
            Shown("Expected waits that came true", "lines", SHARE,
                  (Ask("queue:callcenter_ewt_coverage:ratio1h", "{{queue}}"),),
                  "Callers who waited no longer than their 90 % value / all who were told one, over the hour before: "
                  "0.9 is as it should be.", 8, alerts=("ExpectedWaitDrifts",)),
        )),
    ),
)  # fmt: skip
