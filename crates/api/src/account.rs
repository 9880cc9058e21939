//! `/api/v1/account`: how people get an account, sign in, and look after it. Whoever is not signed in is told nothing
//! about who has an account: neither by the answer nor by how long it takes.

use std::sync::Arc;

use app::{App, Caller};
use axum::Json as Reply;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{Person, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::developers::Developer;
use super::reply;
use super::routes::routes;
use super::wire::{Time, present};
use edge::even::{evenly, evenly_unless_done};
use edge::extract::{IfMatch, Json, MayMatch, Path, Visitor, Who};
use edge::page::List;
use edge::problem::{Problem, Problems};
use edge::state::State;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(register))
        .routes(routes!(verify_email))
        .routes(routes!(forgot_password))
        .routes(routes!(reset_password))
        .routes(routes!(sign_in, sessions))
        .routes(routes!(sign_out))
        .routes(routes!(end_session))
        .routes(routes!(get, update, delete))
        .routes(routes!(change_password))
}

/// Somebody who wants an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// One plain address; a mail goes there.
    #[schema(max_length = 254, example = "ada@example.com")]
    email: String,
    /// How they want to be called.
    #[schema(min_length = 1, max_length = 256)]
    name: String,
}

/// What is said whether the address has an account or not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OnItsWay {
    #[schema(example = "If the address is right, a mail is on its way.")]
    message: &'static str,
}

const ON_ITS_WAY: OnItsWay = OnItsWay { message: "If the address is right, a mail is on its way." };

/// The secret out of the mail.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailProof {
    token: String,
    /// To be chosen in the same breath; if it is left out, `password_token` comes back.
    #[serde(default)]
    #[schema(min_length = 15, max_length = 1024)]
    password: Option<String>,
}

/// Whose address was proven.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProvenEmail {
    developer: Developer,
    /// With this a password can be chosen at `reset-password` within 30 minutes. Only there if none was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_token: Option<String>,
}

/// An address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgottenPassword {
    #[schema(max_length = 254, example = "ada@example.com")]
    email: String,
}

/// The secret out of the mail, and the password to have from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    token: String,
    #[schema(min_length = 15, max_length = 1024)]
    password: String,
}

/// As what somebody signs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Somebody who uses APIs.
    #[default]
    Developer,
    /// Somebody who runs this installation.
    Administrator,
}

/// Somebody who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    #[schema(example = "ada@example.com")]
    email: String,
    password: String,
    #[serde(default)]
    role: Role,
    /// Of the app on the phone, or one for recovery: if there is a second factor.
    #[serde(default)]
    #[schema(example = "123456")]
    code: Option<String>,
}

/// Somebody signed in, on some device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    id: Uuid,
    role: Role,
    /// The device, as it calls itself.
    user_agent: String,
    /// The address that the sign-in came from.
    address: String,
    /// Whether this request came with it.
    current: bool,
    created_at: Time,
    /// To the minute.
    last_seen_at: Time,
    /// When it ends, whatever happens. Unused, it ends after 30 minutes.
    ends_at: Time,
}

impl Session {
    fn new(session: domain::Session, current: Option<SessionId>) -> Self {
        Self {
            id: session.id.0,
            role: match session.person {
                Person::Developer(_) => Role::Developer,
                Person::Administrator(_) => Role::Administrator,
            },
            user_agent: session.user_agent,
            address: session.address,
            current: current == Some(session.id),
            created_at: session.meta.created_at.into(),
            last_seen_at: session.last_seen_at.into(),
            ends_at: session.ends_at.into(),
        }
    }

    /// Sessions, with the mark on the one that the caller uses. They are few: one page.
    pub(super) fn list(sessions: Vec<domain::Session>, caller: &Caller) -> Reply<List<Self>> {
        let current = caller.session();
        let items = sessions.into_iter().map(|session| Self::new(session, current)).collect();
        Reply(List { items, next_cursor: None })
    }
}

/// A new session.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedIn {
    /// Send it as `Authorization: Bearer …`. It is shown this once.
    #[schema(example = "kw_ses_…")]
    secret: String,
    session: Session,
}

/// What is to change; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(min_length = 1, max_length = 256, nullable = false)]
    name: Option<String>,
}

/// The password that is, and the one that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    current_password: String,
    #[schema(min_length = 15, max_length = 1024)]
    new_password: String,
}

/// Register
///
/// A mail with a link goes to the address; it works for 24 hours. The answer is the same if the address has an account:
/// then the mail says so.
#[utoipa::path(post, path = "/api/v1/account/register", tag = "Account", request_body = NewAccount, security(()),
    responses((status = 202, description = "Whatever is to be said is said by mail", body = OnItsWay), Problems))]
async fn register(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Json(account): Json<NewAccount>,
) -> Result<(StatusCode, Reply<OnItsWay>), Problem> {
    evenly(app.register(&caller, &account.email, &account.name)).await?;
    Ok((StatusCode::ACCEPTED, Reply(ON_ITS_WAY)))
}

/// Prove an e-mail address
///
/// With the secret in the link of the mail. 404 if it was never one, 410 if it was used before or is too old. If the
/// password is too weak nothing happens, and the secret can be used again.
#[utoipa::path(post, path = "/api/v1/account/verify-email", tag = "Account", request_body = EmailProof, security(()),
    responses((status = 200, description = "The address is proven", body = ProvenEmail), Problems))]
