"""A black picture in VP8, for as long as somebody recorded shows none.

What was last seen must not stay: their camera is off.
"""

from functools import lru_cache

from av import VideoFrame
from av.video.codeccontext import VideoCodecContext


@lru_cache(maxsize=8)
def black(width: int, height: int) -> bytes:
    """One frame that stands alone, of so many points. Takes its time when it is first made."""
    codec = VideoCodecContext.create("libvpx", "w")
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    frame = VideoFrame(width, height, "yuv420p")
    for plane, value in zip(frame.planes, (16, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*codec.encode(frame), *codec.encode(None)))
