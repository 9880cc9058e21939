//! Something to call: an API with a free and a dear plan, a partner with owner and guest, an application with a key.

use domain::{
    ApiDraft, ApiVersion, Application, ApplicationDraft, Credential, CredentialDraft, Owner, Partner,
    PartnerDraft, PartnerRole, Plan, PlanDraft, Secret, Subscription,
};
use keywright_app::Caller;
use verify::{Decision, Headers, Original, RawOriginal, Reason, Request, Verified};

use crate::harness::Desk;

pub(crate) struct Shop {
    pub(crate) free: Plan,
    pub(crate) gold: Plan,
    pub(crate) version: ApiVersion,
    pub(crate) partner: Partner,
    pub(crate) owner: Caller,
    pub(crate) guest: Caller,
    pub(crate) application: Application,
    pub(crate) credential: Credential,
    pub(crate) key: Secret,
    pub(crate) subscription: Subscription,
}

impl Shop {
    pub(crate) async fn open(desk: &Desk) -> Self {
        let (app, admin) = (&desk.app, Caller::operator());
        let plan = |name: &str, needs_approval| PlanDraft {
            name: name.to_owned(),
            needs_approval,
            ..PlanDraft::default()
        };
        let free = app.create_plan(&admin, plan("Free", false)).await.unwrap().value;
        let gold = app.create_plan(&admin, plan("Gold", true)).await.unwrap().value;
        let version = desk.publish("Orders", "/orders", &[&free, &gold]).await;
        let draft = PartnerDraft { name: "Acme".to_owned(), ..PartnerDraft::default() };
        let partner = app.create_partner(&admin, draft).await.unwrap().value;
        let (owner, guest) = (desk.person("owner").await, desk.person("guest").await);
        for (person, role) in [(&owner, PartnerRole::Owner), (&guest, PartnerRole::ReadOnly)] {
            app.set_partner_member(&admin, partner.id, person.developer().unwrap(), role).await.unwrap();
        }
        let application = desk.application(&owner, Owner::Partner(partner.id), "Shop").await;
        let (credential, key) = desk.key(&owner, &application, "Main").await;
        let subscription =
            app.subscribe(&owner, application.id, version.id, free.id, "please").await.unwrap().value;
        let partner = app.partner(&admin, partner.id).await.unwrap();
        Self { free, gold, version, partner, owner, guest, application, credential, key, subscription }
    }
}

impl Desk {
    /// Makes an API with one version at a path.
    pub(crate) async fn publish(&self, name: &str, path: &str, plans: &[&Plan]) -> ApiVersion {
        let admin = Caller::operator();
        let draft = ApiDraft { name: name.to_owned(), ..ApiDraft::default() };
        let api = self.app.create_api(&admin, draft).await.unwrap().value;
        let plan_ids: Vec<_> = plans.iter().map(|plan| plan.id).collect();
        let edit = |draft: &mut domain::ApiVersionDraft| {
            draft.name = "v1".to_owned();
            draft.path_prefixes = vec![path.to_owned()];
            draft.plan_ids = plan_ids;
        };
        self.app.create_api_version(&admin, api.id, edit, false).await.unwrap().value
    }

    pub(crate) async fn application(&self, who: &Caller, owner: Owner, name: &str) -> Application {
        let draft = ApplicationDraft { name: name.to_owned(), ..ApplicationDraft::default() };
        self.app.create_application(who, draft, Some(owner), None).await.unwrap().value
    }

    pub(crate) async fn key(
        &self,
        who: &Caller,
        application: &Application,
        name: &str,
    ) -> (Credential, Secret) {
        let created = self.app.issue_api_key(who, application.id, named(name)).await.unwrap();
        (created.value, created.secret.unwrap())
    }

    /// What this node answers to a gateway about `GET` of a path with a key.
    pub(crate) fn ask(&self, path: &str, key: &str) -> Result<Verified, Reason> {
        let raw = RawOriginal { host: b"api.example.com", method: b"GET", target: path.as_bytes() };
        let headers = OneKey(key.as_bytes());
        let request = Request { original: Original::parse(raw).unwrap(), headers: &headers, address: None };
        let now = self.clock.now();
        match self.app.verifier().decide(&request, &self.app.in_memory(now), now) {
            Decision::Allowed(verified) => Ok(verified),
            Decision::Refused(refusal) => Err(refusal.reason),
            Decision::Undecided(question) => panic!("{question:?}"),
        }
    }

    /// Whether a key opens a path on this node.
    pub(crate) fn opens(&self, path: &str, key: &Secret) -> bool {
        self.ask(path, key.expose()).is_ok()
    }
}

/// A credential of a name, without an end.
pub(crate) fn named(name: &str) -> CredentialDraft {
    CredentialDraft { name: name.to_owned(), expires_at: None }
}

/// The headers of a call with nothing but an `X-API-Key`.
struct OneKey<'k>(&'k [u8]);

impl Headers for OneKey<'_> {
    fn each<'a, E>(&'a self, name: &str, take: &mut impl FnMut(&'a [u8]) -> Result<(), E>) -> Result<(), E> {
        if name == "x-api-key" { take(self.0) } else { Ok(()) }
    }
}
