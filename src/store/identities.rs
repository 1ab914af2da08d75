//! Who is who on two accounts: rows that a migration or a person wrote. And which groups an account has from us.

use sqlx::Row as _;

use super::{Error, Store};

/// What a source's id is called on the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    /// `group`, `person`, `pending`.
    pub kind: String,
    /// The id on the source.
    pub source_id: String,
    /// The id on the target.
    pub target_id: String,
    /// The run that found it out, or `hand`.
    pub made_by: String,
    /// Milliseconds since the epoch.
    pub at: i64,
}

impl Store {
    /// All of two accounts, by kind and source id.
    pub async fn identities(&self, source: &str, target: &str) -> Result<Vec<IdentityRow>, Error> {
        let rows = sqlx::query(
            "SELECT kind, source_id, target_id, made_by, at FROM identity WHERE source = $1 AND target = $2
             ORDER BY kind, source_id",
        );
        let rows = rows.bind(source).bind(target).fetch_all(self.readers()).await;
        let of = |row: &sqlx::sqlite::SqliteRow| {
            Ok(IdentityRow {
                kind: row.try_get("kind")?,
                source_id: row.try_get("source_id")?,
                target_id: row.try_get("target_id")?,
                made_by: row.try_get("made_by")?,
                at: row.try_get("at")?,
            })
        };
        rows.and_then(|rows| rows.iter().map(of).collect()).map_err(|error| self.error(error))
    }

    /// Keeps these; a later one of the same kind and source id replaces the earlier one.
    pub async fn keep_identities(&self, source: &str, target: &str, rows: &[IdentityRow]) -> Result<(), Error> {
        let mut writing = self.writing().await?;
        for row in rows {
            sqlx::query(
                "INSERT INTO identity (source, target, kind, source_id, target_id, made_by, at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (source, target, kind, source_id) DO UPDATE SET
                    target_id = excluded.target_id, made_by = excluded.made_by, at = excluded.at",
            )
            .bind(source)
            .bind(target)
            .bind(&row.kind)
            .bind(&row.source_id)
            .bind(&row.target_id)
            .bind(&row.made_by)
            .bind(row.at)
            .execute(&mut *writing.tx)
            .await
            .map_err(|error| self.error(error))?;
        }
        writing.commit().await
    }

    /// Forgets one; says whether it was there.
    pub async fn forget_identity(&self, source: &str, target: &str, kind: &str, id: &str) -> Result<bool, Error> {
        let mut writing = self.writing().await?;
        let done =
            sqlx::query("DELETE FROM identity WHERE source = $1 AND target = $2 AND kind = $3 AND source_id = $4")
                .bind(source)
                .bind(target)
                .bind(kind)
                .bind(id)
                .execute(&mut *writing.tx)
                .await
                .map_err(|error| self.error(error))?;
        writing.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// The ids of the groups of an account that were made through this store.
    pub async fn groups_made(&self, account: &str) -> Result<Vec<String>, Error> {
        sqlx::query_scalar("SELECT id FROM object WHERE account = $1 AND kind = 'group' AND id IS NOT NULL")
            .bind(account)
            .fetch_all(self.readers())
            .await
            .map_err(|error| self.error(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kind: &str, from: &str, to: &str) -> IdentityRow {
        let [kind, source_id, target_id] = [kind, from, to].map(str::to_owned);
        IdentityRow { kind, source_id, target_id, made_by: "r-1".into(), at: 7 }
    }

    #[tokio::test]
    async fn who_is_who_is_kept_by_both_accounts_replaced_and_forgotten() {
        let store = Store::in_memory().await.unwrap();
        let rows = [row("person", "1", "9"), row("group", "1", "5"), row("person", "2", "8")];
        store.keep_identities("a", "b", &rows).await.unwrap();
        store.keep_identities("a", "b", &[row("person", "1", "7")]).await.unwrap();
        let kept = store.identities("a", "b").await.unwrap();
        assert_eq!(kept, [row("group", "1", "5"), row("person", "1", "7"), row("person", "2", "8")]);
        assert!(store.identities("b", "a").await.unwrap().is_empty(), "the way back is another one");
        assert!(store.forget_identity("a", "b", "person", "1").await.unwrap());
        assert!(!store.forget_identity("a", "b", "person", "1").await.unwrap());
        assert_eq!(store.identities("a", "b").await.unwrap().len(), 2);
    }
}
