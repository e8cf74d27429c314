// Somebody to record, with neither camera nor microphone: once a second it flashes and beeps, for
// 200 ms and both at once. `busy` draws so much that it fills the line.
window.send = async ({ width, height, busy }) => {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  document.body.append(canvas);
  const paint = canvas.getContext("2d");
  const audio = new AudioContext({ sampleRate: 48000 });
  await audio.resume();
  const tone = new OscillatorNode(audio, { frequency: 1000 });
  const gain = new GainNode(audio, { gain: 0 });
  const out = new MediaStreamAudioDestinationNode(audio);
  tone.connect(gain).connect(out);
  tone.start();
  let drawn = 0;
  const draw = () => {
    const on = Date.now() % 1000 < 200;
    gain.gain.value = on ? 0.5 : 0;
    paint.fillStyle = on ? "#fff" : "#000";
    paint.fillRect(0, 0, width, height);
    for (let spot = 0; busy && spot < 400; spot += 1) {
      const hue = (drawn * 7 + spot * 13) % 360;
      paint.fillStyle = `hsl(${hue} 80% ${on ? 80 : 20}%)`;
      paint.fillRect((spot * 97 + drawn * 11) % width, (spot * 53) % height, 60, 40);
    }
    paint.fillStyle = "#888";
    paint.fillRect((drawn += 1) % width, 0, 20, 20);
  };
  setInterval(draw, 1000 / 30);
  const [picture] = canvas.captureStream(30).getVideoTracks();
  window.dial = async () => {
    const pc = new RTCPeerConnection();
    pc.addTransceiver(out.stream.getAudioTracks()[0], { direction: "sendonly" });
    const video = pc.addTransceiver(picture, { direction: "sendonly" });
    await pc.setLocalDescription();
    const sdp = await window.take(pc.localDescription.sdp);
    await pc.setRemoteDescription({ type: "answer", sdp });
    const settings = video.sender.getParameters();
    settings.degradationPreference = "maintain-resolution";
    await video.sender.setParameters(settings);
    window.pc = pc;
  };
  await window.dial();
};
// Connected, and nothing comes.
window.hush = () => Promise.all(window.pc.getSenders().map((sender) => sender.replaceTrack(null)));
