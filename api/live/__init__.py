"""The live engine: one engine, one clock, one timer, one journal writer; nothing here knows HTTP."""
