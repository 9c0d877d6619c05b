# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from jf.sim.sipp import Sipp


@pytest.fixture
def carrier_sipp(site, tmp_path):
    """Runs a scenario of the carrier's against the proxy."""
    def run(scenario, start=False, **kw):
        n = next(site.sipp_ports)
        kw.setdefault("local", ("127.0.0.2", n))
        s = Sipp(scenario, site.proxy, keep=str(tmp_path / ("s%d" % n)),
                 media_port=30000 + 2 * (n % 1000), trace=True, **kw)
        return s.start() if start else s.run()
    return run


@pytest.fixture
def agent_sipp(site, tmp_path):
    """A phone that is SIPp: registered, then waiting for one call."""
    phones = []

    def run(user, addr="127.0.0.41", **kw):
        site.agent(user).phone.unregister()
        n = next(site.sipp_ports)
        local = (addr, n)
        r = Sipp("register", site.proxy, local=local, user=user,
                 password=user + "-secret", trace=True,
                 keep=str(tmp_path / ("r%d" % n))).run()
        assert r.ok, r
        s = Sipp("uas", None, local=local, user=user, trace=True,
                 media_port=31000 + 2 * (n % 1000),
                 keep=str(tmp_path / ("a%d" % n)), **kw).start()
        phones.append((user, local, s))
        return s
    yield run
    for user, local, s in phones:
        s.stop()
        site.ask(user, "logout")
        Sipp("register", site.proxy, local=local, user=user, expires=0,
             password=user + "-secret").run()
