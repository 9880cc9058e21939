//! The table of roles, asked of the use cases: who may do what, who may know that it exists.

use domain::{
    ApplicationDraft, ApplicationRole, DeveloperCommand, ForeignKey, Owner, PartnerDraft, PartnerRole, Secret,
};
use keywright_app::{Caller, DeveloperFilter, Error, PageRequest};

use crate::harness::{Desk, again, id_of, verdict};
use crate::shop::{Shop, named};

/// Administrator; partner OWNER and READ_ONLY; application OWNER, DEVELOPER and READ_ONLY; a stranger.
struct Cast {
    shop: Shop,
    people: [Caller; 7],
}

impl Cast {
    async fn gather(desk: &Desk) -> Self {
        let shop = Shop::open(desk).await;
        let admin = Caller::operator();
        let mut people = vec![admin.clone(), shop.owner.clone(), shop.guest.clone()];
        for (name, role) in [
            ("app-owner", ApplicationRole::Owner),
            ("app-developer", ApplicationRole::Developer),
            ("app-guest", ApplicationRole::ReadOnly),
        ] {
            let person = desk.person(name).await;
            desk.app.set_application_member(&admin, shop.application.id, id_of(&person), role).await.unwrap();
            people.push(person);
        }
        people.push(desk.person("stranger").await);
        let Ok(people) = people.try_into() else { unreachable!("they are seven") };
        Self { shop, people }
    }
}

const YES: &str = "ok";
const NO: &str = "forbidden";
/// May not even know.
const NOT: &str = "not_found";

/// Asks everybody the same, one after the other.
async fn row<T>(
    cast: &Cast,
    what: &str,
    expected: [&str; 7],
    ask: impl AsyncFn(Caller, usize) -> Result<T, Error>,
) {
    for (n, (person, expected)) in cast.people.iter().zip(expected).enumerate() {
        let answer = ask(again(person), n).await;
        assert_eq!(verdict(&answer), expected, "{what}, person {n}: {:?}", answer.err());
    }
}

both!(a_163_what_can_be_done_with_a_partner);
async fn a_163_what_can_be_done_with_a_partner(desk: Desk) {
    let cast = Cast::gather(&desk).await;
    let (app, partner) = (&desk.app, cast.shop.partner.id);
    let spare = id_of(&desk.person("spare").await);
    let of_the_partner = [YES, YES, NO, NOT, NOT, NOT, NOT];
    row(&cast, "view", [YES, YES, YES, NOT, NOT, NOT, NOT], async |who, _| app.partner(&who, partner).await)
        .await;
    row(&cast, "edit", of_the_partner, async |who, n| {
        app.update_partner(&who, partner, None, move |draft| draft.description = n.to_string()).await
    })
    .await;
    row(&cast, "add a member", of_the_partner, async |who, _| {
        app.set_partner_member(&who, partner, spare, PartnerRole::ReadOnly).await
    })
    .await;
    row(&cast, "remove a member", of_the_partner, async |who, _| {
        let admin = Caller::operator();
        app.set_partner_member(&admin, partner, spare, PartnerRole::ReadOnly).await.unwrap();
        app.remove_partner_member(&who, partner, spare).await
    })
    .await;
    row(&cast, "assign roles", [YES, NO, NO, NOT, NOT, NOT, NOT], async |who, n| {
        app.update_partner(&who, partner, None, move |draft| draft.roles = vec![format!("role{n}")]).await
    })
    .await;
    row(&cast, "make an application", of_the_partner, async |who, n| {
        let draft = ApplicationDraft { name: format!("New {n}"), ..ApplicationDraft::default() };
        app.create_application(&who, draft, Some(Owner::Partner(partner)), None).await
    })
    .await;
    row(&cast, "make a partner", [YES, NO, NO, NO, NO, NO, NO], async |who, n| {
        let draft = PartnerDraft { name: format!("Partner {n}"), ..PartnerDraft::default() };
        app.create_partner(&who, draft).await
    })
    .await;
    let roles = desk.app.partner(&Caller::operator(), partner).await.unwrap().roles;
    assert_eq!(roles, ["role0"], "only the administrator's change was made");
}

