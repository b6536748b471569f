"""What Prometheus is told: one catalogue of names, one fold from events to counts, one way to write them down."""
