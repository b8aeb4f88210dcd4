"""An encoder on GStreamer's webrtcbin, for tests/it/foreign. Debian 12 has no whipsink, so the few lines of WHIP are here.

    gstreamer.py publish URL TOKEN

Says and ends as client.py does. Needs the interpreter of the system: python3-gst-1.0, gstreamer1.0-plugins-bad,
gstreamer1.0-plugins-good, gstreamer1.0-nice, gir1.2-gst-plugins-bad-1.0.
"""

import json
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

# The colour and the tone that client.py looks for, each with more of it than it asks.
PIPELINE = """
webrtcbin name=rtc bundle-policy=max-bundle
videotestsrc is-live=true pattern=solid-color foreground-color=0xffff0000
  ! video/x-raw,format=I420,width=320,height=240,framerate=20/1
  ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=15-bit pt=96
  ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! rtc.
audiotestsrc is-live=true wave=square freq=500 volume=0.5
  ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=111
  ! application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! rtc.
"""


def say(**what):
    print(json.dumps(what), flush=True)


def request(method, url, token, body=None):
    headers = {"Authorization": f"Bearer {token}"}
    if body:
        headers["Content-Type"] = "application/sdp"
    asked = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


class Encoder:
    def __init__(self, url, token):
        self.url, self.token, self.location = url, token, None
        self.loop = GLib.MainLoop()
        self.pipe = Gst.parse_launch(PIPELINE)
        self.rtc = self.pipe.get_by_name("rtc")
        for place in range(2):
            transceiver = self.rtc.emit("get-transceiver", place)
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
        self.asked = False
        self.rtc.connect("on-negotiation-needed", lambda _: self.negotiate())
        self.rtc.connect("notify::ice-gathering-state", lambda *_: self.gathered())
        self.rtc.connect("notify::connection-state", lambda *_: self.changed())
        bus = self.pipe.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: self.fail(str(message.parse_error())))

    def fail(self, why):
        say(event="failed", why=why)
        GLib.idle_add(self.loop.quit)

    def negotiate(self):
        def created(promise, *_):
            promise.wait()
            # The offer lives in the reply: both are kept.
            self.reply = promise.get_reply()
            self.offer = self.reply.get_value("offer")
            self.rtc.emit("set-local-description", self.offer, Gst.Promise.new())

        self.rtc.emit("create-offer", None, Gst.Promise.new_with_change_func(created, None, None))

    def gathered(self):
        done = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if self.rtc.get_property("ice-gathering-state") == done and not self.asked:
            self.asked = True
            threading.Thread(target=self.ask, daemon=True).start()

    def ask(self):
        local = self.rtc.get_property("local-description")
        offer = local.sdp.as_text()
        status, headers, answer = request("POST", self.url, self.token, offer.encode())
        headers = {name.lower(): value for name, value in headers.items()}
        say(event="answered", status=status, headers=headers, body=answer)
        if status != 201:
            return self.fail(answer)
        self.location = urllib.parse.urljoin(self.url, headers["location"])
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        kind = GstWebRTC.WebRTCSDPType.ANSWER
        described = GstWebRTC.WebRTCSessionDescription.new(kind, message)
        self.rtc.emit("set-remote-description", described, Gst.Promise.new())

    def changed(self):
        say(event="state", state=self.rtc.get_property("connection-state").value_nick)

    def ends(self):
        sys.stdin.readline()
        if self.location:
            status, _, _ = request("DELETE", self.location, self.token)
            say(event="deleted", status=status)
        GLib.idle_add(self.loop.quit)

    def run(self):
        threading.Thread(target=self.ends, daemon=True).start()
        self.pipe.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipe.set_state(Gst.State.NULL)


Gst.init(None)
Encoder(*sys.argv[2:4]).run()
