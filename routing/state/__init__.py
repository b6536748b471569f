"""The state of a centre at work: calls, agents, lines, deadlines. `routing.facts` is its only writer."""
