# SPDX-License-Identifier: GPL-2.0-or-later
"""A telephone that is not ours: baresip registers, answers, and both sides'
tones arrive."""

import glob
import os
import subprocess
import time

import pytest

from harness import (CUSTOMER_HZ, DOMAIN, SUPPORT, first_heard, loud, read_wav,
                     write_tone)
from jf.sim.people import wait_for
from jf.sim.rtp import amplitude

VOICE_HZ = 1300

CONFIG = """\
poll_method epoll
sip_listen {addr}:{port}
call_max_calls 2
audio_player aubridge,null
audio_source aufile,{home}/voice.wav
audio_alert aubridge,null
audio_channels 1
ausrc_srate {rate}
ausrc_channels 1
module_path {modules}
module srtp.so
module g711.so
module g722.so
module opus.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
rtp_ports 24000-24100
snd_path {home}
"""


class Baresip:
    """Its own home, audio from a file, what it hears into another."""

    def __init__(self, home, addr, port, account, rate):
        self.home = str(home)
        modules = glob.glob("/usr/lib/baresip/modules")[0]
        write_tone(self.home + "/voice.wav", VOICE_HZ, 60, rate)
        with open(self.home + "/config", "w") as f:
            f.write(CONFIG.format(addr=addr, port=port, home=self.home,
                                  modules=modules, rate=rate))
        with open(self.home + "/accounts", "w") as f:
            f.write(account + "\n")
        self.out = open(self.home + "/out", "wb")
        self.process = subprocess.Popen(
            ["baresip", "-f", self.home], cwd=self.home,
            stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out)

    def text(self):
        with open(self.home + "/out", errors="replace") as f:
            return f.read()

    def stop(self):
        """Ends it as a user would: calls end, the recording is closed."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.out.close()

    def heard(self):
        """What it decoded, samples."""
        (path,) = glob.glob(self.home + "/dump-*-dec.wav")
        rate, pcm = read_wav(path)
        return rate, pcm[:, 0]


CODECS = {"PCMA": "PCMA/8000/1,PCMU/8000/1", "G722": "G722/16000/1",
          "opus": "opus/48000/2", "srtp": "PCMA/8000/1;mediaenc=srtp-mand"}
# Of its file: baresip's resampler makes a voice of 8 kHz quieter for G.722.
RATE = {"PCMA": 8000, "G722": 16000, "opus": 8000, "srtp": 8000}


@pytest.fixture(params=CODECS)
def codec(request):
    return request.param


@pytest.fixture
def baresip(site, tmp_path, codec):
    user = "carol"
    site.configure("agents", 3, srtp=codec == "srtp")
    site.agent(user).phone.unregister()
    phone = Baresip(tmp_path, "127.0.0.5", site.ports["people"] + 95, (
        "<sip:%s@%s;transport=udp>;auth_user=%s;auth_pass=%s-secret;"
        "outbound=\"sip:%s:%d;transport=udp\";answermode=auto;regint=600;"
        "audio_codecs=%s") % ((user, DOMAIN, user, user) + site.proxy
                              + (CODECS[codec],)), RATE[codec])
    yield phone
    phone.stop()
    site.ask(user, "logout")
    site.configure("agents", 3, srtp=False)


def test_baresip(site, baresip, codec):
    """A telephone that speaks nothing else, or nothing in the clear."""
    wait_for(lambda: "200 OK" in baresip.text(), 10, 0.1,
             "baresip is not registered: " + baresip.text()[-500:])
    site.ask("carol", "ready")
    customer = site.world.carrier().call(SUPPORT, CUSTOMER_HZ)
    answered = customer.wait("answered")
    talk = first_heard(customer.ear, VOICE_HZ, answered, 20)
    wait_for(lambda: time.time() > talk + 2.5, 5)
    loud(customer.ear, talk + 0.5, talk + 2, VOICE_HZ, absent=(CUSTOMER_HZ,))
    customer.bye()
    contact = site.contact(customer.call.call_id)
    assert contact["agent"] == 3 and contact["outcome"] == "answered"
    leg = site.rows("SELECT codec FROM journal.legs WHERE contact = %s AND "
                    "role = 'agent'", contact["contact"])[0]
    assert leg["codec"].lower() == CODECS[codec].split("/")[0].lower()
    baresip.stop()
    rate, pcm = baresip.heard()
    middle = pcm[rate // 2:rate // 2 + rate]
    block = rate // 10
    assert amplitude(middle, CUSTOMER_HZ, block, rate) > 4000
    assert amplitude(middle, VOICE_HZ, block, rate) < 80
    assert os.path.getsize(baresip.home + "/out") > 0
