"""One more person in a talk: from a link to a seat, and out again. Over HTTP and real sockets."""

import asyncio
from typing import Any

from sessions.events import FileId, ParticipantId, SessionId
from sessions.files import retold_id
from sessions.invitations import MAX_OPEN
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.guests import (
    NAME,
    a_link,
    decide,
    in_talk,
    knock,
    seated_guest,
    state,
)
from tests.integration.web.test_files import uploaded
from tests.integration.web.test_talk import Talker, talking
from tests.patience import allowed
from web.api import Admission
from web.invitations import Invitations, Made

WORD = "Kanarienvogel im Chat"


async def listed(advisor: Caller, session: str) -> list[dict[str, Any]]:
    answer = await advisor.get(f"/api/sessions/{session}/invitations")
    assert answer.status == 200, await answer.text()
    said = await answer.json()
    Invitations.model_validate_json(await answer.text())
    found: list[dict[str, Any]] = said["invitations"]
    return found


async def removed(advisor: Caller, session: str, participant: str) -> tuple[int, Any]:
    path = f"/api/sessions/{session}/remove"
    answer = await advisor.post(path, {"participant": participant})
    return answer.status, await answer.json()


async def changed(talker: Talker) -> tuple[str, str]:
    body = await talker.hear("invitation.changed")
    return body["invitation"], body["state"]


async def test_from_a_link_to_a_talk_of_three(site: Site) -> None:
    """OB-01, OB-09: told as it happens, by name only to the advisor; then everybody hears them."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    session, ben = prospect.session, site.visitor()
    async with talking(anna, session) as desk, talking(prospect, session) as erika:
        link = await a_link(anna, session, "interpreter")
        Made.model_validate(link, strict=True)
        assert len(link["secret"]) >= 43, "256 bits"
        assert await changed(erika) == (link["invitation"], "open")
        [row] = await listed(anna, session)
        assert (row["state"], row["seat"], row["name"]) == ("open", "interpreter", None)

        status, said = await knock(ben, link)
        assert (status, said["seat"]) == (201, "interpreter")
        assert await changed(erika) == (link["invitation"], "asked")
        assert await state(ben, link) == {"state": "asked", "session": None}
        assert (await ben.post(f"/api/sessions/{session}/join", {})).status == 404
        [row] = await listed(anna, session)
        assert (row["state"], row["name"]) == ("asked", "Gül Kanarienvogel")

        assert await decide(anna, session, link, "admit") == (200, {"state": "admitted"})
        assert await state(ben, link) == {"state": "admitted", "session": session}
        async with talking(ben, session) as guest:
            for one in (guest, erika, desk):
                while (joined := await one.hear("participant.joined"))["role"] != "guest":
                    pass
                assert (joined["name"], joined["seat"]) == ("Gül Kanarienvogel", "interpreter")
            assert guest.joined["role"] == "guest"
            assert {one["role"] for one in guest.joined["roster"]} == {
                "prospect", "advisor", "guest",
            }  # fmt: skip
            admission = guest.admission
            Admission.model_validate(
                {key: value for key, value in admission.items() if key != "session"}
            )
            assert {(one["role"], one["name"]) for one in admission["people"]} == {
                ("prospect", "Erika Mustermann"), ("advisor", "Some.Advisor"),
            }  # fmt: skip
            assert (await guest.send("chat.message", {"text": WORD}))["ok"]
            assert (await erika.hear("chat.message"))["text"] == WORD
            for kind, body in (
                ("session.ended", {"reason": "hung_up"}), ("recording.changed", {"on": False}),
            ):  # fmt: skip
                assert (await guest.send(kind, body))["code"] == "kind.role"
        async with talking(prospect, session) as again:
            assert again.admission["since"] is None
            assert again.admission["people"] is None
    stored = b"".join(path.read_bytes() for path in site.data.rglob("*") if path.is_file())
    for text in (link["secret"], ben.token, "Kanarienvogel"):
        assert text.encode() not in stored


async def test_the_past_is_never_told(site: Site) -> None:
    """OB-01: neither what was said nor what was laid there before they came."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    session = prospect.session
    async with talking(prospect, session) as erika:
        assert (await erika.send("chat.message", {"text": "vorher"}))["ok"]
        before = await uploaded(prospect, session)
        guest = await seated_guest(site, anna, session)
        after = await uploaded(prospect, session)
        async with talking(guest, session) as ben:  # which says that it has heard nothing
            since = ben.admission["since"]
            assert (await erika.send("chat.message", {"text": "nachher"}))["ok"]
            assert (await ben.hear("chat.message"))["text"] == "nachher"
            seqs = [one["seq"] for one in ben.heard if one["seq"] is not None]
            assert seqs == [since + 1], "their own coming, and nothing else"
        for path, status in ((before, 404), (after, 200)):
            for method in ("GET", "HEAD"):
                answer = await guest.ask(method, path, headers={"Tus-Resumable": "1.0.0"})
                assert answer.status == status, (method, status)
        second = await seated_guest(site, anna, session)
        async with talking(second, session) as carla:
            assert carla.admission["since"] > since
            names = [one["seat"] for one in carla.admission["people"] if one["role"] == "guest"]
            assert names == ["guest"]


