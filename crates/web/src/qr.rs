//! Pictures that telephones read, drawn as SVG: no image library, and nothing that a strict policy would forbid.

use std::fmt::Write as _;

use askama::Template;
use askama::filters::HtmlSafe;
use qrcodegen::{QrCode, QrCodeEcc};

/// As wide as the standard wants the empty border to be (ISO/IEC 18004).
const BORDER: i32 = 4;

/// A QR code.
#[derive(Template)]
#[template(path = "qr.html")]
pub(crate) struct Qr {
    size: i32,
    dark: String,
}

impl HtmlSafe for Qr {}

impl Qr {
    /// Of a text; `None` if it is too long for one.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
        let mut dark = String::new();
        for y in 0..code.size() {
            for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
                // Writing to a string does not fail.
                let _ = write!(dark, "M{} {}h1v1h-1z", x + BORDER, y + BORDER);
            }
        }
        Some(Self { size: code.size() + 2 * BORDER, dark })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_drawn_and_what_is_too_long_is_not() {
        let qr = Qr::of("otpauth://totp/Keywright:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
            .unwrap();
        let svg = qr.render().unwrap();
        assert!(svg.contains("<svg") && svg.matches("h1v1h-1z").count() > 200, "{svg}");
        assert!(Qr::of(&"x".repeat(5_000)).is_none());
    }
}
