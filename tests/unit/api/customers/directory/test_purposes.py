"""Nothing about a person is kept without a purpose and a period."""

from api.customers.directory.purposes import PURPOSES
from api.customers.directory.retention import RULES, STRANGERS
from api.customers.erasure import FORGOTTEN
from api.settings import Settings
from api.store.tables import TABLES


def test_every_column_about_a_person_has_one_purpose():
    said = [(one.table, column) for one in PURPOSES for column in one.columns]
    personal = {*FORGOTTEN, "natural_keys"}

    assert sorted(said) == sorted((name, column) for name in personal for column in TABLES[name].columns)


def test_every_table_about_a_person_has_an_end():
    """Customers of the CRM end with the CRM or by erasure; all else by its age."""
    ended = {rule.table for rule in (*RULES, STRANGERS)}

    assert {one.table for one in PURPOSES} - ended == {"customer_numbers"}, "they go with their customer"
    periods = [rule.period for rule in (*RULES, STRANGERS)]
    assert all(isinstance(getattr(Settings(), one) if isinstance(one, str) else one, int) for one in periods)
