"""The live service: the routing engine in real time behind an HTTP interface, with pages, web hooks and a journal."""
