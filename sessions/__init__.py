"""What a session is and remembers: events, keys, log, lifecycle, artifacts, privacy.

The lowest layer. It knows neither transport nor pages, and reads nothing from the environment.
"""
