"""A mail server for tests: keeps what it takes, and tells of it on standard output, a line of JSON each.

The first argument is a JSON object: folder, tls ("none", "starttls" or "tls"), user and password. Standard input
takes one JSON object a line, {"on", "address", "reply", "times"}, and answers each with {"done": true}. The server
ends, and its folder with it, when standard input does.
"""

import asyncio
import email
import email.policy
import json
import os
import shutil
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

SETTINGS = json.loads(sys.argv[1])
REPLIES = []
CONNECTIONS = 0
LOCK = threading.Lock()


def say(thing):
    with LOCK:
        sys.stdout.write(json.dumps(thing) + "\n")
        sys.stdout.flush()


def scripted(on, address=None):
    """The reply that was ordered for this command, once less from now on."""
    with LOCK:
        for reply in REPLIES:
            if reply["on"] == on and reply["address"] in (None, address) and reply["times"] > 0:
                reply["times"] -= 1
                return reply["reply"]
    return None


def part(message, kind):
    body = message.get_body(preferencelist=(kind,))
    return body.get_content() if body is not None else None


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        reply = scripted("MAIL", address)
        if reply:
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        reply = scripted("RCPT", address)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        reply = scripted("DATA")
        if reply:
            return reply
        raw = envelope.content
        message = email.message_from_bytes(raw, policy=email.policy.default)
        parts = [part for part in message.walk()]
        say({
            "mail": {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "connection": server.driftd_connection,
                "is_encrypted": SETTINGS["tls"] == "tls" or session.ssl is not None,
                "user": session.auth_data.login.decode() if session.auth_data else None,
                "headers": [[name, str(value)] for name, value in message.items()],
                "types": [part.get_content_type() for part in parts],
                "defects": [repr(defect) for part in parts for defect in part.defects],
                "text": part(message, "plain"),
                "html": part(message, "html"),
                "raw": raw.decode("latin-1"),
            }
        })
        return "250 OK"


def authenticator(server, session, envelope, mechanism, data):
    expected = (SETTINGS["user"].encode(), SETTINGS["password"].encode())
    fits = (data.login, data.password) == expected
    return AuthResult(success=fits, handled=False, auth_data=data if fits else None)


def protocol(context):
    global CONNECTIONS
    CONNECTIONS += 1
    options = {"hostname": "mail.test", "auth_require_tls": False}
    if SETTINGS["tls"] == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if SETTINGS["user"]:
        options |= {"authenticator": authenticator, "auth_required": True}
    else:
        options |= {"auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
    server = SMTP(Handler(), **options)
    server.driftd_connection = CONNECTIONS
    return server


def listen_to_the_test():
    for line in sys.stdin:
        order = json.loads(line)
        with LOCK:
            if "on" in order:
                REPLIES.append(order)
        say({"done": True})
    shutil.rmtree(SETTINGS["folder"], ignore_errors=True)
    os._exit(0)


async def main():
    context = None
    if SETTINGS["tls"] != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(SETTINGS["folder"], "cert.pem"), os.path.join(SETTINGS["folder"], "key.pem"))
    first_byte = context if SETTINGS["tls"] == "tls" else None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(context), "127.0.0.1", 0, ssl=first_byte)
    say({"port": server.sockets[0].getsockname()[1]})
    threading.Thread(target=listen_to_the_test, daemon=True).start()
    await server.serve_forever()


asyncio.run(main())
