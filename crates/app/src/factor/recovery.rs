//! Codes for the day on which the phone or the passkey is lost.

use domain::{Factor, Person};

use super::place;
use crate::App;
use crate::keys::fill_random;

impl App {
    /// Codes that people can write down, and what is kept of them: 80 bits each.
    pub(crate) fn recovery_codes(&self, person: Person) -> (Vec<String>, Vec<[u8; 32]>) {
        let codes: Vec<String> = (0..Factor::RECOVERY_CODES).map(|_| recovery_code()).collect();
        let hashes = codes.iter().map(|code| self.recovery_mark(person, &plain(code))).collect();
        (codes, hashes)
    }

    /// By a mark and not by a pepper, which would be gone some day, and codes on paper with it: nobody guesses 80 bits.
    pub(super) fn recovery_mark(&self, person: Person, code: &str) -> [u8; 32] {
        let place = place(person);
        self.keys.marks().fingerprint("recovery-code", &[place.as_bytes(), code.as_bytes()])
    }
}

/// A code without what people type around it.
pub(super) fn plain(code: &str) -> String {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect::<String>().to_lowercase()
}

/// Four groups of four, of letters and digits that are not mistaken for each other.
fn recovery_code() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let mut random = [0u8; 16];
    fill_random(&mut random);
    let letters: Vec<char> =
        random.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let code = recovery_code();
        assert_eq!((code.len(), code.matches('-').count()), (19, 3));
        assert_eq!(plain(&format!(" {} ", code.to_uppercase().replace('-', " "))), plain(&code));
    }
}
