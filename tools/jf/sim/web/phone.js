// SPDX-License-Identifier: GPL-2.0-or-later
// A browser's telephone without the browser: JsSIP over a secure WebSocket.
// Takes one JSON request a line, tells one JSON event a line; see phone.py.
// Audio is the test's own: the session descriptions name its RTP port.
'use strict';

const readline = require('readline');
const JsSIP = require('jssip');
const WebSocket = require('ws');

const set = JSON.parse(process.argv[2]); // url, user, domain, password, addr
let rtpPort = 9;
let version = 0;
let session = null;
let socket = null;

function tell(event, more) {
  process.stdout.write(JSON.stringify({ event, ...more }) + '\n');
}

// ---- what a browser has and node lacks -------------------------------------

class PeerConnection extends EventTarget {
  constructor() {
    super();
    this.signalingState = 'stable';
    this.iceGatheringState = this.iceConnectionState = 'complete';
    this.localDescription = this.remoteDescription = null;
  }

  describe(type) {
    version += 1;
    return Promise.resolve({ type, sdp: [
      'v=0', `o=- 1 ${version} IN IP4 ${set.addr}`, 's=-',
      `c=IN IP4 ${set.addr}`, 't=0 0', `m=audio ${rtpPort} RTP/AVP 8`,
      'a=rtpmap:8 PCMA/8000', 'a=sendrecv', ''].join('\r\n') });
  }

  createOffer() { return this.describe('offer'); }

  createAnswer() { return this.describe('answer'); }

  setLocalDescription(d) {
    this.localDescription = d;
    this.signalingState = d.type === 'offer' ? 'have-local-offer' : 'stable';
    return Promise.resolve();
  }

  setRemoteDescription(d) {
    this.remoteDescription = d;
    this.signalingState = d.type === 'offer' ? 'have-remote-offer' : 'stable';
    return Promise.resolve();
  }

  addTrack() {}

  getSenders() { return []; }

  getReceivers() { return []; }

  close() { this.signalingState = 'closed'; }
}

const silence = { getTracks: () => [], getAudioTracks: () => [],
  getVideoTracks: () => [] };
global.window = globalThis;
global.RTCPeerConnection = PeerConnection;
global.RTCSessionDescription = class { constructor(d) { Object.assign(this, d); } };
Object.defineProperty(globalThis, 'navigator', { configurable: true,
  value: { mediaDevices: { getUserMedia: () => Promise.resolve(silence) } } });

// JsSIP's Socket interface over ws.
class Socket {
  constructor(url) {
    this.url = url;
    this.via_transport = 'WSS';
    this.sip_uri = `sip:${new URL(url).host};transport=ws`;
  }

  connect() {
    this.ws = new WebSocket(this.url, 'sip', { rejectUnauthorized: false,
      origin: 'https://' + set.domain });
    this.ws.on('open', () => this.onconnect());
    this.ws.on('error', () => {}); // close follows
    this.ws.on('close', (code, reason) =>
      this.ondisconnect(code !== 1000, code, String(reason)));
    this.ws.on('message', (data) => this.ondata(String(data)));
  }

  disconnect() { if (this.ws) this.ws.close(1000); }

  isConnected() { return Boolean(this.ws) && this.ws.readyState === 1; }

  isConnecting() { return Boolean(this.ws) && this.ws.readyState === 0; }

  send(message) {
    if (!this.isConnected()) return false;
    this.ws.send(message);
    return true;
  }
}

// ---- the telephone ---------------------------------------------------------

function remote(message) {
  return { sdp: message.body || '', contact: message.getHeader('contact') };
}

function watch(s) {
  session = s;
  s.on('progress', (e) => e.response
    && tell('progress', { code: e.response.status_code }));
  s.on('accepted', (e) => tell('accepted', e.response ? remote(e.response) : {}));
  s.on('confirmed', () => tell('confirmed', {}));
  s.on('reinvite', (e) => tell('reinvite', remote(e.request)));
  s.on('hold', (e) => tell('hold', { by: e.originator }));
  s.on('unhold', (e) => tell('unhold', { by: e.originator }));
  s.on('sdp', (e) => e.originator === 'remote' && tell('sdp', { sdp: e.sdp }));
  s.on('ended', (e) => tell('ended', { by: e.originator, cause: e.cause }));
  s.on('failed', (e) => tell('failed', { by: e.originator, cause: e.cause }));
}

socket = new Socket(set.url);
const ua = new JsSIP.UA({ sockets: [socket], uri: `sip:${set.user}@${set.domain}`,
  password: set.password, register: true, register_expires: 120,
  session_timers: true, connection_recovery_min_interval: 1,
  connection_recovery_max_interval: 2 });
ua.on('connected', () => tell('connected', {}));
ua.on('disconnected', () => tell('disconnected', {}));
ua.on('registered', (e) => tell('registered', { code: e.response.status_code }));
ua.on('unregistered', () => tell('unregistered', {}));
ua.on('registrationFailed', (e) => tell('refused', { cause: e.cause }));
ua.on('newRTCSession', (e) => {
  watch(e.session);
  if (e.originator === 'remote') tell('incoming', remote(e.request));
});

const does = {
  call: (r) => ua.call(r.target, { mediaConstraints: { audio: true } }),
  answer: () => session.answer({ mediaConstraints: { audio: true } }),
  refuse: (r) => session.terminate({ status_code: r.code }),
  hold: () => session.hold(),
  unhold: () => session.unhold(),
  bye: () => session.terminate(),
  rtp: (r) => { rtpPort = r.port; },
  drop: () => socket.ws.terminate(), // as when the network goes
  stop: () => { ua.stop(); setTimeout(() => process.exit(0), 300); },
};
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const r = JSON.parse(line);
  does[r.do](r);
}).on('close', () => process.exit(0));
ua.start();
