/** Session descriptions and candidates that come from elsewhere: limits and a filter, as in
 * media/sdp.py and media/ice.py. What our own page would never say is refused unseen by the
 * browser's parser. It does not know what is done with the rest. */

export type SdpFault =
  | "size"
  | "syntax"
  | "section"
  | "profile"
  | "crypto"
  | "fingerprint"
  | "setup"
  | "ice"
  | "mux";

export class SdpRefused extends Error {
  override name = "SdpRefused";
  readonly code: SdpFault;

  constructor(code: SdpFault) {
    super(code);
    this.code = code;
  }
}

export interface Reach {
  /** This page is itself reached over loopback. */
  readonly loopback?: boolean;
  readonly relayOnly?: boolean;
}

export const MAX_CANDIDATES = 30;
const MAX_BYTES = 32_768;
const MAX_LINE = 2_048;
const MAX_SECTIONS = 4;
const PROFILES: Record<string, string> = {
  audio: "UDP/TLS/RTP/SAVPF",
  video: "UDP/TLS/RTP/SAVPF",
  application: "UDP/DTLS/SCTP",
};
const HASH_BYTES: Record<string, number> = { "sha-256": 32, "sha-384": 48, "sha-512": 64 };

interface Section {
  readonly media: string;
  readonly rejected: boolean;
  readonly lines: string[];
}

/** The description without candidates that lead nowhere good. Throws `SdpRefused`. */
export function clean(sdp: string, reach: Reach = {}): string {
  const parts = sections(linesOf(sdp));
  if (parts.some((part) => part.lines.some((line) => line.startsWith("a=crypto")))) refuse("crypto");
  checkFingerprints(parts);
  for (const section of parts.slice(1)) checkTransport(parts[0] as Section, section);
  let candidates = 0;
  const keep = (line: string) =>
    !line.startsWith("a=candidate:") || (allowed(line.slice(2), reach) && ++candidates <= MAX_CANDIDATES);
  return sdp.split("\r\n").filter(keep).join("\r\n");
}

/** Begin to send VP8 with so much: by itself Chromium begins with 300 kbit/s, a blur that also
 * takes longer to arrive. Goes into the description of the other side; other browsers ignore it. */
export function startAt(sdp: string, kbps: number): string {
  const map = /^a=rtpmap:(\d+) VP8\/90000\r\n/m.exec(sdp);
  if (map === null || sdp.includes(`\na=fmtp:${map[1]} `)) return sdp;
  return sdp.replace(map[0], `${map[0]}a=fmtp:${map[1]} x-google-start-bitrate=${kbps}\r\n`);
}

function refuse(code: SdpFault): never {
  throw new SdpRefused(code);
}

function linesOf(sdp: string): string[] {
  if (sdp.length > MAX_BYTES) refuse("size");
  if (!/^[\x20-\x7e\r\n]*\r\n$/.test(sdp)) refuse("syntax");
  const lines = sdp.slice(0, -2).split("\r\n");
  if (lines.some((line) => line.length > MAX_LINE || !/^[a-z]=[^\r\n]+$/.test(line))) refuse("syntax");
  if (lines[0] !== "v=0" || !lines[1]?.startsWith("o=")) refuse("syntax");
  return lines;
}

/** The session part first. */
function sections(lines: string[]): Section[] {
  const found: Section[] = [{ media: "", rejected: false, lines: [] }];
  for (const line of lines) {
    if (line.startsWith("m=")) found.push(sectionOf(line));
    else found.at(-1)?.lines.push(line);
  }
  if (found.length < 2 || found.length > MAX_SECTIONS + 1) refuse("section");
  return found;
}

function sectionOf(line: string): Section {
  const match = /^m=(audio|video|application) (0|[1-9]\d{0,4}) (\S+) \S/.exec(line);
  const [, media = "", port, profile] = match ?? refuse("section");
  if (PROFILES[media] !== profile) refuse("profile");
  return { media, rejected: port === "0", lines: [] };
}

function values(part: Section, attribute: string): string[] {
  const prefix = `a=${attribute}:`;
  return part.lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
}

