"""The yardstick's models in other simulators, as their own guides teach; each runs in a process of its own."""
