//! `/console/audit.csv`: the audit log for spreadsheets.

use std::sync::Arc;

use app::{App, AuditLine, Names, PageRequest};
use axum::extract::State as Shared;
use axum::http::StatusCode;

use super::audit;
use crate::refused::Answer;
use crate::visit::{Overseer, Visit};
use crate::{Pages, audit_line, csv};
use edge::problem::Problem;
use edge::words;

/// More is asked for in parts.
const MOST: usize = 50_000;
const AT_ONCE: u64 = 500;

pub(super) fn routes(pages: Pages) -> Pages {
    pages.get("/console/audit.csv", "The audit log as CSV", download)
}

async fn download(Shared(app): Shared<Arc<App>>, visit: Visit<Overseer>) -> Answer {
    let filter = audit::filter(&visit.query);
    let mut text = String::from(
        "number,at,action,actor_kind,actor_id,actor,address,request_id,target_kind,target_id,details\r\n",
    );
    let mut request = PageRequest::first(AT_ONCE);
    let mut count = 0;
    loop {
        let page = app.audit_lines(&visit.caller, &filter, request).await?;
        count += page.items.len();
        if count > MOST {
            let detail = words!("these are more than {MOST} lines; ask for a shorter time, day by day", MOST);
            return Err(Problem::new(StatusCode::BAD_REQUEST, "too_many", detail).into());
        }
        let names = audit_line::names(&app, &page.items).await?;
        page.items.iter().for_each(|line| write(&mut text, line, &names));
        match page.next {
            Some(after) => request.after = Some(after),
            None => break,
        }
    }
    Ok(csv::file("audit.csv", text))
}

fn write(text: &mut String, line: &AuditLine, names: &Names) {
    let id = |id: Option<uuid::Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let fields = [
        line.seq.to_string(),
        line.at.to_string(),
        line.action.clone(),
        line.actor_kind.clone(),
        id(line.actor_id),
        audit_line::actor(line, names).into(),
        line.address.clone().unwrap_or_default(),
        line.request_id.to_string(),
        line.target_kind.clone(),
        line.target_id.to_string(),
        line.details.to_string(),
    ];
    csv::write(text, &fields);
}
