"""The compiled path: the engine's own decisions over one array of whole numbers, equal to SimPy's path call by call.

`layout` says where things stand, `setting` puts a scenario there, `walk` lives through the day; in between, each
module mirrors the module of `routing` or `sim` that its head names. `mirrors` has the table of what mirrors what, and
`coverage` what is not told here: that runs on SimPy.
"""
