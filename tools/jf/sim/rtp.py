# SPDX-License-Identifier: GPL-2.0-or-later
"""RTP endpoints: what a party says, and what it heard and when.

    clock = RtpClock(); clock.start()
    ep = clock.endpoint("127.0.0.2", 15110, codec="PCMA")
    ep.say(tone(500))           # silence until then
    ep.talk(("127.0.0.1", 16000))  # or None: to whoever sends first
    ...
    ep.tones(t0, t1)            # {500: 0.01, 600: 7990.0, ...}

All endpoints share one thread and one 20 ms clock. Times are time.time();
arrivals are stamped by the kernel, so that a late Python shows no gap.
"""

import functools
import random
import socket
import struct
import threading
import time
from collections import namedtuple

import numpy as np

from . import codec as g
from .loop import Loop

FRAME = 160
TELEPHONE_EVENT = 101
DIGITS = "0123456789*#ABCD"
SO_TIMESTAMPNS = 35
AMPLITUDE = 8000

Packet = namedtuple("Packet", "time seq ts ssrc pt marker payload")


class Sound:
    """Samples, cut into encoded frames once per codec."""

    def __init__(self, pcm, loop=True):
        pcm = np.asarray(pcm, dtype=np.int16)
        pad = -len(pcm) % FRAME
        self.pcm = np.concatenate([pcm, np.zeros(pad, np.int16)])
        self.loop = loop
        self.frames = functools.cache(self._frames)

    def _frames(self, codec):
        data = g.encode(codec, self.pcm)
        return [data[i:i + FRAME] for i in range(0, len(data), FRAME)]

    def frame(self, codec, i):
        frames = self.frames(codec)
        if i >= len(frames) and not self.loop:
            return silence().frames(codec)[0]
        return frames[i % len(frames)]


@functools.cache
def tone(hz, amplitude=AMPLITUDE):
    """An endless tone of a whole number of Hz."""
    t = np.arange(8000) / 8000
    return Sound(np.round(amplitude * np.sin(2 * np.pi * hz * t)))


@functools.cache
def silence():
    return Sound(np.zeros(FRAME))


class RtpClock(Loop):
    def __init__(self):
        super().__init__("rtp")
        self.endpoints = set()
        self.due = None
        self.late = 0

    def start(self):
        super().start()
        self.due = time.monotonic()
        self.at(self.due, self._tick)

    def endpoint(self, addr, port, codec="PCMA"):
        ep = RtpEndpoint(self, addr, port, codec)
        self.call(lambda: self._open(ep))
        return ep

    def _open(self, ep):
        self.endpoints.add(ep)
        self.add_reader(ep.sock.fileno(), ep.on_readable)

    def _close(self, ep):
        self.endpoints.discard(ep)
        self.del_reader(ep.sock.fileno())
        ep.sock.close()

    def _tick(self):
        for ep in list(self.endpoints):
            self._guard(ep.on_tick)
        self.due += 0.020
        behind = time.monotonic() - self.due
        if behind > 0.2:  # the machine stood still: do not send a burst
            self.late += 1
            self.due += behind
        self.at(self.due, self._tick)


