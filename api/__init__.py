"""The live service: real time, FastAPI. So far only its doorway; the engine and the words do not wait for it."""
