"""Takes encoded sound and pictures off an aiortc connection packet by packet, decoding nothing.

aiortc's own way costs a thread, a decoder and, where packets are lost, five times their sound. This
one steps in behind SRTP and says itself what RTCP has to say (RFC 3550, 4585, 4588). Parts of
aiortc that nobody promised are used: `media.rehearsal` tries them first. It knows no files.
"""

import asyncio
import logging
import re
import secrets
import struct
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, time
from typing import Any, Final

import pylibsrtp
from aiortc import RTCPeerConnection, rtp
from aiortc.rtcrtpreceiver import StreamStatistics

from media.ingress import Sink
from media.lipsync import RATES
from media.pace import MOST_BITS, Pace
from media.vp8 import WAIT_SECONDS, Assembler, Frame

PICTURE_SECONDS: Final = 5.0  # so often one that stands alone: one can jump there
_ASK_SECONDS: Final = 0.3  # between two requests for one
_SWITCH_SECONDS: Final = 2.0  # of silence until another source may take over
_MAX_MISSING: Final = 300  # packets
_MAX_ASKED: Final = 8  # times for one packet
_RTP: Final = struct.Struct("!BBHII")
_MAP = re.compile(r"a=rtpmap:(\d{1,3}) (opus|VP8|rtx)/", re.ASCII | re.IGNORECASE)
_log: Final = logging.getLogger(__name__)


class _Source:
    """One stream of packets: counted, and reported back."""

    def __init__(self, ssrc: int, rate: int) -> None:
        self.ssrc = ssrc
        self.heard_at = 0.0
        self.statistics = StreamStatistics(rate)
        self.reported: tuple[int, float] | None = None  # middle of its clock; when, of ours


class _Counted:
    """What StreamStatistics looks at."""

    __slots__ = ("sequence_number", "timestamp")
    sequence_number: int
    timestamp: int


