//! One connection: an offer with microphone, camera, paper and slot pairs, packets out, packets in.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::{
    configure_simulcast_extension_headers, register_default_interceptors,
};
use rtc::peer_connection::configuration::media_engine::{
    MIME_TYPE_H264, MIME_TYPE_OPUS, MIME_TYPE_RTX, MIME_TYPE_VP8, MediaEngine,
};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtp;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RTCRtpRtxParameters, RtpCodecKind,
};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::{mpsc, watch};
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_local::{TrackLocal, TrackLocalEvent};
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceGatheringState, RTCPeerConnectionState,
};

use super::key_frames::KeyFrameTap;
use crate::media::plan::{Layer, SourceKind};

const PT_VP8: u8 = 96;
const PT_RTX: u8 = 97;
const PT_H264: u8 = 103;
const PT_H264_RTX: u8 = 104;
const PT_OPUS: u8 = 111;
const PT_RED: u8 = 63;
const MIME_TYPE_RED: &str = "audio/red";
const URI_MID: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
const URI_RID: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const URI_LEVEL: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// Packets waiting for whoever looks at what was received. Full: newer ones are dropped, as a player would.
const RECEIVED: usize = 4_096;
const GATHERING: Duration = Duration::from_secs(5);

/// What the bot sends and is ready to receive.
#[derive(Clone, Debug)]
pub struct BotConfig {
    /// Local address to send from.
    pub bind: IpAddr,
    /// An Opus microphone.
    pub microphone: bool,
    /// A camera.
    pub camera: bool,
    /// The camera has layers q, h, f (RFC 8853); without RTX, which the crate cannot tell apart by rid.
    pub simulcast: bool,
    /// A second picture: document camera or screen.
    pub paper: bool,
    /// Pairs of receiving lines.
    pub slots: usize,
}

/// How the bot's pictures are coded: what its offer names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BotPictures {
    /// VP8 alone.
    #[default]
    Vp8,
    /// H.264 (Constrained Baseline, packetization-mode 1) alone, as encoders.
    H264,
    /// Sends VP8, receives either, as browsers.
    Both,
}

impl BotPictures {
    fn sent(self) -> (&'static str, u8) {
        if self == Self::H264 { (MIME_TYPE_H264, PT_H264) } else { (MIME_TYPE_VP8, PT_VP8) }
    }
}

/// Why a bot does not work.
#[derive(Debug, thiserror::Error)]
pub enum BotError {
    /// What the crate said.
    #[error("webrtc: {0}")]
    Webrtc(String),
    /// No local candidate within five seconds.
    #[error("no local address was gathered in time")]
    NoCandidates,
    /// The bot was configured without this source.
    #[error("the bot has no such source")]
    NoSource,
}

impl From<rtc::shared::error::Error> for BotError {
    fn from(error: rtc::shared::error::Error) -> Self {
        Self::Webrtc(error.to_string())
    }
}

/// A packet to send. The bot adds SSRC, payload type and header extensions.
#[derive(Clone, Debug)]
pub struct BotPacket {
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP time stamp: 48 kHz for sound, 90 kHz for pictures.
    pub timestamp: u32,
    /// RTP marker: last packet of a frame.
    pub marker: bool,
    /// Sound level for RFC 6464, 0 (loud) to 127; only for the microphone.
    pub level: Option<u8>,
    /// RTP payload.
    pub payload: Bytes,
}

/// A packet received in a slot, decrypted and as it came (repairs included, in order of arrival).
#[derive(Clone, Debug)]
pub struct Received {
    /// Which pair, from 0.
    pub slot: usize,
    /// Picture or sound.
    pub video: bool,
    /// RTP synchronization source.
    pub ssrc: u32,
    /// RTP payload type: 96 VP8, 103 H.264, 111 Opus, 63 its redundancy.
    pub payload_type: u8,
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP time stamp.
    pub timestamp: u32,
    /// RTP marker.
    pub marker: bool,
    /// RTP payload.
    pub payload: Bytes,
}

struct LocalTrack {
    track: Arc<TrackLocalStaticRTP>,
    /// Which m-line of the offer, from 0.
    place: usize,
    mid: String,
    /// SSRC per layer; one entry without simulcast.
    ssrcs: Vec<(Layer, u32)>,
    simulcast: bool,
}

