# SPDX-License-Identifier: GPL-2.0-or-later
"""Which certificates `reload` refuses, with what words."""

import subprocess

import pytest

from jf import Trouble, reload


def pair(top, name, days=1):
    key, cert = str(top / (name + ".key")), str(top / (name + ".crt"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days),
         "-subj", "/CN=demo.example", "-keyout", key, "-out", cert],
        check=True, capture_output=True)
    return key, cert


def test_a_good_pair_is_taken(tmp_path):
    reload.check(*pair(tmp_path, "a"))


def test_a_key_of_another_certificate(tmp_path):
    key, _ = pair(tmp_path, "a")
    _, cert = pair(tmp_path, "b")
    with pytest.raises(Trouble, match="is not the key of"):
        reload.check(key, cert)


def test_a_file_that_is_not_there_or_is_none(tmp_path):
    key, cert = pair(tmp_path, "a")
    with pytest.raises(Trouble, match="cannot be read"):
        reload.check(key, cert + ".new")
    (tmp_path / "a.crt").write_text("half of a cert")
    with pytest.raises(Trouble, match="no PEM file"):
        reload.check(key, cert)


def test_an_expired_one(tmp_path):
    key, cert = pair(tmp_path, "a")
    subprocess.run(
        ["openssl", "x509", "-in", cert, "-signkey", key, "-days", "-1",
         "-out", cert + ".old"], check=False, capture_output=True)
    with pytest.raises(Trouble, match="has expired"):
        reload.check(key, cert + ".old")
