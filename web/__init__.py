"""The composition root: HTTP pages and API, accounts, operations, command line, client.

The only layer that knows all others and that reads settings from the environment.
"""