async def test_a_file_that_was_begun_before_and_told_after_is_theirs(site: Site) -> None:
    """OB-01: what a guest hears of they get; nobody else's word for a file of the past opens it."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    session = prospect.session
    async with talking(prospect, session) as erika, talking(anna, session) as advisor:
        told, untold, chatted = [await uploaded(prospect, session) for _ in range(3)]
        guest = await seated_guest(site, anna, session)
        async with talking(guest, session) as ben:

            async def got(path: str) -> int:
                return (await guest.ask("GET", path)).status

            assert await got(told) == 404, "they have not heard of it"
            assert (await erika.send("file.shared", of(told), id=id_in(told)))["ok"]
            assert (await ben.hear("file.shared"))["file"] == id_in(told)
            assert await got(told) == 200
            for talker in (advisor, ben):
                await talker.send("file.shared", of(untold), id=id_in(untold))
            assert await got(untold) == 404
            assert (await erika.send("chat.message", {"text": "x"}, id=id_in(chatted)))["ok"]
            assert await got(chatted) == 404


async def test_a_file_of_the_past_is_given_once_its_owner_tells_of_it_again(site: Site) -> None:
    """OB-01: to every guest who hears it, and to none who comes later; only its owner can tell."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    session = prospect.session
    async with talking(prospect, session) as erika, talking(anna, session) as advisor:
        one, other = [await uploaded(prospect, session) for _ in range(2)]
        for path in (one, other):
            assert (await erika.send("file.shared", of(path), id=id_in(path)))["ok"]
        guest = await seated_guest(site, anna, session)
        async with talking(guest, session) as ben:

            async def got(path: str, *others: Caller) -> list[int]:
                return [(await who.ask("GET", path)).status for who in (guest, *others)]

            def again(path: str, talker: Talker) -> str:
                return retold_id(FileId(id_in(path)), ParticipantId(talker.joined["sender"][:16]))

            assert await got(one) == [404], "what was told before they came is not theirs"
            for _ in range(2):  # a page that is loaded anew may say it once more
                answer = await erika.send("file.shared", of(one), id=again(one, ben))
                assert answer["ok"]
            assert (await ben.hear("file.shared"))["file"] == id_in(one)
            assert await got(one) == [200]
            for talker in (advisor, ben):
                await talker.send("file.shared", of(other), id=again(other, talker))
            assert (await erika.send("chat.message", {"text": "x"}, id=again(other, erika)))["ok"]
            assert await got(other) == [404]
            second = await seated_guest(site, anna, session)
            async with talking(second, session) as carl:
                assert await got(one, second) == [200, 404]
                answer = await erika.send("file.shared", of(other), id=again(other, carl))
                assert answer["ok"]
                assert await got(other, second) == [200, 200]


def test_the_id_by_which_a_guest_is_told_is_that_of_the_browser() -> None:
    """OB-01: the same as in web/client/src/whiteboard/documents/passing.test.ts."""
    file, guest = FileId("0123456789abcdef" * 2), ParticipantId("c" * 16)
    assert retold_id(file, guest) == "5f87285ce7d70664f01bb6103493e50c"


def id_in(path: str) -> str:
    return path.rpartition("/")[2]


def of(path: str) -> dict[str, Any]:
    facts = {"file": id_in(path), "name": "Police.pdf", "type": "application/pdf"}
    return facts | {"size": 1, "sha256": "0" * 64}


