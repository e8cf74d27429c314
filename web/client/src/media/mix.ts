/** The sound of a shown screen, together with the microphone while that is on, as one track: a connection
 * carries one. Fetched where a browser gives such sound. */
export class Mix {
  readonly #context = new AudioContext();
  readonly #out = this.#context.createMediaStreamDestination();
  readonly #sound: MediaStreamTrack;
  #microphone: MediaStreamTrack | null = null;
  #spoken: MediaStreamAudioSourceNode | null = null;

  constructor(sound: MediaStreamTrack) {
    this.#sound = sound;
    this.#source(sound).connect(this.#out);
    void this.#context.resume().catch(() => undefined);
  }

  /** Both of them; without a microphone the screen alone. */
  with(microphone: MediaStreamTrack | null): MediaStreamTrack | null {
    if (microphone !== this.#microphone) {
      this.#spoken?.disconnect();
      this.#microphone = microphone;
      this.#spoken = microphone && this.#source(microphone);
      this.#spoken?.connect(this.#out);
    }
    return this.#out.stream.getAudioTracks()[0] ?? microphone;
  }

  close(): void {
    this.#sound.stop();
    void this.#context.close().catch(() => undefined);
  }

  #source(track: MediaStreamTrack): MediaStreamAudioSourceNode {
    return this.#context.createMediaStreamSource(new MediaStream([track]));
  }
}
