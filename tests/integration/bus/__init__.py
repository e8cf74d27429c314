"""Nodes that meet over a real Redis."""
