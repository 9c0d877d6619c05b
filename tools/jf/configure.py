# SPDX-License-Identifier: GPL-2.0-or-later
"""./jackfield configure: all files of a box that systemd supervises.

Writes configuration, secrets, certificate, the database's cluster and the
units below var/, and prints every file that changed, a line each: nothing
when all was right. box.json beside the configuration says what is wanted:

    {"port_base": 5000, "services": ["203.0.113.5"], "demo": true,
     "edge": {"source_requests": 400}}
"""

import getpass

from . import Trouble, box, music, systemd


def run(args):
    s = box.stack(args)
    s.prepare()
    if not box.remembered().get("systemd"):
        raise Trouble("%s does not say \"systemd\": true; ./jackfield up "
                      "needs no configure" % s.layout.path("etc/box.json"))
    made = [] if s.pg.exists() else [s.pg.data]
    s.configure()
    s.pg.init()
    s.pg.configure()
    music.make(s.layout.path("prompts/music/default.wav"))
    for path in made + s.changed + systemd.write(s, getpass.getuser()):
        print(path)
