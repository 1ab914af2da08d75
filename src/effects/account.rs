//! Which account stands behind a connection. Keys of the ledger name the account, never the connection.

use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::store::{Account, Error, Sign, Store};

/// The account of a connection: the one that this key was seen with, else the one that this name was seen with, else a
/// new one. So a rotated secret keeps its account, and the same key under another name is the same account; a new
/// origin never is. `fingerprint` comes from [`fingerprint`]; platforms without keys give none.
pub async fn recognise(
    store: &Store,
    platform: &str,
    origin: &str,
    connection: &str,
    fingerprint: Option<&str>,
    clock: &Clock,
) -> Result<String, Error> {
    let mut known = None;
    if let Some(key) = fingerprint {
        known = store.account_by(platform, origin, Sign::Key(key)).await?;
    }
    if known.is_none() {
        known = store.account_by(platform, origin, Sign::Name(connection)).await?;
    }
    // The same for two processes that see a new connection at the same moment.
    let id = known.unwrap_or_else(|| {
        let proof = fingerprint.unwrap_or(connection);
        format!("{platform}-{}", short(&[platform, origin, proof]))
    });
    let account = Account {
        id: id.clone(),
        platform: platform.to_owned(),
        origin: origin.to_owned(),
        label: connection.to_owned(),
        first_seen: clock.now_ms(),
    };
    let name = Sign::Name(connection);
    match fingerprint {
        Some(key) => store.keep_account(&account, &[name, Sign::Key(key)]).await?,
        None => store.keep_account(&account, &[name]).await?,
    }
    Ok(id)
}

/// What is kept of a key: enough to know it again, nothing to sign in with.
pub fn fingerprint(secret: &str) -> String {
    short(&["beadle account", secret])
}

fn short(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "https://api.example";

    async fn account(store: &Store, origin: &str, name: &str, secret: &str) -> String {
        recognise(store, "mobilize", origin, name, Some(&fingerprint(secret)), &Clock::system()).await.unwrap()
    }

    #[tokio::test]
    async fn a_rotated_secret_keeps_its_account() {
        let store = Store::in_memory().await.unwrap();
        let first = account(&store, HOST, "main", "old").await;
        assert_eq!(account(&store, HOST, "main", "new").await, first);
        assert_eq!(account(&store, HOST, "other name", "new").await, first, "the new key is known by now");
    }

    #[tokio::test]
    async fn the_same_key_under_another_name_is_the_same_account() {
        let store = Store::in_memory().await.unwrap();
        let first = account(&store, HOST, "main", "secret").await;
        assert_eq!(account(&store, HOST, "copy", "secret").await, first);
        assert_eq!(store.accounts().await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn another_origin_is_another_account() {
        let store = Store::in_memory().await.unwrap();
        let first = account(&store, HOST, "main", "secret").await;
        assert_ne!(account(&store, "https://test.example", "main", "secret").await, first);
    }

    #[tokio::test]
    async fn two_connections_that_swap_their_keys_keep_their_accounts() {
        let store = Store::in_memory().await.unwrap();
        let (a, b) = (account(&store, HOST, "a", "key a").await, account(&store, HOST, "b", "key b").await);
        assert_ne!(a, b);
        assert_eq!(account(&store, HOST, "a", "key b").await, b);
        assert_eq!(account(&store, HOST, "a", "key b, rotated").await, b, "the name has moved along");
    }

    #[test]
    fn a_fingerprint_does_not_show_the_secret() {
        assert!(!fingerprint("secret").contains("secret"));
        assert_ne!(fingerprint("secret"), fingerprint("secret "));
    }
}
