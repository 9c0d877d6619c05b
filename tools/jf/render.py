# SPDX-License-Identifier: GPL-2.0-or-later
"""cfg/<role>/**/*.j2 -> <var>/etc/<role>/**. A missing variable is an error.

A file without .j2 is copied as it is. Files are replaced only when they
changed, and only their owner may read them: some hold secrets.
"""

import os
import shlex

from . import Trouble


def _environment(source):
    import jinja2
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(os.path.join(source, "cfg")),
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
        trim_blocks=True, lstrip_blocks=True)
    env.filters["quote"] = quote
    env.filters["unit_word"] = unit_word
    return env


def quote(word):
    """For supervisord, which takes % for a substitution of its own."""
    return shlex.quote(str(word)).replace("%", "%%")


def unit_word(text):
    """One word of an ExecStart or Environment line, systemd.service(5)."""
    text = str(text).replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("%", "%%").replace("$", "$$")
    return '"%s"' % text


def text(source, template, context):
    """The template (path below cfg) with its context filled in."""
    import jinja2
    try:
        return _environment(source).get_template(template).render(**context)
    except jinja2.TemplateError as e:
        raise Trouble("cfg/%s: %s" % (template, e)) from None


def write(path, body):
    """Writes atomically; returns whether anything changed."""
    try:
        with open(path, encoding="utf-8") as f:
            if f.read() == body:
                return False
    except OSError:
        pass
    os.makedirs(os.path.dirname(path), exist_ok=True)
    fd = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as f:
        f.write(body)
    os.rename(path + ".new", path)
    return True


def role(layout, name, context):
    """Renders all of cfg/<name>; returns the files that changed."""
    top = os.path.join(layout.source, "cfg", name)
    changed = []
    for directory, _, files in os.walk(top):
        for file in sorted(files):
            path = os.path.join(directory, file)
            below = os.path.relpath(path, os.path.join(layout.source, "cfg"))
            target = layout.path("etc", below.removesuffix(".j2"))
            if file.endswith(".j2"):
                body = text(layout.source, below, context)
            else:
                with open(path, encoding="utf-8") as f:
                    body = f.read()
            if write(target, body):
                changed.append(target)
    return changed
