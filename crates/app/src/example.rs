//! A small example: one API, one plan, one partner, one developer, one application, one key. All but the developer are
//! made by the use cases that people call, so that it proves what it shows.

use domain::{
    ApiDraft, ApplicationDraft, AuthMethod, AuthStrategyDraft, CredentialDraft, Developer, DeveloperCommand,
    Limit, Owner, PartnerDraft, PartnerRole, Period, PlanDraft, Secret,
};

use crate::{
    App, ApplicationFilter, Caller, CredentialFilter, Error, Identity, PageRequest, PartnerFilter, Result,
};

/// What the example is made of.
#[derive(Clone, Debug)]
pub struct Example {
    /// The name of the API.
    pub api: String,
    /// The path at which the gateway finds it.
    pub path: String,
    /// The name of the plan.
    pub plan: String,
    /// The name of the partner.
    pub partner: String,
    /// The developer's address.
    pub developer: String,
    /// The application.
    pub application: domain::Application,
    /// The key: new each time, since keys are shown once.
    pub key: Secret,
}

const API: &str = "Orders (example)";
const PATH: &str = "/orders";
// Only what stands in a header as it is, so that the answer to a call says the same.
const PLAN: &str = "Free example";
const PARTNER: &str = "Acme (example)";
const DEVELOPER: &str = "ada@example.com";
const APPLICATION: &str = "Acme shop (example)";
const KEY: &str = "quickstart";

#[macros::boxed]
impl App {
    /// Makes a default strategy if there is none: API keys in `X-API-Key`.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn ensure_default_strategy(&self) -> Result<()> {
        if self.store.read().default_auth_strategy().await?.is_some() {
            return Ok(());
        }
        let method = AuthMethod::default_key_auth();
        let draft = AuthStrategyDraft { name: "API key".to_owned(), method, bridge_key: None };
        match self.create_auth_strategy(&Caller::system(), draft, None).await {
            // Another node was faster.
            Ok(_) | Err(Error::Conflict { code: "taken", .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether somebody administers this desk who has not begun with the example.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn is_in_use_without_example(&self) -> Result<bool> {
        Ok(self.store.read().count_administrators().await? > 0 && self.example_partner().await?.is_none())
    }

    async fn example_partner(&self) -> Result<Option<domain::Partner>> {
        let wanted = PartnerFilter { name_contains: Some(PARTNER.to_owned()), ..PartnerFilter::default() };
        Ok(self.partners(&Caller::operator(), wanted, PageRequest::first(1)).await?.items.pop())
    }

    /// Makes the example, or finds it and gives it a new key.
    ///
    /// # Errors
    /// If the database is not available, or something of the same name is there that is not the example.
    pub async fn install_example(&self) -> Result<Example> {
        let caller = Caller::operator();
        let application = match self.example_partner().await? {
            Some(partner) => self.find_example(&caller, partner.id).await?,
            None => self.make_example(&caller).await?,
        };
        let key = self.new_example_key(&caller, &application).await?;
        Ok(Example {
            api: API.to_owned(),
            path: PATH.to_owned(),
            plan: PLAN.to_owned(),
            partner: PARTNER.to_owned(),
            developer: DEVELOPER.to_owned(),
            application,
            key,
        })
    }

    async fn find_example(&self, caller: &Caller, partner: domain::PartnerId) -> Result<domain::Application> {
        let owner = Some(Owner::Partner(partner));
        let filter = ApplicationFilter { owner, ..ApplicationFilter::default() };
        let found = self.applications(caller, filter, PageRequest::first(1)).await?.items.pop();
        found.ok_or_else(|| {
            Error::conflict(
                "example_incomplete",
                "the example's application was deleted; start with a new --data-dir",
            )
        })
    }

    async fn make_example(&self, caller: &Caller) -> Result<domain::Application> {
        let limits = vec![Limit { requests: 1_000, per: Period::Day }];
        let description = "For trying out: 1,000 calls a day.".to_owned();
        let plan = PlanDraft { name: PLAN.to_owned(), description, limits, ..PlanDraft::default() };
        let plan = self.create_plan(caller, plan).await?.value;
        let description = "An API that exists to be protected.".to_owned();
        let api = ApiDraft { name: API.to_owned(), description, tags: vec!["example".to_owned()] };
        let api = self.create_api(caller, api).await?.value;
        let version = self
            .create_api_version(
                caller,
                api.id,
                |draft| {
                    draft.name = "v1".to_owned();
                    draft.path_prefixes = vec![PATH.to_owned()];
                    draft.plan_ids = vec![plan.id];
                },
                false,
            )
            .await?
            .value;
        let description = "A partner that calls the example.".to_owned();
        let partner = PartnerDraft { name: PARTNER.to_owned(), description, ..PartnerDraft::default() };
        let partner = self.create_partner(caller, partner).await?.value;
        let developer = self.example_developer(caller).await?;
        self.set_partner_member(caller, partner.id, developer, PartnerRole::Owner).await?;
        let as_developer = Caller {
            identity: Identity::Developer { id: developer, session_id: self.new_id() },
            ..Caller::operator()
        };
        let draft = ApplicationDraft {
            name: APPLICATION.to_owned(),
            description: "The caller.".to_owned(),
            ..ApplicationDraft::default()
        };
        let owner = Some(Owner::Partner(partner.id));
        let application = self.create_application(&as_developer, draft, owner, None).await?.value;
        self.subscribe(&as_developer, application.id, version.id, plan.id, "The quickstart asks.").await?;
        Ok(application)
    }

    /// A developer who has registered and proven the address. No mail is sent: nobody reads that address. Whether
    /// strangers may register makes no difference.
    async fn example_developer(&self, operator: &Caller) -> Result<domain::DeveloperId> {
        let mut tx = self.begin(operator).await?;
        let now = tx.now();
        let registered = Developer::register(self.new_id(), DEVELOPER, "Ada (example)", None, now)?;
        let developer = tx.save(registered).await.map_err(|error| match error {
            store::Error::Unique { .. } => Error::conflict(
                "example_incomplete",
                "ada@example.com is registered already; start with a new --data-dir",
            ),
            other => other.into(),
        })?;
        let developer =
            self.save(tx, developer.apply(DeveloperCommand::Verify { approve: true }, now)?).await?;
        Ok(developer.id)
    }

    /// Issues a key and ends those that earlier runs made.
    async fn new_example_key(&self, caller: &Caller, application: &domain::Application) -> Result<Secret> {
        let filter = CredentialFilter {
            application_id: Some(application.id),
            state: Some(domain::CredentialState::Active),
            ..CredentialFilter::default()
        };
        for old in self.credentials(caller, filter, PageRequest::first(100)).await?.items {
            if old.name.as_str() == KEY {
                self.revoke_credential(caller, old.id).await?;
            }
        }
        let draft = CredentialDraft { name: KEY.to_owned(), expires_at: None };
        let created = self.issue_api_key(caller, application.id, draft).await?;
        created.secret.ok_or_else(|| Error::Internal("a new key has a secret".to_owned()))
    }
}
