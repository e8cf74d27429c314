"""aiortc's own MediaRecorder as a process: an offer in a line, an answer in a line, a line to end.

Sound and picture go into a file each: with both in one it fails at the first picture.
"""

import asyncio
import json
import sys
from pathlib import Path

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRecorder
from aiortc.mediastreams import MediaStreamTrack

from media import guard


async def main(folder: Path) -> None:
    guard.reach(loopback=True)
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    recorders: list[MediaRecorder] = []
    starts: list[asyncio.Task[None]] = []

    @pc.on("track")
    def tracked(track: MediaStreamTrack) -> None:
        recorders.append(MediaRecorder(str(folder / f"{track.kind}.webm")))
        recorders[-1].addTrack(track)
        starts.append(asyncio.ensure_future(recorders[-1].start()))

    offer = json.loads(sys.stdin.readline())
    await pc.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
    await pc.setLocalDescription(await pc.createAnswer())
    print(json.dumps(pc.localDescription.sdp), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for recorder in recorders:
        await recorder.stop()
    await pc.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
