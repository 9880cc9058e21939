//! Invitations, and the ways to get in by one that is not for you.

use std::time::Duration;

use domain::{
    ApplicationRole, Developer, DeveloperCommand, Invitation, Membership, Owner, PartnerDraft, PartnerId,
    PartnerRole,
};
use keywright_app::{Caller, Error, InvitationFilter, PageRequest};

use crate::harness::{Desk, again, anonymous, counted, id_of, signed_in, verdict};

/// A partner with an owner.
async fn partner(desk: &Desk, owner: &Caller) -> PartnerId {
    let draft = PartnerDraft { name: "Acme".to_owned(), ..PartnerDraft::default() };
    let id = desk.app.create_partner(&Caller::operator(), draft).await.unwrap().value.id;
    desk.app.set_partner_member(&Caller::operator(), id, id_of(owner), PartnerRole::Owner).await.unwrap();
    id
}

async fn invite(desk: &Desk, who: &Caller, email: &str, to: Membership) -> Result<Invitation, Error> {
    desk.app.invite(who, email, to).await.map(|made| made.value)
}

async fn role(desk: &Desk, id: PartnerId, who: &Caller) -> Option<PartnerRole> {
    desk.app.partner(&Caller::operator(), id).await.unwrap().members.get(&id_of(who)).copied()
}

both!(somebody_new_registers_first_and_then_accepts);
async fn somebody_new_registers_first_and_then_accepts(desk: Desk) {
    let owner = desk.person("owner").await;
    let id = partner(&desk, &owner).await;
    let sent = invite(&desk, &owner, "new@example.com", Membership::Partner(id, PartnerRole::ReadOnly))
        .await
        .unwrap();
    let (subject, text) = desk.mails_to("new@example.com").await.swap_remove(0);
    assert_eq!(subject, "You are invited");
    assert!(text.contains("join the partner Acme as a member who may look"), "{text}");
    let token = desk.token_mailed_to("new@example.com").await;
    let newcomer = desk.person("new").await;
    assert_eq!(role(&desk, id, &newcomer).await, None, "to register is not to accept");
    let accepted = desk.app.accept_invitation(&newcomer, &token).await.unwrap();
    assert_eq!((accepted.id, accepted.accepted_by), (sent.id, Some(id_of(&newcomer))));
    assert_eq!(role(&desk, id, &newcomer).await, Some(PartnerRole::ReadOnly));
    assert_eq!(desk.lines("invitation.accepted").await, 1);
    assert_eq!(desk.lines("partner.member_added").await, 2);
    // To an application just the same.
    let shop = desk.application(&owner, Owner::Partner(id), "Shop").await;
    let to = Membership::Application(shop.id, ApplicationRole::Developer);
    invite(&desk, &owner, "NEW@Example.com", to).await.unwrap();
    let token = desk.token_mailed_to("new@example.com").await;
    desk.app.accept_invitation(&newcomer, &token).await.unwrap();
    let shop = desk.app.application(&newcomer, shop.id).await.unwrap();
    assert_eq!(shop.members.get(&id_of(&newcomer)), Some(&ApplicationRole::Developer));
}

/// The same with another last character.
fn forged(token: &str) -> String {
    let (rest, last) = token.split_at(token.len() - 1);
    format!("{rest}{}", if last == "x" { "y" } else { "x" })
}

both!(a_126_what_an_invitation_is_to_is_shown_to_whom_it_is_for);
async fn a_126_what_an_invitation_is_to_is_shown_to_whom_it_is_for(desk: Desk) {
    let (owner, ada, eve) = (desk.person("owner").await, desk.person("ada").await, desk.person("eve").await);
    let id = partner(&desk, &owner).await;
    let to = Membership::Partner(id, PartnerRole::ReadOnly);
    let sent = invite(&desk, &owner, "ada@example.com", to).await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    let behind = async |who: &Caller, token: &str| desk.app.invitation_behind(who, token).await.unwrap();
    for _ in 0..2 {
        let (invitation, name) = behind(&ada, &token).await.unwrap();
        assert_eq!((invitation.id, invitation.to, name.as_str()), (sent.id, to, "Acme"));
    }
    assert_eq!(role(&desk, id, &ada).await, None, "to look is not to accept");
    let forged = forged(&token);
    for (who, presented) in [
        (&eve, token.as_str()),
        (&owner, &token),
        (&anonymous(), &token),
        (&Caller::operator(), &token),
        (&ada, &forged),
        (&ada, ""),
        (&ada, &token.replace("kw_inv_", "kw_ver_")),
    ] {
        assert!(behind(who, presented).await.is_none(), "{presented}");
    }
    desk.app.withdraw_invitation(&owner, sent.id).await.unwrap();
    assert!(behind(&ada, &token).await.is_none(), "it was taken back");
    invite(&desk, &owner, "ada@example.com", to).await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    desk.clock.advance(Duration::from_secs(7 * 24 * 3_600));
    assert!(behind(&ada, &token).await.is_none(), "it is too old");
    invite(&desk, &owner, "ada@example.com", to).await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    desk.app.accept_invitation(&ada, &token).await.unwrap();
    assert!(behind(&ada, &token).await.is_none(), "it was accepted");
}

