//! With what somebody has signed in here.

use serde::{Deserialize, Serialize};

/// What somebody has shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The password alone.
    #[default]
    Password,
    /// The password, and a code of an app or for recovery.
    PasswordAndCode,
    /// The password and a passkey.
    PasswordAndPasskey,
    /// A passkey alone: something that one has, opened by something that one knows or is.
    Passkey,
}

impl Proof {
    /// Whether these are two factors.
    pub fn is_twofold(self) -> bool {
        match self {
            Self::Password => false,
            Self::PasswordAndCode | Self::PasswordAndPasskey | Self::Passkey => true,
        }
    }
}
