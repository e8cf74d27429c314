"""Handing sessions to another house: it has all, here is nothing, and the receipt holds."""

import asyncio
import csv
import io
import json
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sessions.blobs import Blobs
from sessions.events import SessionId
from tests.integration.web.conftest import MakeSite, Site
from tests.integration.web.test_receipt import PNG, Told, talk
from tests.integration.web.test_receipt_rights import claimed
from tests.integration.web.test_talk import free_advisor
from tests.stores import stores_in
from web.cli import main
from web.erasures import eraser_of
from web.house import House
from web.staff import OrderFailed
from web.transfer import Desk
from web.transfer_told import Line


def house_of(site: Site) -> House:
    parts, settings = site.parts, site.parts.settings
    blobs = Blobs.open(settings.blobs, settings.blobs_access)
    return House(parts.database, parts.key_store, parts.keys, blobs)


def desk_of(site: Site) -> Desk:
    return Desk(house_of(site), actor="shell:x")


async def handed(old: Site, to: str, target: Path, *topics: str) -> tuple[list[Line], int]:
    out = io.BytesIO()
    found = await desk_of(old).hand_out(out, to, frozenset(topics) or None)
    target.write_bytes(out.getvalue())
    return found


async def copy_at(site: Site, told: Told) -> dict[str, Any]:
    """The person's own copy there, by number and code."""
    data = await (await site.visitor().post("/receipt/copy", data=told.proof)).read()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        copy: dict[str, Any] = json.loads(archive.read("data.json"))
        copy["contents"] = sorted(
            b64encode(archive.read(name)).decode()
            for name in archive.namelist() if name.startswith("files/")
        )  # fmt: skip
    return copy


@pytest.fixture
async def houses(make_site: MakeSite) -> tuple[Site, Site]:
    return await make_site(), await make_site()


async def test_the_other_house_has_all_of_it_and_here_is_nothing_left(
    houses: tuple[Site, Site], tmp_path: Path
) -> None:
    """OB-25, OB-41, OB-09: counts and hashes are equal, number and code hold there with every word,
    file and picture; the file itself has nothing in clear; here only a certificate stays."""
    old, new = houses
    told = await talk(old, await free_advisor(old))
    await old.visitor().post("/receipt/correct", data=told.proof | {"last_name": "Neumann"})
    prospect, _ = await claimed(old)  # who waits still
    before = await copy_at(old, told)
    target = tmp_path / "part.visavis"
    lines, staying = await handed(old, desk_of(new).key, target)
    assert (staying, [line.session for line in lines]) == (1, [told.session])
    assert lines[0].receipt == told.number.replace(" ", "")
    for secret in (*told.words, "Neumann"):
        assert secret.encode() not in everything(target)
    fresh, said = await desk_of(new).take_in(target, desk_of(old).key)
    assert (fresh, (await desk_of(new).take_in(target, desk_of(old).key))) == (1, (0, said))
    same, other = await desk_of(old).settled(target, said, desk_of(new).key)
    assert (same, other) == ([told.session], 0)
    eraser = eraser_of(old.parts.settings, house_of(old))
    for session in same:
        await eraser.erasure.erase(session, cause="transfer")

    after = await copy_at(new, told)
    for name in ("number", "messages", "consents", "files", "board", "people", "contents", "words"):
        assert after[name] == before[name], name
    assert len(after["contents"]) == 3
    assert b64encode(PNG).decode() in after["contents"]
    [corrected] = after["corrections"]
    assert corrected["after"] == "Neumann"
    shown = await (await old.visitor().post("/receipt", data=told.proof)).text()
    assert "Einem anderen Unternehmen übergeben" in shown
    assert await old.parts.lifecycle.view(SessionId(told.session)) is None
    assert await old.parts.lifecycle.view(SessionId(prospect.session)) is not None
    keys = old.parts.keys
    assert await keys.missing([SessionId(told.session)]) == {told.session}


def everything(file: Path) -> bytes:
    with zipfile.ZipFile(file) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


