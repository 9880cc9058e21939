//! Which passwords may be chosen.

use keywright_domain::{check_password, password_form};

const OWN_WORDS: [&str; 3] = ["ada.lovelace@example.com", "Ada Lovelace", "keywright"];

fn verdict(password: &str) -> &'static str {
    match check_password(password, &OWN_WORDS) {
        Ok(()) => "fine",
        Err(invalid) => {
            assert_eq!(invalid.fields()[0].field, "password");
            invalid.fields()[0].code
        }
    }
}

#[test]
fn a_135_weak_passwords_are_refused() {
    for (password, expected) in [
        ("", "too_short"),
        ("1234567", "too_short"),
        ("correct-horse!", "too_short"),
        ("correct-horse!!", "fine"),
        ("aaaaaaaaaaaaaaaa", "too_weak"),
        ("123456789012345", "too_weak"),
        ("passwordpassword", "too_weak"),
        ("qwertyuiopasdfgh", "too_weak"),
        ("ada.lovelace@example.com", "too_weak"),
        ("Ada LovelaceAda Lovelace", "too_weak"),
        ("keywrightkeywright", "too_weak"),
        // Fourteen characters, however many bytes.
        ("ähnlich-ünüblï", "too_short"),
        ("plum anvil forty kestrel", "fine"),
        ("Ünïcödé wörter sind auch gut", "fine"),
    ] {
        assert_eq!(verdict(password), expected, "{password:?}");
    }
}

#[test]
fn one_password_in_two_spellings_is_one_password() {
    let (composed, decomposed) = ("plum anvil f\u{f6}rty kestrel", "plum anvil fo\u{308}rty kestrel");
    assert_eq!(password_form(composed), password_form(decomposed));
    // Nothing else is made equal: neither case nor width nor spaces.
    for other in [
        "Plum anvil f\u{f6}rty kestrel",
        " plum anvil f\u{f6}rty kestrel",
        "\u{ff50}lum anvil f\u{f6}rty kestrel",
    ] {
        assert_ne!(password_form(composed), password_form(other));
    }
}

#[test]
fn a_long_password_is_judged_in_good_time() {
    let longest: String = ('!'..='~').cycle().step_by(7).take(1_024).collect();
    assert_eq!(verdict(&longest), "fine");
    assert_eq!(verdict(&format!("{longest}x")), "too_long");
    assert_eq!(verdict(&"a".repeat(1_024)), "too_weak");
}
