"""What every request passes: limits, formats, problem documents, the endpoint around a route, OpenAPI."""
