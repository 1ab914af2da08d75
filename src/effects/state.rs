//! The states of an effect and the steps between them: all legal ones stand in one match.

/// How an effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Shown in a plan, not begun.
    Planned,
    /// Written down, perhaps sent. If its process is dead, this is a doubt.
    Open,
    /// Answered and still worked on, under a job or in a queue.
    Accepted,
    /// It happened, the platform said so.
    Done,
    /// Nothing happened. Blocks nothing.
    Failed,
    /// Sent, and nobody knows.
    Doubt,
    /// Was in doubt: it happened.
    Applied,
    /// Was in doubt: it did not. Blocks nothing.
    NotApplied,
    /// Was in doubt and nobody will ever know: what was sent later took its place. Blocks nothing.
    Replaced,
}

/// What can happen to an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Its intent is written down.
    Begin,
    /// The platform has promised it.
    Accept,
    /// The platform says that it happened, or a read shows what was promised.
    Finish,
    /// The platform says that nothing happened, or nothing left this machine.
    Fail,
    /// No trustworthy answer.
    Lose,
    /// A look-up or a person says that it happened.
    Prove,
    /// A look-up or a person says that it did not.
    Disprove,
    /// Something later stands in its place, whether it happened or not.
    Replace,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Planned,
        Self::Open,
        Self::Accepted,
        Self::Done,
        Self::Failed,
        Self::Doubt,
        Self::Applied,
        Self::NotApplied,
        Self::Replaced,
    ];

    /// Where this step leads; `None` if it is not legal here.
    pub const fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Planned, Step::Begin) => Some(Self::Open),
            (Self::Open, Step::Accept) => Some(Self::Accepted),
            (Self::Open | Self::Accepted, Step::Finish) => Some(Self::Done),
            (Self::Open | Self::Accepted, Step::Fail) => Some(Self::Failed),
            (Self::Open | Self::Accepted | Self::Doubt, Step::Lose) => Some(Self::Doubt),
            (Self::Open | Self::Accepted | Self::Doubt, Step::Prove) => Some(Self::Applied),
            (Self::Open | Self::Accepted | Self::Doubt, Step::Disprove) => Some(Self::NotApplied),
            (Self::Open | Self::Doubt, Step::Replace) => Some(Self::Replaced),
            _ => None,
        }
    }

    /// From where this step is legal, and where it leads: every step has one end.
    pub fn before(step: Step) -> (Vec<Self>, Self) {
        let from: Vec<Self> = Self::ALL.into_iter().filter(|state| state.after(step).is_some()).collect();
        let to = match step {
            Step::Begin => Self::Open,
            Step::Accept => Self::Accepted,
            Step::Finish => Self::Done,
            Step::Fail => Self::Failed,
            Step::Lose => Self::Doubt,
            Step::Prove => Self::Applied,
            Step::Disprove => Self::NotApplied,
            Step::Replace => Self::Replaced,
        };
        (from, to)
    }

    /// Whether it counts as having happened.
    pub const fn happened(self) -> bool {
        matches!(self, Self::Done | Self::Applied)
    }

    /// Whether it is over.
    pub const fn settled(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Applied | Self::NotApplied | Self::Replaced)
    }

    /// The word for it, also in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Doubt => "doubt",
            Self::Applied => "applied",
            Self::NotApplied => "not_applied",
            Self::Replaced => "replaced",
        }
    }

    /// The state that this word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [Step; 8] =
        [Step::Begin, Step::Accept, Step::Finish, Step::Fail, Step::Lose, Step::Prove, Step::Disprove, Step::Replace];

    /// One row a state, in the order of [`STEPS`].
    const LEGAL: [(State, [Option<State>; 8]); 9] = {
        use State::{Accepted, Applied, Done, Doubt, Failed, NotApplied, Open, Planned, Replaced};
        const NO: Option<State> = None;
        const OVER: Option<State> = Some(Replaced);
        [
            (Planned, [Some(Open), NO, NO, NO, NO, NO, NO, NO]),
            (Open, [NO, Some(Accepted), Some(Done), Some(Failed), Some(Doubt), Some(Applied), Some(NotApplied), OVER]),
            (Accepted, [NO, NO, Some(Done), Some(Failed), Some(Doubt), Some(Applied), Some(NotApplied), NO]),
            (Done, [NO; 8]),
            (Failed, [NO; 8]),
            (Doubt, [NO, NO, NO, NO, Some(Doubt), Some(Applied), Some(NotApplied), OVER]),
            (Applied, [NO; 8]),
            (NotApplied, [NO; 8]),
            (Replaced, [NO; 8]),
        ]
    };

    #[test]
    fn every_step_from_every_state_is_as_the_table_says() {
        for (state, row) in LEGAL {
            for (step, expected) in STEPS.into_iter().zip(row) {
                assert_eq!(state.after(step), expected, "{state:?} {step:?}");
            }
        }
        assert_eq!(LEGAL.map(|(state, _)| state), State::ALL, "no state is missing");
    }

    #[test]
    fn a_step_leads_to_the_same_state_from_wherever_it_is_legal() {
        for step in STEPS {
            let (from, to) = State::before(step);
            assert!(!from.is_empty());
            assert!(from.iter().all(|state| state.after(step) == Some(to)), "{step:?}");
        }
    }

    #[test]
    fn what_is_settled_stays_settled() {
        for state in State::ALL.into_iter().filter(|state| state.settled()) {
            assert!(STEPS.into_iter().all(|step| state.after(step).is_none()), "{state:?}");
        }
    }

    #[test]
    fn every_state_is_read_back_from_its_word() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        assert_eq!(State::parse("perhaps"), None);
    }
}
