//! What a gateway is told after a credential was changed (A-174, A-176, P-11).

use std::time::Duration;

use domain::secret::sha256;
use domain::{ForeignKey, Secret};
use keywright_app::{Caller, CredentialFilter, PageRequest};
use verify::Reason;

use crate::harness::{Desk, verdict};
use crate::shop::{Shop, named};

both!(p_11_every_change_is_seen_by_the_next_call);
async fn p_11_every_change_is_seen_by_the_next_call(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let (app, admin, key) = (&desk.app, Caller::operator(), shop.key.expose());
    let ask = || desk.ask("/orders/7", key).map(|verified| verified.credential_id());
    assert_eq!(ask().unwrap(), Some(shop.credential.id.0));

    app.set_credential_enabled(&shop.owner, shop.credential.id, false).await.unwrap();
    assert_eq!(ask().unwrap_err(), Reason::CredentialDisabled);
    app.set_credential_enabled(&shop.owner, shop.credential.id, true).await.unwrap();
    assert!(ask().is_ok());

    let id = shop.application.id;
    app.set_application_state(&admin, id, domain::ApplicationState::Suspended).await.unwrap();
    assert_eq!(ask().unwrap_err(), Reason::ApplicationSuspended);
    app.set_application_state(&admin, id, domain::ApplicationState::Active).await.unwrap();

    app.revoke_subscription(&admin, shop.subscription.id, None, "enough").await.unwrap();
    assert_eq!(ask().unwrap_err(), Reason::SubscriptionRevoked);
    app.approve_subscription(&admin, shop.subscription.id, None, "again").await.unwrap();
    assert!(ask().is_ok());

    let gold = |draft: &mut domain::ApiVersionDraft| draft.required_roles = vec!["gold".to_owned()];
    app.update_api_version(&admin, shop.version.id, None, gold).await.unwrap();
    assert_eq!(ask().unwrap_err(), Reason::RoleMissing);
    let give = |draft: &mut domain::PartnerDraft| draft.roles = vec!["gold".to_owned()];
    app.update_partner(&admin, shop.partner.id, None, give).await.unwrap();
    assert!(ask().is_ok());
    let own = domain::Owner::Developer(shop.owner.developer().unwrap());
    app.transfer_application(&admin, id, own).await.unwrap();
    assert_eq!(ask().unwrap_err(), Reason::RoleMissing);
    app.transfer_application(&admin, id, shop.application.owner).await.unwrap();
    assert!(ask().is_ok());

    app.revoke_credential(&shop.owner, shop.credential.id).await.unwrap();
    assert_eq!(ask().unwrap_err(), Reason::CredentialRevoked);
    assert_eq!(verdict(&app.set_credential_enabled(&shop.owner, shop.credential.id, true).await), "revoked");
    app.delete_application(&shop.owner, id, None).await.unwrap();
    assert_eq!(ask().unwrap_err(), Reason::CredentialUnknown);
}

both!(a_rotated_key_lives_for_its_overlap);
async fn a_rotated_key_lives_for_its_overlap(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let overlap = Duration::from_secs(50);
    let new = desk.app.rotate_credential(&shop.owner, shop.credential.id, overlap).await.unwrap();
    let new_key = new.secret.unwrap();
    assert!(desk.opens("/orders", &shop.key) && desk.opens("/orders", &new_key));
    desk.clock.advance(overlap);
    assert_eq!(desk.ask("/orders", shop.key.expose()).unwrap_err(), Reason::CredentialExpired);
    assert!(desk.opens("/orders", &new_key));
    let replaced = desk.app.credential(&shop.owner, shop.credential.id).await.unwrap();
    assert_eq!(replaced.replaced_by, Some(new.value.id));
}

both!(a_174_that_a_key_is_somebodys_is_not_told);
async fn a_174_that_a_key_is_somebodys_is_not_told(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let admin = Caller::operator();
    let text = "9fQ2-7xKp_Zr4Lm8Vt1Ws6Nc3";
    let by_value = || ForeignKey::Value(Secret::imported(text));
    let by_hash = || {
        let hex = sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        ForeignKey::Sha256 { hex, last4: String::new() }
    };
    let import =
        async |who: &Caller, key| desk.app.import_api_key(who, shop.application.id, named("Old"), key).await;
    // Whoever may not choose keys cannot try any.
    for nobody in [&shop.owner, &shop.guest] {
        assert_eq!(verdict(&import(nobody, by_value()).await), "forbidden");
    }
    let imported = import(&admin, by_value()).await.unwrap();
    assert!(imported.secret.is_none());
    assert!(desk.ask("/orders", text).is_ok());
    for taken in [by_value(), by_hash()] {
        let refused = import(&admin, taken).await.unwrap_err();
        assert_eq!(refused.code(), "invalid");
        assert!(!refused.to_string().contains("taken"), "{refused}");
    }
    // The attempt is on record, and a revoked key is not free again either.
    assert_eq!(desk.lines("credential.import_refused").await, 2);
    desk.app.revoke_credential(&admin, imported.value.id).await.unwrap();
    assert_eq!(verdict(&import(&admin, by_hash()).await), "invalid");
    assert_eq!(desk.ask("/orders", text).unwrap_err(), Reason::CredentialRevoked);
}

both!(a_181_a_key_is_shown_once);
async fn a_181_a_key_is_shown_once(desk: Desk) {
    let shop = Shop::open(&desk).await;
    let filter =
        CredentialFilter { application_id: Some(shop.application.id), ..CredentialFilter::default() };
    let listed = desk.app.credentials(&shop.owner, filter, PageRequest::first(5)).await.unwrap();
    let one = desk.app.credential(&shop.guest, shop.credential.id).await.unwrap();
    let shown = format!("{:?}{:?}{}", listed.items, one, serde_json::to_string(&one).unwrap());
    assert!(!shown.contains(&shop.key.expose()[12..40]));
}

both!(the_last_use_is_written_down);
async fn the_last_use_is_written_down(desk: Desk) {
    let shop = Shop::open(&desk).await;
    assert!(desk.opens("/orders", &shop.key));
    desk.app.flush().await.unwrap();
    let used = desk.app.credential(&shop.owner, shop.credential.id).await.unwrap();
    assert_eq!(used.last_used_at, Some(desk.clock.now()));
}
