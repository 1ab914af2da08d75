//! Takes the secrets that were read out of any text, in every form in which they travel.
//! Whoever prints, logs or stores passes its text through here.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Secret;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[secret]";

/// Shorter pieces of an encoded secret are not looked for: they would match by chance.
const SHORTEST_PIECE: usize = 8;

const URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// Knows the secrets of this process; clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    /// What to look for, the longest first.
    forms: Arc<RwLock<Vec<String>>>,
}

impl Redactor {
    /// Looks for this secret from now on.
    pub fn learn(&self, secret: &Secret) {
        let mut known = self.forms.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(forms(secret.expose()));
        known.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        known.dedup();
    }

    /// Looks for this one no longer: a token that has ended long ago.
    pub fn forget(&self, secret: &Secret) {
        let old = forms(secret.expose());
        let mut known = self.forms.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|form| !old.contains(form));
    }

    /// Looks for both, and for what HTTP Basic makes of them.
    pub fn learn_basic(&self, user: &Secret, password: &Secret) {
        self.learn(user);
        self.learn(password);
        self.learn(&Secret::new(format!("{}:{}", user.expose(), password.expose())));
    }

    /// The text without secrets; the same text where there are none.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.forms.read().unwrap_or_else(PoisonError::into_inner);
        let mut clean = Cow::Borrowed(text);
        for form in known.iter() {
            if clean.contains(form.as_str()) {
                clean = Cow::Owned(clean.replace(form.as_str(), REDACTED));
            }
        }
        clean
    }
}

/// Says how much it knows, not what.
impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({})", self.forms.read().unwrap_or_else(PoisonError::into_inner).len())
    }
}

/// Every form of a secret; a secret of several lines is also looked for line by line.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = spelled(secret);
    if secret.contains('\n') {
        let lines = secret.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_PIECE);
        forms.extend(lines.flat_map(spelled));
    }
    forms
}

fn spelled(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let url = utf8_percent_encode(secret, URL).to_string();
    let form = utf8_percent_encode(secret, FORM).to_string().replace("%20", "+");
    let mut forms = vec![
        secret.to_owned(),
        json.replace('/', "\\/"),
        ascii_only(&json),
        json,
        lower_hex(&url),
        lower_hex(&form),
        url,
        form,
        STANDARD.encode(secret),
        URL_SAFE.encode(secret),
    ];
    forms.extend(inside_base64(secret));
    forms.retain(|form| !form.is_empty());
    forms
}

/// JSON as writers make it that escape everything beyond ASCII.
fn ascii_only(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c.is_ascii() {
            true => text.push(c),
            false => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    text
}

fn lower_hex(encoded: &str) -> String {
    let mut hex = 0;
    encoded
        .chars()
        .map(|c| {
            hex = if c == '%' { 2 } else { i32::max(hex - 1, -1) };
            if hex >= 0 { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

/// The part of a longer base64 text that comes from this secret alone, for each of the three places it can begin at.
fn inside_base64(secret: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for offset in 0..3 {
        let mut bytes = vec![0; offset];
        bytes.extend_from_slice(secret.as_bytes());
        // Six bits a character: the first whole one after the offset, the last one before the end.
        let (first, last) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
        for text in [STANDARD.encode(&bytes), URL_SAFE.encode(&bytes)] {
            if last.saturating_sub(first) >= SHORTEST_PIECE {
                pieces.push(text[first..last].to_owned());
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "p+ss/w\"rd ü&=1\\x";

    fn redactor() -> Redactor {
        let redactor = Redactor::default();
        redactor.learn_basic(&Secret::new("the-key-0123"), &Secret::new(SECRET));
        redactor
    }

    #[test]
    fn a_secret_is_found_in_every_form() {
        let json = serde_json::to_string(SECRET).unwrap();
        let url = utf8_percent_encode(SECRET, NON_ALPHANUMERIC).to_string();
        for (what, text) in [
            ("raw", SECRET.to_owned()),
            ("json", json[1..json.len() - 1].to_owned()),
            ("json, ascii only", "p+ss/w\\\"rd \\u00fc&=1\\\\x".to_owned()),
            ("json, slashes", "p+ss\\/w\\\"rd ü&=1\\\\x".to_owned()),
            ("percent", url.clone()),
            ("percent, small letters", "p%2bss%2fw%22rd%20%c3%bc%26%3d1%5cx".to_owned()),
            ("form", url.replace("%20", "+")),
            ("base64", STANDARD.encode(SECRET)),
            ("base64, url", URL_SAFE.encode(SECRET)),
            ("base64, no padding", STANDARD.encode(SECRET).trim_end_matches('=').to_owned()),
            ("basic", STANDARD.encode(format!("the-key-0123:{SECRET}"))),
        ] {
            let line = format!("before {text} after");
            let clean = redactor().redact(&line).into_owned();
            assert!(clean.starts_with("before [secret]") && clean.ends_with(" after"), "{what}: {clean}");
            assert!(!clean.contains(&text), "{what}: {clean}");
        }
    }

    #[test]
    fn a_secret_inside_a_longer_base64_text_is_found_wherever_it_begins() {
        for before in ["", "x", "xy", "xyz", "user:"] {
            let text = STANDARD.encode(format!("{before}{SECRET}{before}"));
            let clean = redactor().redact(&text).into_owned();
            assert!(clean.contains(REDACTED), "{before}: {clean}");
            assert!(clean.replace(REDACTED, "").len() <= 2 * before.len() + 6, "{before}: {clean}");
        }
    }

    #[test]
    fn other_text_is_left_alone() {
        let text = "the key is 0123";
        assert!(matches!(redactor().redact(text), Cow::Borrowed(same) if same == text));
        assert_eq!(format!("{:?}", Redactor::default()), "Redactor(0)");
        assert!(!format!("{:?}", redactor()).contains("the-key"));
    }

    #[test]
    fn a_secret_of_several_lines_is_found_line_by_line() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("-----BEGIN\nMIIEvQIBADANBg\nshort\n"));
        assert_eq!(redactor.redact("2: MIIEvQIBADANBg"), "2: [secret]");
        assert_eq!(redactor.redact("short"), "short");
    }
}
