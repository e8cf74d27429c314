"""Measurements. Every module here has a `main()` that prints its figures."""
