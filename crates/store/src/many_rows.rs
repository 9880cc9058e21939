//! However many rows, by one statement.

use std::fmt::Write as _;

use sea_orm::{DatabaseBackend, Statement, Value};

/// A table, and its columns with what PostgreSQL has to be told of what is bound to them.
pub(crate) struct ManyRows<const N: usize> {
    pub(crate) table: &'static str,
    /// Names and casts; the first is never null.
    pub(crate) columns: [(&'static str, &'static str); N],
}

impl<const N: usize> ManyRows<N> {
    /// The statement that inserts them. There is one text for each power of two, so that what the database has prepared
    /// serves again: the rows that are too many are null, and left out. Writing, parsing and planning a statement for
    /// each number of rows takes longer than the rows themselves, and so does unpacking them from JSON.
    pub(crate) fn insert(
        &self,
        engine: DatabaseBackend,
        rows: impl IntoIterator<Item = [Value; N]>,
    ) -> Statement {
        let mut values: Vec<Value> = rows.into_iter().flatten().collect();
        let count = (values.len() / N).next_power_of_two();
        // Null of the same types: PostgreSQL keeps those that a statement came with first.
        let nulls: Vec<Value> = values.iter().take(N).map(Value::as_null).collect();
        let missing = count * N - values.len();
        values.extend(nulls.into_iter().cycle().take(missing));
        Statement::from_sql_and_values(engine, self.text(engine, count), values)
    }

    fn text(&self, engine: DatabaseBackend, rows: usize) -> String {
        let lines: Vec<String> = match engine {
            DatabaseBackend::Postgres => (0..rows).map(|row| self.numbered(row)).collect(),
            _ => vec![format!("({})", ["?"; N].join(",")); rows],
        };
        let (table, names) = (self.table, self.columns.map(|(name, _)| name).join(", "));
        let lines = lines.join(",");
        format!(
            "INSERT INTO {table} ({names}) SELECT * FROM (VALUES {lines}) AS line WHERE column1 IS NOT NULL"
        )
    }

    fn numbered(&self, row: usize) -> String {
        let mut line = String::from("(");
        for (at, (_, cast)) in self.columns.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            let _ = write!(line, "{comma}${}{cast}", row * N + at + 1);
        }
        line + ")"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIRS: ManyRows<2> = ManyRows { table: "pairs", columns: [("a", "::bigint"), ("b", "::text")] };

    #[test]
    fn there_is_one_text_for_each_power_of_two() {
        let rows = |count: i64| (0..count).map(|row| [Value::from(row), "b".into()]);
        let texts = |engine, count| PAIRS.insert(engine, rows(count)).sql;
        assert_eq!(
            texts(DatabaseBackend::Sqlite, 2),
            "INSERT INTO pairs (a, b) SELECT * FROM (VALUES (?,?),(?,?)) AS line WHERE column1 IS NOT NULL"
        );
        assert_eq!(texts(DatabaseBackend::Sqlite, 3), texts(DatabaseBackend::Sqlite, 4));
        assert!(texts(DatabaseBackend::Postgres, 2).contains("($1::bigint,$2::text),($3::bigint,$4::text)"));
        let values = PAIRS.insert(DatabaseBackend::Sqlite, rows(3)).values.unwrap().0;
        assert_eq!(values.len(), 8);
        assert_eq!(values[6..], [Value::BigInt(None), Value::String(None)]);
    }
}
