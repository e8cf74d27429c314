"""Four eyes: what one person entered another one decides, once."""

from sessions.events import Refused

ENTERED = "asked"  # the state of what waits for the second pair


def expect_second(state: str, *, entered_by: str, by: str) -> None:
    """Raises Refused: disclosure.decided, disclosure.own."""
    if state != ENTERED:
        raise Refused("disclosure.decided")
    if entered_by == by:
        raise Refused("disclosure.own")
