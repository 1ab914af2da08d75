//! Ids as some platforms write them: 36 hexadecimal digits and dashes, here with the world's own number inside, so that
//! they are the same in every replay.

/// What an id is of; another kind's id is never taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    User,
    /// A group.
    Group,
    /// An invitation.
    Invitation,
    /// A tenant: an organisation with people of its own.
    Tenant,
    /// A role, as a community has it.
    Role,
}

impl Kind {
    const fn mark(self) -> u16 {
        match self {
            Self::User => 0x4a11,
            Self::Group => 0x46e2,
            Self::Invitation => 0x4b53,
            Self::Tenant => 0x4f04,
            Self::Role => 0x4c35,
        }
    }
}

/// The id of this number.
pub fn guid(kind: Kind, number: u64) -> String {
    let scattered = super::mix(number ^ u64::from(kind.mark()));
    let (low, high) = (number & 0xFFFF_FFFF_FFFF, number >> 48);
    format!("{:08x}-{:04x}-{:04x}-{:04x}-{low:012x}", scattered >> 32, high, kind.mark(), 0x8000 | (scattered & 0x3FFF))
}

/// The number of an id of this kind, in any case; `None` for all else.
pub fn number_of(kind: Kind, text: &str) -> Option<u64> {
    let text = text.trim().to_lowercase();
    let mut parts = text.split('-');
    let high = u64::from_str_radix(parts.nth(1)?, 16).ok()?;
    let low = u64::from_str_radix(parts.nth(2)?, 16).ok()?;
    let number = high << 48 | low;
    (guid(kind, number) == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_its_number_and_its_kind() {
        for number in [0, 4, 1001, u64::MAX] {
            let id = guid(Kind::User, number);
            assert_eq!((id.len(), number_of(Kind::User, &id.to_uppercase())), (36, Some(number)), "{id}");
            assert_eq!(number_of(Kind::Group, &id), None);
        }
        for other in ["", "4", "a-b-c-d-e", "873dd4d2-7329-4de8-a897-829093635227"] {
            assert_eq!(number_of(Kind::User, other), None, "{other}");
        }
    }
}
