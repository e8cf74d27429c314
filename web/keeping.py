"""What is kept, and under which keys: databases, key store and blobs, and all that stands on them.

It knows no bus, no connection and no page.
"""

from dataclasses import dataclass
from typing import Self

from sessions.accounts import Accounts
from sessions.audit import Audit
from sessions.blobs import Blobs
from sessions.casework import Casework
from sessions.corrections import Corrections
from sessions.database import Database
from sessions.erasure import Erasure
from sessions.exit import Exit
from sessions.files import Files
from sessions.holds import Holds
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle
from sessions.log import Log
from sessions.models import KeyRow, Row
from sessions.receipts import Receipts
from sessions.recordings import Recordings
from sessions.retention import Retention
from sessions.tombstones import Tombstones
from sessions.vault import Vault
from web.brand import Brand
from web.settings import Settings


@dataclass(frozen=True, slots=True)
class Keeping:
    """All of it, connected; the databases are open."""

    database: Database
    key_store: Database
    keys: Keys
    log: Log
    lifecycle: Lifecycle
    accounts: Accounts
    blobs: Blobs
    files: Files
    audit: Audit
    holds: Holds
    casework: Casework
    exit: Exit
    vault: Vault
    recordings: Recordings
    receipts: Receipts
    tombstones: Tombstones
    erasure: Erasure
    corrections: Corrections
    retention: Retention

    @classmethod
    def open(cls, settings: Settings, brand: Brand) -> Self:
        """The databases have been migrated; raises what sessions.database raises."""
        database = Database.open(settings.database, rows=Row)
        key_store = Database.open(settings.key_store, rows=KeyRow)
        keys = Keys(key_store, MasterKeys.load_or_create(settings.master_keys))
        keys.expect_own()
        log, accounts = Log(database), Accounts(database)
        lifecycle = Lifecycle(database, log, keys)
        blobs = Blobs.open(settings.blobs, settings.blobs_access)
        files = Files(
            database,
            blobs,
            limits=settings.file_limits,
            scanned=settings.clamd_socket is not None,
        )
        audit, holds = Audit(database), Holds(database)
        receipts, tombstones = Receipts(database, keys), Tombstones(database, key_store, blobs)
        erasure = Erasure(database, keys, blobs, lifecycle, receipts, tombstones)
        return cls(
            database=database,
            key_store=key_store,
            keys=keys,
            log=log,
            lifecycle=lifecycle,
            accounts=accounts,
            blobs=blobs,
            files=files,
            audit=audit,
            holds=holds,
            casework=Casework.over(database, keys),
            exit=Exit(database, audit),
            vault=Vault(keys, log, files, audit, holds),
            recordings=Recordings(database, blobs, node=settings.node),
            receipts=receipts,
            tombstones=tombstones,
            erasure=erasure,
            corrections=Corrections(database, log, keys),
            retention=Retention(database, erasure, brand.periods.rules),
        )
