"""An encoder, a wall display or a page on aiortc, for tests/it/foreign: a WebRTC stack that shares no code with ours.

    client.py publish URL TOKEN       sends a colour and a tone by WHIP
    client.py show URL TOKEN          receives by WHEP
    client.py page                    receives; writes its offer as a line of JSON, reads the answer as one

Each line on standard output is one JSON object: {"event": ...}. A line on standard input ends it; then what was made by
HTTP is deleted. `--old-keys` offers AES-CM with SHA-1 alone, `--h264` a picture as H.264 alone, `--main` says that it is
H.264 of the Main profile.
"""

import asyncio
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

import aioice.ice
import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription, VideoStreamTrack
from aiortc import rtcdtlstransport
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError

# Everything happens on this machine, also where it has no other address.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

WIDTH, HEIGHT = 320, 240
# Y, U, V of a strong red: no other picture in the house is.
COLOUR = (81, 90, 240)
TONE_HZ = 500


def say(**what):
    print(json.dumps(what), flush=True)


class Colour(VideoStreamTrack):
    """The same colour for ever, with a bar that moves so that the encoder has something to do."""

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        for plane, value in zip(frame.planes, COLOUR):
            plane.update(bytes([value]) * plane.buffer_size)
        luma = bytearray(bytes(frame.planes[0]))
        row = (pts // 3000) % HEIGHT
        stride = frame.planes[0].line_size
        luma[row * stride : (row + 1) * stride] = bytes([16]) * stride
        frame.planes[0].update(bytes(luma))
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A square wave, loud enough to be told from silence."""

    async def recv(self):
        frame = await super().recv()
        half = frame.sample_rate // TONE_HZ // 2
        values = ((8000 if (frame.pts + n) // half % 2 else -8000) for n in range(frame.samples))
        data = b"".join(value.to_bytes(2, sys.byteorder, signed=True) for value in values)
        frame.planes[0].update(data[: frame.planes[0].buffer_size])
        return frame


def is_ours(frame):
    """Whether the middle of a decoded picture has the colour of `Colour`."""
    frame = frame.reformat(format="yuv420p")
    for plane, value, at in zip(frame.planes, COLOUR, (2, 4, 4)):
        data = bytes(plane)
        if plane is frame.planes[0]:
            continue
        middle = (frame.height // at) * plane.line_size + frame.width // at
        if abs(data[middle] - value) > 24:
            return False
    return True


def loudest(frame):
    data = bytes(frame.planes[0])
    return max(
        (abs(int.from_bytes(data[n : n + 2], sys.byteorder, signed=True)) for n in range(0, len(data) - 1, 2)),
        default=0,
    )


async def watch(track):
    """Says how much was decoded, each time it has doubled."""
    count, ours, told = 0, 0, 0
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        count += 1
        ours += is_ours(frame) if track.kind == "video" else loudest(frame) > 2000
        if ours >= max(1, told * 2):
            told = ours
            size = f"{frame.width}x{frame.height}" if track.kind == "video" else str(frame.sample_rate)
            say(event="decoded", kind=track.kind, frames=count, ours=ours, format=size)


def request(method, url, token, body=None, kind=None):
    headers = {"Authorization": f"Bearer {token}"}
    if kind:
        headers["Content-Type"] = kind
    asked = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


async def line():
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def main(arguments):
    options = {argument for argument in arguments if argument.startswith("--")}
    act, *rest = [argument for argument in arguments if not argument.startswith("--")]
    if "--old-keys" in options:
        rtcdtlstransport.SRTP_PROFILES[:] = [rtcdtlstransport.SRTP_AES128_CM_SHA1_80]
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    @connection.on("connectionstatechange")
    def changed():
        say(event="state", state=connection.connectionState)

    @connection.on("track")
    def began(track):
        asyncio.ensure_future(watch(track))

    if act == "publish":
        connection.addTransceiver(Tone(), direction="sendonly")
        picture = connection.addTransceiver(Colour(), direction="sendonly")
        if "--h264" in options:
            codecs = RTCRtpSender.getCapabilities("video").codecs
            picture.setCodecPreferences([codec for codec in codecs if codec.mimeType == "video/H264"])
    else:
        connection.addTransceiver("video", direction="recvonly")
        connection.addTransceiver("audio", direction="recvonly")
    await connection.setLocalDescription(await connection.createOffer())
    offer = connection.localDescription.sdp
    if "--main" in options:
        offer = offer.replace("profile-level-id=42", "profile-level-id=4d")
    location = None
    if act == "page":
        say(event="offer", sdp=offer)
        answer = json.loads(await line())["sdp"]
    else:
        url, token = rest
        ask = asyncio.to_thread(request, "POST", url, token, offer.encode(), "application/sdp")
        status, headers, answer = await ask
        headers = {name.lower(): value for name, value in headers.items()}
        say(event="answered", status=status, headers=headers, body=answer)
        if status != 201:
            return
        location = urllib.parse.urljoin(url, headers["location"])
    await connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    await line()
    if location:
        status, _, _ = await asyncio.to_thread(request, "DELETE", location, token)
        say(event="deleted", status=status)
    await connection.close()


asyncio.run(main(sys.argv[1:]))
