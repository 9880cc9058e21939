//! The people who run this installation, and what each may do.

use serde::Serialize;

use crate::transition::noun;
use crate::{Access, AdministratorId, Email, Error, GatewayId, Instant, Invalid, Meta, Transition};

/// A person who runs this installation, or one part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Administrator {
    /// Their identity.
    pub id: AdministratorId,
    /// Version and times.
    #[serde(flatten)]
    pub meta: Meta,
    /// Unique without regard to case.
    pub email: Email,
    /// Argon2id, as a PHC string; empty for those who sign in elsewhere only.
    #[serde(skip)]
    pub password_hash: String,
    /// What they may do.
    pub role: AdministratorRole,
    /// When they were shut out; none: they may sign in.
    pub disabled_at: Option<Instant>,
}

noun!(Administrator, AdministratorId);

/// What somebody who runs this installation may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AdministratorRole {
    /// Everything.
    Administrator,
    /// Decides on what waits for a decision, sees what it is about, and nothing else.
    Approver,
    /// Sees everything but secrets, and changes nothing.
    Auditor,
    /// The technical user of a third party's gateway: answers what that gateway is asked, and nothing else.
    Provider {
        /// Which gateway.
        gateway_id: GatewayId,
    },
}

impl AdministratorRole {
    /// The words for roles, as in `role` of the management API.
    pub const WORDS: [&'static str; 4] = ["administrator", "approver", "auditor", "provider"];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Approver => "approver",
            Self::Auditor => "auditor",
            Self::Provider { .. } => "provider",
        }
    }

    /// Reads a word, and of which gateway somebody is a provider.
    ///
    /// # Errors
    /// `unknown` for the field `role`; for `gateway_id`, `required` if a provider has none, and `not_allowed` if somebody
    /// else has one.
    pub fn parse(word: &str, gateway: Option<GatewayId>) -> Result<Self, Invalid> {
        let role = match (word, gateway) {
            ("administrator", _) => Self::Administrator,
            ("approver", _) => Self::Approver,
            ("auditor", _) => Self::Auditor,
            ("provider", Some(gateway_id)) => return Ok(Self::Provider { gateway_id }),
            ("provider", None) => {
                let message = "must be given: a provider answers for one gateway";
                return Err(Invalid::field("gateway_id", "required", message));
            }
            _ => {
                let message = format!("must be one of {}", Self::WORDS.join(", "));
                return Err(Invalid::field("role", "unknown", message));
            }
        };
        match gateway {
            None => Ok(role),
            Some(_) => Err(Invalid::field(
                "gateway_id",
                "not_allowed",
                "must be left out: only providers have a gateway",
            )),
        }
    }

    /// The gateway of a provider.
    pub fn gateway(self) -> Option<GatewayId> {
        match self {
            Self::Provider { gateway_id } => Some(gateway_id),
            Self::Administrator | Self::Approver | Self::Auditor => None,
        }
    }

    /// Whether they may read, or change, everything. What approvers and providers see is a part of it, which the use
    /// cases know.
    pub fn allows_all(self, access: Access) -> bool {
        match (self, access) {
            (Self::Administrator, _) | (Self::Auditor, Access::Read) => true,
            (Self::Auditor, Access::Write) | (Self::Approver | Self::Provider { .. }, _) => false,
        }
    }

    /// Whether they decide on subscriptions and accounts that wait.
    pub fn decides(self) -> bool {
        match self {
            Self::Administrator | Self::Approver => true,
            Self::Auditor | Self::Provider { .. } => false,
        }
    }
}

impl Administrator {
    /// Whether they can sign in here.
    pub fn has_password(&self) -> bool {
        !self.password_hash.is_empty()
    }

    /// Somebody new.
    ///
    /// # Errors
    /// If the address is wrong.
    pub fn create(
        id: AdministratorId,
        email: &str,
        password_hash: String,
        role: AdministratorRole,
        now: Instant,
    ) -> Result<Transition<Self>, Invalid> {
        let email = Email::parse(email).map_err(|e| e.within("email"))?;
        let meta = Meta::new(now);
        let administrator = Self { id, meta, email, password_hash, role, disabled_at: None };
        Ok(Transition::create(administrator, "administrator.created"))
    }

    /// Gives them another role.
    pub fn change_role(&self, role: AdministratorRole, now: Instant) -> Transition<Self> {
        Transition::update(self, Self { role, ..self.clone() }, "administrator.role_changed", now)
    }

    /// Shuts them out.
    ///
    /// # Errors
    /// If they are out already.
    pub fn disable(&self, now: Instant) -> Result<Transition<Self>, Error> {
        if self.disabled_at.is_some() {
            return Err(Error::conflict("state", "the administrator is disabled already"));
        }
        let after = Self { disabled_at: Some(now), ..self.clone() };
        Ok(Transition::update(self, after, "administrator.disabled", now))
    }

    /// Lets them in again.
    ///
    /// # Errors
    /// If they are not out.
    pub fn enable(&self, now: Instant) -> Result<Transition<Self>, Error> {
        if self.disabled_at.is_none() {
            return Err(Error::conflict("state", "the administrator is not disabled"));
        }
        let after = Self { disabled_at: None, ..self.clone() };
        Ok(Transition::update(self, after, "administrator.enabled", now))
    }

    /// Whether this is one of those of whom one must remain.
    pub fn runs_it_all(&self) -> bool {
        self.role == AdministratorRole::Administrator && self.disabled_at.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_from_its_word() {
        let gateway_id = GatewayId(uuid::Uuid::from_u128(1));
        for word in AdministratorRole::WORDS {
            let gateway = (word == "provider").then_some(gateway_id);
            assert_eq!(AdministratorRole::parse(word, gateway).unwrap().as_str(), word);
            let wrong =
                AdministratorRole::parse(word, if gateway.is_some() { None } else { Some(gateway_id) });
            assert_eq!(wrong.unwrap_err().fields()[0].field, "gateway_id");
        }
        assert_eq!(AdministratorRole::parse("root", None).unwrap_err().fields()[0].field, "role");
    }

    #[test]
    fn only_administrators_change_everything_and_only_auditors_see_it_besides() {
        let gateway_id = GatewayId(uuid::Uuid::from_u128(1));
        for (role, read, write, decides) in [
            (AdministratorRole::Administrator, true, true, true),
            (AdministratorRole::Approver, false, false, true),
            (AdministratorRole::Auditor, true, false, false),
            (AdministratorRole::Provider { gateway_id }, false, false, false),
        ] {
            assert_eq!(role.allows_all(Access::Read), read, "{role:?}");
            assert_eq!(role.allows_all(Access::Write), write, "{role:?}");
            assert_eq!(role.decides(), decides, "{role:?}");
        }
    }

    #[test]
    fn who_is_out_is_let_in_and_not_put_out_again() {
        let now = Instant::from_micros(1);
        let hash = "x".to_owned();
        let change = Administrator::create(
            AdministratorId(uuid::Uuid::from_u128(2)),
            "ada@example.com",
            hash,
            AdministratorRole::Administrator,
            now,
        );
        let ada = change.unwrap().into_parts().0;
        assert!(ada.runs_it_all() && ada.enable(now).is_err());
        let out = ada.disable(now).unwrap().into_parts().0;
        assert!(!out.runs_it_all() && out.disable(now).is_err());
        assert!(out.enable(now).unwrap().into_parts().0.runs_it_all());
        let less = ada.change_role(AdministratorRole::Auditor, now).into_parts().0;
        assert!(!less.runs_it_all());
    }
}
