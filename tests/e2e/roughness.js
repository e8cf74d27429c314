// How rough and how light the wall is in every picture that leaves this page, and in what it shows:
// the mean difference between neighbours in the upper corners, where nobody sits. Installed by the test
// before any script of the page; the product knows nothing of it.
(() => {
  if (!window.isSecureContext) return;
  const sent = [];
  const held = [];
  const canvas = new OffscreenCanvas(640, 480);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const roughness = (picture) => {
    context.drawImage(picture, 0, 0, 640, 480);
    let [sum, light, count] = [0, 0, 0];
    for (const left of [16, 496]) {
      const { data, width } = context.getImageData(left, 16, 128, 128);
      for (let at = 0; at < data.length - 4; at += 4) {
        if ((at / 4 + 1) % width === 0) continue;
        sum += Math.abs(data[at + 1] - data[at + 5]);
        light += data[at + 1];
        count += 1;
      }
    }
    return { rough: sum / count, light: light / count };
  };

  // What is sent is looked at through a twin of its track, made before the sender has it.
  const { replaceTrack } = RTCRtpSender.prototype;
  RTCRtpSender.prototype.replaceTrack = function (track) {
    if (track?.kind === "video") void watch(this, track);
    return replaceTrack.call(this, track);
  };
  const Processor = window.MediaStreamTrackProcessor;
  const watch = async (sender, track) => {
    const twin = track.clone();
    const processor = new Processor({ track: twin });
    held.push(processor); // one that is collected gives no more frames
    const frames = processor.readable.getReader();
    let attached = false;
    for (;;) {
      const { value: frame, done } = await frames.read();
      if (done) return;
      const still = sender.track === track;
      if (still && track.enabled) sent.push({ at: performance.now(), ...roughness(frame) });
      frame.close();
      attached ||= still;
      if (attached && !still) return twin.stop();
    }
  };

  Object.defineProperty(window, "__roughness", {
    value: {
      sent,
      shown: () => {
        const video = document.querySelector('video[data-testid="remote-video"]');
        const seen = video?.videoWidth && video.checkVisibility() ? roughness(video) : null;
        return seen && seen.light > 80 ? seen.rough : null;
      },
      own: () => roughness(document.querySelector('video[data-testid="own-video"]')).rough,
    },
  });
})();
