"""Records of processing activities (GDPR, article 30), tied to what exists.

Every table, every kind of event, every field and message of a log and every setting that leads to
another machine stands under a purpose; a test fails for what stands under none, and for what is
named here and is not there any more. The words are in the catalogs, below `records.`.
"""

from dataclasses import dataclass
from typing import Final, Literal

Basis = Literal["consent", "contract", "duty", "employment", "interest"]


@dataclass(frozen=True, slots=True)
class Activity:
    """A purpose, what it rests on, and everything of ours that serves it.

    `interest` needs a balancing test, in `records.<code>.balance`.
    """

    code: str
    bases: tuple[Basis, ...]
    tables: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()  # of a line of the log
    lines: tuple[str, ...] = ()  # messages in the log, as templates: their values are not written


@dataclass(frozen=True, slots=True)
class Service:
    """Another program that data go to, the settings that say where it is, and what for."""

    code: str
    settings: tuple[str, ...]
    activities: tuple[str, ...]


_OLD_SQLITE: Final = (
    "SQLite %s can damage a database that two connections write at once (fixed in 3.51.3); here"
    " only one writes, so never open the file with another program meanwhile"
)
ACTIVITIES: Final = (
    Activity(
        "consultation",
        ("contract", "consent"),
        tables=("sessions", "seats", "events", "files", "handovers", "invitations", "key_store"),
        kinds=(
            "participant.joined", "participant.left", "session.accepted", "session.ended",
            "chat.message", "chat.typing", "chat.read", "file.shared", "file.removed",
            "board.changed", "board.led", "board.stroke", "board.pointer", "board.view",
            "call.hello", "call.description", "call.candidate", "call.devices", "call.identity",
            "screen.stop", "presence.changed", "invitation.changed", "link.check",
        ),
    ),
    Activity(
        "recording",
        ("consent",),
        tables=("recordings", "recording_chunks"),
        kinds=("recording.changed",),
    ),
    Activity(
        "queue",
        ("contract", "employment"),
        tables=("availability",),
        kinds=("desk.position", "desk.changed"),
    ),
    Activity(
        "consents",
        ("duty",),
        tables=("notice_texts", "notice_terms"),
        kinds=("consent.changed", "hint.shown"),
    ),
    Activity(
        "rights",
        ("duty",),
        tables=(
            "receipts", "request", "corrections", "holds", "tombstones", "key_tombstones",
            "letters",
        ),
    ),
    Activity("suppression", ("duty",), tables=("suppressed", "house_keys")),
    Activity("breaches", ("duty",), tables=("breaches",)),
    Activity("disclosures", ("duty",), tables=("disclosures", "recipients", "notifications")),
    Activity("audit", ("duty", "interest"), tables=("audit",)),
    Activity("malware", ("interest",), kinds=("file.scanned",)),
    Activity(
        "accounts",
        ("employment",),
        tables=("accounts", "sign_ins"),
        kinds=("account.shut",),
    ),
    Activity(
        "statistics",
        ("interest",),
        tables=("statistics", "statistics_noised", "provider_exports"),
    ),
    Activity(
        "security",
        ("interest",),
        kinds=("prospect.barred", "line.barred"),
        fields=("time", "address", "browser", "system", "referrer", "bytes"),
        lines=(
            "request", "closed a connection that sent a malformed %s",
            "something was not let out: no ground was shown (%s)",
        ),
    ),
    Activity(
        "operation",
        ("interest",),
        tables=("facts",),
        kinds=("quality.report", "checkup.result", "ops.changed", "key.shredded", "ticket.spent"),
        fields=("level", "event", "method", "route", "status", "took_ms", "error", "places"),
        lines=(
            "bug", "a name does not open",
            "the consoles could not be told of a change", "a blob could not be %s: %s",
            "a connection of %s fell silent and is cut",
            "%s tries again until its deadline: %s",
            "%d sessions that were erased before were erased again",
            "the name at a seat of session %s is unreadable",
            "a file could not be opened to be scanned: %s",
            "a file of session %s is not whole in the store",
            _OLD_SQLITE,
            "a batch of %d writes was not committed", "%d answers found nobody waiting",
            "an ear failed", "a word took longer than its deadline", "%s failed",
            "a sweep of the desk failed; the next one tries again",
            "messages on the bus do not open: %d so far", "a line of the bus is silent (%s)",
            "the cluster does not say what it is like (%s)", "the bus was refused a word: %s",
            "could not compare with the log", "a task failed", "leaving, within %g seconds",
            "an exception that nobody awaited", "a round was cut short: %s",
            "a connection did not come about: %s", "a part of a connection did not close: %s",
            "a recording did not end when it was told to",
            "a recording could not be kept and was ended", "an offer was refused: %s",
            "a part of a recording failed: %s", "a part could not be finished: %s",
            "frames could not be taken: %s", "nobody reads what is recorded",
            "RTCP could not be sent: %s", "the end of a part was not taken",
            "what was recorded was not taken", "the recorder did not stop a part",
            "the recorder does not start: %s", "the recorder said what is no message",
            "the recorder ended by itself, code %s", "a rehearsal failed: %s",
            "frames are taken the long way: aiortc is not as it was",
            "an address of this machine cannot be used: %s",
            "a datagram was dropped", "a track was not taken to its end", "not taken",
        ),
    ),
)  # fmt: skip

_SEALED: Final = ("consultation", "consents", "recording")
SERVICES: Final = (
    Service("database", ("database_url",), tuple(one.code for one in ACTIVITIES if one.tables)),
    Service("keys", ("keys_url",), ("consultation", "recording", "rights", "suppression")),
    Service("bus", ("bus_url",), (*_SEALED, "queue", "operation")),
    Service(
        "blobs",
        ("blobs_url", "blobs_endpoint", "blobs_region"),
        ("consultation", "recording", "rights"),
    ),
    Service("scanner", ("clamd_socket",), ("malware",)),
    Service("turn", ("turn_urls",), ("consultation",)),
)
# What an operator sets and what leads to no other machine.
INWARD: Final = frozenset(
    {
        "data_dir", "blobs_access_key", "blobs_secret_key", "file_max_mb", "session_files_max",
        "session_files_mb", "upload_hours", "master_key_file", "public_url", "origins", "listen",
        "node", "trusted_proxies", "turn_secret", "ice_policy", "brand_file", "limits_scale",
        "queue_max", "recorder_addresses", "recorder_ports", "drain_seconds", "move_seconds",
        "grace_seconds", "checkup", "bar_minutes",
    }
)  # fmt: skip
MEASURES: Final = (
    "transport", "sealed", "keys", "door", "roles", "shred", "addresses", "chain", "available",
)  # fmt: skip
CODES: Final = frozenset(one.code for one in ACTIVITIES)
