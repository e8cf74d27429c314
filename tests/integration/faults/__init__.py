"""Deployments that fail in parts, in small; at length with `python -m tests.faults`."""
