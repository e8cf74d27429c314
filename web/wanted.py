"""What a house asks for by settings and brand file: words, bus, TURN, scanner, recorder, checkups.

Each is made here, or is not there. It does not know what they are connected with.
"""

from collections.abc import Mapping

from media import recorder
from media.checkup import Checkups
from media.checkup import command as far_end
from media.ice import IceServers
from sessions.clamd import Clamd
from sessions.keys import Keys
from sessions.recordings import Recordings
from sessions.scans import Scans
from signaling.bus import Bus, MemoryBus
from signaling.redis_bus import RedisBus
from signaling.relay import Relay
from web.brand import Brand, RecordingPolicy
from web.keeping import Keeping
from web.settings import Settings
from web.takes import Takes
from web.texts import Texts, load_texts
from web.upkeep import EVERY_HOUR, Rounds


def texts_of(brand: Brand) -> Mapping[str, Texts]:
    """All texts; where talks may be recorded, without the promise that they never are."""
    found = load_texts()
    if brand.recording is None:
        return found
    return {language: one.instead("recording.instead.") for language, one in found.items()}


def bus_of(settings: Settings, keys: Keys) -> Bus:
    """The bus that the settings name; raises ValueError for an address that leads nowhere."""
    url = settings.redis_url
    if url is None:
        return MemoryBus()
    return RedisBus(url, secrets=keys.secrets("bus"), names=keys.secrets("bus channel"))


def ice_of(settings: Settings) -> IceServers:
    """The servers that the settings name; raises ValueError for what is no address of one."""
    secret = settings.turn_secret.get_secret_value() if settings.turn_secret else None
    return IceServers(settings.turn_urls, secret)


def takes_of(settings: Settings, brand: Brand, recordings: Recordings, keys: Keys) -> Takes | None:
    """What records, where the brand allows it and the extra for it is installed."""
    if brand.recording is None or not recorder.installed():
        return None
    command = recorder.command(
        addresses=settings.recorder_addresses,
        ports=settings.recorder_port_range,
        loopback=settings.on_loopback,
    )
    return Takes(recordings, keys, command)


def checkups_of(settings: Settings) -> Checkups | None:
    """What waiting browsers are tried with, where that is wanted and installed, and where it is
    known how it is reached: a far end that nobody reaches would tell everybody of no way."""
    reached = settings.on_loopback or settings.recorder_addresses
    if not settings.checkup or not reached or not recorder.installed():
        return None
    return Checkups(
        far_end(
            addresses=settings.recorder_addresses,
            ports=settings.recorder_port_range,
            loopback=settings.on_loopback,
        )
    )


def forgetting(brand: Brand, recordings: Recordings) -> tuple[Rounds, ...]:
    """What deletes recordings whose time is over; where none are made, what is left of them."""
    period = RecordingPolicy.default_period() if brand.recording is None else brand.recording.period
    return (Rounds(lambda: recordings.sweep(period.rule), every_seconds=EVERY_HOUR),)


def scanning(
    settings: Settings,
    kept: Keeping,
    relay: Relay,
) -> tuple[Rounds, ...]:
    """What has files scanned, where a scanner is set."""
    if settings.clamd_socket is None:
        return ()
    scans = Scans(
        kept.database, kept.log, kept.keys, kept.vault, kept.exit, Clamd(settings.clamd_socket)
    )
    rounds = Rounds(lambda: scans.once(relay.announce))
    kept.files.whole = rounds.soon
    return (rounds,)
