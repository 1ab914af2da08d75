//! The vocabulary in which a platform is described: data and small pure functions.
//! Bindings, checks, routes, ledger keys, sentences and reference pages all read it.

mod adapter;
mod call;
mod check;
mod deed;
mod effect;
mod fault;
mod follow;
mod link;
mod op;
mod page;
mod param;
mod platform;
mod reads;
mod record;
mod sign_in;
mod weight;
mod whole;
mod write;

pub use adapter::{Adapter, Entry, Invitation, NewGroup, Part, Unsupported};
pub(crate) use call::digest;
pub use call::{Args, Call, Piece};
pub use check::{ArgError, check};
pub use deed::{Deed, Seen, Whom};
pub use effect::{Doubt, Subject, SubjectKind};
pub use fault::{Code, Fault};
pub use follow::Follow;
pub use link::{Link, Links};
pub use op::{Answer, Batch, Method, Op};
pub use page::{Anchor, Page};
pub use param::{Choice, Param, Place, Ty, Weight, Wire};
pub use platform::{Credential, Platform, Protocol};
pub use reads::{Before, Companion, Completion, FieldNames, Fill, LookUp, Snapshot, Verdict};
pub use record::{Field, FieldTy, Record};
pub use sign_in::{ClientCredentials, Login, SignIn, TokenAt, filled};
pub use weight::Grant;
pub use whole::{Column, Failure, Side, Whole, Wrong};
pub use write::{Consequence, Kind, Mails, Repeat, SubjectAt, Write};
