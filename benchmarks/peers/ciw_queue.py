"""Ciw as its guides show it: customer classes with priorities and reneging; figures from its records."""

import ciw

from benchmarks.models import AHT_S, MODELS
from benchmarks.peers.clock import Tiers, measured


def run(name: str, calls: int, seed: int) -> Tiers:
    """Simulate until `calls` customers have come (or, where nobody reneges, have finished)."""
    model = MODELS[name]
    ciw.seed(seed)
    classes = [f"t{n}" for n in range(len(model.shares))]
    exponential = ciw.dists.Exponential
    rules = {}
    if model.patience_s:
        rules = {
            "priority_classes": {c: n for n, c in enumerate(classes)},
            "reneging_time_distributions": {c: [exponential(1 / model.patience_s)] for c in classes},
        }
    network = ciw.create_network(
        arrival_distributions={
            c: [exponential(model.calls_per_s * share)] for c, share in zip(classes, model.shares, strict=True)
        },
        service_distributions={c: [exponential(1 / AHT_S)] for c in classes},
        number_of_servers=[model.agents],
        **rules,
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(calls, method="Arrive" if model.patience_s else "Finish")
    tiers = [[0, 0, 0.0] for _ in classes]
    for record in simulation.get_all_records():
        mine = tiers[int(str(record.customer_class)[1:])]
        mine[0] += 1
        mine[1] += record.record_type == "renege"
        mine[2] += record.waiting_time
    return [(int(n), int(lost), wait) for n, lost, wait in tiers]


if __name__ == "__main__":
    measured(run)
