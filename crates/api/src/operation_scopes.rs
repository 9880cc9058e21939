//! What single operations of an API version demand of tokens.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a token must carry for the calls of one operation, in the place of `required_scopes`.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperationScopes {
    /// In capitals; left out: every method. One for `GET` is one for `HEAD`, too.
    #[serde(default)]
    #[schema(example = "GET")]
    method: Option<String>,
    /// The whole path of the call as a template: `{…}` stands for one segment.
    #[schema(example = "/shop/orders/{id}")]
    path: String,
    /// All of them; `a|b` stands for one of the two. Empty: a token without any will do.
    #[schema(max_items = 50, example = json!(["orders:read"]))]
    scopes: Vec<String>,
}

impl From<domain::OperationScopes> for OperationScopes {
    fn from(it: domain::OperationScopes) -> Self {
        Self { method: it.method, path: it.path, scopes: it.scopes }
    }
}

impl From<OperationScopes> for domain::OperationScopes {
    fn from(it: OperationScopes) -> Self {
        Self { method: it.method, path: it.path, scopes: it.scopes }
    }
}
