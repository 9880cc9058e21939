//! What to do about a refused call.

/// What the one who calls, or the administrator, can do about it. `None` for codes that there are no longer.
pub(crate) fn advice(code: &str) -> Option<&'static str> {
    Some(match code {
        "peer_unknown" => {
            "If this is your gateway, add its network to gateway.allowed_peers in Keywright’s configuration."
        }
        "gateway_secret_wrong" => {
            "Let the gateway send the shared secret of gateway.shared_secret as X-Keywright-Gateway-Secret."
        }
        "headers_ambiguous" => {
            "Let the gateway set its own headers and remove those of the caller; the page “Gateways” has the configuration."
        }
        "api_unknown" => {
            "Compare host and path with those of the API version: it must be published at this host and below this path."
        }
        "path_case" => "Call the path exactly as it is published; capital letters count.",
        "method_not_offered" => {
            "Call a method that the API version offers, or let an administrator add this one."
        }
        "credential_missing" => {
            "Send the key or the token in the place that the API names; gateways and proxies in between may drop it."
        }
        "credential_ambiguous" => "Send one credential, once: not a key and a token, and not in two places.",
        "credential_malformed" => "Copy the credential anew: something is missing, added or encoded twice.",
        "credential_unknown" => {
            "Copy the credential anew, or make a new one; one that was deleted with its application looks the same."
        }
        "credential_revoked" => "A revoked credential stays revoked: make a new one for the application.",
        "credential_expired" => "Rotate the credential or make a new one; of tokens, ask for a fresh one.",
        "credential_not_yet_valid" => "Wait until the certificate begins to count, or look at the clocks.",
        "credential_untrusted" => {
            "Let the gateway trust the certificate’s signer, or use a certificate of one that it trusts."
        }
        "credential_disabled" => "Switch the credential on again, on its own page.",
        "audience_wrong" => "Ask for the token with the resource of this API.",
        "too_many_guesses" => "Wait a minute; then look why wrong secrets come from this address.",
        "application_suspended" => {
            "An administrator suspended the application, or who owns it; ask them why."
        }
        "address_not_allowed" => "Call from an address that the client allows, or add this one to it.",
        "role_missing" => "An administrator can give the partner the role that the API demands.",
        "subscription_missing" => "Subscribe the application to this API under one of its plans.",
        "subscription_pending" => {
            "The subscription waits for approval: an administrator finds it under “Approvals”."
        }
        "subscription_rejected" => {
            "The subscription was rejected; its page says why. Ask again when that has changed."
        }
        "subscription_revoked" => {
            "The subscription was taken back; its page says by whom. Ask again for a new one."
        }
        "plan_limit_exceeded" => {
            "Call less often, or change the subscription to a plan that allows more; Retry-After says when calls pass again."
        }
        "insufficient_scope" => {
            "Ask for the token with the scopes that the API demands; the client must be allowed them."
        }
        "stale" | "lookup_failed" => "Bring the database back; calls pass again by themselves.",
        "unreadable" => "Look into Keywright’s log for the row that cannot be read.",
        "internal" => "Look into Keywright’s log for this request id, and report it.",
        "method_unknown" => "Call with a usual method, in capitals.",
        "host_empty" | "target_empty" => {
            "Let the gateway tell which call it asks about; the page “Gateways” has the configuration."
        }
        code if code.starts_with("host_") => "Call the host by its plain name.",
        code if code.starts_with("target_") || code.starts_with("query_") || code.starts_with("path_") => {
            "Write the address in its plain form: whatever servers could read in two ways is refused."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_advice_for_every_reason() {
        let calls = app::Calls::new();
        for (_, code, _) in calls.all().filter(|(status, ..)| *status != 200) {
            assert!(advice(code).is_some_and(|text| text.ends_with('.')), "{code}");
        }
        assert_eq!(advice("allowed"), None);
    }
}