async fn verify_email(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Json(proof): Json<EmailProof>,
) -> Result<Reply<ProvenEmail>, Problem> {
    let proven = app.verify_email(&caller, &proof.token, proof.password.as_deref()).await?;
    Ok(Reply(ProvenEmail {
        developer: proven.developer.into(),
        password_token: proven.password_token.map(|secret| secret.expose().to_owned()),
    }))
}

/// Ask for a link to choose a new password
///
/// It works for 30 minutes; earlier ones work no more. The answer is the same if nobody has this address.
#[utoipa::path(post, path = "/api/v1/account/forgot-password", tag = "Account", request_body = ForgottenPassword,
    security(()),
    responses((status = 202, description = "Whatever is to be said is said by mail", body = OnItsWay), Problems))]
async fn forgot_password(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Json(forgotten): Json<ForgottenPassword>,
) -> Result<(StatusCode, Reply<OnItsWay>), Problem> {
    evenly(app.forgot_password(&caller, &forgotten.email)).await?;
    Ok((StatusCode::ACCEPTED, Reply(ON_ITS_WAY)))
}

/// Choose a new password with the secret from a mail
///
/// All sessions end, and nobody is signed in by this. 404, 410 and weak passwords as when proving an address.
#[utoipa::path(post, path = "/api/v1/account/reset-password", tag = "Account", request_body = NewPassword,
    security(()), responses((status = 204, description = "The password is changed"), Problems))]
async fn reset_password(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    Json(new): Json<NewPassword>,
) -> Result<StatusCode, Problem> {
    app.reset_password(&caller, &new.token, &new.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sign in
///
/// After five bad tries each further one has to wait, up to a minute: 429 with `Retry-After`. Whoever has a second factor
/// sends `code`, too; without it the answer is 401 with the code `second_factor_required`, if the password was right.
#[utoipa::path(post, path = "/api/v1/account/sessions", tag = "Account", request_body = SignIn, security(()),
    responses((status = 201, description = "A session, and its secret", body = SignedIn), Problems))]
async fn sign_in(
    Shared(app): Shared<Arc<App>>,
    Visitor(caller): Visitor,
    headers: HeaderMap,
    Json(who): Json<SignIn>,
) -> Result<(StatusCode, Reply<SignedIn>), Problem> {
    let agent = edge::user_agent(&headers);
    let code = who.code.as_deref();
    let signed_in = evenly_unless_done(async {
        match who.role {
            Role::Developer => app.sign_in_with(&caller, &who.email, &who.password, code, agent).await,
            Role::Administrator => {
                app.sign_in_administrator_with(&caller, &who.email, &who.password, code, agent).await
            }
        }
    })
    .await?;
    let current = Some(signed_in.session.id);
    let session = Session::new(signed_in.session, current);
    Ok((StatusCode::CREATED, Reply(SignedIn { secret: signed_in.secret.expose().to_owned(), session })))
}

/// List your sessions
#[utoipa::path(get, path = "/api/v1/account/sessions", tag = "Account",
    responses((status = 200, description = "The sessions that have not ended", body = List<Session>), Problems))]
async fn sessions(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<Reply<List<Session>>, Problem> {
    Ok(Session::list(app.sessions(&caller).await?, &caller))
}

/// Sign out
///
/// Ends the session that this request came with.
#[utoipa::path(delete, path = "/api/v1/account/sessions/current", tag = "Account",
    responses((status = 204, description = "You are signed out"), Problems))]
async fn sign_out(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<StatusCode, Problem> {
    app.sign_out(&caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one of your sessions
#[utoipa::path(delete, path = "/api/v1/account/sessions/{id}", tag = "Account", params(("id" = Uuid, Path)),
    responses((status = 204, description = "The session has ended"), Problems))]
async fn end_session(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Problem> {
    app.end_session(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get your account
#[utoipa::path(get, path = "/api/v1/account", tag = "Account",
    responses((status = 200, description = "The developer who asks", body = Developer), Problems))]
async fn get(Shared(app): Shared<Arc<App>>, Who(caller): Who) -> Result<Response, Problem> {
    Ok(reply::one::<_, Developer>(app.account(&caller).await?))
}

/// Change your account
#[utoipa::path(patch, path = "/api/v1/account", tag = "Account", request_body = AccountChange,
    params(("If-Match" = String, Header, description = "The ETag that you read, or *")),
    responses((status = 200, description = "The developer as it is now", body = Developer), Problems))]
async fn update(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    IfMatch(version): IfMatch,
    Json(change): Json<AccountChange>,
) -> Result<Response, Problem> {
    let account = app.update_account(&caller, version, change.name.as_deref()).await?;
    Ok(reply::one::<_, Developer>(account))
}

/// Delete your account
///
/// Memberships and sessions end; your own applications go with their credentials and subscriptions.
#[utoipa::path(delete, path = "/api/v1/account", tag = "Account",
    params(("If-Match" = Option<String>, Header, description = "The ETag that you read")),
    responses((status = 204, description = "The account is gone"), Problems))]
async fn delete(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    MayMatch(version): MayMatch,
) -> Result<StatusCode, Problem> {
    app.delete_account(&caller, version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Change your password
///
/// All sessions end, this one too: sign in again.
#[utoipa::path(post, path = "/api/v1/account/password", tag = "Account", request_body = PasswordChange,
    responses((status = 204, description = "The password is changed"), Problems))]
async fn change_password(
    Shared(app): Shared<Arc<App>>,
    Who(caller): Who,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, Problem> {
    app.change_password(&caller, &change.current_password, &change.new_password).await?;
    Ok(StatusCode::NO_CONTENT)
}
