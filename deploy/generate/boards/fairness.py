"""Fairness: what the better tiers' precedence costs the others."""

from typing import Final

from deploy.generate.panels import COUNT, SECONDS, SHARE, TODAY, Ask, Board, Shown, by, quantile

FAIRNESS: Final = Board(
    "fairness", "Fairness", "What the better tiers' precedence costs the others, and whether anyone is forgotten.",
    TODAY,
    (
        ("Waits", (
            Shown("Longest wait by band", "lines", SECONDS, (Ask("callcenter_starvation_seconds", "band {{band}}"),),
                  "Of those who wait at each moment. Bands are absolute: this is their price.", 12,
                  alerts=("BandStarves",)),
            Shown("95 % of waits, by tier", "lines", SECONDS,
                  (Ask(quantile(0.95, "callcenter_wait_seconds", "tier"), "{{tier}}"),),
                  "Of all calls that left a queue within the half hour before, whatever way.", 12),
        )),
        ("Service", (
            Shown("Answered at all, 24 hours", "stat", SHARE,
                  (Ask("sum by (tier) (tier_outcome_within:callcenter_contacts_sl_outcomes:increase1d"
                       '{outcome="answered"}) / (tier:callcenter_contacts_offered:increase1d > 0)', "{{tier}}"),),
                  "Answered, in time or not / offered, of contacts; of the last band too.", 8),
            Shown("Abandonment, 24 hours", "stat", SHARE, (Ask("tier:callcenter_abandonment:ratio1d", "{{tier}}"),),
                  "Abandoned, shortly or not / offered, of contacts.", 8),
            Shown("Missed per half hour", "bars", COUNT,
                  (Ask(by("increase(callcenter_sl_breaches_total[30m])", "tier"), "{{tier}}"),),
                  "Calls whose threshold passed, counted at that moment, transferred ones too.", 8),
        )),
        ("Who gets what", (
            Shown("Share of contacts", "stack", SHARE,
                  (Ask("tier:callcenter_contacts_offered:increase1h / on () group_left () "
                       "(sum (tier:callcenter_contacts_offered:increase1h) > 0)", "{{tier}}"),),
                  "Contacts of the tier / all contacts, offered within the hour before.", 12),
            Shown("Share of agents' time", "stack", SHARE, (Ask("tier:callcenter_agent_time:share1h", "{{tier}}"),),
                  "Agents' ring, talk, dial and wrap-up for the tier / that for all, over the hour before: beside the "
                  "share of contacts it tells who is served at whose cost.", 12),
        )),
        ("Who is where, and by whose word", (
            Shown("Blacklist", "stat", COUNT, (Ask(by("callcenter_blacklist_entries", "state"), "{{state}}"),),
                  "Few, listed by a person with a reason.", 6),
            Shown("Reviews within 7 days", "stat", COUNT, (Ask("callcenter_blacklist_reviews_due_soon", "entries"),),
                  "An entry that nobody reviews is lifted.", 6),
            Shown("Reviews overdue", "stat", COUNT, (Ask("callcenter_blacklist_reviews_overdue", "entries"),),
                  "Entries that should have been lifted, and are not.", 6, (1.0,), alerts=("BlacklistReviewOverdue",)),
            Shown("Tiers by a person's word", "stat", COUNT, (Ask("callcenter_tier_overrides", "overrides"),),
                  "Overrides in force.", 6),
        )),
    ),
    refresh="1m",
)  # fmt: skip