/** Strong ones only, and never two that contradict each other. */
function checkFingerprints(parts: Section[]): void {
  const seen = new Map<string, string>();
  for (const value of parts.flatMap((part) => values(part, "fingerprint"))) {
    const match = /^([a-z0-9-]+) ([0-9a-f]{2}(?::[0-9a-f]{2})*)$/i.exec(value) ?? refuse("fingerprint");
    const [name, digest] = [(match[1] ?? "").toLowerCase(), (match[2] ?? "").toUpperCase()];
    if (HASH_BYTES[name] !== (digest.length + 1) / 3) refuse("fingerprint");
    if ((seen.get(name) ?? digest) !== digest) refuse("fingerprint");
    seen.set(name, digest);
  }
}

function checkTransport(session: Section, section: Section): void {
  const said = (attribute: string) => {
    const own = values(section, attribute);
    return own.length > 0 ? own : values(session, attribute);
  };
  const one = (attribute: string, pattern: RegExp) =>
    said(attribute).length === 1 && pattern.test(said(attribute)[0] ?? "");
  if (said("setup").some((setup) => !["actpass", "active", "passive"].includes(setup))) refuse("setup");
  if (section.rejected) return; // or bundled with another; then that one says it
  if (said("fingerprint").length === 0) refuse("fingerprint");
  if (said("setup").length === 0) refuse("setup");
  if (!one("ice-ufrag", /^[A-Za-z0-9+/]{4,256}$/) || !one("ice-pwd", /^[A-Za-z0-9+/]{22,256}$/)) refuse("ice");
  if (section.media !== "application" && !section.lines.includes("a=rtcp-mux")) refuse("mux");
}

// -- candidates

const CANDIDATE =
  /^candidate:[A-Za-z0-9+/]{1,32} ([1-9]\d{0,2}) ([A-Za-z]{3,4}) (\d{1,10}) ([A-Za-z0-9.:-]{1,80}) (\d{1,5}) typ ([a-z]{4,5})(?: [!-~]{1,64} [!-~]{1,64}){0,12}$/;

/** Whether to hand this candidate to ICE at all; "" says that there are no more. */
export function allowed(candidate: string, { loopback = false, relayOnly = false }: Reach = {}): boolean {
  if (candidate === "") return true;
  const match = CANDIDATE.exec(candidate);
  // In JavaScript "$" is the very end, so nothing can follow.
  if (match === null) return false;
  const [, component, transport = "", priority, address = "", port, type = ""] = match;
  return (
    Number(component) <= 2 &&
    transport.toLowerCase() === "udp" &&
    Number(priority) > 0 &&
    Number(priority) < 2 ** 31 &&
    Number(port) > 0 &&
    Number(port) < 65_536 &&
    (type === "relay" || (!relayOnly && (type === "host" || type === "srflx"))) &&
    isGood(address, loopback)
  );
}

function isGood(address: string, loopback: boolean): boolean {
  if (/^[0-9a-z-]{1,63}\.local$/i.test(address)) return true;
  if (address.includes(":")) return isGoodV6(address.toLowerCase(), loopback);
  const bytes = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(address) ? address.split(".").map(Number) : [];
  const [first = 0, second = 0] = bytes;
  if (bytes.length !== 4 || bytes.some((byte) => byte > 255)) return false;
  if (first === 127) return loopback;
  // This network, link-local, multicast and reserved.
  return first !== 0 && !(first === 169 && second === 254) && first < 224;
}

function isGoodV6(address: string, loopback: boolean): boolean {
  const words = groups(address);
  if (words === null) return false;
  const [first = 0, second = 0, third = 0] = words;
  const high = words.slice(0, 5).every((word) => word === 0);
  if (high && words[5] === 0 && words[6] === 0 && words[7] === 1) return loopback;
  // An IPv4 address in disguise: ::/96, ::ffff:0:0/96, NAT64 (64:ff9b::/96, 64:ff9b:1::/48), 6to4.
  if (high && (words[5] === 0 || words[5] === 0xff_ff)) return false;
  if (first === 0x64 && second === 0xff_9b) {
    if (third === 1 || words.slice(2, 6).every((word) => word === 0)) return false;
  }
  return first !== 0x20_02 && (first & 0xff_c0) !== 0xfe_80 && first < 0xff_00;
}

/** The eight words of an IPv6 address, or null. The browser's own parser for hosts reads it. */
function groups(address: string): number[] | null {
  if (!URL.canParse(`http://[${address}]`)) return null;
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const read = (part: string) => (part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16)));
  const [left, right] = [read(head), read(tail ?? "")];
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right];
}
