"""Erasing where files lie in a store that speaks S3: nothing is left there, and nothing returns."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessions.blobs import Blobs, S3Access
from sessions.events import SessionId
from sessions.tombstones import list_notes
from tests import s3
from tests.integration.media.files import expect_clean
from tests.integration.web.conftest import MakeSite, Site
from tests.integration.web.test_consents import Agreeing, proof
from tests.integration.web.test_receipt import talk
from tests.integration.web.test_receipt_rights import read
from tests.integration.web.test_recording import POLICY
from tests.integration.web.test_recording import talk as recorded_talk
from tests.integration.web.test_talk import free_advisor


@pytest.fixture(scope="module")
def store() -> Iterator[tuple[Any, S3Access]]:
    with s3.store() as made:
        yield made


def settings_of(access: S3Access, place: str) -> dict[str, Any]:
    return {
        "blobs_url": f"s3://{s3.BUCKET}/{place}", "blobs_endpoint": access.endpoint,
        "blobs_region": access.region, "blobs_access_key": access.access_key,
        "blobs_secret_key": access.secret_key,
    }  # fmt: skip


def of(client: Any, session: str) -> list[str]:
    return [name for name in s3.kept(client) if session in name]


async def test_of_what_a_person_erases_the_store_keeps_nothing_but_the_tombstone(
    make_site: MakeSite, store: tuple[Any, S3Access]
) -> None:
    """OB-39: by the receipt; the talk of somebody else stays; the note is there to be found."""
    client, access = store
    site: Site = await make_site(**settings_of(access, "one"))
    advisor = await free_advisor(site)
    told, other = await talk(site, advisor), await talk(site, advisor)
    before = of(client, other.session)
    assert len(of(client, told.session)) >= 2
    assert before
    copied = await site.visitor().post("/receipt/copy", data=told.proof)
    assert told.content.encode() in await copied.read()
    for word in told.words:
        assert word.encode() not in _everything(client)
    await read(site, "/receipt/erase", told.proof | {"sure": "yes"})
    assert of(client, told.session) == []
    assert of(client, other.session) == before
    blobs = Blobs.open(f"s3://{s3.BUCKET}/one", access)
    assert [stone.cause for stone in await list_notes(blobs)] == ["person"]


async def test_what_a_restored_bucket_brings_back_is_erased_before_traffic(
    make_site: MakeSite, store: tuple[Any, S3Access]
) -> None:
    """OB-39, F-30: the objects of yesterday come back, also one that was on its way; a start of the
    node erases them again."""
    client, access = store
    settings = settings_of(access, "two")
    site: Site = await make_site(**settings)
    told = await talk(site, await free_advisor(site))
    yesterday = {name: _body(client, name) for name in of(client, told.session)}
    await read(site, "/receipt/erase", told.proof | {"sure": "yes"})
    client.put_object(Bucket=s3.BUCKET, Key=f"two/{told.session}/{'0' * 32}/0", Body=b"late")
    await site.parts.erasure.sweep()
    for name, data in yesterday.items():
        client.put_object(Bucket=s3.BUCKET, Key=name, Body=data)
    await site.parts.database.write(lambda db: db.exec_driver_sql("DELETE FROM tombstones").close())
    assert of(client, told.session)
    again: Site = await make_site(after=site, **settings)
    assert of(client, told.session) == []
    assert await again.parts.lifecycle.view(SessionId(told.session)) is None
    assert "gelöscht" in await read(again, "/receipt", told.proof)


async def test_a_recording_lies_there_sealed_is_played_from_there_and_erased_with_the_person(
    make_site: MakeSite, store: tuple[Any, S3Access], tmp_path: Path
) -> None:
    """OB-39, OB-46, OB-09: taken from a talk by the real recorder, chunk by chunk as it comes."""
    client, access = store
    brand = tmp_path / "brand.json"
    brand.write_text(json.dumps({"recording": POLICY}))
    site: Site = await make_site(brand_file=brand, **settings_of(access, "three"))
    async with recorded_talk(site) as (it, berta, erika):
        await Agreeing(erika, site).say("recording", True)
        assert (await berta.send("recording.changed", {"on": True}))["ok"]
        async with it.sending(it.prospect) as id:
            await it.until_kept(chunks=5)
            await it.stop(it.prospect)
        claimed = await proof(it.prospect)
        assert (await berta.send("session.ended", {"reason": "hung_up"}))["ok"]
    [part] = await it.parts()
    chunks = [name for name in of(client, it.session) if id in name]
    assert len(chunks) == part.chunks >= 5
    page = f"/console/session/{it.session}/recording"
    path = f"/api/sessions/{it.session}/recording/{id}"
    assert (await it.advisor.get(path)).status == 404  # nobody said why
    given = {"csrf": it.advisor.csrf, "reason": "complaint"}
    assert (await it.advisor.post(page, data=given)).status == 303
    film = await (await it.advisor.get(path)).read()
    assert len(film) == part.size
    expect_clean(film)
    middle = await it.advisor.get(path, headers={"Range": f"bytes=9000-{part.size - 9_001}"})
    assert await middle.read() == film[9_000:-9_000]
    assert film[2_000:2_040] not in _everything(client)
    await read(site, "/receipt/erase", claimed | {"sure": "yes"})
    assert of(client, it.session) == []
    assert await it.parts() == []
    assert (await it.advisor.get(path)).status == 404


def _body(client: Any, name: str) -> bytes:
    data: bytes = client.get_object(Bucket=s3.BUCKET, Key=name)["Body"].read()
    return data


def _everything(client: Any) -> bytes:
    return b"".join(name.encode() + _body(client, name) for name in s3.kept(client))
