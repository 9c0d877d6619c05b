# SPDX-License-Identifier: GPL-2.0-or-later
"""Behind the command ./jackfield: one module per verb or concept.

layout.py     where everything is: ports, paths, secrets
render.py     cfg/**/*.j2 -> files below var/etc
stack.py      a whole box of servers, for `up` and for tests
supervise.py  supervisord that restarts at once
build.py      cmake presets, as the calling user
"""


class Trouble(Exception):
    """Something a person must know and can mend: one plain line."""