/// A client of the media plane.
pub struct Bot {
    connection: Box<dyn PeerConnection>,
    tracks: BTreeMap<SourceKind, LocalTrack>,
    pictures: BotPictures,
    state: watch::Receiver<RTCPeerConnectionState>,
    received: mpsc::Receiver<Received>,
    /// One bit per layer of the camera, bit 3 for the paper.
    key_frames: Arc<AtomicU8>,
    opened: OpenTracks,
    extensions: Mutex<BTreeMap<String, u8>>,
}

type OpenTracks = Arc<Mutex<Vec<(usize, bool, Arc<dyn TrackRemote>)>>>;

impl Bot {
    /// Makes the connection and its only offer, candidates included.
    ///
    /// # Errors
    ///
    /// [`BotError::Webrtc`] when the crate refuses, [`BotError::NoCandidates`] when `bind` is not usable.
    pub async fn offer(config: &BotConfig) -> Result<(Self, String), BotError> {
        Self::offer_with(config, BotPictures::Vp8, Vec::new(), false).await
    }

    /// The same with redundancy of sound (RFC 2198), as Chromium offers it. What is sent under it the caller composes, and
    /// takes apart what comes.
    ///
    /// # Errors
    ///
    /// As [`Bot::offer`].
    pub async fn offer_redundant(config: &BotConfig) -> Result<(Self, String), BotError> {
        Self::offer_with(config, BotPictures::Vp8, Vec::new(), true).await
    }

    /// The same with AES-CM and SHA-1 alone (RFC 3711), as old encoders have it.
    ///
    /// # Errors
    ///
    /// As [`Bot::offer`].
    pub async fn offer_old_keys(config: &BotConfig) -> Result<(Self, String), BotError> {
        Self::offer_with(config, BotPictures::Vp8, vec![SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80], false)
            .await
    }

    /// The same with other codecs.
    ///
    /// # Errors
    ///
    /// As [`Bot::offer`].
    pub async fn offer_pictures(config: &BotConfig, pictures: BotPictures) -> Result<(Self, String), BotError> {
        Self::offer_with(config, pictures, Vec::new(), false).await
    }

    async fn offer_with(
        config: &BotConfig,
        pictures: BotPictures,
        profiles: Vec<SrtpProtectionProfile>,
        redundant: bool,
    ) -> Result<(Self, String), BotError> {
        let (mut media, registry) = engine(pictures, redundant)?;
        let registry = register_default_interceptors(registry, &mut media)?;
        let registry = registry.with(Slot::from(14_000), KeyFrameTap::default());
        let settings = SettingEngineBuilder::new()
            .with_srtp_protection_profiles(profiles)
            .with_include_loopback_candidate(true)
            .with_ice_connection_attempts(Some(Duration::from_millis(20)), Some(100))
            .with_multicast_dns_mode(rtc::ice::mdns::MulticastDnsMode::Disabled)
            .build();
        let (state_in, state) = watch::channel(RTCPeerConnectionState::New);
        let (gathered_in, mut gathered) = watch::channel(false);
        let (received_in, received) = mpsc::channel(RECEIVED);
        let opened = OpenTracks::default();
        let handler = Handler { state: state_in, gathered: gathered_in, received: received_in, opened: opened.clone() };
        let runtime = webrtc::runtime::default_runtime().ok_or_else(|| BotError::Webrtc("no runtime".to_owned()))?;
        let connection: Box<dyn PeerConnection> = Box::new(
            PeerConnectionBuilder::new()
                .with_media_engine(media)
                .with_setting_engine(settings)
                .with_interceptor_registry(registry)
                .with_handler(Arc::new(handler))
                .with_runtime(runtime)
                .with_udp_addrs(vec![format!("{}:0", display(config.bind))])
                .build()
                .await?,
        );
        let key_frames = Arc::new(AtomicU8::new(0));
        let mut tracks = BTreeMap::new();
        let wanted = [
            (SourceKind::Camera, config.camera, config.simulcast),
            (SourceKind::Paper, config.paper, false),
            (SourceKind::Microphone, config.microphone, false),
        ];
        for (kind, _, simulcast) in wanted.into_iter().filter(|(_, wanted, _)| *wanted) {
            let local = local_track(connection.as_ref(), (kind, pictures), simulcast, tracks.len()).await?;
            tokio::spawn(watch_key_frames(local.track.clone(), kind, local.ssrcs.clone(), key_frames.clone()));
            tracks.insert(kind, local);
        }
        for _ in 0..config.slots {
            for kind in [RtpCodecKind::Video, RtpCodecKind::Audio] {
                let receive =
                    RTCRtpTransceiverInit { direction: RTCRtpTransceiverDirection::Recvonly, ..Default::default() };
                connection.add_transceiver_from_kind(kind, Some(receive)).await?;
            }
        }
        let offer = connection.create_offer(None).await?;
        connection.set_local_description(offer).await?;
        tokio::time::timeout(GATHERING, gathered.wait_for(|done| *done))
            .await
            .map_err(|_| BotError::NoCandidates)?
            .map_err(|_| BotError::NoCandidates)?;
        let offer = connection.local_description().await.ok_or(BotError::NoCandidates)?.sdp;
        let mids: Vec<&str> = offer.lines().filter_map(|line| line.strip_prefix("a=mid:")).collect();
        for local in tracks.values_mut() {
            if let Some(mid) = mids.get(local.place) {
                (*mid).clone_into(&mut local.mid);
            }
        }
        let bot =
            Self { connection, tracks, pictures, state, received, key_frames, opened, extensions: Mutex::default() };
        Ok((bot, offer))
    }