both!(a_126_an_invitation_is_for_one_address);
async fn a_126_an_invitation_is_for_one_address(desk: Desk) {
    let (owner, eve) = (desk.person("owner").await, desk.person("eve").await);
    let id = partner(&desk, &owner).await;
    invite(&desk, &owner, "ada@example.com", Membership::Partner(id, PartnerRole::Owner)).await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    let before = desk.lines("partner.member_added").await;
    // Somebody else who got hold of the link; a forged one; a secret of another kind.
    let forged = forged(&token);
    for (who, presented) in [
        (&eve, token.as_str()),
        (&owner, &token),
        (&eve, &forged),
        (&eve, ""),
        (&eve, "kw_inv_"),
        (&eve, &token.replace("kw_inv_", "kw_ver_")),
    ] {
        assert_eq!(verdict(&desk.app.accept_invitation(who, presented).await), "not_found", "{presented}");
    }
    assert_eq!(verdict(&desk.app.accept_invitation(&anonymous(), &token).await), "unauthenticated");
    assert_eq!(verdict(&desk.app.accept_invitation(&Caller::operator(), &token).await), "forbidden");
    // The right address, not proven, or with an account that is shut.
    desk.app.register(&anonymous(), "ada@example.com", "ada").await.unwrap();
    let unproven =
        desk.app.developers(&Caller::operator(), &Default::default(), PageRequest::first(1)).await.unwrap();
    let ada: Developer = unproven.items.into_iter().next().unwrap();
    assert_eq!(ada.email.as_str(), "ada@example.com");
    let as_ada = signed_in(ada.id);
    assert_eq!(verdict(&desk.app.accept_invitation(&as_ada, &token).await), "not_found");
    let proof = desk.token_mailed_to("ada@example.com").await;
    desk.app.verify_email(&anonymous(), &proof, None).await.unwrap();
    let review = async |command| {
        desk.app.review_developer(&Caller::operator(), ada.id, None, command).await.unwrap();
    };
    review(DeveloperCommand::Revoke).await;
    assert_eq!(verdict(&desk.app.accept_invitation(&as_ada, &token).await), "not_found");
    review(DeveloperCommand::Approve).await;
    assert_eq!(desk.lines("partner.member_added").await, before, "nobody got in");
    assert_eq!(verdict(&desk.app.accept_invitation(&as_ada, &token).await), "ok");
}

both!(a_126_an_invitation_is_accepted_once_however_many_try);
async fn a_126_an_invitation_is_accepted_once_however_many_try(desk: Desk) {
    let (owner, ada) = (desk.person("owner").await, desk.person("ada").await);
    let id = partner(&desk, &owner).await;
    invite(&desk, &owner, "ada@example.com", Membership::Partner(id, PartnerRole::ReadOnly)).await.unwrap();
    let token = desk.token_mailed_to("ada@example.com").await;
    let results = testkit::tasks::at_once(8, |_| {
        let (app, ada, token) = (desk.app.clone(), again(&ada), token.clone());
        async move { app.accept_invitation(&ada, &token).await }
    })
    .await;
    let counts = counted(&results);
    assert_eq!((counts.get("ok"), counts.get("gone")), (Some(&1), Some(&7)), "{counts:?}");
    // Whoever was taken off again does not come back by the old link.
    desk.app.remove_partner_member(&owner, id, id_of(&ada)).await.unwrap();
    assert_eq!(verdict(&desk.app.accept_invitation(&ada, &token).await), "gone");
    assert_eq!(role(&desk, id, &ada).await, None);
}