async def test_who_is_seen_out_is_out_at_once_and_for_good(site: Site) -> None:
    """OB-01, AT-16: their connection, their token and their link."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    session, ben, link = prospect.session, site.visitor(), await a_link(anna, prospect.session)
    key = {"Idempotency-Key": "k" * 32}
    assert (await knock(ben, link, headers=key))[0] == 201
    await decide(anna, session, link, "admit")
    async with talking(prospect, session) as erika, talking(ben, session) as guest:
        participant = guest.admission["participant"]
        assert await removed(anna, session, participant) == (200, {})
        left = await erika.hear("participant.left")
        assert left == {"participant": participant, "reason": "removed"}
        assert await guest.closed(allowed(60)) == 1000
        assert await removed(anna, session, participant) == (200, {}), "again is no error"
    assert await state(ben, link) == {"state": "over", "session": None}
    assert (await ben.post(f"/api/sessions/{session}/join", {})).status == 404
    assert (await ben.ask("POST", f"/api/sessions/{session}/files")).status == 404
    assert (await decide(anna, session, link, "admit"))[1] == {"state": "admitted"}
    assert (await knock(ben, link, headers=key))[0] == 201, "the same answer, worth nothing now"
    assert (await knock(site.visitor(), link))[1]["error"]["code"] == "invitation.spent"
    assert (await ben.post(f"/api/sessions/{session}/join", {})).status == 404
    view = await site.parts.lifecycle.view(SessionId(session))
    assert view is not None
    assert len(view.roster) == 2


async def test_only_guests_are_seen_out_and_only_by_the_talks_own_advisor(site: Site) -> None:
    prospect = await site.prospect()
    anna, carla = await in_talk(site, prospect, "anna"), await site.advisor("carla")
    session = prospect.session
    guest = await seated_guest(site, anna, session)
    everybody = await site.parts.lifecycle.everybody(SessionId(session))
    seats = {str(one.role): one.participant for one in everybody}
    for participant in (seats["prospect"], seats["advisor"], "0" * 16, "x"):
        assert (await removed(anna, session, participant))[0] == 404
    for caller in (carla, guest, prospect, site.visitor(), await site.operator()):
        assert (await removed(caller, session, seats["guest"]))[0] in (401, 403, 404)
    view = await site.parts.lifecycle.view(SessionId(session))
    assert view is not None
    assert len(view.roster) == 3


async def test_one_link_is_for_one_of_ten_browsers(site: Site) -> None:
    """AT-13: also when all of them use it at the same moment."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    link = await a_link(anna, prospect.session)
    browsers = [site.visitor() for _ in range(10)]
    answers = await asyncio.gather(*(knock(one, link) for one in browsers))
    assert sorted(status for status, _ in answers) == [201] + [409] * 9
    assert {said["error"]["code"] for status, said in answers if status == 409} == {
        "invitation.spent"
    }
    assert len([one for one in browsers if one.token]) == 1


async def test_an_answer_that_was_lost_is_given_again(site: Site) -> None:
    prospect = await site.prospect()
    link = await a_link(await in_talk(site, prospect), prospect.session)
    first, again, other = site.visitor(), site.visitor(), site.visitor()
    key = {"Idempotency-Key": "k" * 32}
    assert (await knock(first, link, headers=key))[0] == 201
    assert (await knock(again, link, headers=key))[0] == 201
    assert first.token == again.token
    refused = await knock(other, link, headers={"Idempotency-Key": "short"})
    assert refused[1]["error"]["code"] == "idempotency.invalid"


async def test_every_link_that_opens_nothing_is_the_same(site: Site) -> None:
    """AT-13, AT-17: never made, of another, mistyped, taken back, or of a talk that is over."""
    prospect, other = await site.prospect(), await site.prospect()
    anna, carla = await in_talk(site, prospect), await in_talk(site, other, "carla")
    good, foreign = await a_link(anna, prospect.session), await a_link(carla, other.session)
    back = await a_link(anna, prospect.session)
    assert await decide(anna, prospect.session, back, "withdraw") == (200, {"state": "withdrawn"})
    over = await a_link(carla, other.session)
    await site.parts.lifecycle.end(SessionId(other.session), "hung_up")
    tried = [
        {"invitation": "0" * 32, "secret": good["secret"]},
        {"invitation": "x", "secret": good["secret"]},
        {"invitation": good["invitation"], "secret": foreign["secret"]},
        {"invitation": good["invitation"], "secret": good["secret"][:-1]},
        back, over, foreign,
    ]  # fmt: skip
    bodies = {str(await knock(site.visitor(), link)) for link in tried}
    assert len(bodies) == 1
    assert "invitation.unknown" in bodies.pop()
    asked = site.visitor()
    assert (await knock(asked, good))[0] == 201
    for link, token in ((good, "x"), (back, asked.token), ({"invitation": "0"}, asked.token)):
        asked.token, kept = token, asked.token
        assert (await state(asked, link))["error"]["code"] == "invitation.unknown"
        asked.token = kept


