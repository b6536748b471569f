"""What is kept about a person, what for, for how long, and who sees it: the register that docs/privacy.md is made from.

A test sees that no column of a table about persons is missing here, so nothing is kept without a purpose.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Purpose:
    """Columns of one table that serve the same end."""

    table: str
    columns: tuple[str, ...]
    purpose: str
    kept: str
    seen_by: str


CRM: Final = "as long as the CRM has them; until erased"
CALLS: Final = "`keep_calls_days` (365)"
TREATMENT: Final = "`keep_treatment_days` (1,095) after it ended"
AUDIT: Final = "`keep_audit_days` (1,095)"
STRANGERS: Final = "strangers: `keep_strangers_days` (365), and until no call of theirs is kept"
DESK: Final = "supervisor, admin; the agent who is offered the call"
NUMBERS: Final = "admin, telephony; the agent who is offered the call; masked for supervisors"

PURPOSES: Final = (
    Purpose("customers", ("key",), "names the person in the engine's journal without saying who it is",
            f"{CRM}; {STRANGERS}", "supervisor, admin"),
    Purpose("customers", ("customer_id",), "finds the person in the CRM", CRM, DESK),
    Purpose("customers", ("name", "language", "notes"), "lets an agent greet and help without asking again", CRM, DESK),
    Purpose("customers", ("tier", "grade", "why"), "decides the order of calls, and explains it", CRM, DESK),
    Purpose("customers", ("revenue_12m", "last_contact", "contacts_12m", "tenure_months", "credit_score",
                          "revenue_before", "revenue_before_at"),
            "grading, and the list of customers who fall silent", CRM, "supervisor, admin"),
    Purpose("customers", ("account_manager",), "rings the customer's own agent first", CRM, DESK),
    Purpose("customers", ("zone",), "calls nobody back at night", f"{CRM}; {STRANGERS}", DESK),
    Purpose("customers", ("consent",), "calls nobody unasked who does not want it", CRM, "supervisor, admin"),
    Purpose("customers", ("protected",), "keeps the elderly and the disabled out of the last band", CRM, DESK),
    Purpose("customers", ("backup_key",), "encrypts in backups what is known of them, until they are erased",
            f"{CRM}; {STRANGERS}", "nobody"),
    Purpose("customers", ("at",), "says how old all this is", CRM, "nobody"),
    Purpose("customer_numbers", ("customer_key", "lookup", "extension", "number", "shared", "place", "at"),
            "recognises who rings, and calls back", f"{CRM}; {STRANGERS}", NUMBERS),
    Purpose("call_details", ("call_id", "customer_key", "source", "external_call_id", "at", "channel"),
            "tells which call was whose, for callbacks, repeat calls and complaints", CALLS, "telephony, supervisor"),
    Purpose("call_details", ("caller", "called", "callback_number", "caller_lookup", "callback_lookup"),
            "calls back, and finds what must be erased", CALLS, NUMBERS),
    Purpose("call_details", ("attributes",), "what the telephony system told of the call, for the agent", CALLS, DESK),
    Purpose("task_details", ("task_id", "customer_key", "number", "number_lookup", "attributes", "note", "campaign",
                             "at"),
            "tells whoever calls a customer whom to call and why", CALLS, DESK),
    Purpose("notes", ("id", "at", "contact", "subject", "customer_key", "author", "text"),
            "lets the next agent go on where the last one stopped", CALLS, DESK),
    Purpose("contacts", ("customer_key", "at", "id", "contact", "kind", "queue", "tier", "outcome", "wait_ms",
                         "agent_id", "talk_ms", "result"),
            "tells an agent what the customer called about lately, and how that ended", CALLS, DESK),
    Purpose("natural_keys", ("source", "external_call_id", "call_id", "at"),
            "makes a call that is posted twice one call", CALLS, "telephony, supervisor"),
    Purpose("tier_changes", ("id", "customer_key", "at", "before", "after", "source", "why", "by"),
            "explains a tier to whoever asks, the customer included", "`keep_treatment_days` (1,095)",
            "supervisor, admin"),
    Purpose("tier_overrides", ("id", "customer_key", "tier", "reason", "author", "begins", "ends", "ended_at",
                               "ended_by", "ended_why", "at"),
            "lets a person answer for an exception", TREATMENT, "supervisor, admin"),
    Purpose("blacklist_entries", ("id", "customer_key", "state", "reason", "author", "proposed_at", "review_at",
                                  "expires_at", "number_only", "approved_by", "in_force_at", "reviewed_by", "appeal",
                                  "ended_at", "ended_by", "ended_why", "calls", "answered"),
            "lets nobody be on the blacklist without a reason, an author and an end", TREATMENT, "supervisor, admin"),
    Purpose("complaints", ("id", "customer_key", "call_id", "queue", "tier", "grade", "about", "state", "opened_at",
                           "respond_by", "resolve_by", "level", "reopened", "responded_at", "resolved_at",
                           "closed_at", "opened_by", "resolution", "follow_up", "at"),
            "answers and resolves a complaint in time", TREATMENT, "supervisor, agent"),
    Purpose("surveys", ("id", "at", "customer_key", "tier", "queue", "call_id", "task_id", "complaint_id", "csat",
                        "nps", "solved", "comment", "by"),
            "measures whether each tier is satisfied", "`keep_treatment_days` (1,095)", "supervisor"),
    Purpose("audit", ("id", "at", "principal", "action", "subject", "detail", "customer_key"),
            "tells who did what; erasure takes the words about the person, not the deed", AUDIT, "admin"),
)  # fmt: skip
"""In the order of the page."""
