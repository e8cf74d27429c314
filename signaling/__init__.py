"""The path of an event between participants: relay, bus, sockets, desk, limits.

It carries envelopes and cannot open them; media and whiteboard are unknown to it.
"""
