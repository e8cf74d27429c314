"""The register of processors at the desk: what was agreed is there to be saved, and never shown."""

import hashlib
import html
import re
from pathlib import Path

from tests.integration.web.conftest import MakeSite
from tests.integration.web.test_protection import DESK, actions, page
from tests.unit.web.test_agreed import BANK, written

RECORDS = f"{DESK}/records"


async def test_the_clauses_are_saved_as_they_lie_on_file(make_site: MakeSite) -> None:
    """OB-24: by officer and auditor, byte by byte, with the hash that the page shows."""
    site = await make_site(brand_file=BANK / "brand.toml")
    officer, auditor = await site.officer(), await site.auditor()
    shown = await page(officer, RECORDS)
    assert "documents missing" not in shown
    assert "missing document" not in shown
    paths = re.findall(rf"{RECORDS}/documents/[0-9a-f]{{16}}", shown)
    assert len(paths) == 2
    for path, name in zip(paths, ("clauses.txt", "assessment.txt"), strict=True):
        data = (BANK / name).read_bytes()
        for who in (officer, auditor):
            answer = await who.get(path)
            assert answer.status == 200
            assert await answer.read() == data
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert hashlib.sha256(data).hexdigest() in shown
    reads = [about for action, about in await actions(site) if action == "desk read"]
    assert reads[-2:] == [one.removeprefix("/") for one in paths]
    assert (await (await site.operator()).get(paths[0])).status == 403
    for other in ("0" * 16, paths[0][-16:-1], "%2e%2e"):
        assert (await officer.get(f"{RECORDS}/documents/{other}")).status == 404


async def test_a_name_that_no_header_takes_harms_nothing(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-24: it is saved under a plain one; a PDF as a PDF; what is missing is flagged."""
    name = "Klauseln; für \u00fcber \u4e2d.pdf"
    (tmp_path / name).write_bytes(b"%PDF-1.4 <script>")
    site = await make_site(brand_file=written(tmp_path, agreed=name))
    officer = await site.officer()
    shown = html.unescape(await page(officer, RECORDS))
    assert name in shown
    assert "documents missing" in shown
    assert "not on file" in shown
    assert "One entry needs you" in shown
    [path] = re.findall(rf"{RECORDS}/documents/[0-9a-f]{{16}}", shown)
    answer = await officer.get(path)
    assert await answer.read() == b"%PDF-1.4 <script>"
    assert answer.headers["Content-Type"] == "application/pdf"
    said = answer.headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="[\w. -]+\.pdf"', said, re.ASCII), said
