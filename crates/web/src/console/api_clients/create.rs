//! `/console/api-clients/new`, and the fields of an API client.

use std::sync::Arc;

use app::{App, ClientRequest, every};
use axum::extract::State as Shared;
use axum::http::StatusCode;
use domain::{ApplicationDraft, ClientDraft, ClientType, GrantType, Invalid, OAuthScope};

use super::{NEW, PATH, told};
use crate::Pages;
use crate::applications::{owner, owners};
use crate::clients::{client_type, fits, grant_choices, grants_of, parse_type, type_word};
use crate::field::{Choice, Field};
use crate::form::Form;
use crate::frame::Place;
use crate::refused::{Answer, Refused};
use crate::typed::Typed;
use crate::view::{Section, View};
use crate::visit::{Administrator, Guest, Sent, Visit};

/// The types that the dialog offers. Custom clients are made with their application.
const TYPES: [ClientType; 4] =
    [ClientType::Web, ClientType::SinglePage, ClientType::Native, ClientType::NonInteractive];
/// The scopes that are ticked by words of their own.
const OPENID: [&str; 3] = ["openid", "profile", "email"];
const DAY_S: i64 = 86_400;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get(NEW, "Create an API client", show).post(NEW, "Create an API client", submit)
}

/// From the redirect URLs on, as the dialog has them.
pub(super) async fn fields(app: &App, guest: &Guest, draft: &ClientDraft) -> Result<Vec<Field>, Refused> {
    let kind = draft.client_type;
    let for_people = kind != ClientType::NonInteractive;
    let mut fields = Vec::new();
    if !grants_of(kind).is_empty() {
        fields.push(Field::ticks("grant_types", "Grant types", grant_choices(app, draft)));
    }
    if for_people {
        fields.push(
            Field::area("redirect_uris", "Redirect URL(s)", &draft.redirect_uris.join("\n"))
                .hint("One in a line. Where people are sent back to, the same to the letter.")
                .tall(3)
                .of_uris(),
        );
    }
    fields.extend(scopes(app, guest, draft).await?);
    if for_people {
        fields.push(
            Field::tick("persistent_sso", "Persistent SSO", draft.persistent_sso)
                .hint("Only with ID Token: people may stay signed in."),
        );
    }
    if !draft.requested_scopes_required {
        let label = "Require API client to request scopes";
        fields.push(
            Field::tick("requested_scopes_required", label, false)
                .hint("Without, it gets all allowed scopes when it asks for none. Once on, it stays on."),
        );
    }
    fields.push(
        Field::area("allowed_ips", "Allowed IP addresses", &draft.allowed_ips.join(", "))
            .hint("Between commas; CIDR notation is fine. None: all addresses.")
            .tall(2),
    );
    if grants_of(kind).contains(&GrantType::RefreshToken) {
        let days = draft.refresh_token_lifetime_s.map(|seconds| (seconds / DAY_S).to_string());
        let label = "Refresh token lifetime, in days";
        fields.push(
            Field::text("refresh_token_lifetime_s", label, &days.unwrap_or_default())
                .hint("1 to 365; only with the grant type refresh token. None: 30 days.")
                .optional(),
        );
    }
    Ok(fields)
}

/// “Allowed scopes (permissions)”.
async fn scopes(app: &App, guest: &Guest, draft: &ClientDraft) -> Result<Vec<Field>, Refused> {
    let all = every(|page| app.oauth_scopes(&guest.caller, page)).await?;
    let has = |name: &str| draft.scopes.iter().any(|scope| scope == name);
    let choice =
        |it: &OAuthScope| Choice::new(&*it.name, &it.name).hint(&it.description).chosen(has(&it.name));
    // One of the two alone has no tick of its own in the dialog; it is among the others, so that it is not lost.
    let of_its_own =
        |name: &str| name == "openid" || OPENID.contains(&name) && has("profile") == has("email");
    let others = |it: &&OAuthScope| !of_its_own(&it.name) && fits(draft.client_type, it);
    let others: Vec<&OAuthScope> = all.iter().filter(others).collect();
    if draft.client_type == ClientType::NonInteractive {
        let hint = "Of system scopes one: what it may do with everything here.";
        let choices = others.into_iter().map(choice).collect();
        return Ok(vec![Field::ticks("scopes", "Allowed scopes: system level", choices).hint(hint)]);
    }
    let hint = "It acts for people who hold these roles.";
    Ok(vec![
        Field::tick("id_token", "Allowed scopes: ID Token", has("openid"))
            .hint("It may be used for sign-in by OpenID Connect."),
        Field::tick("basic", "Allowed scopes: Basic User Information", has("profile") && has("email"))
            .hint("It may read people’s name and e-mail address."),
        Field::ticks("scopes", "Allowed scopes: user level", others.into_iter().map(choice).collect())
            .hint(hint),
    ])
}

