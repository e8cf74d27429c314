"""OB-01: agencies on two nodes: what one console hears, over a real Redis."""

from sessions.accounts import Account
from sessions.events import Envelope, Role, Seq, SessionId, desk_of
from sessions.lifecycle import Name
from tests.integration.bus.conftest import MakeWorld, until
from tests.world import Node, World

WHOSE = (None, "nord", "sued")


class Console:
    """An ear on the desk of one agency, on one node."""

    def __init__(self, node: Node, whose: str | None) -> None:
        self.heard: list[tuple[str, str]] = []
        self._watch = node.relay.watch(desk_of(whose), Seq(0), self._hear, None)

    def _hear(self, frame: bytes, event: Envelope) -> None:
        self.heard.append((event.session, event.sealed.decode()))

    def has_heard(self, session: SessionId, what: str) -> bool:
        return any(one == session and f'"{what}"' in body for one, body in self.heard)

    def close(self) -> None:
        self._watch.close()


async def begins(world: World, whose: str | None, number: int) -> SessionId:
    """Somebody who came to an agency, on the first node."""
    node = world.nodes[0]
    started = await node.lifecycle.start(
        name=Name("Ada", "Canary"), topic=None, language="de",
        request=f"{whose} {number}".encode(), agency=whose,
    )  # fmt: skip
    assert started.joined is not None
    node.relay.announce(started.joined)
    return started.session


async def test_no_node_carries_the_desk_of_one_agency_to_another(make_world: MakeWorld) -> None:
    """OB-01: neither a session nor that somebody is free; each hears all of its own."""
    async with make_world(2) as world:
        here, there = world.nodes
        consoles = {
            (node.name, whose): Console(node, whose) for node in (here, there) for whose in WHOSE
        }
        sessions = {whose: await begins(world, whose, 1) for whose in WHOSE}
        for whose in WHOSE:
            await here.lifecycle.end(sessions[whose], "expired")
            ended = await here.log.after(sessions[whose], Seq(0), 100)
            here.relay.announce(ended[-1])
        for (_, whose), console in consoles.items():
            await until(lambda c=console, s=sessions[whose]: c.has_heard(s, "ended"))  # type: ignore[misc]
        account = await nina(here)
        here.attendance.console_opened(account.id)
        await here.accounts.wish(account.id, "free")
        own = [consoles[node.name, "nord"] for node in (here, there)]
        for console in own:
            await until(lambda c=console: c.has_heard(desk_of(None), "availability"))  # type: ignore[misc]
        # What is told after it has come to everybody: so has all that was told before.
        for whose in WHOSE:
            last = await begins(world, whose, 2)
            for node in (here, there):
                console = consoles[node.name, whose]
                await until(lambda c=console, s=last: c.has_heard(s, "waiting"))  # type: ignore[misc]
                told = {session for session, _ in console.heard} - {desk_of(None)}
                assert told == {sessions[whose], last}
                news = [body for session, body in console.heard if session == desk_of(None)]
                assert bool(news) is (whose == "nord")
                console.close()
        here.attendance.console_closed(account.id)


async def nina(node: Node) -> Account:
    return await node.accounts.add(
        "nina", display_name="Nina", role=Role.ADVISOR, password_hash="-", agency="nord"
    )
