//! What outlives the process: accounts, runs, the ledger's rows, cursors, the sandbox's world. The only SQL.
//! Its verbs take no decisions: what a row means is judged by whoever asked for it. No secret ever gets here.

mod accounts;
mod alarms;
mod asking;
mod deliveries;
mod effects;
mod error;
mod group;
#[cfg(test)]
mod group_tests;
mod history;
#[cfg(test)]
mod history_tests;
#[cfg(test)]
mod hook_tests;
mod hooks;
mod identities;
mod idle;
mod job_runs;
mod json;
mod logs;
mod metering;
mod open;
mod plans;
mod requests;
mod rosters;
mod runs;
mod settling;
#[cfg(test)]
mod tests;
mod ticks;
#[cfg(test)]
mod ticks_tests;
mod traces;
mod triggers;
mod unread;
mod written;

pub use accounts::{Account, Sign, World, WorldRequest};
pub use alarms::{AlarmRow, LetterRow};
pub use asking::TallyRow;
pub use deliveries::{AsideRow, DeliveryCounts, DeliveryRow, NewDelivery};
pub use effects::{EffectRow, NewCall, NewEffect, Subjects};
pub use error::Error;
pub use group::Writing;
pub use history::{AttemptRow, CallRow, Decision, EffectsRow, RunFilter, RunLine};
pub use hooks::{HookRow, SecretRow};
pub use identities::IdentityRow;
pub use idle::{IdleRow, IdleWhy};
pub use job_runs::{Cause, OfJob};
pub use logs::Cut;
pub use metering::{CallMark, DeliveryMark, EffectMark};
pub use open::Store;
pub use plans::{PlanLine, PlanRow};
pub use requests::{BudgetRow, ENDS_MS, Figures, RequestRow};
pub use rosters::RosterRow;
pub use runs::{Approval, LogLine, NewRun, Run, RunState};
pub use settling::{ObjectRow, Settling};
pub use ticks::{JobRow, PauseRow, TickFilter, TickRow};
pub use traces::{About, LooseGroup, Names, Told, Trace};
pub use triggers::{OpenTriggers, TriggerRow, TriggerStanding, TriggerState};
pub use unread::UnreadRow;
pub use written::WrittenRow;