async def test_nothing_is_taken_that_was_altered_or_meant_for_others(
    houses: tuple[Site, Site], make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-25: each entry; another sender; another house; what is no key."""
    old, new = houses
    third: Site = await make_site()
    await talk(old, await free_advisor(old))
    target = tmp_path / "part.visavis"
    await handed(old, desk_of(new).key, target)
    with pytest.raises(OrderFailed, match=r"another house"):
        await desk_of(third).take_in(target, desk_of(old).key)
    with pytest.raises(OrderFailed, match=r"not what left"):
        await desk_of(new).take_in(target, desk_of(third).key)
    with zipfile.ZipFile(target) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    for name in entries:
        altered = tmp_path / "altered.visavis"
        with zipfile.ZipFile(altered, "w") as archive:
            for other, kept in entries.items():
                archive.writestr(other, kept[:-2] + b"??" if other == name else kept)
        with pytest.raises(OrderFailed):
            await desk_of(new).take_in(altered, desk_of(old).key)
        assert await new.parts.lifecycle.ended_since(0) == [], name
    for wrong in ("", "x", b64encode(bytes(32)).decode(), b64encode(bytes(64)).decode()):
        with pytest.raises(OrderFailed):
            await handed(old, wrong, tmp_path / "none")


async def test_what_changed_since_or_was_not_taken_stays_here(
    houses: tuple[Site, Site], tmp_path: Path
) -> None:
    """OB-25: erased is only what the other house has as it is here."""
    old, new = houses
    told = await talk(old, await free_advisor(old))
    target = tmp_path / "part.visavis"
    await handed(old, desk_of(new).key, target)
    _, said = await desk_of(new).take_in(target, desk_of(old).key)
    with pytest.raises(OrderFailed):
        await desk_of(old).settled(target, said[:-9] + b"AAAAAAAA\n", desk_of(new).key)
    with pytest.raises(OrderFailed):
        await desk_of(old).settled(
            target, said.replace(b'"rows":"', b'"rows":"0'), desk_of(new).key
        )
    await old.visitor().post("/receipt/correct", data=told.proof | {"last_name": "Neumann"})
    assert await desk_of(old).settled(target, said, desk_of(new).key) == ([], 1)


async def test_what_is_held_or_of_another_topic_is_not_handed_out(
    houses: tuple[Site, Site], tmp_path: Path
) -> None:
    """OB-25, OB-40."""
    old, new = houses
    told = await talk(old, await free_advisor(old))
    session = SessionId(told.session)
    assert await handed(old, desk_of(new).key, tmp_path / "a", "claim") == ([], 0)
    await old.parts.holds.set(session, "hold", reason="AZ", by="shell:x")
    assert await handed(old, desk_of(new).key, tmp_path / "b") == ([], 1)


async def test_the_commands_hand_a_session_over(tmp_path: Path) -> None:
    """OB-25: from the key to the erasing, as an operator types it; whom to inform is a list."""
    folders = [tmp_path / name for name in ("seller", "buyer")]
    for folder in folders:
        folder.mkdir()
    async with stores_in(folders[0]) as stores:
        started = await stores.start(1)
        await stores.lifecycle.end(started.session, "expired")
    async with stores_in(folders[1]):
        pass
    files = {name: str(tmp_path / name) for name in ("part", "people.csv", "taken")}

    def said(folder: Path, *order: str, code: int = 0) -> str:
        environment = {"VISAVIS_DATA_DIR": str(folder / "var")}
        result = CliRunner().invoke(main, ["transfer", *order], env=environment)
        assert result.exit_code == code, result.output
        return result.output

    def work() -> None:
        seller, buyer = (said(folder, "key").strip() for folder in folders)
        people = ("--people", files["people.csv"])
        said(folders[0], "out", files["part"], "--to", buyer, *people, code=2)  # of which topic?
        said(folders[0], "out", files["part"], "--to", "x", "--all", *people, code=1)
        assert "1 sessions" in said(
            folders[0], "out", files["part"], "--to", buyer, "--all", *people
        )
        taken = ("--from", seller, "--acknowledge", files["taken"])
        assert "1 sessions are new" in said(folders[1], "in", files["part"], *taken)
        done = ("done", files["part"], files["taken"], "--by", buyer, "--yes")
        assert "1 erased" in said(folders[0], *done)
        assert "0 erased" in said(folders[0], *done)

    await asyncio.to_thread(work)
    [line] = csv.DictReader(Path(files["people.csv"]).read_text("utf-8-sig").splitlines())
    assert line["session"] == started.session
    assert oct(Path(files["part"]).stat().st_mode)[-3:] == "600"
