//! The table of who may do what with a partner and an application, row by row. What only administrators may is not
//! asked here: the use cases ask it of the caller. The tables are the reference page; the tests below hold the rules to
//! them.

use keywright_domain::{
    ApplicationAction, ApplicationRole, DeveloperId, Owner, PartnerAction, PartnerId, PartnerRole,
};

use crate::sample::{self, id};

const PARTNER: [(PartnerAction, [bool; 2]); 4] = [
    (PartnerAction::View, [true, true]),
    (PartnerAction::Edit, [true, false]),
    (PartnerAction::ManageMembers, [true, false]),
    (PartnerAction::CreateApplication, [true, false]),
];

/// Partner OWNER and READ_ONLY; application OWNER, DEVELOPER and READ_ONLY.
const APPLICATION: [(ApplicationAction, [bool; 5]); 8] = [
    (ApplicationAction::View, [true, true, true, true, true]),
    (ApplicationAction::Edit, [true, false, true, true, false]),
    (ApplicationAction::ManageCredentials, [true, false, true, false, false]),
    (ApplicationAction::ManageClient, [true, false, true, false, false]),
    (ApplicationAction::ManageSubscriptions, [true, false, true, false, false]),
    (ApplicationAction::ManageMembers, [true, false, true, false, false]),
    (ApplicationAction::Transfer, [true, false, true, false, false]),
    (ApplicationAction::Delete, [true, false, true, false, false]),
];

const HEAD: &str = "\
# Permissions

<!-- Made by `UPDATE_GOLDEN=1 cargo test -p keywright-domain --test it permissions` from what the code does. -->

What developers may do by their role. Whoever owns an application as a person is its OWNER. Of two roles the stronger
counts. Whoever has no role is told that the thing does not exist. Administrators may do all of it, and what only they
may: make and remove partners, assign authorization roles to them, decide on subscriptions and developers, suspend
applications, import keys, change the catalogue.
";

#[test]
fn the_committed_page_is_what_the_roles_allow() {
    let mut page = HEAD.to_owned();
    page.push_str("\n## With a partner\n\n| to | OWNER | READ_ONLY |\n|---|---|---|\n");
    let row = |what: String, allowed: &[bool]| {
        let cells: String = allowed.iter().map(|yes| if *yes { " yes |" } else { " – |" }).collect();
        format!("| {what} |{cells}\n")
    };
    for (action, allowed) in PARTNER {
        page.push_str(&row(in_words(format!("{action:?}")), &allowed));
    }
    page.push_str("\n## With an application\n\n");
    page.push_str("| to | partner OWNER | partner READ_ONLY | OWNER | DEVELOPER | READ_ONLY |\n|---|---|---|---|---|---|\n");
    for (action, allowed) in APPLICATION {
        page.push_str(&row(in_words(format!("{action:?}")), &allowed));
    }
    testkit::golden::compare("docs/reference/permissions.md", &page);
}

/// `ManageMembers` as `manage members`.
fn in_words(name: String) -> String {
    let spaced = name.chars().flat_map(|c| c.is_uppercase().then_some(' ').into_iter().chain([c]));
    spaced.collect::<String>().trim().to_lowercase()
}

fn somebody() -> DeveloperId {
    id(30)
}

#[test]
fn what_members_of_a_partner_may_do_with_it() {
    for (action, allowed) in PARTNER {
        for (role, allowed) in [PartnerRole::Owner, PartnerRole::ReadOnly].into_iter().zip(allowed) {
            let mut partner = sample::partner();
            partner.members.insert(somebody(), role);
            assert_eq!(partner.allows(somebody(), action), allowed, "{role:?} {action:?}");
            assert!(!partner.allows(id(31), action), "a stranger: {action:?}");
        }
    }
}

#[test]
fn what_people_may_do_with_an_application_of_a_partner() {
    let partner: PartnerId = id(2);
    let partner_roles = [Some(PartnerRole::Owner), Some(PartnerRole::ReadOnly), None, None, None];
    let roles = [
        None,
        None,
        Some(ApplicationRole::Owner),
        Some(ApplicationRole::Developer),
        Some(ApplicationRole::ReadOnly),
    ];
    for (action, allowed) in APPLICATION {
        for ((partner_role, role), allowed) in partner_roles.into_iter().zip(roles).zip(allowed) {
            let mut application = sample::application(Owner::Partner(partner));
            application.members.extend(role.map(|role| (somebody(), role)));
            let answer = application.allows(somebody(), partner_role, action);
            assert_eq!(answer, allowed, "{partner_role:?} {role:?} {action:?}");
            assert!(!application.allows(id(31), None, action), "a stranger: {action:?}");
        }
    }
}

#[test]
fn a_developer_may_do_everything_with_their_own_application() {
    let application = sample::application(Owner::Developer(somebody()));
    for (action, _) in APPLICATION {
        assert!(application.allows(somebody(), None, action), "{action:?}");
        // A role at some partner is worth nothing at an application that no partner owns.
        assert!(!application.allows(id(31), Some(PartnerRole::Owner), action), "{action:?}");
    }
}

#[test]
fn of_two_roles_the_stronger_counts() {
    let mut application = sample::application(Owner::Partner(id(2)));
    application.members.insert(somebody(), ApplicationRole::ReadOnly);
    assert!(application.allows(somebody(), Some(PartnerRole::Owner), ApplicationAction::Delete));
    application.members.insert(somebody(), ApplicationRole::Owner);
    assert!(application.allows(somebody(), Some(PartnerRole::ReadOnly), ApplicationAction::Delete));
}
