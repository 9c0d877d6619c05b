# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of ./jackfield. Each verb is a module with run(args)."""

import argparse
import importlib
import os
import re
import signal
import sys

from . import Trouble, build
from .layout import PORT_BASE

HELP = """\
  up          install what is missing, build, start everything, show a call
  build       install and build only
  down        stop everything
  restart     one process after the other, calls go on: restart [NAME ...]
  reload      take a new certificate for TLS and WSS; calls go on
  status      processes, partitions, agents, calls
  call        place a call and watch it: --queue 1, or a number;
              --talk 30: the talk lasts 30 s, not 5
  logs CALL   one call's lines from every process (or: logs last)
  ctl ...     jackfieldctl: agents, queues, agent ready alice, help ...
  sql [TEXT]  psql in the database: configuration, journal, bi views
  doctor      what is wrong with this machine or installation, and the cure
  test        run the tests: test [suite ...] [--asan] [--long] [--json]
  bench       measure: bench [name ...] [--json] [options of the bench]
  fuzz        every parser, with lines reached: fuzz [target ...] [--runs N]
  help        this

  --port-base N (or JACKFIELD_PORT_BASE) moves all ports, from %d.
  JACKFIELD_VAR moves the data directory, from var/.
  README.md says the rest in five minutes.""" % PORT_BASE


class Parser(argparse.ArgumentParser):
    def error(self, message):
        word = re.search(r"invalid choice: '([^']*)'", message)
        if word:
            message = "there is no verb %s" % word[1]
        message = re.sub(r"^argument (\S+): invalid (int|float) value: (.*)$",
                         r"\1 must be a number, not \3", message)
        raise Trouble("%s; ./jackfield help lists everything" % message)


def parser():
    top = Parser(prog="jackfield", add_help=False)
    top.add_argument("--port-base", type=int, metavar="N",
                     default=argparse.SUPPRESS)
    top.add_argument("-h", "--help", action="store_true")
    verbs = top.add_subparsers(dest="verb", parser_class=Parser)

    def verb(name):
        p = verbs.add_parser(name, add_help=False)
        p.add_argument("--port-base", type=int, metavar="N",
                       default=argparse.SUPPRESS)
        p.add_argument("-h", "--help", action="store_true")
        return p

    p = verb("up")
    p.add_argument("--no-call", action="store_true")
    verb("build")
    verb("configure")
    verb("schema")
    verb("down")
    verb("restart").add_argument("names", nargs="*")
    verb("reload")
    verb("status").add_argument("--json", action="store_true")
    p = verb("call")
    p.add_argument("number", nargs="?")
    p.add_argument("--queue", type=int)
    p.add_argument("--talk", type=float, default=5)
    verb("logs").add_argument("call", nargs="?", default="last")
    for name in ("ctl", "sql"):
        verb(name).add_argument("words", nargs=argparse.REMAINDER)
    verb("doctor")
    p = verb("test")
    p.add_argument("suites", nargs="*")
    for flag in ("--json", "--asan", "--long"):
        p.add_argument(flag, action="store_true")
    p = verb("fuzz")
    p.add_argument("names", nargs="*")
    p.add_argument("--runs", type=int, default=10000000)
    p.add_argument("--seconds", type=int, default=300)
    p = verb("bench")
    p.add_argument("names", nargs="*")
    p.add_argument("--json", action="store_true")
    verb("help")
    return top


MODULES = {"test": "testrun"}


def port_base(args):
    given = getattr(args, "port_base", None)
    if given is None:
        given = os.environ.get("JACKFIELD_PORT_BASE")
    try:
        return int(given) if given is not None else None
    except ValueError:
        raise Trouble("JACKFIELD_PORT_BASE must be a number, not %s"
                      % given) from None


def main(argv):
    try:
        args, args.rest = parser().parse_known_args(argv)
        if args.rest and args.verb != "bench":
            raise Trouble("%s is no option of %s; ./jackfield help lists "
                          "everything" % (args.rest[0], args.verb))
        if args.verb in (None, "help") or args.help:
            print("usage: ./jackfield VERB\n\n" + HELP)
            return 0 if args.verb or args.help else 2
        args.port_base = port_base(args)
        if args.verb == "build":
            build.build("release")
            return 0
        module = importlib.import_module(
            "jf." + MODULES.get(args.verb, args.verb))
        return module.run(args) or 0
    except Trouble as e:
        print("jackfield: %s" % e, file=sys.stderr)
        return 1
    except OSError as e:
        if e.errno == 28:
            print("jackfield: the disk is full%s" % (
                ": %s" % e.filename if e.filename else ""), file=sys.stderr)
            return 1
        if isinstance(e, BrokenPipeError):
            sys.stdout = None
            return 141
        raise
    except KeyboardInterrupt:
        print("\njackfield: interrupted", file=sys.stderr)
        return 130


def on_term(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, on_term)
    signal.signal(signal.SIGHUP, on_term)
    sys.exit(main(sys.argv[1:]))
