"""What schemathesis does not know by itself: that tus sends bytes as they are."""

from typing import Any

import schemathesis
from schemathesis.transport.serialization import Binary

from web.tus import MEDIA


@schemathesis.serializer(MEDIA)
def as_bytes(_context: Any, value: Any) -> bytes:
    """The body, whatever was made up for it."""
    if isinstance(value, Binary):
        return value.data
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
