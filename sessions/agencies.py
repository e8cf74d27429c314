"""Agencies: partners of the house, whose advisors see who came to them and nobody else.

The one rule on which everything that an advisor asks for stands. None is the house itself: its
advisors answer who came to the house. It knows no routes; that operators and officers see all is
so because they do not ask here.
"""

from sqlalchemy.sql.elements import ColumnElement

from sessions.models import SessionRow


def sees(agency: str | None, of: str | None) -> bool:
    """Whether advisors of `agency` see a session, or a colleague, of `of`."""
    return agency == of


def seen_by(agency: str | None) -> ColumnElement[bool]:
    """The same, of the rows of sessions."""
    return SessionRow.agency.is_not_distinct_from(agency)
