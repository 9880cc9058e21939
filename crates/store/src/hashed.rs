//! How much is kept by the hashes of a pepper.

use domain::Instant;
use sea_orm::sea_query::{Expr, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, ExprTrait as _};

use crate::{Read, Result};

/// Where hashes of secrets are kept, and which of them are worth something still.
pub(crate) struct Hashed {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    /// What is so of a row whose secret may still be shown; `$now` stands for the time.
    alive: &'static str,
}

/// All of them. A test holds this against the tables: whatever hashes secrets belongs in here.
pub(crate) const HASHED: &[Hashed] = &[
    Hashed {
        table: "credentials",
        column: "secret_hash",
        alive: "pepper IS NOT NULL AND state <> 'revoked' AND (expires_at IS NULL OR expires_at > $now)",
    },
    Hashed {
        table: "api_tokens",
        column: "hash",
        alive: "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $now)",
    },
    Hashed { table: "sessions", column: "hash", alive: "ends_at > $now" },
    Hashed { table: "sessions", column: "renewal_hash", alive: "renewable_until > $now" },
    Hashed { table: "one_time_tokens", column: "hash", alive: "used_at IS NULL AND expires_at > $now" },
    Hashed { table: "invitations", column: "secret_hash", alive: "expires_at > $now" },
    Hashed { table: "administrator_invitations", column: "secret_hash", alive: "expires_at > $now" },
    Hashed { table: "oauth_codes", column: "hash", alive: "expires_at > $now" },
    Hashed { table: "oauth_refresh_tokens", column: "hash", alive: "expires_at > $now" },
    Hashed { table: "access_tokens", column: "hash", alive: "expires_at > $now" },
    Hashed { table: "access_token_uuids", column: "hash", alive: "expires_at > $now" },
];

#[macros::boxed]
impl Read<'_> {
    /// How many secrets that are worth something are kept by the hashes of a pepper. It reads whole tables.
    ///
    /// # Errors
    /// If the database is not available.
    pub async fn hashed_by(&self, pepper: u8, now: Instant) -> Result<u64> {
        let mut sum = 0;
        for it in HASHED {
            let mut count = Query::select();
            count.expr_as(Expr::cust("count(*)"), "count").from(it.table);
            count.and_where(by(it.column, pepper));
            count.and_where(Expr::cust(it.alive.replace("$now", &now.micros().to_string())));
            let row = self.0.query_one(&count).await?;
            let n: i64 = row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or_default();
            sum += u64::try_from(n).unwrap_or_default();
        }
        Ok(sum)
    }
}

/// Whether a pepper made the hash in a column: see [`domain::SecretHash::stored`].
fn by(column: &'static str, pepper: u8) -> SimpleExpr {
    let length = Expr::cust(format!("length({column})"));
    match pepper {
        1 => length.eq(32),
        number => {
            let first = Expr::cust(format!("substr({column}, 1, 1)"));
            length.eq(33).and(first.eq(vec![number]))
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait as _, Statement};

    use super::*;
    use crate::Store;

    /// Hashes of what is no secret of ours, or of one that is counted elsewhere.
    const OTHERS: [(&str, &str); 5] = [
        ("administrators", "password_hash"),
        ("developers", "password_hash"),
        ("oauth_refresh_tokens", "successor_hash"),
        // Marks.
        ("sign_in_attempts", "state_hash"),
        ("sign_in_attempts", "browser_hash"),
    ];

    #[tokio::test]
    async fn every_hash_of_a_secret_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite://{}/k.db", folder.path().display())).await.unwrap();
        store.migrate().await.unwrap();
        let query = "SELECT m.name AS t, p.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) p
            WHERE m.type = 'table' AND p.name LIKE '%hash'";
        let connection = store.read().0;
        let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), query));
        for row in rows.await.unwrap() {
            let (table, column): (String, String) =
                (row.try_get("", "t").unwrap(), row.try_get("", "c").unwrap());
            let is_known = HASHED.iter().any(|it| (it.table, it.column) == (table.as_str(), column.as_str()))
                || OTHERS.contains(&(table.as_str(), column.as_str()));
            assert!(is_known, "{table}.{column}: does a pepper make it? Then it belongs into HASHED");
        }
        // All of them can be counted.
        assert_eq!(store.read().hashed_by(1, Instant::from_micros(0)).await.unwrap(), 0);
        assert_eq!(store.read().hashed_by(2, Instant::from_micros(0)).await.unwrap(), 0);
    }
}
