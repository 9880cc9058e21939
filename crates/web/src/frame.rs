//! What is around every page: where somebody can go, who is signed in, what has just gone well.

use app::App;
use domain::AdministratorRole;

use super::refused::Refused;
use super::visit::Guest;
use edge::words::Words;

/// A place in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The front page, and pages outside of the navigation.
    Front,
    /// The first page of whoever is signed in.
    Home,
    /// APIs, their versions, their plans.
    Apis,
    /// Applications and what belongs to them.
    Applications,
    /// Partners and their members.
    Partners,
    /// What is asked of third parties' gateways.
    Requests,
    /// Tokens that third parties make.
    AccessTokens,
    /// One's own account.
    Account,
    /// What waits for an administrator.
    Approvals,
    /// Developers' accounts.
    Developers,
    /// Credentials of all applications.
    Credentials,
    /// OAuth clients, with their applications.
    ApiClients,
    /// Scopes of tokens.
    Scopes,
    /// How tokens are made.
    TokenDefinitions,
    /// What tokens are signed with.
    SigningKeys,
    /// Where events are sent to.
    Webhooks,
    /// How often what was called.
    Usage,
    /// Calls that gateways were told to refuse.
    RefusedCalls,
    /// Settings of the portal.
    Settings,
    /// Where people sign in elsewhere.
    IdentityProviders,
    /// Plans.
    Plans,
    /// Auth strategies.
    AuthStrategies,
    /// How gateways ask.
    Gateways,
    /// The mail log.
    Mails,
    /// The audit log.
    Audit,
    /// API tokens of administrators' tools.
    Tokens,
    /// The people who run this installation.
    Administrators,
    /// The gateway of a technical user.
    OwnGateway,
}

/// A link of the navigation.
pub struct Link {
    pub href: &'static str,
    pub label: Words,
    pub current: bool,
}

/// Links under a heading; without one for developers, who have few.
pub struct Group {
    /// What they have in common; empty: nothing is said.
    pub heading: Words,
    /// In the order they are shown.
    pub links: Vec<Link>,
}

/// See above.
pub struct Frame {
    /// The links beside the page.
    pub groups: Vec<Group>,
    /// Who is signed in; empty: nobody.
    pub who: String,
    /// Whether this is a page of the console.
    pub console: bool,
    /// For the forms on the page.
    pub csrf: String,
    /// What has just gone well.
    pub notice: Option<Words>,
}

/// Place, path and words of each.
type Links = &'static [(Place, &'static str, &'static str)];

const PORTAL: &[(&str, Links)] = &[(
    "",
    &[
        (Place::Home, "/home", "Home"),
        (Place::Apis, "/apis", "APIs"),
        (Place::Applications, "/applications", "Applications"),
        (Place::Requests, "/requests", "Requests"),
        (Place::AccessTokens, "/access-tokens", "Access tokens"),
        (Place::Partners, "/partners", "Partners"),
    ],
)];

const CONSOLE: &[(&str, Links)] = &[
    ("", &[(Place::Home, "/console", "Overview"), (Place::Approvals, "/console/approvals", "Approvals")]),
    (
        "Who calls",
        &[
            (Place::Partners, "/console/partners", "Partners"),
            (Place::Developers, "/console/developers", "Developers"),
            (Place::Applications, "/console/applications", "Applications"),
            (Place::Credentials, "/console/credentials", "Credentials"),
            (Place::Requests, "/console/requests", "Requests"),
            (Place::ApiClients, "/console/api-clients", "API clients"),
        ],
    ),
    (
        "What is called",
        &[
            (Place::Apis, "/console/apis", "APIs"),
            (Place::Plans, "/console/plans", "Plans"),
            (Place::AuthStrategies, "/console/auth-strategies", "Auth strategies"),
            (Place::Gateways, "/console/gateways", "Gateways"),
            (Place::Usage, "/console/usage", "Usage"),
            (Place::RefusedCalls, "/console/refused-calls", "Refused calls"),
        ],
    ),
    (
        "Tokens",
        &[
            (Place::Scopes, "/console/scopes", "Scopes"),
            (Place::TokenDefinitions, "/console/token-definitions", "Token definitions"),
            (Place::SigningKeys, "/console/signing-keys", "Signing keys"),
        ],
    ),
    (
        "This desk",
        &[
            (Place::Settings, "/console/settings", "Settings"),
            (Place::IdentityProviders, "/console/identity-providers", "Identity providers"),
            (Place::Audit, "/console/audit", "Audit log"),
            (Place::Webhooks, "/console/webhooks", "Webhooks"),
            (Place::Mails, "/console/mails", "Mails"),
            (Place::Tokens, "/console/tokens", "API tokens"),
            (Place::Administrators, "/console/administrators", "Administrators"),
        ],
    ),
];

/// For those who only decide.
const INBOX: &[(&str, Links)] = &[("", &[(Place::Approvals, "/console/approvals", "Approvals")])];

/// For technical users of gateways.
const GATEWAY: &[(&str, Links)] = &[("", &[(Place::OwnGateway, "/console/own-gateway", "Your gateway")])];

/// Where somebody can go.
fn places(guest: &Guest) -> &'static [(&'static str, Links)] {
    match guest.role() {
        Some(AdministratorRole::Administrator | AdministratorRole::Auditor) => CONSOLE,
        Some(AdministratorRole::Approver) => INBOX,
        Some(AdministratorRole::Provider { .. }) => GATEWAY,
        None if guest.caller.provider().is_some() => GATEWAY,
        None if guest.is_signed_in() => PORTAL,
        None => &[],
    }
}

impl Frame {
    /// Around a page at a place.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn around(app: &App, guest: &Guest, here: Place) -> Result<Self, Refused> {
        let who = if guest.is_signed_in() { app.own_name(&guest.caller).await? } else { String::new() };
        let console = guest.is_administrator() || guest.caller.provider().is_some();
        let groups = places(guest);
        let link = |&(place, href, label): &(Place, &'static str, &'static str)| Link {
            href,
            label: label.into(),
            current: place == here,
        };
        let group = |(heading, links): &(&'static str, Links)| Group {
            heading: Words::from(*heading),
            links: links.iter().map(link).collect(),
        };
        let groups = groups.iter().map(group).collect();
        let notice = guest.notice.map(super::notice::Notice::text);
        Ok(Self { groups, who, console, csrf: guest.csrf.masked(), notice })
    }
}
