//! Colours, and whether text in them can be read.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::Invalid;

/// A colour of the screen (sRGB).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// How much red.
    pub red: u8,
    /// How much green.
    pub green: u8,
    /// How much blue.
    pub blue: u8,
}

/// What text needs to be read well (WCAG 2.2, success criterion 1.4.3).
pub const READABLE: f64 = 4.5;

impl Color {
    /// White.
    pub const WHITE: Self = Self::new(255, 255, 255);
    /// Black.
    pub const BLACK: Self = Self::new(0, 0, 0);

    /// Of its parts.
    #[must_use]
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#0f766e`.
    ///
    /// # Errors
    /// If it is not six hexadecimal digits after a `#`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let digits =
            text.strip_prefix('#').filter(|it| it.len() == 6 && it.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, red, green, blue] = number
            .map(u32::to_be_bytes)
            .ok_or_else(|| Invalid::field("", "invalid", "must be a colour such as #0f766e"))?;
        Ok(Self::new(red, green, blue))
    }

    /// How bright it is, from 0 to 1 (WCAG 2.2, relative luminance).
    fn luminance(self) -> f64 {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(self.red) + 0.7152 * part(self.green) + 0.0722 * part(self.blue)
    }

    /// How well text in one stands out on the other: from 1 to 21 (WCAG 2.2, contrast ratio).
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// With so many hundredths of another in it.
    #[must_use]
    pub fn mixed(self, other: Self, hundredths: u16) -> Self {
        let hundredths = hundredths.min(100);
        let part = |own: u8, other: u8| {
            let sum = u16::from(own) * (100 - hundredths) + u16::from(other) * hundredths;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        Self::new(part(self.red, other.red), part(self.green, other.green), part(self.blue, other.blue))
    }

    /// As close to it as text on a ground can be read, on the way to another colour.
    #[must_use]
    pub fn readable_on(self, ground: Self, towards: Self) -> Self {
        let steps = (0..=100).map(|hundredths| self.mixed(towards, hundredths));
        steps.into_iter().find(|color| color.contrast(ground) >= READABLE).unwrap_or(towards)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_color_is_read_as_it_is_written() {
        assert_eq!(Color::parse("#0F766e").unwrap().to_string(), "#0f766e");
        for odd in ["", "#fff", "0f766e", "#0f766g", "#0f766e;", "#é76e"] {
            assert!(Color::parse(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guideline() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 1e-9);
        assert!((Color::WHITE.contrast(Color::WHITE) - 1.0).abs() < 1e-9);
        // The example of many checkers: the lightest grey that can be read on white.
        let grey = Color::parse("#767676").unwrap();
        assert!(grey.contrast(Color::WHITE) >= READABLE);
        assert!(Color::parse("#777777").unwrap().contrast(Color::WHITE) < READABLE);
    }

    #[test]
    fn every_color_can_be_made_readable() {
        for text in ["#ffff00", "#ffffff", "#000000", "#0f766e", "#ff0000", "#123456"] {
            let color = Color::parse(text).unwrap();
            assert!(
                color.readable_on(Color::WHITE, Color::BLACK).contrast(Color::WHITE) >= READABLE,
                "{text}"
            );
            assert!(
                color.readable_on(Color::BLACK, Color::WHITE).contrast(Color::BLACK) >= READABLE,
                "{text}"
            );
        }
        let teal = Color::parse("#0f766e").unwrap();
        assert_eq!(teal.readable_on(Color::WHITE, Color::BLACK), teal);
    }
}
