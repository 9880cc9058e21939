//! Versions, strategies and plans: few, read as a whole.

use domain::{ApiVersion, ApiVersionId, AuthStrategy, Noun, Plan, Route};
use sea_orm::{EntityTrait, FromQueryResult, QueryResult};
use uuid::Uuid;
use verify::{BrokenVersion, CatalogueFacts, Change};

use super::Found;
use super::facts::Row;
use crate::{Error, Read, Record, Result};

#[macros::boxed]
impl Read<'_> {
    /// All of them, as far as they can be read.
    pub(super) async fn catalogue(&self, found: &mut Found) -> Result<()> {
        let before = found.unreadable.len();
        let (versions, broken) = self.readable::<ApiVersion>("api_versions", found).await?;
        let (strategies, _) = self.readable::<AuthStrategy>("auth_strategies", found).await?;
        let (plans, _) = self.readable::<Plan>("plans", found).await?;
        let broken = broken.iter().map(broken_version).collect();
        let unreadable = found.unreadable.len() - before;
        let catalogue = CatalogueFacts { versions, strategies, plans, broken, unreadable };
        found.changes.push(Change::Catalogue(catalogue));
        Ok(())
    }

    /// The rows of a table that can be read, and those that cannot.
    async fn readable<T: Record>(
        &self,
        table: &'static str,
        found: &mut Found,
    ) -> Result<(Vec<T>, Vec<QueryResult>)> {
        let (mut nouns, mut broken) = (Vec::new(), Vec::new());
        for row in self.rows(T::Entity::find()).await? {
            let id = row.try_get("", "id").unwrap_or(Uuid::nil());
            let model = <<T::Entity as EntityTrait>::Model as FromQueryResult>::from_query_result(&row, "");
            let noun = model.map_err(|_| Error::Corrupt { table, column: "(type of a column)", id });
            match noun.and_then(T::from_row) {
                Ok(noun) => nouns.push(noun),
                Err(error) => {
                    found.unreadable.push(error);
                    broken.push(row);
                }
            }
        }
        Ok((nouns, broken))
    }
}

/// Of a version that cannot be read, at least where it is published.
fn broken_version(row: &QueryResult) -> BrokenVersion {
    let id = row.try_get("", "id").unwrap_or(Uuid::nil());
    let row = Row::new(row, ApiVersion::KIND, id);
    let route = || -> Result<Route> {
        let methods = row.json("methods").unwrap_or_default();
        Ok(Route { hosts: row.json("hosts")?, path_prefixes: row.json("path_prefixes")?, methods })
    };
    BrokenVersion { id: ApiVersionId(id), route: route().ok() }
}
