"""From one house to another by the person's own hand: sealed here, opened there, or why not."""

import hashlib
import html
import io
import json
import re
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sessions.age_open import house_key
from sessions.keys import MasterKeys
from tests.age import bech32, opened, with_key
from tests.integration.web.conftest import Site
from tests.integration.web.test_protection import actions
from tests.integration.web.test_receipt import PNG, Told, fits, talk
from tests.integration.web.test_receipt_rights import read
from tests.integration.web.test_talk import free_advisor
from web.cli import main
from web.package import signature_line

SEAL = "/receipt/seal"


async def saved(site: Site, told: Told, **form: str) -> bytes:
    answer = await site.visitor().post(SEAL, data=told.proof | form)
    assert answer.status == 200, await answer.text()
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert ".zip.age" in answer.headers["Content-Disposition"]
    return await answer.read()


def signing(site: Site) -> str:
    return b64encode(site.parts.keys.master.public_keys()[0]).decode()


class There:
    """The other house: nothing but its key file and its shell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "there"
        self.folder.mkdir(mode=0o700)
        self.count = 0

    def run(self, *words: str, typed: str | None = None) -> Result:
        env = {"VISAVIS_DATA_DIR": str(self.folder)}
        return CliRunner().invoke(main, ["package", *words], env=env, input=typed)

    @property
    def key(self) -> str:
        return self.run("key").output.strip()

    def opened(
        self, data: bytes, by: str, typed: str | None = None
    ) -> tuple[Result, Path]:  # fmt: skip
        self.count += 1
        file, into = self.folder / f"{self.count}.age", self.folder / f"out{self.count}"
        file.write_bytes(data)
        result = self.run("open", str(file), "--into", str(into), "--by", by, typed=typed)
        return result, into


@pytest.fixture
def there(tmp_path: Path) -> There:
    return There(tmp_path)


async def own_copy(site: Site, told: Told) -> dict[str, bytes]:
    data = await (await site.visitor().post("/receipt/copy", data=told.proof)).read()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def settled(data: bytes) -> dict[str, Any]:
    """What does not change from one copy to the next: each is an opening itself."""
    copy: dict[str, Any] = json.loads(data)
    del copy["made_at"], copy["openings"]
    return copy


async def test_a_package_of_one_house_is_opened_by_the_other(site: Site, there: There) -> None:
    """OB-41: for its key alone; JSON after the published schema, and every file, byte by byte."""
    told = await talk(site, await free_advisor(site))
    form = await read(site, f"{SEAL}?lang=en", told.proof)
    assert signing(site) in form
    assert "We send nothing there" in form
    known = len(await actions(site))
    key = there.key
    assert re.fullmatch(r"age1[a-z0-9]{58}", key)
    made = await saved(site, told, how="key", recipient=f"  {key[:30]}\n{key[30:]} ")
    for word in told.words:
        assert word.encode() not in made
    assert "receipt copy" in [action for action, _ in (await actions(site))[known:]]
    result, into = there.opened(made, signing(site))
    assert result.exit_code == 0, result.output
    assert "Whole, and signed by Demo Versicherung AG" in result.output
    for word in (told.first, told.last, told.asked):
        assert word not in result.output
    mine = await own_copy(site, told)
    found = {str(one.relative_to(into)): one for one in into.rglob("*") if one.is_file()}
    assert set(found) == set(mine)
    assert {one.stat().st_mode & 0o777 for one in found.values()} == {0o600}
    copy = settled(found["data.json"].read_bytes())
    assert copy == settled(mine["data.json"])
    assert told.asked in json.dumps(copy, ensure_ascii=False)
    fits(
        await (await site.visitor().get("/api/receipt/schema")).json(),
        json.loads(found["data.json"].read_bytes()),
    )
    files = [name for name in found if name.startswith("files/")]
    contents = {found[name].read_bytes() for name in files}
    assert {told.content.encode(), PNG} <= contents
    assert all(found[name].read_bytes() == mine[name] for name in files)


async def test_a_passphrase_does_where_there_is_no_key(site: Site, there: There) -> None:
    """OB-41: shown once; another one each time; asked for at the other house."""
    told = await talk(site, await free_advisor(site))
    shown = [await read(site, SEAL, told.proof) for _ in range(2)]
    passphrases = [re.findall(r'name="passphrase" value="([0-9A-Z-]{34})"', one) for one in shown]
    [first], [second] = passphrases
    assert first != second
    made = await saved(site, told, how="passphrase", passphrase=first)
    result, into = there.opened(made, signing(site), typed=f"{first}\n")
    assert result.exit_code == 0, result.output
    assert first not in result.output
    assert (into / "index.html").is_file()
    result, into = there.opened(made, signing(site), typed=f"{second}\n")
    assert "The passphrase does not open this package" in result.output
    assert not into.exists()


async def test_what_is_wrong_is_said_in_words_and_leaves_nothing(
    site: Site, there: There, tmp_path: Path
) -> None:
    """OB-41: another key, another signer, touched, cut, no package, a schema that does not fit."""
    told = await talk(site, await free_advisor(site))
    made = await saved(site, told, how="key", recipient=there.key)
    other = tmp_path / "other"
    other.mkdir()
    stranger = There(other)
    half = len(made) // 2
    touched = made[:half] + bytes([made[half] ^ 1]) + made[half + 1 :]
    own = X25519PrivateKey.generate()
    mine = opened(
        await saved(site, told, how="key", recipient=bech32(own.public_key().public_bytes_raw())),
        with_key(own),
    )
    no_copy = _resigned(site, mine, "data.json", b'{"a": 1}')
    wrong_key = b64encode(bytes(32)).decode()
    for data, by, said in (
        (touched, signing(site), "changed or cut off on its way"),
        (made[:-1], signing(site), "changed or cut off on its way"),
        (made, wrong_key, "signed with a key that is none of those expected"),
        (b"Hallo", signing(site), "neither a sealed package nor one that was unsealed"),
        (b"", signing(site), "neither a sealed package nor one that was unsealed"),
        (b"PK\x03\x04", signing(site), "no ZIP"),
        (_with(mine, "files/more.txt", b"x"), signing(site), "one too many"),
        (_with(mine, "data.json", b"{}"), signing(site), "data.json was changed"),
        (no_copy, signing(site), "does not fit visavis/copy/1"),
        (_resigned(site, mine, "../up.txt", b"x"), signing(site), "that leads elsewhere"),
        (_resigned(site, mine, "/etc/up.txt", b"x"), signing(site), "that leads elsewhere"),
    ):  # fmt: skip
        result, into = there.opened(data, by)
        assert (result.exit_code, said in result.output) == (1, True), (said, result.output)
        assert "Traceback" not in result.output
        assert not into.exists()
        assert not (there.folder / "up.txt").exists()
    result, into = stranger.opened(made, signing(site))
    assert "sealed for another key" in result.output
    result, _ = there.opened(made, "no key")
    assert (result.exit_code, "expected a key in base64" in result.output) == (2, True)
    result, into = there.opened(mine, signing(site))  # as `age -d` leaves it
    assert result.exit_code == 0, result.output
    again = there.run("open", str(there.folder / "1.age"), "--into", str(into), "--by", wrong_key)
    assert "is there already" in again.output
    assert (into / "data.json").is_file()


@pytest.mark.parametrize(
    "typed", ["", "age1nobody", "ssh-ed25519 AAAA", "<script>alert(1)</script>", "x" * 300]
)
async def test_a_bad_key_is_said_at_its_field_and_not_repeated(site: Site, typed: str) -> None:
    """OB-41: a stable code; nothing is opened for it."""
    told = await talk(site, await free_advisor(site))
    known = await actions(site)
    answer = await site.visitor().post(
        f"{SEAL}?lang=en", data=told.proof | {"how": "key", "recipient": typed}
    )
    shown = html.unescape(await answer.text())
    assert answer.status == 400
    assert "This is no such key. It begins with age1" in shown
    assert not typed or typed not in shown.replace("age1…", "")
    assert await actions(site) == known


async def test_whoever_has_no_code_seals_nothing(site: Site) -> None:
    """OB-41: the same door as for everything else of the receipt; odd forms are refused."""
    told = await talk(site, await free_advisor(site))
    key = house_key(MasterKeys({1: bytes(32)}))
    wrong = told.proof | {"code": told.code[::-1], "how": "key", "recipient": key}
    assert (await site.visitor().post(SEAL, data=wrong)).status in (400, 404)
    for form in ({"how": "x"}, {"how": "passphrase", "passphrase": "short"}, {"how": "passphrase"}):
        assert (await site.visitor().post(SEAL, data=told.proof | form)).status == 400, form
    await read(site, "/receipt/erase", told.proof | {"sure": "yes"})
    shown = await read(site, f"{SEAL}?lang=en", told.proof | {"how": "key", "recipient": key})
    assert "Certificate" in shown or "certificate" in shown


def _with(package: bytes, name: str, data: bytes) -> bytes:
    """The package with another file, under the manifest that it had."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            if one != name:
                new.writestr(one, old.read(one))
        new.writestr(name, data)
    return out.getvalue()


def _resigned(site: Site, package: bytes, name: str, data: bytes) -> bytes:
    """The same as a house that lies would make it: the manifest fits and is signed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        manifest = json.loads(old.read("manifest.json"))
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for one in old.namelist():
            if one not in (name, "manifest.json", "manifest.sig"):
                new.writestr(one, old.read(one))
        told = json.dumps(manifest).encode()
        new.writestr(name, data)
        new.writestr("manifest.json", told)
        new.writestr("manifest.sig", signature_line(site.parts.keys.master.sign(told)))
    return out.getvalue()