both!(a_126_what_was_withdrawn_or_is_old_or_came_from_somebody_without_rights_is_gone);
async fn a_126_what_was_withdrawn_or_is_old_or_came_from_somebody_without_rights_is_gone(desk: Desk) {
    let (owner, second, ada) =
        (desk.person("owner").await, desk.person("second").await, desk.person("ada").await);
    let id = partner(&desk, &owner).await;
    desk.app.set_partner_member(&owner, id, id_of(&second), PartnerRole::Owner).await.unwrap();
    let to = Membership::Partner(id, PartnerRole::Owner);
    let accept = async || {
        let token = desk.token_mailed_to("ada@example.com").await;
        desk.app.accept_invitation(&ada, &token).await
    };

    let sent = invite(&desk, &owner, "ada@example.com", to).await.unwrap();
    assert_eq!(verdict(&invite(&desk, &second, "Ada@example.com", to).await), "already_invited");
    desk.app.withdraw_invitation(&second, sent.id).await.unwrap();
    assert_eq!(verdict(&accept().await), "gone");
    assert_eq!(verdict(&desk.app.withdraw_invitation(&owner, sent.id).await), "state");

    // The one who invites loses the right to.
    invite(&desk, &second, "ada@example.com", to).await.unwrap();
    desk.app.set_partner_member(&owner, id, id_of(&second), PartnerRole::ReadOnly).await.unwrap();
    assert_eq!(verdict(&accept().await), "gone");
    desk.app.set_partner_member(&owner, id, id_of(&second), PartnerRole::Owner).await.unwrap();
    desk.app
        .review_developer(&Caller::operator(), id_of(&second), None, DeveloperCommand::Revoke)
        .await
        .unwrap();
    assert_eq!(verdict(&accept().await), "gone");
    desk.app
        .review_developer(&Caller::operator(), id_of(&second), None, DeveloperCommand::Approve)
        .await
        .unwrap();

    // A week later it is over; another may be sent then.
    desk.clock.advance(Duration::from_secs(7 * 24 * 3600));
    assert_eq!(verdict(&accept().await), "gone");
    invite(&desk, &owner, "ada@example.com", to).await.unwrap();
    assert_eq!(verdict(&accept().await), "ok");
    // A member stays as they are: an invitation lowers nobody.
    desk.clock.advance(Duration::from_secs(7_200));
    invite(&desk, &owner, "ada@example.com", Membership::Partner(id, PartnerRole::ReadOnly)).await.unwrap();
    assert_eq!(verdict(&accept().await), "already_member");
    assert_eq!(role(&desk, id, &ada).await, Some(PartnerRole::Owner));
    // What is gone takes its invitations along.
    let lonely = desk.application(&owner, Owner::Developer(id_of(&owner)), "Lonely").await;
    let to = Membership::Application(lonely.id, ApplicationRole::Owner);
    desk.clock.advance(Duration::from_secs(7_200));
    invite(&desk, &owner, "ada@example.com", to).await.unwrap();
    desk.app.delete_application(&owner, lonely.id, None).await.unwrap();
    assert_eq!(verdict(&accept().await), "not_found");
}

both!(a_126_only_who_manages_members_invites_and_looks);
async fn a_126_only_who_manages_members_invites_and_looks(desk: Desk) {
    let (owner, guest, stranger) =
        (desk.person("owner").await, desk.person("guest").await, desk.person("stranger").await);
    let id = partner(&desk, &owner).await;
    desk.app.set_partner_member(&owner, id, id_of(&guest), PartnerRole::ReadOnly).await.unwrap();
    let to = Membership::Partner(id, PartnerRole::Owner);
    let sent = invite(&desk, &owner, "ada@example.com", to).await.unwrap();
    let mails = desk.mails_to("eve@example.com").await.len();
    let list = |who: &Caller| {
        let who = again(who);
        let app = desk.app.clone();
        async move { app.invitations(&who, InvitationFilter::Partner(id), PageRequest::first(10)).await }
    };
    for (who, expected) in
        [(&guest, "forbidden"), (&stranger, "not_found"), (&anonymous(), "unauthenticated")]
    {
        assert_eq!(verdict(&invite(&desk, who, "eve@example.com", to).await), expected);
        assert_eq!(verdict(&desk.app.withdraw_invitation(who, sent.id).await), expected);
        assert_eq!(verdict(&desk.app.invitation(who, sent.id).await), expected);
        assert_eq!(verdict(&list(who).await), expected);
    }
    assert_eq!(desk.mails_to("eve@example.com").await.len(), mails);
    for who in [&owner, &Caller::operator()] {
        assert_eq!(list(who).await.unwrap().items, std::slice::from_ref(&sent));
    }
    // Nobody is flooded with invitations, and nobody sends them by the hundred.
    let mut verdicts = std::collections::BTreeMap::new();
    for n in 0..60 {
        let email = if n < 5 { "ben@example.com".to_owned() } else { format!("ben{n}@example.com") };
        let sent = invite(&desk, &owner, &email, to).await;
        *verdicts.entry(verdict(&sent)).or_insert(0) += 1;
        if let (Ok(sent), true) = (sent, n < 5) {
            desk.app.withdraw_invitation(&owner, sent.id).await.unwrap();
        }
    }
    assert!(verdicts["too_many_attempts"] >= 2 && verdicts["ok"] <= 50, "{verdicts:?}");
}