/// Takes over what was typed.
pub(super) fn fill(
    application: &mut ApplicationDraft,
    draft: &mut ClientDraft,
    typed: &Typed,
) -> Result<(), Invalid> {
    let kind = draft.client_type;
    typed.text("name").clone_into(&mut application.name);
    if !grants_of(kind).is_empty() {
        let chosen = |it: &&GrantType| typed.all("grant_types").any(|word| word == it.as_str());
        draft.grant_types = grants_of(kind).iter().filter(chosen).copied().collect();
    }
    draft.scopes = typed.all("scopes").map(str::to_owned).collect();
    if kind != ClientType::NonInteractive {
        draft.redirect_uris = typed.each_line("redirect_uris");
        draft.persistent_sso = typed.is_ticked("persistent_sso");
        let ticked = [typed.is_ticked("id_token"), typed.is_ticked("basic"), typed.is_ticked("basic")];
        let ticked = OPENID.iter().zip(ticked).filter(|(_, ticked)| *ticked);
        draft.scopes.extend(ticked.map(|(name, _)| (*name).to_owned()));
    }
    draft.requested_scopes_required |= typed.is_ticked("requested_scopes_required");
    draft.allowed_ips = typed.words("allowed_ips");
    if grants_of(kind).contains(&GrantType::RefreshToken) {
        let days = typed.number("refresh_token_lifetime_s")?;
        draft.refresh_token_lifetime_s = days.map(|days| days.saturating_mul(DAY_S));
    }
    Ok(())
}

async fn form(app: &App, guest: &Guest, kind: ClientType) -> Result<Form, Refused> {
    let types = TYPES.into_iter().map(|it| Choice::new(type_word(it), client_type(it)).chosen(it == kind));
    let draft = ClientRequest::of_api_client(kind).draft;
    Ok(Form::new(guest, NEW, "Save settings")
        .once()
        .field(Field::hidden("fields_of", type_word(kind)))
        .field(Field::text("name", "Name", "").focused())
        .field(
            Field::select("client_type", "Client type", types.collect())
                .hint("If you take another one, “Save settings” first shows the fields that it has."),
        )
        .fields(fields(app, guest, &draft).await?)
        .field(
            Field::select("owner", "Owner", owners(app, guest).await?)
                .hint("The partner whose application it is."),
        )
        .cancel(PATH))
}

fn view(form: Form) -> View {
    View::new(Place::ApiClients, "API client settings")
        .crumb(PATH, "API clients")
        .lead("Its consumer secret is shown once, on the next page. New clients always have to name the scopes that they ask for.")
        .section(Section::form(form))
}

async fn show(Shared(app): Shared<Arc<App>>, visit: Visit<Administrator>) -> Answer {
    let kind = parse_type(visit.query.text("client_type")).filter(|it| TYPES.contains(it));
    view(form(&app, &visit, kind.unwrap_or(ClientType::Web)).await?).show(&app, &visit).await
}

async fn submit(Shared(app): Shared<Arc<App>>, Sent { visit, typed }: Sent<Administrator>) -> Answer {
    let kind = parse_type(typed.text("client_type")).filter(|it| TYPES.contains(it));
    let kind = kind.unwrap_or(ClientType::Web);
    if typed.text("fields_of") != type_word(kind) {
        let form = form(&app, &visit, kind).await?.again(&typed);
        return view(form).answer(StatusCode::OK, &app, &visit).await;
    }
    let mut request = ClientRequest::of_api_client(kind);
    let mut application = ApplicationDraft::default();
    let made = match fill(&mut application, &mut request.draft, &typed).and_then(|()| owner(&typed)) {
        Ok(owner) => app.create_api_client(&visit.caller, application, Some(owner), request).await,
        Err(wrong) => Err(wrong.into()),
    };
    match made {
        Ok(created) => told(&app, &visit, created).await,
        Err(error) => {
            let (status, form) = form(&app, &visit, kind).await?.refused(&typed, error)?;
            view(form).answer(status, &app, &visit).await
        }
    }
}
