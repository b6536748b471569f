"""OpenAPI links: which field of a response is an argument of another operation, for generated clients and tests."""

from typing import Any, Final

Document = dict[str, Any]

LEADS_TO: Final = (
    ("post_call", "call_id", "/call_id", (
        "get_call", "next_of_call", "explain_call", "reprioritize_call", "withdraw_call", "report_on_call",
    )),
    ("post_call", "offer_id", "/offer/id", ("accept_offer", "reject_offer")),
    ("set_agent_state", "agent_id", "/agent_id", ("get_agent", "heartbeat", "set_agent_phone", "decide_break")),
    ("create_callback", "callback_id", "/callback_id", (
        "get_callback", "cancel_callback", "reschedule_callback", "report_attempt",
    )),
    ("create_simulation", "simulation_id", "/id", ("get_simulation", "cancel_simulation")),
    ("create_hook", "hook_id", "/id", ("rotate_hook", "enable_hook", "list_deliveries", "replay_hook", "delete_hook")),
    ("create_key", "key_id", "/id", ("rotate_key", "revoke_key")),
    ("put_customer", "customer_id", "/customer_id", ("get_customer",)),
    ("create_override", "override_id", "/override_id", ("withdraw_override",)),
    ("propose_entry", "entry_id", "/entry_id", (
        "get_entry", "approve_entry", "reject_entry", "lift_entry", "review_entry", "appeal_entry",
    )),
    ("open_complaint", "complaint_id", "/complaint_id", (
        "get_complaint", "respond_to_complaint", "resolve_complaint", "reopen_complaint", "withdraw_complaint",
    )),
)  # fmt: skip
"""Operation, path parameter, where its answer has it, operations that ask for it."""
BODIES: Final = {
    "accept_offer": {"token": "$response.body#/offer/token"},
    "reject_offer": {"token": "$response.body#/offer/token", "cause": "busy"},
}
"""What else those need of the answer."""


def add_links(document: Document) -> None:
    """Write the links into an OpenAPI document.

    Raises:
        KeyError: an operation is named here that the document has not.
    """
    operations = {one["operationId"]: one for methods in document["paths"].values() for one in methods.values()}
    for name, parameter, pointer, followers in LEADS_TO:
        responses = operations[name]["responses"]
        for status in [status for status in responses if status in ("200", "201")]:
            links = responses[status].setdefault("links", {})
            for follower in followers:
                assert follower in operations, f"there is no operation {follower}"
                link = {"operationId": follower, "parameters": {parameter: f"$response.body#{pointer}"}}
                body = BODIES.get(follower)
                links[follower] = link if body is None else link | {"requestBody": body}
