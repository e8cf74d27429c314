"""Sound and picture: ICE servers, the check before the call, consented recording, quality.

It does not know how participants find each other; that is what signaling is for.
"""
