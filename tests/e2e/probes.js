// Watches from outside what a page does with devices and connections. Installed by the tests before
// any script of the page; the product knows nothing of it. All times are milliseconds since 1970.
(() => {
  if (!window.isSecureContext) return; // the empty page before the first has no devices
  const now = () => performance.timeOrigin + performance.now();
  const probes = { connections: [], attached: [], devices: [], clicks: [] };
  Object.defineProperty(window, "__probes", { value: probes });
  const record = (kind) => probes.attached.push({ kind, at: now() });

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...given) {
      super(...given);
      probes.connections.push(this);
    }
    addTrack(track, ...rest) {
      record(track.kind);
      return super.addTrack(track, ...rest);
    }
    addTransceiver(given, ...rest) {
      if (typeof given !== "string") record(given.kind);
      return super.addTransceiver(given, ...rest);
    }
  };
  const replace = RTCRtpSender.prototype.replaceTrack;
  RTCRtpSender.prototype.replaceTrack = function replaceTrack(track) {
    if (track) record(track.kind);
    return replace.call(this, track);
  };

  const ask = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = function getUserMedia(wanted) {
    probes.devices.push({ at: now(), audio: !!wanted?.audio, video: !!wanted?.video });
    return ask.call(this, wanted);
  };

  addEventListener(
    "click",
    (event) => probes.clicks.push({ at: performance.timeOrigin + event.timeStamp }),
    true,
  );
  addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP ${event.effectiveDirective} ${event.blockedURI}`),
  );

  // What all open connections of this page have sent and received so far.
  probes.media = async () => {
    const sums = {
      connections: 0, connected: 0, tracks: 0, packetsSent: 0, audioBytes: 0, videoBytes: 0,
      framesDecoded: 0, audioSamples: 0, audioEnergy: 0,
    };
    for (const connection of probes.connections) {
      if (connection.connectionState === "closed") continue;
      sums.connections += 1;
      sums.connected += connection.connectionState === "connected" ? 1 : 0;
      sums.tracks += connection.getSenders().filter((sender) => sender.track).length;
      for (const report of (await connection.getStats()).values()) {
        if (report.type === "outbound-rtp") {
          sums.packetsSent += report.packetsSent;
          sums[report.kind === "audio" ? "audioBytes" : "videoBytes"] += report.bytesSent;
        } else if (report.type === "inbound-rtp") {
          sums.framesDecoded += report.framesDecoded ?? 0;
          sums.audioSamples += report.totalSamplesReceived ?? 0;
          sums.audioEnergy += report.totalAudioEnergy ?? 0;
        }
      }
    }
    return sums;
  };

  // When `selector` first shows `text` (or, without a text, first exists and is visible).
  probes.shown = (selector, text) =>
    new Promise((done) => {
      const look = () => {
        const found = [...document.querySelectorAll(selector)].some(
          (node) => node.checkVisibility() && (!text || node.textContent.includes(text)),
        );
        if (!found) return false;
        watcher.disconnect();
        done(now());
        return true;
      };
      const watcher = new MutationObserver(look);
      if (!look()) {
        watcher.observe(document, {
          subtree: true, childList: true, characterData: true, attributes: true,
        });
      }
    });

  // When the next frame of the other person's picture is presented.
  probes.firstFrame = () =>
    new Promise((done) => {
      const arm = () => {
        const video = document.querySelector('video[data-testid="remote-video"]');
        if (!video) return false;
        watcher.disconnect();
        video.requestVideoFrameCallback(() => done(now()));
        return true;
      };
      const watcher = new MutationObserver(arm);
      if (!arm()) watcher.observe(document, { subtree: true, childList: true });
    });
})();
