"""The package for an authority: of one session the categories that were approved, and no more.

A ZIP with the data as JSON and a manifest, signed by the house. The same session gives the same
bytes, so that the hash in the audit chain can be proved later.
"""

import hashlib
import io
import zipfile
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from sessions.disclosures import Disclosure
from sessions.events import participant_of
from sessions.keys import MasterKeys
from sessions.lifecycle import SessionView
from sessions.vault import Vault

FORMAT: Final = "visavis/disclosure/1"
ACTION: Final = "disclosure"
_FIELDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {  # kind: category, fields of its body
    "participant.joined": ("names", ("participant", "name", "role")),
    "chat.message": ("chat", ("text",)),
    "consent.changed": ("consents", ("purpose", "given", "text_version")),
}


async def package(
    vault: Vault, view: SessionView, disclosure: Disclosure, signing: MasterKeys, *, actor: str
) -> bytes:
    """Through the audited door. Raises Shredded, Refused("session.restricted"), Unknown."""
    found: dict[str, Any] = {
        "format": FORMAT, "disclosure": disclosure.id, "categories": list(disclosure.categories),
    }  # fmt: skip
    if "times" in disclosure.categories:
        found["times"] = {
            "created": _at(view.created_ms), "accepted": _at(view.accepted_ms),
            "ended": _at(view.ended_ms),
        }  # fmt: skip
    wanted = {
        kind: (category, fields) for kind, (category, fields) in _FIELDS.items()
        if category in disclosure.categories
    }  # fmt: skip
    found |= {category: [] for category, _ in wanted.values()}
    if wanted:  # else no key is used at all
        log = vault.open_log(view.session, actor=actor, action=ACTION, reason=disclosure.id)
        async for read in log:
            if read.body is None or read.event.kind not in wanted:
                continue
            category, fields = wanted[read.event.kind]
            said = {name: read.body[name] for name in fields if name in read.body}
            by = participant_of(read.event.sender) if category != "names" else ""
            found[category].append({"at": _at(read.event.at_ms), "by": by, **said})
    return _packed(orjson.dumps(found, option=orjson.OPT_INDENT_2), disclosure, signing)


def _packed(data: bytes, disclosure: Disclosure, signing: MasterKeys) -> bytes:
    manifest = orjson.dumps({
        "format": FORMAT, "disclosure": disclosure.id,
        "files": {"data.json": {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}},
    })  # fmt: skip
    signature = signing.sign(manifest)
    signed = orjson.dumps({
        "key": b64encode(signature.key).decode(),
        "signature": b64encode(signature.value).decode(),
    })  # fmt: skip
    stamp = datetime.fromtimestamp((disclosure.decided_ms or 0) / 1_000, UTC).timetuple()[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("data.json", data), ("manifest.json", manifest), ("signature.json", signed),
        ):  # fmt: skip
            entry = zipfile.ZipInfo(name, stamp)
            entry.external_attr = 0o600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def _at(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat()
