// Lets the public library for Standard Webhooks judge a webhook of ours, and bent ones.
//
// Reads {"secret", "cases": {case: {"secret", "headers", "body"}}} from standard input, writes {case: verdict}.

import { text } from "node:stream/consumers";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

function judge({ secret, headers, body }) {
  try {
    new Webhook(secret).verify(body, headers);
    return "accepted";
  } catch (refusal) {
    if (!(refusal instanceof WebhookVerificationError)) throw refusal;
    return "refused";
  }
}

const { cases } = JSON.parse(await text(process.stdin));
const verdicts = Object.entries(cases).map(([name, it]) => [name, judge(it)]);
process.stdout.write(JSON.stringify(Object.fromEntries(verdicts)));