async def test_names_are_read_as_at_the_front_door(site: Site) -> None:
    """OB-07, AT-40, AT-41: and the link is not spent by it."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    link, ben = await a_link(anna, prospect.session), site.visitor()
    for name, code in (
        ("", "name.required"), ("Beraterin", "name.reserved"), ("<b>", "name.chars"),
        ("a\u202eb", "name.control"), (7, "name.type"),
    ):  # fmt: skip
        status, said = await knock(ben, link, first_name=name)
        assert (status, said["error"]["code"]) == (400, code)
        assert said["error"]["field"] == "first_name"
    assert (await knock(ben, link, role="advisor"))[1]["error"]["code"] == "unknown_field"
    assert (await knock(ben, link))[0] == 201


async def test_refused_is_told_and_forgotten(site: Site) -> None:
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    session, ben, link = prospect.session, site.visitor(), await a_link(anna, prospect.session)
    await knock(ben, link)
    assert await decide(anna, session, link, "refuse") == (200, {"state": "refused"})
    assert await decide(anna, session, link, "admit") == (200, {"state": "refused"})
    assert await state(ben, link) == {"state": "refused", "session": None}
    [one] = await listed(anna, session)
    assert (one["state"], one["name"]) == ("refused", None)
    assert (await ben.post(f"/api/sessions/{session}/join", {})).status == 404


async def test_only_ones_own_talk_while_it_lasts_and_not_for_a_crowd(site: Site) -> None:
    """OB-01: what is not theirs is not there."""
    waiting, prospect = await site.prospect(), await site.prospect()
    anna, carla = await in_talk(site, prospect, "anna"), await site.advisor("carla")
    session = prospect.session
    path = f"/api/sessions/{session}/invitations"
    for caller in (carla, prospect, site.visitor(), await site.operator(), await site.officer()):
        assert (await caller.post(path, {"seat": "guest"})).status in (401, 403, 404)
        assert (await caller.get(path)).status in (401, 403, 404)
    answer = await anna.post(f"/api/sessions/{waiting.session}/invitations", {"seat": "guest"})
    assert answer.status == 404, "nobody's talk yet"
    assert (await anna.post(path, {"seat": "throne"})).status == 400
    links = [await a_link(anna, session) for _ in range(MAX_OPEN)]
    answer = await anna.post(path, {"seat": "guest"})
    assert (await answer.json())["error"]["code"] == "invitation.too_many"
    for link in links[:3]:
        await knock(site.visitor(), link)
    assert (await decide(carla, session, links[0], "admit"))[0] == 404
    answers = [await decide(anna, session, link, "admit") for link in links[:3]]
    assert [status for status, _ in answers] == [200, 200, 409]
    assert answers[2][1]["error"]["code"] == "guests.full"
    assert (await decide(anna, session, {"invitation": "0" * 32}, "admit"))[0] == 404
    await site.parts.lifecycle.end(SessionId(session), "hung_up")
    answer = await anna.post(path, {"seat": "guest"})
    assert (await answer.json())["error"]["code"] == "session.ended"


async def test_a_guest_is_no_prospect(site: Site) -> None:
    """AT-09: their token proves a guest's seat, and nothing that is the person's own."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    guest = await seated_guest(site, anna, prospect.session)
    for what in ("receipt", "again", "checkup"):
        body = {"sdp": "v=0"} if what == "checkup" else {}
        answer = await guest.post(f"/api/sessions/{prospect.session}/{what}", body)
        assert answer.status == 404, what
    assert (await guest.get(f"/api/sessions/{prospect.session}/topic")).status == 404
    jar = {"Cookie": f"visavis-seat={prospect.session}.{guest.token}", "Authorization": None}
    assert (await guest.get(f"/call/{prospect.session}", headers=jar)).status == 404


async def test_the_persons_copy_names_whoever_said_it(site: Site) -> None:
    """OB-37: a guest's words stand in the copy under the guest's name."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    guest = await seated_guest(site, anna, prospect.session)
    async with talking(guest, prospect.session) as ben:
        assert (await ben.send("chat.message", {"text": WORD}))["ok"]
    receipt = await (await prospect.post(f"/api/sessions/{prospect.session}/receipt", {})).json()
    form = {"number": receipt["number"], "code": receipt["code"]}
    page = await (await site.visitor().post("/receipt", data=form)).text()
    assert WORD in page
    assert "Gast" in page
    assert f"{NAME['first_name']} {NAME['last_name']}" in page


async def test_a_restart_between_any_two_steps_changes_nothing(
    make_site: MakeSite, site: Site
) -> None:
    """Nothing of it is in one node's memory."""
    prospect = await site.prospect()
    anna = await in_talk(site, prospect)
    link = await a_link(anna, prospect.session)
    later: Site = await make_site(after=site)
    ben = later.visitor()
    assert (await knock(ben, link))[0] == 201
    last: Site = await make_site(after=later)
    anna = await last.advisor()
    assert (await decide(anna, prospect.session, link, "admit"))[0] == 200
    again = last.visitor()
    again.token, again.headers = ben.token, ben.headers
    assert (await state(again, link))["state"] == "admitted"
    async with talking(again, prospect.session) as guest:
        assert (await guest.hear("participant.joined"))["role"] == "guest"
