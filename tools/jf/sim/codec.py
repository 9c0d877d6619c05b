# SPDX-License-Identifier: GPL-2.0-or-later
"""G.711 by table (ITU-T G.711), G.722 through spandsp."""

import ctypes
import ctypes.util
import functools

import numpy as np

PAYLOAD = {"PCMU": 0, "PCMA": 8, "G722": 9}
NAME = {pt: name for name, pt in PAYLOAD.items()}


def _alaw_table():
    code = np.arange(256) ^ 0x55
    exponent = (code >> 4) & 7
    mantissa = code & 15
    low = (mantissa << 4) + 8
    value = np.where(exponent == 0, low,
                     (low + 256) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, value, -value).astype(np.int16)


def _ulaw_table():
    code = ~np.arange(256) & 0xff
    exponent = (code >> 4) & 7
    value = ((((code & 15) << 3) + 132) << exponent) - 132
    return np.where(code & 0x80, -value, value).astype(np.int16)


DECODE = {"PCMA": _alaw_table(), "PCMU": _ulaw_table()}


@functools.cache
def _encode_table(codec):
    """The nearest code of each of the 65536 sample values."""
    table = DECODE[codec].astype(np.int32)
    order = np.argsort(table, kind="stable")
    values = table[order]
    samples = np.arange(-32768, 32768)
    right = np.clip(np.searchsorted(values, samples), 0, 255)
    left = np.maximum(right - 1, 0)
    nearer = samples - values[left] < values[right] - samples
    return order[np.where(nearer, left, right)].astype(np.uint8)


@functools.cache
def _spandsp():
    path = ctypes.util.find_library("spandsp")
    if not path:
        raise RuntimeError("libspandsp is not installed")
    lib = ctypes.CDLL(path)
    for name in ("g722_encode_init", "g722_decode_init"):
        getattr(lib, name).restype = ctypes.c_void_p
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_int,
                                       ctypes.c_int]
    for name in ("g722_encode", "g722_decode"):
        getattr(lib, name).argtypes = [ctypes.c_void_p, ctypes.c_void_p,
                                       ctypes.c_void_p, ctypes.c_int]
    return lib


RATE_8000 = 1  # spandsp: 8 kHz in and out, one sample per octet


def _g722(name, data, out):
    lib = _spandsp()
    state = getattr(lib, name + "_init")(None, 64000, RATE_8000)
    n = getattr(lib, name)(state, out.ctypes.data, data.ctypes.data,
                           len(data))
    return out[:n]


def encode(codec, pcm):
    """16-bit samples at 8 kHz -> bytes of payload, one per sample."""
    pcm = np.ascontiguousarray(pcm, dtype=np.int16)
    if codec == "G722":
        return _g722("g722_encode", pcm,
                     np.zeros(len(pcm) + 16, np.uint8)).tobytes()
    return _encode_table(codec)[pcm.astype(np.int32) + 32768].tobytes()


def decode(codec, data):
    raw = np.frombuffer(data, dtype=np.uint8)
    if codec == "G722":
        return _g722("g722_decode", np.ascontiguousarray(raw),
                     np.zeros(2 * len(raw) + 16, np.int16))
    return DECODE[codec][raw]