both!(a_163_what_can_be_done_with_an_application);
async fn a_163_what_can_be_done_with_an_application(desk: Desk) {
    let cast = Cast::gather(&desk).await;
    let (app, id) = (&desk.app, cast.shop.application.id);
    let admin = Caller::operator();
    let spare = id_of(&desk.person("spare").await);
    let owners = [YES, YES, NO, YES, NO, NO, NOT];
    let administrators = [YES, NO, NO, NO, NO, NO, NOT];
    row(&cast, "view", [YES, YES, YES, YES, YES, YES, NOT], async |who, _| app.application(&who, id).await)
        .await;
    row(&cast, "edit", [YES, YES, NO, YES, YES, NO, NOT], async |who, n| {
        app.update_application(&who, id, None, move |draft| draft.description = n.to_string()).await
    })
    .await;
    row(&cast, "issue a key", owners, async |who, n| {
        app.issue_api_key(&who, id, named(&format!("by {n}"))).await
    })
    .await;
    let key = cast.shop.credential.id;
    row(&cast, "view a key", [YES, YES, YES, YES, YES, YES, NOT], async |who, _| {
        app.credential(&who, key).await
    })
    .await;
    row(&cast, "switch a key off", owners, async |who, _| app.set_credential_enabled(&who, key, false).await)
        .await;
    row(&cast, "choose a key", administrators, async |who, n| {
        let chosen = Secret::imported(format!("9fQ2-7xKp_Zr4Lm8Vt1Ws6N{n}"));
        app.import_api_key(&who, id, named("chosen"), ForeignKey::Value(chosen)).await
    })
    .await;
    row(&cast, "add a member", owners, async |who, _| {
        app.set_application_member(&who, id, spare, ApplicationRole::ReadOnly).await
    })
    .await;
    row(&cast, "suspend", administrators, async |who, _| {
        app.set_application_state(&who, id, domain::ApplicationState::Suspended).await
    })
    .await;
    row(&cast, "subscribe", owners, async |who, n| {
        let version = desk.publish(&format!("API {n}"), &format!("/api/{n}"), &[&cast.shop.free]).await;
        app.subscribe(&who, id, version.id, cast.shop.free.id, "").await
    })
    .await;
    row(&cast, "approve", administrators, async |who, _| {
        let asked = app.change_plan(&cast.shop.owner, cast.shop.subscription.id, None, cast.shop.gold.id, "");
        let asked = asked.await.unwrap();
        let answer = app.approve_subscription(&who, asked.id, None, "").await;
        app.change_plan(&admin, asked.id, None, cast.shop.free.id, "").await.unwrap();
        answer
    })
    .await;
    row(&cast, "delete", owners, async |who, n| {
        let another = desk.application(&admin, cast.shop.application.owner, &format!("Another {n}")).await;
        for (member, role) in
            [(3, ApplicationRole::Owner), (4, ApplicationRole::Developer), (5, ApplicationRole::ReadOnly)]
        {
            app.set_application_member(&admin, another.id, id_of(&cast.people[member]), role).await.unwrap();
        }
        app.delete_application(&who, another.id, None).await
    })
    .await;
}

both!(only_administrators_manage_people);
async fn only_administrators_manage_people(desk: Desk) {
    let cast = Cast::gather(&desk).await;
    let (app, spare) = (&desk.app, id_of(&desk.person("spare").await));
    let administrators = [YES, NO, NO, NO, NO, NO, NO];
    row(&cast, "list developers", administrators, async |who, _| {
        app.developers(&who, &DeveloperFilter::default(), PageRequest::first(5)).await
    })
    .await;
    row(&cast, "see a developer", [YES, NOT, NOT, NOT, NOT, NOT, NOT], async |who, _| {
        app.developer(&who, spare).await
    })
    .await;
    row(&cast, "shut one out", administrators, async |who, _| {
        app.review_developer(&who, spare, None, DeveloperCommand::Revoke).await
    })
    .await;
    row(&cast, "delete one", [YES, NOT, NOT, NOT, NOT, NOT, NOT], async |who, _| {
        app.delete_developer(&who, spare, None).await
    })
    .await;
    let nobody = crate::harness::anonymous();
    assert_eq!(
        verdict(&app.developers(&nobody, &DeveloperFilter::default(), PageRequest::first(5)).await),
        "unauthenticated"
    );
    assert_eq!(verdict(&app.partner(&nobody, cast.shop.partner.id).await), "unauthenticated");
}
