//! What pages say after something went well. The page that did it redirects, and names one of these in the address: only
//! these texts can be brought onto a page by an address.

use axum::response::{IntoResponse, Redirect, Response};

use super::refused::Answer;
use edge::words::Words;

macro_rules! notices {
    ($($name:ident = $word:literal, $text:literal;)*) => {
        /// What has just gone well.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Notice { $(#[doc = $text] $name,)* }

        impl Notice {
            fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// For people.
            pub(super) fn text(self) -> Words {
                Words::from(match self { $(Self::$name => $text,)* })
            }

            fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }
        }
    };
}

notices! {
    Confirmed = "confirmed", "Your address is confirmed and your password is set. You can sign in now.";
    Waiting = "waiting", "Your address is confirmed and your password is set. An administrator has to approve your account before you can sign in; you get a mail then.";
    PasswordChanged = "password_changed", "Your password is changed, and you were signed out everywhere.";
    SignedOut = "signed_out", "You are signed out.";
    Saved = "saved", "Saved.";
    Created = "created", "Created.";
    Deleted = "deleted", "Deleted.";
    ConsentWithdrawn = "consent_withdrawn", "Withdrawn. The application has to ask you again.";
    Asked = "asked", "Your request is on its way. You see here what was decided.";
    Subscribed = "subscribed", "The subscription is active: calls are let through from now on.";
    PlanAsked = "plan_asked", "The other plan was asked for. Until it is approved, the present one goes on.";
    Unsubscribed = "unsubscribed", "The subscription is deleted. Its calls are refused from now on.";
    TokenAsked = "token_asked", "Your request is on its way by mail. The token is here when it has been made.";
    RenewAsked = "renew_asked", "Whoever made the token was asked to renew it. It stays as it is until then.";
    RevokeAsked = "revoke_asked", "Whoever made the token was asked to end it. It works until then.";
    Retried = "retried", "The gateway is being told again.";
    TakenBack = "taken_back", "Your request is taken back.";
    Approved = "approved", "Approved.";
    Rejected = "rejected", "Rejected.";
    Revoked = "revoked", "Revoked. Its calls are refused from now on.";
    TokensEnded = "tokens_ended", "Its tokens are ended. It may ask for new ones.";
    AccessRevoked = "access_revoked", "Access is revoked: its key, its secret and its tokens are worth nothing from now on.";
    KeysMade = "keys_made", "The next keys are published. They sign in 20 minutes.";
    KeyRevoked = "key_revoked", "The key is revoked. What it signed is refused from now on.";
    WebhookOn = "webhook_on", "Switched on. What it missed can be replayed.";
    WebhookOff = "webhook_off", "Switched off. What was still to be sent is canceled.";
    Replayed = "replayed", "It is sent again.";
    Canceled = "canceled", "Canceled.";
    Disabled = "disabled", "Switched off. Its calls are refused until you switch it on again.";
    Enabled = "enabled", "Switched on. Its calls are let through again.";
    Suspended = "suspended", "Suspended. Its calls are refused until it is resumed.";
    Resumed = "resumed", "Resumed. Its calls are let through again.";
    MemberSaved = "member_saved", "The member is saved.";
    MemberRemoved = "member_removed", "The member is removed.";
    Invited = "invited", "The invitation is on its way. It can be accepted within 7 days.";
    AdministratorInvited = "administrator_invited", "The invitation is on its way. It can be accepted within 48 hours.";
    Withdrawn = "withdrawn", "The invitation is withdrawn.";
    Joined = "joined", "You are a member now.";
    SessionEnded = "session_ended", "The session is ended.";
    LetIn = "let_in", "The account is open again.";
    ShutOut = "shut_out", "The account is closed, and its owner signed out everywhere.";
    Unlinked = "unlinked", "The link is taken away.";
    IsDefault = "is_default", "It is the default from now on.";
    Transferred = "transferred", "The application has another owner now.";
    FactorRemoved = "factor_removed", "The second factor is removed.";
    AppAdded = "app_added", "The app is set up: its codes sign you in, too.";
    AppRemoved = "app_removed", "Codes of the app are not taken any more. Your passkeys are.";
    PasskeyAdded = "passkey_added", "The passkey is added. It signs you in from now on, with the password or without it.";
    PasskeyRemoved = "passkey_removed", "The passkey is removed here. You can delete it on your device or in your password manager, too.";
    AccountDeleted = "account_deleted", "Your account is deleted.";
}

impl Notice {
    /// The one that a query names.
    pub(super) fn read(query: &str) -> Option<Self> {
        let (_, word) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "notice")?;
        Self::of(&word)
    }

    /// The path of a page, to show this on it.
    pub(super) fn at(self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!("{path}{separator}notice={}", self.word())
    }
}

/// Goes on to a page, which says what has gone well.
pub(crate) fn go_to(path: &str, notice: Notice) -> Answer {
    Ok(redirect(path, notice))
}

/// The same, for those who need the response itself.
pub(super) fn redirect(path: &str, notice: Notice) -> Response {
    Redirect::to(&notice.at(path)).into_response()
}