    /// Applies the server's answer; connecting begins.
    ///
    /// # Errors
    ///
    /// [`BotError::Webrtc`] when the crate refuses the answer.
    pub async fn accept(&self, answer: &str) -> Result<(), BotError> {
        let ids = answer.lines().filter_map(|line| {
            let (id, uri) = line.strip_prefix("a=extmap:")?.split_once(' ')?;
            Some((uri.to_owned(), id.parse().ok()?))
        });
        self.extensions.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
        let answer = RTCSessionDescription::answer(answer.to_owned())?;
        Ok(self.connection.set_remote_description(answer).await?)
    }

    /// Waits until media can flow; `false` when it does not come to that in time.
    pub async fn connected(&mut self, within: Duration) -> bool {
        let connected = self.state.wait_for(|state| *state == RTCPeerConnectionState::Connected);
        matches!(tokio::time::timeout(within, connected).await, Ok(Ok(_)))
    }

    /// Sends one packet of a source. `layer` counts only for a camera with simulcast.
    ///
    /// # Errors
    ///
    /// [`BotError::NoSource`] for what the configuration left out, [`BotError::Webrtc`] when the connection is over.
    pub async fn send(&self, kind: SourceKind, layer: Layer, packet: BotPacket) -> Result<(), BotError> {
        let payload_type = if kind == SourceKind::Microphone { PT_OPUS } else { self.pictures.sent().1 };
        self.send_as(payload_type, kind, layer, packet).await
    }

    /// Sends one packet of the microphone whose payload is composed with redundancy (RFC 2198).
    ///
    /// # Errors
    ///
    /// As [`Bot::send`]; [`BotError::Webrtc`] also where it was not offered or not agreed.
    pub async fn send_redundant(&self, packet: BotPacket) -> Result<(), BotError> {
        self.send_as(PT_RED, SourceKind::Microphone, Layer::Full, packet).await
    }

    async fn send_as(
        &self,
        payload_type: u8,
        kind: SourceKind,
        layer: Layer,
        packet: BotPacket,
    ) -> Result<(), BotError> {
        let local = self.tracks.get(&kind).ok_or(BotError::NoSource)?;
        let wanted = |(of, _): &&(Layer, u32)| *of == layer || !local.simulcast;
        let (_, ssrc) = local.ssrcs.iter().find(wanted).ok_or(BotError::NoSource)?;
        let mut header = rtp::header::Header {
            version: 2,
            marker: packet.marker,
            payload_type,
            sequence_number: packet.sequence,
            timestamp: packet.timestamp,
            ssrc: *ssrc,
            ..Default::default()
        };
        let mut extensions: Vec<(&str, Bytes)> = Vec::new();
        if local.simulcast {
            extensions.push((URI_MID, Bytes::from(local.mid.clone())));
            extensions.push((URI_RID, Bytes::from_static(rid(layer).as_bytes())));
        }
        if let Some(level) = packet.level.filter(|_| kind == SourceKind::Microphone) {
            extensions.push((URI_LEVEL, Bytes::copy_from_slice(&[level & 0x7f])));
        }
        {
            let ids = self.extensions.lock().unwrap_or_else(PoisonError::into_inner);
            for (uri, value) in extensions {
                if let Some(id) = ids.get(uri) {
                    header.set_extension(*id, value)?;
                }
            }
        }
        Ok(local.track.write_rtp(rtp::Packet { header, payload: packet.payload }).await?)
    }

    /// The next packet of any slot; `None` when the connection is over.
    pub async fn receive(&mut self) -> Option<Received> {
        self.received.recv().await
    }

