//! One of each noun, saved with what it stands on.

use std::time::Duration;

use crate::harness::{Db, NOW, new};
use domain::{
    Administrator, AdministratorRole, Api, ApiDraft, ApiKey, ApiToken, ApiVersion, ApiVersionDraft,
    Application, ApplicationDraft, ApplicationRole, AuthMethod, AuthStrategy, AuthStrategyDraft, Credential,
    CredentialDraft, Developer, Material, Owner, Partner, PartnerDraft, PartnerRole, Pepper, Person, Plan,
    PlanDraft, Secret, SecretHash, SecretKind, Session, Subscription, Text, Transition,
};

pub(crate) fn hash(seed: u8) -> SecretHash {
    SecretHash::unnumbered([seed; 32])
}

pub(crate) fn administrator(email: &str) -> Transition<Administrator> {
    Administrator::create(new(), email, "$argon2id$…".to_owned(), AdministratorRole::Administrator, NOW)
        .unwrap()
}

pub(crate) fn developer(email: &str) -> Transition<Developer> {
    Developer::register(new(), email, "Ada", None, NOW).unwrap()
}

pub(crate) fn partner(name: &str) -> Transition<Partner> {
    let roles = vec!["gold".to_owned(), "eu".to_owned()];
    let contact_email = Some("desk@example.com".to_owned());
    let description = "Zwei Zeilen:\n\tä".to_owned();
    Partner::create(new(), PartnerDraft { name: name.to_owned(), description, contact_email, roles }, NOW)
        .unwrap()
}

pub(crate) fn auth_strategy(name: &str, is_default: bool) -> Transition<AuthStrategy> {
    let draft =
        AuthStrategyDraft { name: name.to_owned(), method: AuthMethod::default_key_auth(), bridge_key: None };
    AuthStrategy::create(new(), draft, is_default, &domain::AddressRules::default(), NOW).unwrap()
}

pub(crate) fn plan(name: &str) -> Transition<Plan> {
    let limits = vec![domain::Limit { requests: i64::MAX as u64, per: domain::Period::Month }];
    Plan::create(new(), PlanDraft { name: name.to_owned(), limits, ..PlanDraft::default() }, NOW).unwrap()
}

pub(crate) fn api(name: &str) -> Transition<Api> {
    let tags = vec!["a".to_owned(), "b".to_owned()];
    Api::create(new(), ApiDraft { name: name.to_owned(), description: String::new(), tags }, NOW).unwrap()
}

pub(crate) fn api_token(name: &str, seed: u8) -> Transition<ApiToken> {
    let hint = Secret::mint(SecretKind::ApiToken, [seed; 32]).hint();
    let scopes = ["partners:read".to_owned(), "*:write".to_owned()];
    ApiToken::create(new(), name, &scopes, None, (hash(seed), hint), NOW).unwrap()
}

pub(crate) fn passkey(person: Person, seed: u8) -> Transition<domain::Passkey> {
    let key = domain::PasskeyDraft {
        credential_id: vec![seed; 16],
        public_key: vec![seed; 40],
        state: vec![0; 7],
        transports: 33,
        synced: false,
    };
    domain::Passkey::add(new(), person, domain::Name::parse("Laptop").unwrap(), key, NOW)
}

pub(crate) fn session(person: Person, seed: u8) -> Transition<Session> {
    Session::start(new(), person, hash(seed), "Browser/1.0", "203.0.113.7", NOW)
}

pub(crate) fn version(api: &Api, strategy: &AuthStrategy, name: &str) -> Transition<ApiVersion> {
    let draft = ApiVersionDraft::new(name, &format!("/{name}"), strategy.id);
    ApiVersion::create(new(), api.id, draft, NOW).unwrap()
}

pub(crate) fn application(owner: Owner, strategy: &AuthStrategy, name: &str) -> Transition<Application> {
    let draft = ApplicationDraft { name: name.to_owned(), ..ApplicationDraft::default() };
    Application::create(new(), draft, owner, strategy.id, NOW).unwrap()
}

pub(crate) fn credential(application: &Application, name: &str, seed: u8) -> Transition<Credential> {
    let secret = Secret::mint(SecretKind::ApiKey, [seed; 32]);
    let material = Material::ApiKey(ApiKey::minted(&secret, &Pepper::new(&[7; 32])));
    let draft = CredentialDraft { name: name.to_owned(), expires_at: Some(NOW + Duration::from_secs(3_600)) };
    Credential::issue(new(), application.id, draft, material, NOW).unwrap()
}

pub(crate) fn subscription(
    application: &Application,
    version: &ApiVersion,
    plan: &Plan,
) -> Transition<Subscription> {
    let comment = Text::parse("please").unwrap();
    Subscription::request(new(), application.id, version.id, plan.id, true, comment, NOW)
}

/// An application with a credential and a subscription, and what it stands on.
pub(crate) struct Sample {
    pub(crate) strategy: AuthStrategy,
    pub(crate) plan: Plan,
    pub(crate) api: Api,
    pub(crate) version: ApiVersion,
    pub(crate) developer: Developer,
    pub(crate) partner: Partner,
    pub(crate) application: Application,
    pub(crate) credential: Credential,
    pub(crate) subscription: Subscription,
}

impl Sample {
    pub(crate) async fn save(db: &Db) -> Self {
        let mut tx = db.tx().await;
        let strategy = tx.save(auth_strategy("API key", true)).await.unwrap();
        let plan = tx.save(plan("Gold")).await.unwrap();
        let api = tx.save(api("Orders")).await.unwrap();
        let version = tx.save(version(&api, &strategy, "v1")).await.unwrap();
        let developer = tx.save(developer("ada@example.com")).await.unwrap();
        let partner = tx.save(partner("Acme")).await.unwrap();
        let membership = partner.set_member(developer.id, PartnerRole::Owner, NOW).unwrap();
        let partner = tx.save(membership).await.unwrap();
        let application = tx.save(application(Owner::Partner(partner.id), &strategy, "Shop")).await.unwrap();
        let membership = application.set_member(developer.id, ApplicationRole::Developer, NOW);
        let application = tx.save(membership).await.unwrap();
        let credential = tx.save(credential(&application, "Main", 1)).await.unwrap();
        let subscription = tx.save(subscription(&application, &version, &plan)).await.unwrap();
        tx.commit().await.unwrap();
        Self { strategy, plan, api, version, developer, partner, application, credential, subscription }
    }
}
