"""The audited door: the only way by which the server itself reads what a session sealed.

First who, what and why is committed, then the key is used. Who may ask is for others to know.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from sessions.audit import Audit
from sessions.envelope import FileOpener, file_key
from sessions.files import Files, FileView
from sessions.keys import Keys

SCANNER: Final = "scanner"


class Vault:
    def __init__(self, keys: Keys, files: Files, audit: Audit) -> None:
        self._keys = keys
        self._files = files
        self._audit = audit

    async def open_file(self, file: FileView, *, actor: str, action: str) -> AsyncGenerator[bytes]:
        """A file in clear, piece by piece. What came is only whole once it ends by itself.

        Raises Shredded, Unreadable, LookupError when parts are missing, Unknown.
        """
        await self._audit.record(actor, action, f"{file.session}/{file.id}")
        content = await self._keys.content_key(file.session, file.epoch)
        opener = FileOpener(file_key(content, file.session, file.id), file.session, file.id)
        async with aclosing(self._files.read(file, 0, file.size)) as parts:
            async for part in parts:
                yield opener.open(bytes(part))
        yield opener.finish()