    /// A packet that is there already.
    pub fn try_receive(&mut self) -> Option<Received> {
        self.received.try_recv().ok()
    }

    /// True once after the server asked for a key frame of this picture.
    pub fn take_key_frame_wish(&self, kind: SourceKind, layer: Layer) -> bool {
        let bit = key_frame_bit(kind, layer);
        self.key_frames.fetch_and(!bit, Ordering::AcqRel) & bit != 0
    }

    /// Asks the server for a key frame of the picture in a slot, as a decoder does that has lost its way.
    ///
    /// # Errors
    ///
    /// [`BotError::NoSource`] when nothing was received in that slot yet.
    pub async fn ask_for_key_frame(&self, slot: usize) -> Result<(), BotError> {
        let track = self.picture_of(slot).ok_or(BotError::NoSource)?;
        let media_ssrc = track.ssrcs().await.first().copied().ok_or(BotError::NoSource)?;
        Ok(track.write_rtcp(vec![Box::new(PictureLossIndication { sender_ssrc: 0, media_ssrc })]).await?)
    }

    fn picture_of(&self, slot: usize) -> Option<Arc<dyn TrackRemote>> {
        let open = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter().find(|(of, video, _)| *of == slot && *video).map(|(_, _, track)| track.clone())
    }

    /// Ends the connection with a good-bye.
    ///
    /// # Errors
    ///
    /// [`BotError::Webrtc`] when it is over already.
    pub async fn close(&self) -> Result<(), BotError> {
        Ok(self.connection.close().await?)
    }
}

fn display(address: IpAddr) -> String {
    if address.is_ipv6() { format!("[{address}]") } else { address.to_string() }
}

fn rid(layer: Layer) -> &'static str {
    match layer {
        Layer::Quarter => "q",
        Layer::Half => "h",
        Layer::Full => "f",
    }
}

fn key_frame_bit(kind: SourceKind, layer: Layer) -> u8 {
    if kind == SourceKind::Paper { 8 } else { 1 << layer as u8 }
}

fn codec(mime_type: &str, payload_type: u8) -> RTCRtpCodec {
    let (clock_rate, channels, sdp_fmtp_line) = match (mime_type, payload_type) {
        (MIME_TYPE_OPUS, _) => (48_000, 2, "minptime=10;useinbandfec=1".to_owned()),
        (MIME_TYPE_RED, _) => (48_000, 2, format!("{PT_OPUS}/{PT_OPUS}")),
        (MIME_TYPE_RTX, PT_H264_RTX) => (90_000, 0, format!("apt={PT_H264}")),
        (MIME_TYPE_RTX, _) => (90_000, 0, format!("apt={PT_VP8}")),
        (MIME_TYPE_H264, _) => {
            (90_000, 0, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f".to_owned())
        }
        _ => (90_000, 0, String::new()),
    };
    RTCRtpCodec { mime_type: mime_type.to_owned(), clock_rate, channels, sdp_fmtp_line, rtcp_feedback: vec![] }
}

fn engine(pictures: BotPictures, redundant: bool) -> Result<(MediaEngine, Registry), BotError> {
    let mut media = MediaEngine::default();
    let (vp8, h264) = (pictures != BotPictures::H264, pictures != BotPictures::Vp8);
    for (mime_type, payload_type, kind, wanted) in [
        (MIME_TYPE_OPUS, PT_OPUS, RtpCodecKind::Audio, true),
        (MIME_TYPE_VP8, PT_VP8, RtpCodecKind::Video, vp8),
        (MIME_TYPE_RTX, PT_RTX, RtpCodecKind::Video, vp8),
        (MIME_TYPE_H264, PT_H264, RtpCodecKind::Video, h264),
        (MIME_TYPE_RTX, PT_H264_RTX, RtpCodecKind::Video, h264),
    ] {
        if wanted {
            let rtp_codec = codec(mime_type, payload_type);
            media.register_codec(RTCRtpCodecParameters { rtp_codec, payload_type }, kind)?;
        }
    }
    if redundant {
        let red = RTCRtpCodecParameters { rtp_codec: codec(MIME_TYPE_RED, PT_RED), payload_type: PT_RED };
        media.register_codec(red, RtpCodecKind::Audio)?;
    }
    configure_simulcast_extension_headers(&mut media)?;
    let level = RTCRtpHeaderExtensionCapability { uri: URI_LEVEL.to_owned() };
    media.register_header_extension(level, RtpCodecKind::Audio, None)?;
    Ok((media, Registry::new()))
}

/// Adds a sending line. Its mid is known only with the offer.
async fn local_track(
    connection: &dyn PeerConnection,
    (kind, pictures): (SourceKind, BotPictures),
    simulcast: bool,
    place: usize,
) -> Result<LocalTrack, BotError> {
    let sound = kind == SourceKind::Microphone;
    let layers: &[Layer] = if simulcast { &[Layer::Quarter, Layer::Half, Layer::Full] } else { &[Layer::Full] };
    let (mime_type, payload_type) = if sound { (MIME_TYPE_OPUS, PT_OPUS) } else { pictures.sent() };
    let ssrcs: Vec<(Layer, u32)> = layers.iter().map(|layer| (*layer, rand::random::<u32>() | 2)).collect();
    let encodings = ssrcs
        .iter()
        .map(|(layer, ssrc)| RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                rid: if simulcast { rid(*layer).to_owned() } else { String::new() },
                ssrc: Some(*ssrc),
                rtx: (!sound && !simulcast).then(|| RTCRtpRtxParameters { ssrc: rand::random::<u32>() | 2 }),
                ..Default::default()
            },
            codec: codec(mime_type, payload_type),
            ..Default::default()
        })
        .collect();
    let codec_kind = if sound { RtpCodecKind::Audio } else { RtpCodecKind::Video };
    let name = format!("{kind:?}").to_lowercase();
    let track = Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
        "point".to_owned(),
        name.clone(),
        name,
        codec_kind,
        encodings,
    )));
    let send = RTCRtpTransceiverInit { direction: RTCRtpTransceiverDirection::Sendonly, ..Default::default() };
    connection.add_transceiver_from_track(track.clone(), Some(send)).await?;
    Ok(LocalTrack { track, place, mid: String::new(), ssrcs, simulcast })
}

