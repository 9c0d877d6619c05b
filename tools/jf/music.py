# SPDX-License-Identifier: GPL-2.0-or-later
"""Music on hold of the demo, made by synthesis: four bars of plucked chords.
Any WAV file may take its place."""

import os
import subprocess

from . import Trouble

# C, A minor, F, G: each chord is struck for two seconds.
CHORDS = (("C3", "E4", "G4", "C5"), ("A2", "E4", "A4", "C5"),
          ("F2", "F4", "A4", "C5"), ("G2", "D4", "G4", "B4"))


def make(path):
    """Writes the file unless there is one."""
    if os.path.exists(path):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    new = path.removesuffix(".wav") + ".new.wav"
    bars = []
    try:
        for i, chord in enumerate(CHORDS):
            bars.append("%s.%d.wav" % (path, i))
            _sox("-n", "-r", "8000", "-c", "1", "-b", "16", bars[-1],
                 "synth", "2", *[w for n in chord for w in ("pluck", n)],
                 "delay", "0", "0.25", "0.5", "0.75", "remix", "-",
                 "fade", "t", "0.01", "2", "0.2")
        _sox(*bars, new, "lowpass", "3000", "norm", "-14")
        os.rename(new, path)
    finally:
        for bar in bars:
            if os.path.exists(bar):
                os.unlink(bar)


def _sox(*argv):
    r = subprocess.run(["sox", *argv], capture_output=True, text=True,
                       check=False)
    if r.returncode:
        raise Trouble("sox made no music: %s" % r.stderr.strip())
