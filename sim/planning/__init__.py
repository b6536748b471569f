"""How many agents, and who works when: plans by formula, by simulation, and rosters."""
