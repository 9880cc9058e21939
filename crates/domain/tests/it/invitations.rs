//! What can become of an invitation.

use std::time::Duration;

use keywright_domain::{
    Actor, DeveloperId, INVITATION_LIFETIME, Instant, Invitation, InvitationStatus, Membership, PartnerRole,
    SecretHash,
};
use uuid::Uuid;

const NOW: Instant = Instant::from_micros(1_800_000_000_000_000);

fn sent() -> Invitation {
    let to = Membership::Partner(Uuid::from_u128(1).into(), PartnerRole::ReadOnly);
    let id = Uuid::from_u128(2).into();
    Invitation::send(id, "ada@example.com", to, SecretHash::unnumbered([1; 32]), Actor::Operator, NOW)
        .unwrap()
        .into_parts()
        .0
}

#[test]
fn it_ends_once_and_for_good() {
    let who: DeveloperId = Uuid::from_u128(3).into();
    let open = sent();
    let accepted = open.accept(who, NOW).unwrap().into_parts().0;
    let withdrawn = open.withdraw(NOW).unwrap().into_parts().0;
    let late = NOW + INVITATION_LIFETIME;
    for (invitation, now, status, accepts, withdraws) in [
        (&open, NOW, InvitationStatus::Open, true, true),
        (&open, late - Duration::from_micros(1), InvitationStatus::Open, true, true),
        (&open, late, InvitationStatus::Expired, false, true),
        (&accepted, NOW, InvitationStatus::Accepted, false, false),
        (&accepted, late, InvitationStatus::Accepted, false, false),
        (&withdrawn, NOW, InvitationStatus::Withdrawn, false, false),
    ] {
        assert_eq!(invitation.status(now), status);
        assert_eq!(invitation.accept(who, now).is_ok(), accepts, "{status:?}");
        assert_eq!(invitation.withdraw(now).is_ok(), withdraws, "{status:?}");
    }
}

#[test]
fn what_is_told_of_it_holds_no_secret() {
    let told = serde_json::to_string(&sent()).unwrap();
    assert!(told.contains("ada@example.com") && !told.contains("hash"), "{told}");
}