async fn watch_key_frames(
    track: Arc<TrackLocalStaticRTP>,
    kind: SourceKind,
    ssrcs: Vec<(Layer, u32)>,
    wishes: Arc<AtomicU8>,
) {
    loop {
        match track.poll().await {
            Some(TrackLocalEvent::OnRtcpPacket(packets)) => {
                let asked = packets.iter().filter_map(|packet| packet.as_any().downcast_ref::<PictureLossIndication>());
                for packet in asked {
                    if let Some((layer, _)) = ssrcs.iter().find(|(_, ssrc)| *ssrc == packet.media_ssrc) {
                        wishes.fetch_or(key_frame_bit(kind, *layer), Ordering::AcqRel);
                    }
                }
            }
            Some(_) => {}
            // Not bound yet, or over: the second is noticed by nobody asking any more.
            None if Arc::strong_count(&track) == 1 => return,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

struct Handler {
    state: watch::Sender<RTCPeerConnectionState>,
    gathered: watch::Sender<bool>,
    received: mpsc::Sender<Received>,
    opened: OpenTracks,
}

/// What the crate's trait wants of each callback.
type Callback<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl PeerConnectionEventHandler for Handler {
    fn on_ice_gathering_state_change<'a, 'b>(&'a self, state: RTCIceGatheringState) -> Callback<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            if state == RTCIceGatheringState::Complete {
                self.gathered.send_replace(true);
            }
        })
    }

    fn on_connection_state_change<'a, 'b>(&'a self, state: RTCPeerConnectionState) -> Callback<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            self.state.send_replace(state);
        })
    }

    fn on_track<'a, 'b>(&'a self, track: Arc<dyn TrackRemote>) -> Callback<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            // The server names the stream of slot k `s<k>`.
            let Some(slot) = track.stream_id().await.strip_prefix('s').and_then(|slot| slot.parse().ok()) else {
                return;
            };
            let video = track.kind().await == RtpCodecKind::Video;
            self.opened.lock().unwrap_or_else(PoisonError::into_inner).push((slot, video, track.clone()));
            let received = self.received.clone();
            tokio::spawn(async move {
                while let Some(event) = track.poll().await {
                    let TrackRemoteEvent::OnRtpPacket(packet) = event else { continue };
                    let header = packet.header;
                    let packet = Received {
                        slot,
                        video,
                        ssrc: header.ssrc,
                        payload_type: header.payload_type,
                        sequence: header.sequence_number,
                        timestamp: header.timestamp,
                        marker: header.marker,
                        payload: packet.payload,
                    };
                    if received.try_send(packet).is_err() && received.is_closed() {
                        return;
                    }
                }
            });
        })
    }
}
