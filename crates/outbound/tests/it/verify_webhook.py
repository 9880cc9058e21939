"""Lets the public libraries for Standard Webhooks judge a webhook of ours, and bent ones.

Reads {"secret", "headers", "body"} from standard input, writes {"verdicts": {library: {case: verdict}}, "cases"}, the cases
for libraries of other languages.
"""

import base64
import hashlib
import hmac
import json
import sys
import time

import standardwebhooks
import svix.webhooks

told = json.load(sys.stdin)
secret, headers, body = told["secret"], told["headers"], told["body"]


def signed_at(moment):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{moment}.{body}".encode()
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {**headers, "webhook-timestamp": str(moment), "webhook-signature": f"v1,{signature}"}


now = int(time.time())
other = "whsec_" + base64.b64encode(bytes(32)).decode()
cases = {
    "good": (secret, headers, body),
    "flipped bit": (secret, headers, body.replace("t", "u", 1)),
    "other secret": (other, headers, body),
    "empty signature": (secret, {**headers, "webhook-signature": "v1,"}, body),
    "other version": (secret, {**headers, "webhook-signature": headers["webhook-signature"].replace("v1,", "v2,")}, body),
    "too old": (secret, signed_at(now - 400), body),
    "too new": (secret, signed_at(now + 400), body),
    "other id": (secret, {**headers, "webhook-id": "1"}, body),
}


def verdicts(library):
    def judge(secret, headers, body):
        try:
            library(secret).verify(body, headers)
        except Exception as refusal:  # each library has an error of its own
            assert "Verification" in type(refusal).__name__, refusal
            return "refused"
        return "accepted"

    return {name: judge(*case) for name, case in cases.items()}


json.dump({
    "verdicts": {
        "standardwebhooks": verdicts(standardwebhooks.Webhook),
        "svix": verdicts(svix.webhooks.Webhook),
    },
    "cases": {name: {"secret": it[0], "headers": it[1], "body": it[2]} for name, it in cases.items()},
}, sys.stdout)