class Passthrough:
    """Begins at once; `close` gives the connection back as it was.

    `answer` is what was said to the other end: which payload is what. All sections share one
    transport. Raises ValueError otherwise.
    """

    def __init__(
        self, pc: RTCPeerConnection, answer: str, sink: Sink, most_bits: int = MOST_BITS
    ) -> None:
        transports = {one.receiver.transport for one in pc.getTransceivers() if one.mid is not None}
        if len(transports) != 1:
            raise ValueError("not all over one transport")
        self.signs = self.bytes = self.dropped = 0
        self._sink = sink
        self._kinds = payloads(answer)
        self._transport, self._ice = _below(transports.pop())
        self._pass_on: Callable[[bytes, int], None] = self._ice.data_received
        self._check: Callable[..., None] = self._ice.request_received
        self._sources: dict[str, _Source] = {}  # by what it carries
        self._counted = _Counted()
        self._assembler = Assembler(self._picture)
        self._missing: dict[int, tuple[float, int, float]] = {}  # since, times asked, when again
        self._newest: int | None = None  # number of a packet with pictures
        self._asked_at = self._alone_at = 0.0
        self._pace = Pace(most_bits)
        self._ssrc = secrets.randbits(32) or 1
        self._wake = asyncio.Event()
        self._ice.data_received = self._datagram
        self._ice.request_received = self._checked
        self._task = asyncio.get_running_loop().create_task(self._speak())

    def picture_please(self) -> None:
        """What comes next is worth nothing before a picture that stands alone."""
        self._assembler.lost_track()
        self._wake.set()

    async def close(self) -> None:
        self._ice.data_received = self._pass_on
        self._ice.request_received = self._check
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    # -- in

    def _checked(self, *request: Any) -> None:
        """Whether we are still there is asked every few seconds, also by who shows nothing."""
        self.signs += 1
        self._check(*request)

    def _datagram(self, data: bytes, component: int) -> None:
        srtp = self._transport._rx_srtp
        if srtp is None or len(data) < _RTP.size or data[0] >> 6 != 2:
            self._pass_on(data, component)  # DTLS
            return
        self.signs += 1
        try:
            if 64 <= data[1] & 0x7F < 96:
                self._control(srtp.unprotect_rtcp(data))
            else:
                self._packet(srtp.unprotect(data))
        except (pylibsrtp.Error, ValueError, IndexError, struct.error):
            self.dropped += 1
        except Exception as error:
            _log.warning("frames could not be taken: %s", type(error).__name__)
            self._sink.failed()

    def _packet(self, raw: bytes) -> None:
        first, second, number, timestamp, ssrc = _RTP.unpack_from(raw)
        kind = self._kinds.get(second & 0x7F)
        now = monotonic()
        if kind is None or (source := self._source(kind, ssrc, now)) is None:
            return
        self.bytes += len(raw)
        start = _RTP.size + 4 * (first & 0x0F)
        if first & 0x10:
            start += 4 + 4 * int.from_bytes(raw[start + 2 : start + 4], "big")
        payload = raw[start : len(raw) - (raw[-1] if first & 0x20 else 0)]
        counted = self._counted
        counted.sequence_number, counted.timestamp = number, timestamp
        source.statistics.add(counted)  # type: ignore[arg-type]
        if kind == "opus":
            if payload:
                self._pace.sound(now - timestamp / RATES["audio"])
                self._sink.frame("audio", timestamp, payload, True, now)
            return
        if kind == "rtx":
            if len(payload) < 2:
                return
            number, payload = int.from_bytes(payload[:2], "big"), payload[2:]
        else:
            self._count_missing(number, now)
        self._missing.pop(number, None)
        self._assembler.add(number, timestamp, second >> 7 == 1, payload, now)
        if self._assembler.wants_picture:
            self._wake.set()

    def _source(self, kind: str, ssrc: int, now: float) -> _Source | None:
        """Whoever was first, as long as it is not silent."""
        source = self._sources.get(kind)
        if source is None or source.ssrc != ssrc:
            if source is not None and now - source.heard_at < _SWITCH_SECONDS:
                return None
            rate = RATES["audio" if kind == "opus" else "video"]
            source = self._sources[kind] = _Source(ssrc, rate)
            if kind == "vp8":
                self._assembler, self._newest = Assembler(self._picture), None
                self._missing.clear()
        source.heard_at = now
        return source

    def _count_missing(self, number: int, now: float) -> None:
        if self._newest is None:
            self._newest = number
        ahead = (number - self._newest) & 0xFFFF
        if not 0 < ahead < 0x8000:
            return
        for skipped in range(max(1, ahead - _MAX_MISSING), ahead):
            self._missing[(self._newest + skipped) & 0xFFFF] = (now, 0, now)
        self._newest = number
        if ahead > 1:
            self._wake.set()

    def _picture(self, frame: Frame) -> None:
        now = monotonic()
        if frame.alone:
            self._alone_at = now
        self._sink.frame("video", frame.timestamp, frame.data, frame.alone, now)

    def _control(self, raw: bytes) -> None:
        for packet in rtp.RtcpPacket.parse(raw):
            if not isinstance(packet, rtp.RtcpSrPacket):
                continue
            for kind, source in self._sources.items():
                if source.ssrc == packet.ssrc and kind != "rtx":
                    ntp, at = packet.sender_info.ntp_timestamp, packet.sender_info.rtp_timestamp
                    source.reported = (ntp >> 16 & 0xFFFF_FFFF, time())
                    self._sink.report("audio" if kind == "opus" else "video", ntp / 2**32, at)

    # -- out

    async def _speak(self) -> None:
        """Everything we have to say goes through here, one after the other."""
        reported_at = monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05 if self._missing else 0.25):
                    await self._wake.wait()
            self._wake.clear()
            now = monotonic()
            try:
                await self._ask(now)
                if now - reported_at >= 1:
                    reported_at = now
                    await self._report()
            except ConnectionError:
                pass  # not there yet, or gone: whoever owns the connection hears of it
            except Exception as error:
                _log.warning("RTCP could not be sent: %s", type(error).__name__)
                self._sink.failed()
                return

    async def _ask(self, now: float) -> None:
        """For packets that are missing, and for pictures that stand alone."""
        source = self._sources.get("vp8")
        if source is None:
            return
        wanted: list[int] = []
        for number, (since, times, again) in list(self._missing.items()):
            if now - since > WAIT_SECONDS or times >= _MAX_ASKED:
                del self._missing[number]
            elif again <= now:
                self._missing[number] = (since, times + 1, now + 0.06 * (times + 1))
                wanted.append(number)
        for lost in runs(wanted):
            nack = rtp.RtcpRtpfbPacket(rtp.RTCP_RTPFB_NACK, self._ssrc, source.ssrc, lost)
            await self._send(nack)
        needs = self._assembler.wants_picture or now - self._alone_at > PICTURE_SECONDS
        if needs and now - self._asked_at > _ASK_SECONDS:
            self._asked_at = now
            await self._send(rtp.RtcpPsfbPacket(rtp.RTCP_PSFB_PLI, self._ssrc, source.ssrc))

    async def _report(self) -> None:
        """What came, and how much may come."""
        reports = [_came(source) for source in self._sources.values()]
        if not reports:
            return
        lost = max(one.fraction_lost for one in reports) / 256
        await self._send(rtp.RtcpRrPacket(self._ssrc, reports))
        limits = rtp.pack_remb_fci(self._pace.second(lost), [one.ssrc for one in reports])
        await self._send(rtp.RtcpPsfbPacket(rtp.RTCP_PSFB_APP, self._ssrc, 0, limits))

    async def _send(self, packet: Any) -> None:
        await self._transport._send_rtp(bytes(packet))


def _below(transport: Any) -> tuple[Any, Any]:
    """DTLS, and ICE beneath it, by what nobody promised."""
    return transport, transport.transport._connection


def payloads(sdp: str) -> dict[int, str]:
    """What each payload type of a description of ours carries: "opus", "vp8" or "rtx"."""
    return {int(number): name.lower() for number, name in _MAP.findall(sdp)}


def runs(numbers: list[int]) -> list[list[int]]:
    """Numbers of 16 bits in rising runs, which is how a NACK can name them."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] < number:
            found[-1].append(number)
        else:
            found.append([number])
    return found


def _came(source: _Source) -> rtp.RtcpReceiverInfo:
    statistics = source.statistics
    middle, delay = 0, 0
    if source.reported is not None:
        middle, delay = source.reported[0], int((time() - source.reported[1]) * 65_536)
    return rtp.RtcpReceiverInfo(
        ssrc=source.ssrc,
        fraction_lost=statistics.fraction_lost,
        packets_lost=statistics.packets_lost,
        highest_sequence=(statistics.cycles + (statistics.max_seq or 0)) & 0xFFFF_FFFF,
        jitter=statistics.jitter & 0xFFFF_FFFF,
        lsr=middle,
        dlsr=delay if 0 < delay < 2**32 else 0,
    )
