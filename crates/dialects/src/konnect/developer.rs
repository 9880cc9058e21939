//! `/api/v2/developer`: how developers get an account, sign in and out.

use app::LinkForm;
use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::body::{Body, Fields};
use super::caller::{Developer, Stranger};
use super::error::{Refusal, Source, Wrong};
use super::wire::{Stamp, stamp};
use super::{Doors, cookies};
use edge::even::{evenly, evenly_unless_done};
use edge::state::State;

pub(super) fn routes(doors: Doors) -> Doors {
    doors
        .post("/api/v2/developer", "Konnect: register", register)
        .post("/api/v2/developer/verify-email", "Konnect: prove an e-mail address", verify_email)
        .post("/api/v2/developer/authenticate", "Konnect: sign in", authenticate)
        .post(
            "/api/v2/developer/forgot-password",
            "Konnect: ask for a link to choose a password",
            forgot_password,
        )
        .post("/api/v2/developer/reset-password", "Konnect: choose a password", reset_password)
        .post("/api/v2/developer/refresh", "Konnect: renew a session", refresh)
        .post("/api/v2/developer/logout", "Konnect: sign out", logout)
        .get("/api/v2/developer/me", "Konnect: the developer who calls", me)
}

/// The longest address, in characters.
const EMAIL: usize = 254;

/// A person with a login.
#[derive(Debug, Serialize)]
struct Me {
    id: uuid::Uuid,
    email: String,
    full_name: String,
    created_at: Stamp,
    updated_at: Stamp,
}

/// Whose address was proven, and with what a password can be chosen.
#[derive(Serialize)]
struct Proven {
    email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

async fn register(
    Shared(state): Shared<State>,
    Stranger(caller): Stranger,
    Body(mut fields): Body,
) -> Result<StatusCode, Refusal> {
    let email = fields.required("email", EMAIL);
    let name = fields.required("full_name", 256);
    fields.open()?;
    if state.app.portal().await?.is_public {
        return Err(closed("cannot register: this portal is public"));
    }
    let done = evenly(state.app.register_by(&caller, &email, &name, LinkForm::Uuid)).await;
    match done {
        Ok(()) => Ok(StatusCode::CREATED),
        Err(app::Error::Invalid(invalid)) => {
            Err(Refusal::named(&invalid, |field| if field == "name" { "full_name" } else { field }))
        }
        Err(app::Error::Forbidden(_)) => Err(closed("cannot register: ask the administrator")),
        Err(error) => Err(error.into()),
    }
}

/// The operation knows 201 and 400.
fn closed(reason: &str) -> Refusal {
    Refusal::wrong(Wrong::new(Source::Body, "email", "invalid", reason))
}

/// A token of a mail: a UUID, in one spelling.
fn token(fields: &mut Fields) -> String {
    fields.required_id("token").to_string()
}

async fn verify_email(
    Shared(state): Shared<State>,
    Stranger(caller): Stranger,
    Body(mut fields): Body,
) -> Result<Response, Refusal> {
    let token = token(&mut fields);
    fields.close()?;
    let proven = state.app.verify_email(&caller, &token, None).await?;
    let body = Proven {
        email: proven.developer.email.to_string(),
        token: proven.password_token.map(|secret| secret.expose().to_owned()),
    };
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

async fn reset_password(
    Shared(state): Shared<State>,
    Stranger(caller): Stranger,
    Body(mut fields): Body,
) -> Result<StatusCode, Refusal> {
    let token = token(&mut fields);
    let password = fields.required("password", 1_024);
    fields.close()?;
    state.app.reset_password(&caller, &token, &password).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn forgot_password(
    Shared(state): Shared<State>,
    Stranger(caller): Stranger,
    Body(mut fields): Body,
) -> Result<StatusCode, Refusal> {
    let email = fields.required("email", EMAIL);
    fields.close()?;
    evenly(state.app.forgot_password_by(&caller, &email, LinkForm::Uuid)).await?;
    Ok(StatusCode::OK)
}

async fn authenticate(
    Shared(state): Shared<State>,
    Stranger(caller): Stranger,
    headers: HeaderMap,
    Body(mut fields): Body,
) -> Result<Response, Refusal> {
    let email = fields.required("username", EMAIL);
    let password = fields.required("password", 1_024);
    fields.close()?;
    if domain::Email::parse(&email).is_err() {
        let reason = "must be an e-mail address";
        return Err(Refusal::wrong(Wrong::new(Source::Body, "username", "invalid", reason)));
    }
    let agent = edge::user_agent(&headers);
    let signing_in = state.app.sign_in_renewable(&caller, &email, &password, agent);
    match evenly_unless_done(signing_in).await {
        Ok(renewable) => {
            Ok((StatusCode::NO_CONTENT, cookies::set(&state, &renewable).await?).into_response())
        }
        // There is no field for a code.
        Err(app::Error::Unauthenticated(reason @ (app::SECOND_FACTOR | app::SECOND_FACTOR_MISSING))) => {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "Second Factor Required", reason))
        }
        Err(app::Error::Unauthenticated(reason)) if reason != app::ACCOUNT_WAITS => Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "Invalid Credentials",
            "You have entered an invalid email or password.",
        )),
        Err(error) => Err(error.into()),
    }
}

async fn refresh(
    Shared(state): Shared<State>,
    Stranger(caller): Stranger,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let secret = cookies::refresh(&headers).ok_or_else(Refusal::unauthorized)?;
    let renewable = state.app.renew_session(&caller, secret).await?;
    Ok((StatusCode::NO_CONTENT, cookies::set(&state, &renewable).await?).into_response())
}

/// Ends whatever the cookies belong to, and takes them away. Whoever has none is signed out already.
async fn logout(
    Shared(state): Shared<State>,
    Stranger(caller): Stranger,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if let Some(secret) = cookies::access(&headers)
        && let Ok(identity) = state.app.identify(secret).await
    {
        let caller = app::Caller { identity, ..caller.clone() };
        match state.app.sign_out(&caller).await {
            // A token that is no session is none of our cookies.
            Ok(()) | Err(app::Error::NotFound(_) | app::Error::Forbidden(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if let Some(secret) = cookies::refresh(&headers) {
        state.app.end_renewable_session(&caller, secret).await?;
    }
    Ok((StatusCode::NO_CONTENT, cookies::clear(&state).await?).into_response())
}

async fn me(Shared(state): Shared<State>, Developer(caller): Developer) -> Result<Json<Me>, Refusal> {
    let developer = state.app.account(&caller).await?;
    Ok(Json(Me {
        id: developer.id.0,
        email: developer.email.to_string(),
        full_name: developer.name.to_string(),
        created_at: stamp(developer.meta.created_at),
        updated_at: stamp(developer.meta.updated_at),
    }))
}
