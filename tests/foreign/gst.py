"""An encoder on GStreamer's `webrtcbin` (libnice, libsrtp, OpenSSL), for tests/it/foreign.

    gst.py publish URL TOKEN [VIDEO]

sends a test picture and a tone by WHIP. VIDEO is the part of the pipeline that encodes and packs the picture. Says the same
as client.py: lines of JSON on standard output, a line on standard input ends it.
"""

import json
import sys
import threading
import urllib.error
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC

VP8 = "vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay"


def say(**what):
    print(json.dumps(what), flush=True)


def post(url, token, offer):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
    asked = urllib.request.Request(url, data=offer.encode(), method="POST", headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def main(act, url, token, video=VP8):
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "webrtcbin name=peer bundle-policy=max-bundle "
        f"videotestsrc is-live=true ! video/x-raw,width=320,height=240,framerate=15/1 ! videoconvert ! {video} ! queue ! peer. "
        "audiotestsrc is-live=true wave=square ! audioconvert ! audioresample ! opusenc ! rtpopuspay ! queue ! peer."
    )
    peer = pipeline.get_by_name("peer")
    # Everything happens on this machine, also where it has no other address; by itself libnice leaves the loopback out.
    # The agent is kept: webrtcbin's own reference goes with Python's.
    agent = peer.get_property("ice-agent")
    agent.emit("add-local-ip-address", "127.0.0.1")

    def gathered(*_):
        if peer.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        offer = peer.get_property("local-description").sdp.as_text()
        status, answer = post(url, token, offer)
        say(event="answered", status=status, body=answer)
        if status == 201:
            _, message = GstSdp.SDPMessage.new_from_text(answer)
            answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
            peer.emit("set-remote-description", answer, Gst.Promise.new())

    def offered(promise, *_):
        # What the reply holds goes with it.
        reply = promise.get_reply()
        peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def needed(*_):
        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(offered))

    def changed(*_):
        say(event="state", state=peer.get_property("connection-state").value_nick)

    peer.connect("on-negotiation-needed", needed)
    peer.connect("notify::ice-gathering-state", gathered)
    peer.connect("notify::connection-state", changed)
    pipeline.set_state(Gst.State.PLAYING)
    loop = GLib.MainLoop()
    threading.Thread(target=lambda: (sys.stdin.readline(), loop.quit()), daemon=True).start()
    loop.run()
    pipeline.set_state(Gst.State.NULL)


main(*sys.argv[1:])
