//! What our own forms carry and those of other sites cannot know: a token made from the browser's cookie. It looks
//! different in each answer, so that nothing can be guessed from answers that were compressed on their way.

use std::fmt::Write;

use app::Keys;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The field that carries it.
pub(crate) const FIELD: &str = "csrf";

/// The token of one browser's cookie.
#[derive(Clone)]
pub(crate) struct Csrf {
    token: [u8; 32],
    mask: [u8; 32],
}

impl Csrf {
    /// Of the cookie with this value.
    pub(super) fn new(keys: &Keys, cookie: &str) -> Self {
        let marks = keys.marks();
        Self {
            token: marks.fingerprint("csrf", &[cookie.as_bytes()]),
            mask: marks.fingerprint("csrf-mask", &[Uuid::now_v7().as_bytes()]),
        }
    }

    /// For a form: 128 hexadecimal digits.
    pub(crate) fn masked(&self) -> String {
        let masked = self.token.iter().zip(self.mask).map(|(token, mask)| token ^ mask);
        self.mask.into_iter().chain(masked).fold(String::with_capacity(128), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Whether a form came from one of our pages in this browser.
    pub(super) fn fits(&self, sent: &str) -> bool {
        if sent.len() != 128 || !sent.bytes().all(|b| b.is_ascii_hexdigit()) {
            return false;
        }
        let byte = |i: usize| sent.get(2 * i..2 * i + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let token: [u8; 32] =
            std::array::from_fn(|i| byte(i).unwrap_or_default() ^ byte(32 + i).unwrap_or_default());
        token.ct_eq(&self.token).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::MasterKey;

    #[test]
    fn tokens_fit_their_cookie_only_and_never_look_the_same() {
        let keys = Keys::new(&MasterKey::new([5; 32]));
        let (mine, yours) = (Csrf::new(&keys, "a"), Csrf::new(&keys, "b"));
        let (one, two) = (mine.masked(), Csrf::new(&keys, "a").masked());
        assert_ne!(one, two);
        assert!(mine.fits(&one) && mine.fits(&two));
        assert!(!yours.fits(&one));
        for wrong in ["", "00", &"0".repeat(128), &"é".repeat(64), &one[2..]] {
            assert!(!mine.fits(wrong), "{wrong}");
        }
    }
}
