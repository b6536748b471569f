"""Running it: Prometheus's rules, Grafana's dashboards, containers and units; what follows from code is generated."""