class RtpEndpoint:
    def __init__(self, clock, addr, port, codec):
        self.clock = clock
        self.addr, self.port, self.codec = addr, port, codec
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.setblocking(False)
        self.sock.bind((addr, port))
        self.sound = silence()
        self.dest = None
        self.latch = True
        self.sending = False
        self.ssrc = random.getrandbits(32)
        self.seq = random.getrandbits(15)
        self.ts = random.getrandbits(31)
        self.position = 0
        self.sent = 0
        self.events = []  # frames of digits still to be sent
        self.packets = []
        # SRTP: functions of a whole packet; unprotect raises ValueError
        self.protect = self.unprotect = bytes
        self.broken = 0  # packets that unprotect refused
        self.arrived = threading.Condition()

    # ---- saying ------------------------------------------------------------

    def say(self, sound):
        self.position = 0
        self.sound = sound or silence()

    def talk(self, dest=None, codec=None):
        """Starts sending; dest None: to the source of what arrives, and only
        while something does."""
        if codec:
            self.codec = codec
        self.latch = dest is None
        self.dest = dest
        self.sending = True

    def hush(self):
        self.sending = False

    def digit(self, digit, ms=100):
        """RFC 4733: one event, its end three times."""
        code = DIGITS.index(digit.upper())
        frames = []
        n = max(1, ms // 20)
        for i in range(1, n + 3):
            end = 0x80 if i >= n else 0
            frames.append(struct.pack("!BBH", code, end | 10,
                                      FRAME * min(i, n)))
        self.clock.soon(lambda: self.events.append(frames))

    def on_tick(self):
        if not self.sending or not self.dest:
            return
        if self.latch and time.time() - self.packets[-1].time > 1:
            return
        if self.events:
            self._send_event(self.events[0])
        else:
            payload = self.sound.frame(self.codec, self.position)
            self._send(g.PAYLOAD[self.codec], self.ts, self.sent == 0,
                       payload)
        self.position += 1
        self.ts = (self.ts + FRAME) & 0xffffffff

    def _send_event(self, frames):
        if not hasattr(frames, "begin"):
            frames = self.events[0] = EventFrames(frames, self.ts)
        self._send(TELEPHONE_EVENT, frames.begin, frames.first(),
                   frames.pop(0))
        if not frames:
            self.events.pop(0)

    def _send(self, pt, ts, marker, payload):
        head = struct.pack("!BBHII", 0x80, pt | (0x80 if marker else 0),
                           self.seq, ts, self.ssrc)
        self.seq = (self.seq + 1) & 0xffff
        self.sent += 1
        try:
            self.sock.sendto(self.protect(head + payload), self.dest)
        except OSError:
            pass  # nobody there (any more): as on a network

    # ---- hearing -----------------------------------------------------------

    def on_readable(self):
        for _ in range(64):
            try:
                data, ancillary, _, source = self.sock.recvmsg(2048, 64)
            except OSError:
                return
            self._on_packet(data, ancillary, source)

    def _on_packet(self, data, ancillary, source):
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        try:
            data = self.unprotect(data)
        except ValueError:
            self.broken += 1
            return
        when = time.time()
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                s, ns = struct.unpack("qq", value[:16])
                when = s + ns / 1e9
        _, pt, seq, ts, ssrc = struct.unpack("!BBHII", data[:12])
        self.packets.append(Packet(when, seq, ts, ssrc, pt & 0x7f, pt >> 7,
                                   data[12 + 4 * (data[0] & 15):]))
        if self.latch:
            self.dest = source
        if len(self.packets) == 1:
            with self.arrived:
                self.arrived.notify_all()

    def close(self):
        self.clock.call(lambda: self.clock._close(self))

    def heard(self, t0, t1):
        return [p for p in list(self.packets) if t0 <= p.time < t1]

    def ssrcs(self, t0=0, t1=1e18):
        return {p.ssrc for p in self.heard(t0, t1)}

    def codecs(self, t0=0, t1=1e18):
        return {g.NAME.get(p.pt, p.pt) for p in self.heard(t0, t1)
                if p.pt != TELEPHONE_EVENT}

    def digits(self, t0=0, t1=1e18):
        """RFC 4733 digits that arrived, each once."""
        seen = {}
        for p in self.heard(t0, t1):
            if p.pt == TELEPHONE_EVENT and len(p.payload) >= 4:
                seen.setdefault((p.ssrc, p.ts), DIGITS[p.payload[0] & 15])
        return "".join(seen.values())

    def gaps(self, t0, t1, longer=0.06):
        """(begin, length) of every stretch without a packet."""
        times = [t0] + [p.time for p in self.heard(t0, t1)] + [t1]
        return [(a, b - a) for a, b in zip(times, times[1:]) if b - a > longer]

    def pcm(self, t0, t1):
        """What arrived, one array per ssrc, by RTP timestamp; holes are
        silence. Samples of 8 kHz."""
        out = []
        heard = self.heard(t0, t1)
        for ssrc in {p.ssrc for p in heard}:
            v = [p for p in heard if p.ssrc == ssrc and p.pt in g.NAME]
            if v:
                out.append(_assemble(v, t1 - t0))
        return out

    def tones(self, t0, t1, hz=()):
        """Amplitude of each frequency, mean over 100 ms blocks."""
        total = {f: 0.0 for f in hz}
        for pcm in self.pcm(t0, t1):
            share = min(1.0, len(pcm) / (8000 * (t1 - t0)))
            for f in hz:
                total[f] += share * amplitude(pcm, f)
        return total

    def level(self, t0, t1):
        """RMS of everything that arrived, over the whole stretch."""
        power = sum(float(np.sum(p.astype(float) ** 2))
                    for p in self.pcm(t0, t1))
        return (power / (8000 * (t1 - t0))) ** 0.5

    def tone_times(self, hz, t0, t1):
        """Arrival of every packet in which this tone is the loudest."""
        turn = np.hanning(FRAME) * np.exp(
            -2j * np.pi * hz * np.arange(FRAME) / 8000)
        out = []
        for p in self.heard(t0, t1):
            if p.pt not in (0, 8) or len(p.payload) != FRAME:
                continue
            pcm = g.decode(g.NAME[p.pt], p.payload).astype(float)
            rms = float(np.sqrt(np.mean(pcm ** 2)))
            peak = abs(pcm @ turn) * 2 / np.hanning(FRAME).sum()
            if rms > 300 and peak > rms:  # of a pure tone 1.41 rms
                out.append(p.time)
        return out

    def tone_gap(self, hz, t0, t1):
        """The longest time without the tone within t0..t1, s."""
        times = [t0] + self.tone_times(hz, t0, t1) + [t1]
        return max(b - a for a, b in zip(times, times[1:]))


class EventFrames(list):
    def __init__(self, frames, begin):
        super().__init__(frames)
        self.begin = begin
        self.fresh = True

    def first(self):
        fresh, self.fresh = self.fresh, False
        return fresh


def _assemble(packets, seconds):
    codec = g.NAME[packets[0].pt]
    if codec == "G722":  # its decoder has a memory: in order, no holes
        data = b"".join(p.payload for p in packets)
        return g.decode(codec, data)
    first = packets[0].ts
    size = int(8000 * seconds) + FRAME
    out = np.zeros(size, np.int16)
    end = 0
    for p in packets:
        at = ((p.ts - first + (1 << 31)) & 0xffffffff) - (1 << 31)
        if p.pt not in (0, 8) or not 0 <= at < size:
            continue
        part = g.decode(g.NAME[p.pt], p.payload)[:size - at]
        out[at:at + len(part)] = part
        end = max(end, at + len(part))
    return out[:end]


def amplitude(pcm, hz, block=800, rate=8000):
    """Amplitude of a tone: Hann-windowed DFT at one frequency."""
    n = len(pcm) // block
    if n == 0:
        return 0.0
    window = np.hanning(block)
    turn = window * np.exp(-2j * np.pi * hz * np.arange(block) / rate)
    blocks = pcm[:n * block].reshape(n, block).astype(float)
    return float(np.mean(np.abs(blocks @ turn)) * 2 / window.sum())
