"""Tests of the real parts together: servers, databases, the built client."""
