"""All routes of the protection desk, in the order of its sections."""

from typing import Final

from web import (
    protection_advertising,
    protection_audit,
    protection_breaches,
    protection_disclosures,
    protection_exit,
    protection_hand,
    protection_provider,
    protection_recipients,
    protection_records,
    protection_register,
    protection_requests,
    protection_retention,
)

ROUTES: Final = (
    *protection_requests.ROUTES,
    *protection_hand.ROUTES,
    *protection_register.ROUTES,
    *protection_advertising.ROUTES,
    *protection_breaches.ROUTES,
    *protection_retention.ROUTES,
    *protection_disclosures.ROUTES,
    *protection_recipients.ROUTES,
    *protection_provider.ROUTES,
    *protection_exit.ROUTES,
    *protection_records.ROUTES,
    *protection_audit.ROUTES,
)
