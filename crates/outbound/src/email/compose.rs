//! From an [`OutgoingMail`] to the bytes of one message.
//!
//! The rule that keeps a user's text from becoming structure: a header value is plain printable ASCII or encoded
//! words, and every body part is base64. So no byte that a user chose can end a line, start one, or be a lone dot.

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::{OutgoingMail, SendError, text::is_hidden};

/// One message, ready for a session.
pub(super) struct Composed {
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

pub(super) fn compose(from: &Mailbox, mail: &OutgoingMail) -> Result<Composed, SendError> {
    let unsendable = |why: &str| SendError::Permanent(why.to_owned());
    let to = address(&mail.to).ok_or_else(|| unsendable("the recipient is not one plain ASCII address"))?;
    if mail.subject.chars().any(is_hidden) {
        return Err(unsendable("the subject holds a control character"));
    }
    let builder = Message::builder()
        .message_id(Some(format!("<{}@{}>", mail.id, from.email.domain())))
        .date_now()
        .from(from.clone())
        .to(Mailbox::new(None, to.clone()));
    let text = part(ContentType::TEXT_PLAIN, &mail.text);
    let message = match &mail.html {
        None => builder.singlepart(text),
        Some(html) => builder.multipart(
            MultiPart::alternative().singlepart(text).singlepart(part(ContentType::TEXT_HTML, html)),
        ),
    };
    let mut message = message.map_err(|error| unsendable(&error.to_string()))?;
    let headers = message.headers_mut();
    headers.insert_raw(encoded("Subject", header_text(&mail.subject)));
    headers.insert_raw(encoded("Auto-Submitted", "auto-generated".to_owned()));
    Ok(Composed { to, bytes: message.formatted() })
}

fn part(kind: ContentType, content: &str) -> SinglePart {
    // lettre turns the line feeds into CRLF; a carriage return on its own it would leave.
    let lines = content.replace("\r\n", "\n").replace('\r', "\n");
    SinglePart::builder().header(kind).header(ContentTransferEncoding::Base64).body(lines)
}

fn encoded(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// Octets of text in one encoded word: in the worst case three characters each, it stays below the 75 of RFC 2047.
const WORD_OCTETS: usize = 20;
/// A plain value longer than this is encoded too, because encoded words fold.
const PLAIN_MAX: usize = 60;

/// Plain ASCII stays readable; everything else becomes encoded words, and so does text that looks like one, which
/// would otherwise be decoded by the reader's mail program into something its author never wrote.
fn header_text(text: &str) -> String {
    let printable = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if printable && text.trim() == text && text.len() <= PLAIN_MAX && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    let mut octets = 0;
    for character in text.chars() {
        if octets + character.len_utf8() > WORD_OCTETS {
            words.push(String::new());
            octets = 0;
        }
        octets += character.len_utf8();
        let word = words.last_mut().expect("it starts with one word and only grows");
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            match byte {
                b' ' => word.push('_'),
                _ if byte.is_ascii_alphanumeric() => word.push(char::from(byte)),
                _ => word.push_str(&format!("={byte:02X}")),
            }
        }
    }
    let words: Vec<String> = words.into_iter().map(|word| format!("=?utf-8?Q?{word}?=")).collect();
    words.join("\r\n ")
}

/// One bare address, without name, comment, quoting or anything that means something in an SMTP command.
pub(super) fn address(text: &str) -> Option<Address> {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&byte);
    if text.bytes().all(plain) { text.parse().ok() } else { None }
}

/// An address, or a name with one.
pub(super) fn mailbox(text: &str) -> Option<Mailbox> {
    if text.chars().any(is_hidden) {
        return None;
    }
    let (name, bare) = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, bare)) => (name.trim().trim_matches('"'), bare),
        None => ("", text),
    };
    Some(Mailbox::new(Some(name.to_owned()).filter(|name| !name.is_empty()), address(bare)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_subjects_stay_readable() {
        assert_eq!(header_text("Your key will expire in 7 days"), "Your key will expire in 7 days");
        assert_eq!(header_text(""), "");
    }

    #[test]
    fn encoded_words_never_split_a_character_nor_pass_75() {
        let header = header_text(&"Schlüssel für 🗝 ".repeat(20));
        for word in header.split("\r\n ") {
            assert!(word.len() <= 75, "{word}");
            assert!(word.starts_with("=?utf-8?Q?") && word.ends_with("?="), "{word}");
            assert!(!word.contains(' '));
        }
        assert_eq!(header_text("ü"), "=?utf-8?Q?=C3=BC?=");
        assert_eq!(header_text("=?utf-8?Q?x?="), "=?utf-8?Q?=3D=3Futf=2D8=3FQ=3Fx=3F=3D?=");
    }

    #[test]
    fn an_address_is_one_address() {
        for good in ["a@b.example", "a.b+c@b.example", "o'neill@xn--bcher-kva.example"] {
            assert_eq!(address(good).map(|address| address.to_string()).as_deref(), Some(good));
        }
        for bad in [
            "",
            "a",
            "a@",
            "@b",
            "a@b.example,c@d.example",
            "a@b.example\r\nBcc: c@d.example",
            "<a@b.example>",
            "A <a@b.example>",
            "a b@c.example",
            "\"a\"@b.example",
            "a@b.example> SIZE=1",
            "ü@b.example",
        ] {
            assert!(address(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_sender_may_have_a_name() {
        let named = mailbox("Schlüssel, Tür & Co. <desk@b.example>").unwrap();
        assert_eq!(named.name.as_deref(), Some("Schlüssel, Tür & Co."));
        assert_eq!(named.email.to_string(), "desk@b.example");
        assert_eq!(mailbox("desk@b.example").unwrap().name, None);
        assert_eq!(mailbox("\"Desk\" <desk@b.example>").unwrap().name.as_deref(), Some("Desk"));
        for bad in ["", "Desk", "Desk <desk>", "De\r\nsk <desk@b.example>", "a@b.example, c@d.example"] {
            assert!(mailbox(bad).is_none(), "{bad:?}");
        }
    }
}
