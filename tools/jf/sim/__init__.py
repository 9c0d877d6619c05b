# SPDX-License-Identifier: GPL-2.0-or-later
"""The people of a test: carriers, agents, and what they hear.

rtp.py     RTP endpoints on one steady clock, and what tones they heard
ua.py      a small SIP telephone (UDP), enough for one person
people.py  a carrier and agents made of the two
sipp.py    SIPp runs with the scenarios below scenarios/
"""
