"""One SMTP server for the tests: aiosmtpd, told by one line of JSON on standard input how to behave.

It prints its port, writes each message it is given as N.eml (the raw bytes) and N.json (the envelope, and what
Python's own mail parser reads in those bytes), and keeps every byte a client says, after decryption, in wire.log.
It ends when standard input does, so it can't outlive the test that started it.

Settings, all but `dir` optional:
  dir               where to write
  tls               "starttls" or "implicit"; otherwise the server speaks plain text only
  cert, key         PEM files of the server's certificate
  login             [user, password]: demanded before any mail
  only_auth_login   offer AUTH LOGIN, not AUTH PLAIN
  auth_refusal      the answer to a wrong login
  rcpt_answer       the answer to RCPT TO, in place of 250
  data_answer       the answer to the whole message, in place of 250
  data_delay        how many seconds that answer takes
  port              where to listen, in place of any free port
  after_starttls    bytes put in plain text right behind the answer to STARTTLS, as a man in the middle would
"""

import asyncio
import email.parser
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, conf):
        self.conf = conf
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "rcpt_answer" in self.conf:
            return self.conf["rcpt_answer"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        base = os.path.join(self.conf["dir"], str(self.count))
        with open(base + ".json", "w") as file:
            json.dump(describe(envelope), file)
        with open(base + ".part", "wb") as file:
            file.write(envelope.original_content)
        # Whoever waits for the message looks for this name: by then all of it is there.
        os.rename(base + ".part", base + ".eml")
        await asyncio.sleep(self.conf.get("data_delay", 0))
        return self.conf.get("data_answer", "250 OK")


def describe(envelope):
    message = email.parser.BytesParser(policy=email.policy.default).parsebytes(envelope.original_content)
    leaves = [part for part in message.walk() if not part.is_multipart()]
    return {
        "from": envelope.mail_from,
        "to": envelope.rcpt_tos,
        "headers": [[name, str(value)] for name, value in message.items()],
        "defects": [repr(defect) for part in message.walk() for defect in part.defects],
        "parts": [
            {
                "type": part.get_content_type(),
                "charset": part.get_content_charset(),
                "encoding": part["Content-Transfer-Encoding"],
                "text": part.get_payload(decode=True).decode("utf-8"),
            }
            for part in leaves
        ],
    }


class Sink(SMTP):
    conf = {}

    def data_received(self, data):
        with open(os.path.join(self.conf["dir"], "wire.log"), "ab") as file:
            file.write(data)
        super().data_received(data)

    async def push(self, status):
        if "after_starttls" in self.conf and str(status).startswith("220 Ready to start TLS"):
            status += "\r\n" + self.conf["after_starttls"]
        await super().push(status)


def protocol(conf, handler, tls):
    options = {}
    if conf.get("tls") == "starttls":
        options.update(tls_context=tls, require_starttls=True)
    if "login" in conf:
        expected = tuple(part.encode() for part in conf["login"])

        def authenticate(server, session, envelope, mechanism, data):
            right = (data.login, data.password) == expected
            return AuthResult(success=right, handled=False, message=None if right else conf.get("auth_refusal"))

        # Over implicit TLS aiosmtpd doesn't know that the wire is encrypted; in plain text it is to tempt the client.
        tls_first = conf.get("tls") == "starttls"
        options.update(authenticator=authenticate, auth_required=True, auth_require_tls=tls_first)
        if conf.get("only_auth_login"):
            options.update(auth_exclude_mechanism=["PLAIN"])
    return Sink(handler, hostname="sink.test", **options)


async def main():
    conf = json.loads(sys.stdin.readline())
    Sink.conf = conf
    tls = None
    if "tls" in conf:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(conf["cert"], conf["key"])
    handler = Handler(conf)
    loop = asyncio.get_running_loop()
    implicit = tls if conf.get("tls") == "implicit" else None
    server = await loop.create_server(
        lambda: protocol(conf, handler, tls), "127.0.0.1", conf.get("port", 0), ssl=implicit
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
