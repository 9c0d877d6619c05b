# SPDX-License-Identifier: GPL-2.0-or-later
"""One call of a Phone: a dialog, made or taken. See ua.py."""

import threading
import time

from .sip import param, token, uri_of, user_of

T1 = 0.5
ALLOW = "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS"


class Call:
    """One dialog, either way. state: new, ringing, answered, ended."""

    def __init__(self, phone, call_id):
        self.phone = phone
        self.call_id = call_id
        self.user = phone.user
        self.log = []
        self.changed = threading.Condition()
        self.state = "new"
        self.code = None  # final code of the INVITE
        self.reoffer = ""  # SDP of our last re-INVITE
        self.reason = None  # its Reason header, or the BYE's
        self.bye_by = None
        self.tag = token()
        self.cseq = 1
        self.invite_message = None
        self.cancelled = False
        self.peer = None  # remote target
        self.routes = []
        self.remote = ""  # To of our requests
        self.local = ""
        self.request_in = None  # INVITE that came in, and from where
        self.offer = self.answer_body = ""
        self.again = None
        self.remote_sdp = ""
        self.acked = False
        self.extra = []
        self.tries = 0
        self.ack_body = ""
        self.ack_lost = False  # a test: never acknowledge the 2xx
        self.caller = ""
        self.on_event = None

    # ---- being watched -----------------------------------------------------

    def note(self, event):
        with self.changed:
            self.log.append((time.time(), event))
            self.changed.notify_all()
        if self.on_event:
            self.on_event(self, event)

    def when(self, event):
        """Time of the first such event, or None."""
        return next((t for t, e in list(self.log) if e == event), None)

    def wait(self, event, timeout=10):
        """Until the event is in the log: its time. Raises TimeoutError."""
        with self.changed:
            self.changed.wait_for(lambda: self.when(event), timeout)
        when = self.when(event)
        if when is None:
            raise TimeoutError("call %s: no %r within %g s; it saw %s" % (
                self.call_id, event, timeout, [e for _, e in self.log]))
        return when

    # ---- calling -----------------------------------------------------------

    def _from(self):
        return "<sip:%s@%s>;tag=%s" % (self.user, self.phone.domain, self.tag)

    def invite(self, body, challenge=None):
        self.offer = body
        self.local = self._from()
        self.remote = self.remote or "<%s>" % self.uri
        headers = [("From", self.local), ("To", "<%s>" % self.uri),
                   ("Call-ID", self.call_id),
                   ("CSeq", "%d INVITE" % self.cseq),
                   ("Contact", self.phone.contact()), ("Allow", ALLOW)]
        headers += self.extra
        if challenge:
            headers.append(self.phone._credentials(challenge, "INVITE",
                                                   self.uri))
        m = self.phone.request("INVITE", self.uri, headers, body)
        self.invite_message = m
        self.phone.transact(m, self._invited, self._provisional)
        if self.state == "new":
            self.note("invited")

    def _provisional(self, m):
        self.note(str(m.code))
        if m.code > 100 and self.state == "new":
            self.state = "ringing"

    def _invited(self, m):
        if m is None:
            return self._end("timeout")
        if m.code >= 300:
            self._ack(m, self.invite_message)
            if m.code in (401, 407) and self.tries == 0:
                self.tries = 1
                self.cseq += 1
                return self.invite(self.offer, m)
            self.code = m.code
            self.reason = m.get("Reason") or None
            return self._end("refused %d" % m.code)
        self.code = m.code
        self._established(m)
        if not self.ack_lost:
            self._ack_2xx(m)
        self.state = "answered"
        self.note("answered")
        return None

    def _established(self, m):
        self.peer = uri_of(m.get("Contact"))
        self.routes = list(reversed(m.all("Record-Route")))
        self.remote = m.get("To")
        self.remote_sdp = m.body or self.remote_sdp

    def on_late_2xx(self, m):
        if not self.ack_lost:
            self._ack_2xx(m)

    def _ack(self, m, invite):
        """To a final refusal: same branch, hop by hop."""
        headers = [("From", m.get("From")), ("To", m.get("To")),
                   ("Call-ID", self.call_id),
                   ("CSeq", "%d ACK" % m.cseq)]
        uri = invite.first.split(" ")[1]
        self.phone.send(self.phone.request("ACK", uri, headers,
                                           branch=invite.branch))

    def _ack_2xx(self, m):
        headers = self._dialog(m.cseq, "ACK")
        body = ""
        if self.ack_body and m.body:
            body = self.ack_body
        self.phone.send(self.phone.request("ACK", self.peer, headers, body))

    def _dialog(self, cseq, method):
        return ([("Route", r) for r in self.routes]
                + [("From", self.local), ("To", self.remote),
                   ("Call-ID", self.call_id),
                   ("CSeq", "%d %s" % (cseq, method)),
                   ("Contact", self.phone.contact())])

    def cancel(self):
        self.phone.loop.soon(self._cancel)

    def _cancel(self):
        if self.state in ("answered", "ended") or self.cancelled:
            return
        self.cancelled = True
        inv = self.invite_message
        headers = [("From", inv.get("From")), ("To", inv.get("To")),
                   ("Call-ID", self.call_id),
                   ("CSeq", "%d CANCEL" % inv.cseq)]
        m = self.phone.request("CANCEL", inv.first.split(" ")[1], headers,
                               branch=inv.branch)
        self.phone.transact(m, lambda r: None)
        self.note("cancelled")

    def bye(self):
        self.phone.loop.soon(self._bye)

    def _bye(self):
        if self.state != "answered":
            return
        self.bye_by = "us"
        self.cseq += 1
        m = self.phone.request("BYE", self.peer, self._dialog(self.cseq,
                                                              "BYE"))
        self.state = "ended"
        self.note("bye sent")
        self.phone.transact(m, self._bye_done)

    def _bye_done(self, r):
        self._end("bye %s" % (r.code if r else "timeout"))

    def reinvite(self, body):
        """body "": a late offer; call.ack_body then answers in the ACK."""
        self.phone.loop.soon(lambda: self._reinvite(body))

    def _reinvite(self, body):
        self.cseq += 1
        m = self.phone.request("INVITE", self.peer,
                               self._dialog(self.cseq, "INVITE"), body)
        self.reinvite_message = m
        self.reoffer = body or self.reoffer
        self.note("reinvite sent")
        self.phone.transact(m, self._reinvited)

    def _reinvited(self, m):
        if m is None:
            return self.note("reinvite timeout")
        if m.code >= 300:
            self._ack(m, self.reinvite_message)
        else:
            self.remote_sdp = m.body
            self._ack_2xx(m)
        return self.note("reinvite %d" % m.code)

    def refer(self, target):
        """Its answer is "refer CODE", each NOTIFY "notify CODE"."""
        self.phone.loop.soon(lambda: self._refer(target))

    def _refer(self, target):
        self.cseq += 1
        m = self.phone.request("REFER", self.peer, self._dialog(
            self.cseq, "REFER") + [("Refer-To", "<%s>" % target)])
        self.phone.transact(m, lambda r: self.note(
            "refer %s" % (r.code if r else "timeout")))

    def replaces(self):
        """This dialog as a Replaces header names it to the other side."""
        return "%s;to-tag=%s;from-tag=%s" % (
            self.call_id, param(self.remote, "tag"), self.tag)

    def _end(self, event):
        self.state = "ended"
        if self.again:
            self.again.cancel()
        self.note(event)
        self.note("ended")

    def drop(self):
        """Forgets everything, tells nobody."""
        self.state = "ended"
        if self.again:
            self.again.cancel()

    # ---- being called ------------------------------------------------------

    def on_invite(self, m, source):
        self.request_in = (m, source)
        self.remote = m.get("From")
        self.caller = user_of(m.get("From"))
        self.peer = uri_of(m.get("Contact"))
        self.routes = m.all("Record-Route")
        self.remote_sdp = m.body
        self.phone.reply(m, source, 100)
        self.note("offered")
        if self.phone.on_call:
            self.phone.on_call(self)
        else:
            self._refuse(480)

    def ring(self):
        self.phone.loop.soon(lambda: self._progress(180))

    def _progress(self, code):
        if self.state == "new":
            self.state = "ringing"
            m, source = self.request_in
            self.phone.reply(m, source, code, tag=self.tag)
            self.note(str(code))

    def answer(self, body):
        self.phone.loop.soon(lambda: self._answer(body))

    def _answer(self, body):
        if self.state not in ("new", "ringing"):
            return
        m, source = self.request_in
        self.answer_body = body
        self.local = m.get("To") + ";tag=" + self.tag
        self.state = "answered"
        self.phone.reply(m, source, 200, body, tag=self.tag)
        self.note("answered")
        self._repeat_2xx(m, source, T1, time.monotonic() + 32)

    def _repeat_2xx(self, m, source, wait, until):
        def repeat():
            if self.acked or self.state != "answered":
                return
            if time.monotonic() > until:
                self.note("no ack")
                return self._bye()
            self.phone.send(self.phone.replies[(m.branch, "INVITE")], source)
            self._repeat_2xx(m, source, min(wait * 2, 4), until)
        self.again = self.phone.loop.after(wait, repeat)

    def refuse(self, code):
        self.phone.loop.soon(lambda: self._refuse(code))

    def _refuse(self, code):
        if self.state in ("new", "ringing"):
            m, source = self.request_in
            self.code = code
            self.phone.reply(m, source, code, tag=self.tag)
            self._end("refused %d" % code)

    def on_request(self, m, source):
        method = m.method
        if method == "ACK":
            if not self.acked:
                self.acked = True
                self.remote_sdp = m.body or self.remote_sdp
                self.note("acked")
        elif method == "CANCEL":
            self._on_cancel(m, source)
        elif method == "BYE":
            self._on_bye(m, source)
        elif method == "INVITE":
            self._on_reinvite(m, source)
        elif method == "NOTIFY":
            self.phone.reply(m, source, 200)
            self.note("notify " + m.body.split(" ")[1])
        else:  # of a dialog that is over: 481
            self.phone.reply(m, source, 481 if self.state == "ended" else 200)

    def _on_cancel(self, m, source):
        self.phone.reply(m, source, 200, tag=self.tag)
        if self.state in ("new", "ringing"):
            invite, origin = self.request_in
            self.reason = m.get("Reason") or None
            self.phone.reply(invite, origin, 487, tag=self.tag)
            self._end("cancel")

    def _on_bye(self, m, source):
        self.bye_by = "them"
        self.reason = m.get("Reason") or None
        self.phone.reply(m, source, 200 if self.state == "answered" else 481)
        if self.state != "ended":
            self._end("bye received")

    def local_sdp(self):
        """What the other side was told last."""
        return self.reoffer or self.answer_body or self.offer

    def _on_reinvite(self, m, source):
        if self.state != "answered":
            return self.phone.reply(m, source, 481)
        self.remote_sdp = m.body or self.remote_sdp
        self.phone.reply(m, source, 200, self.local_sdp())
        return self.note("reinvite received")
