//! What no setting alone can know: which values do not go together.

use std::net::IpAddr;

use super::{ClientCertificates, Config, Mail, Security};
use crate::output::{Failure, Problem};

/// Tells everything that does not go together.
pub(super) fn check(config: &Config) -> Result<(), Failure> {
    let rules = [
        same_listener(config),
        half_a_login(&config.mail),
        mail_in_the_clear(&config.mail),
        certificates_from_anybody(config),
    ];
    let problems: Vec<_> = rules.into_iter().flatten().collect();
    if problems.is_empty() { Ok(()) } else { Err(Failure::configuration(problems)) }
}

/// Port 0 is any free port, so two of it are never the same one.
fn same_listener(config: &Config) -> Option<Problem> {
    let address = config.server.listen;
    (address == config.gateway.listen && address.port() != 0).then(|| {
        Problem::new(format!("server.listen and gateway.listen are both {address}"))
            .hint("gateways have a listener of their own, which people must not reach; give it another port")
    })
}

/// A certificate is public: whoever may say which one a call came with can be anybody.
fn certificates_from_anybody(config: &Config) -> Option<Problem> {
    let gateway = &config.gateway;
    (gateway.client_certificates != ClientCertificates::Off && gateway.shared_secret_file.is_none()).then(|| {
        Problem::new("gateway.client_certificates needs gateway.shared_secret_file").hint(
            "a certificate is public: without a secret, whoever reaches the gateway listener could present anybody's",
        )
    })
}

fn half_a_login(mail: &Mail) -> Option<Problem> {
    (mail.username.is_some() != mail.password_file.is_some())
        .then(|| Problem::new("mail.username and mail.password_file go together: set both or neither"))
}

fn mail_in_the_clear(mail: &Mail) -> Option<Problem> {
    let host =
        mail.host.as_deref().filter(|host| mail.security == Security::Plain && !is_this_machine(host))?;
    Some(
        Problem::new(format!("mail.security is plain, but {host} is another machine"))
            .hint("set mail.security to starttls or tls: mails hold links that log people in"),
    )
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::{Sources, load};

    fn problems(variables: &[(&str, &str)]) -> Vec<String> {
        let pair = |(name, value): &(&str, &str)| {
            (OsString::from(format!("KEYWRIGHT_{name}")), OsString::from(value))
        };
        let folder = tempfile::tempdir().unwrap();
        let environment = variables.iter().map(pair).collect();
        match load(&Sources { folder: folder.path().to_owned(), environment, ..Sources::default() }) {
            Ok(_) => Vec::new(),
            Err(failure) => failure.problems().iter().map(|problem| problem.message.clone()).collect(),
        }
    }

    #[test]
    fn the_listeners_differ() {
        let both = |address| problems(&[("SERVER_LISTEN", address), ("GATEWAY_LISTEN", address)]);
        assert_eq!(both("127.0.0.1:9"), ["server.listen and gateway.listen are both 127.0.0.1:9"]);
        assert!(both("127.0.0.1:0").is_empty());
    }

    #[test]
    fn a_mail_login_is_whole() {
        let told = ["mail.username and mail.password_file go together: set both or neither"];
        assert_eq!(problems(&[("MAIL_USERNAME", "me")]), told);
        assert_eq!(problems(&[("MAIL_PASSWORD_FILE", "/run/p")]), told);
        assert!(problems(&[("MAIL_USERNAME", "me"), ("MAIL_PASSWORD_FILE", "/run/p")]).is_empty());
    }

    #[test]
    fn a_198_certificates_come_from_gateways_that_prove_who_they_are() {
        for form in ["nginx", "rfc9440"] {
            let told = ["gateway.client_certificates needs gateway.shared_secret_file"];
            assert_eq!(problems(&[("GATEWAY_CLIENT_CERTIFICATES", form)]), told);
            let secret = ("GATEWAY_SHARED_SECRET_FILE", "/run/s");
            assert!(problems(&[("GATEWAY_CLIENT_CERTIFICATES", form), secret]).is_empty());
        }
        assert!(problems(&[("GATEWAY_CLIENT_CERTIFICATES", "off")]).is_empty());
    }

    #[test]
    fn mail_goes_in_the_clear_only_to_this_machine() {
        let plain = |host| problems(&[("MAIL_HOST", host), ("MAIL_SECURITY", "plain")]);
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", ""] {
            assert!(plain(host).is_empty(), "{host}");
        }
        for host in ["smtp.example.com", "10.0.0.1", "localhost.example.com"] {
            assert_eq!(plain(host), [format!("mail.security is plain, but {host} is another machine")]);
        }
    }
}
