"""`visavis doctor` on roles: how many may sign in as what, and who administers accounts.

Where nobody has an account yet there is nothing to say.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import get_args

from sessions.condition import roles_in_use
from sessions.events import Role
from web.findings import Finding, fine
from web.settings import Settings
from web.staff import SignsIn


async def roles(settings: Settings) -> AsyncIterator[Finding]:
    try:
        used = await asyncio.to_thread(roles_in_use, settings.database)
    except (ConnectionError, ValueError, OSError):
        return  # the examination of the databases says so
    if not used:
        return
    yield fine("roles.fine", **{role: used.get(role, 0) for role in get_args(SignsIn)})
    if Role.ADMIN not in used:
        yield fine("roles.admin")
