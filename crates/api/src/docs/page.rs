//! What the documentation page shows, made from the OpenAPI document.

use super::openapi::{Content, Document, Members, Operation, Parameter, Response, Schema};
use super::prose::Prose;
use super::shape::{self, Row};

/// The whole page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) groups: Vec<Group>,
    /// Every status that some operation refuses with.
    pub(super) refusals: Vec<Refusal>,
}

/// Operations under one tag.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) anchor: String,
    pub(super) description: Prose,
    pub(super) operations: Vec<Shown>,
}

/// One operation.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) anchor: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) description: Prose,
    /// Whether it can be called without a token.
    pub(super) open: bool,
    pub(super) parameters: Vec<Row>,
    pub(super) bodies: Vec<Message>,
    pub(super) answers: Vec<Answer>,
    pub(super) refusals: Vec<String>,
}

/// A body, as one media type.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) media_type: String,
    pub(super) rows: Vec<Row>,
}

/// What an operation answers when it was carried out.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) description: Prose,
    pub(super) bodies: Vec<Message>,
}

/// A status with which operations refuse.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: String,
    pub(super) description: Prose,
}

impl Page {
    /// Makes the page. Groups come in the order of the document's tags, then in that of its paths.
    pub(super) fn new(document: &Document) -> Self {
        let mut groups: Vec<Group> =
            document.tags.iter().map(|tag| Group::new(&tag.name, &tag.description)).collect();
        let mut refusals: Vec<Refusal> = Vec::new();
        for (path, methods) in &document.paths.0 {
            for (method, operation) in &methods.0 {
                let tag = operation.tags.first().map(String::as_str).unwrap_or("Other");
                let shown = Shown::new(method, path, operation, &document.components.schemas);
                match groups.iter_mut().find(|group| group.name == tag) {
                    Some(group) => group.operations.push(shown),
                    None => groups.push(Group { operations: vec![shown], ..Group::new(tag, "") }),
                }
                note_refusals(&mut refusals, operation);
            }
        }
        groups.retain(|group| !group.operations.is_empty());
        refusals.sort_by(|a, b| a.status.cmp(&b.status));
        let (title, version) = (document.info.title.clone(), document.info.version.clone());
        Self { title, version, groups, refusals }
    }
}

impl Group {
    fn new(name: &str, description: &str) -> Self {
        let anchor = name.to_lowercase().replace(' ', "-");
        Self { name: name.to_owned(), anchor, description: Prose::read(description), operations: Vec::new() }
    }
}

impl Shown {
    fn new(method: &str, path: &str, operation: &Operation, schemas: &Members<Schema>) -> Self {
        let (refusals, answers): (Vec<_>, Vec<_>) =
            operation.responses.0.iter().partition(|(status, _)| is_refusal(status));
        Self {
            anchor: operation.operation_id.replace('_', "-"),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: operation.summary.clone(),
            description: Prose::read(&operation.description),
            open: operation.security.as_ref().is_some_and(|needed| needed.iter().any(|one| one.0.is_empty())),
            parameters: operation.parameters.iter().map(|one| parameter(one, schemas)).collect(),
            bodies: operation
                .request_body
                .as_ref()
                .map(|body| messages(&body.content, schemas))
                .unwrap_or_default(),
            answers: answers
                .into_iter()
                .map(|(status, response)| answer(status, response, schemas))
                .collect(),
            refusals: refusals
                .into_iter()
                .map(|(status, _)| status.clone())
                .filter(|s| s != "default")
                .collect(),
        }
    }
}

fn is_refusal(status: &str) -> bool {
    !status.starts_with(['2', '3'])
}

fn note_refusals(refusals: &mut Vec<Refusal>, operation: &Operation) {
    for (status, response) in &operation.responses.0 {
        let known = refusals.iter().any(|refusal| refusal.status == *status);
        if is_refusal(status) && status != "default" && !known {
            let description = Prose::read(&response.description);
            refusals.push(Refusal { status: status.clone(), description });
        }
    }
}

fn parameter(parameter: &Parameter, schemas: &Members<Schema>) -> Row {
    let mut row = shape::row(&parameter.name, &parameter.schema, parameter.required, schemas);
    row.place = parameter.place.clone();
    row.nullable = false;
    if !parameter.description.is_empty() {
        row.description = Prose::read(&parameter.description);
    }
    row
}

fn answer(status: &str, response: &Response, schemas: &Members<Schema>) -> Answer {
    let mut bodies = messages(&response.content, schemas);
    // Nobody has to send what is answered.
    bodies.iter_mut().flat_map(|body| &mut body.rows).for_each(|row| row.required = false);
    Answer { status: status.to_owned(), description: Prose::read(&response.description), bodies }
}

fn messages(content: &Members<Content>, schemas: &Members<Schema>) -> Vec<Message> {
    let message = |(media_type, content): &(String, Content)| Message {
        media_type: media_type.clone(),
        rows: content.schema.as_ref().map(|schema| shape::rows(schema, schemas)).unwrap_or_default(),
    };
    content.0.iter().map(message).collect()
}
