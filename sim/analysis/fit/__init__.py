"""A call log made into a scenario: demand, people and presence, each fitted by a method that says how well it fits."""
