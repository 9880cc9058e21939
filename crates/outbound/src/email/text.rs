//! Text that came from elsewhere and is shown to a person.

use super::settings::Login;

use base64::{Engine, engine::general_purpose::STANDARD};

/// How much of a server's answer is kept.
const ANSWER_MAX: usize = 1024;

/// Characters that end a line, move a terminal's cursor, or turn the reading direction around.
pub(super) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes our login out of what a server says, in each form in which the server was given it.
pub(super) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    pub(super) fn new(login: Option<&Login>) -> Self {
        let secrets = login.map(|login| {
            let password = login.password.expose();
            vec![sasl_plain(login), STANDARD.encode(password), password.to_owned()]
        });
        Self { secrets: secrets.unwrap_or_default() }
    }

    /// The sentence that may be stored, logged and shown: one line, without secrets, at most 1 KiB.
    ///
    /// `cut` says that the end of the text is missing; then the last secret in it may be half there.
    pub(super) fn sentence(&self, text: &str, cut: bool) -> String {
        let mut text: String = text.chars().map(|c| if is_hidden(c) { ' ' } else { c }).collect();
        for secret in &self.secrets {
            text = text.replace(secret, "[redacted]");
        }
        if cut {
            let longest = self.secrets.iter().map(String::len).max().unwrap_or(0);
            text.truncate(text.floor_char_boundary(text.len().saturating_sub(longest)));
        }
        if text.len() > ANSWER_MAX {
            text.truncate(text.floor_char_boundary(ANSWER_MAX - '…'.len_utf8()));
            text.push('…');
        }
        text
    }
}

/// What AUTH PLAIN sends.
pub(super) fn sasl_plain(login: &Login) -> String {
    STANDARD.encode(format!("\0{}\0{}", login.username, login.password.expose()))
}

#[cfg(test)]
mod tests {
    use super::{super::Password, *};

    fn redactor() -> Redactor {
        let password = Password::new("hunter2".to_owned());
        Redactor::new(Some(&Login { username: "desk".to_owned(), password }))
    }

    #[test]
    fn secrets_go_in_every_form() {
        let said = "550 no: hunter2, aHVudGVyMg==, AGRlc2sAaHVudGVyMg== for desk";
        assert_eq!(redactor().sentence(said, false), "550 no: [redacted], [redacted], [redacted] for desk");
    }

    #[test]
    fn half_a_secret_at_the_cut_goes_too() {
        let sentence = redactor().sentence("550 a long enough explanation, then hunt", true);
        assert!(sentence.starts_with("550 a long"));
        assert!(!sentence.contains("hunt"));
    }

    #[test]
    fn a_sentence_is_one_short_line() {
        let said = format!("550 \u{1b}[31mred\r\n\u{202e}{}", "ö".repeat(5000));
        let sentence = redactor().sentence(&said, false);
        assert!(sentence.len() <= ANSWER_MAX && sentence.ends_with('…'));
        assert!(!sentence.chars().any(is_hidden));
    }
}
