"""The pages about customers, as the navigation between them lists them."""

from typing import Final

from callcenter.language.said import N_

CUSTOMERS: Final = (
    ("/customers", N_("Look up")),
    ("/customers/callbacks", N_("To call back")),
    ("/customers/complaints", N_("Complaints")),
    ("/customers/blacklist", N_("Blacklist")),
    ("/customers/tiers", N_("Tiers")),
)
"""Address and title of the pages about customers."""
