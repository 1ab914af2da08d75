//! The texts of posts and comments, made from their numbers when they are asked for.

use super::mix;

const TITLES: [&str; 12] = [
    "Welcome to the new members",
    "Notes from the last meeting",
    "Who can help on Saturday?",
    "Our plans for the spring",
    "Room for the workshop",
    "Photos of the summer fair",
    "Questions about the budget",
    "Recommended reading",
    "Looking for a mentor",
    "Call for talks",
    "Change of address",
    "Thank you all",
];
const WORDS: [&str; 12] = [
    "Count me in.",
    "Thanks for sharing!",
    "I have a question about this.",
    "Can we move it to the evening?",
    "Great news.",
    "I can bring a projector.",
    "Zażółć gęślą jaźń, as my grandmother says.",
    "Merci beaucoup \u{1F64F}",
    "See you there.",
    "Let me ask around, \"probably\" yes.",
    "Who else is coming?",
    "Done; see the minutes.",
];

/// The title of a post, event or poll.
pub fn title_of(post: u64) -> String {
    format!("{} ({post})", pick(&TITLES, post))
}

/// What was said in an activity.
pub fn words_of(activity: u64) -> &'static str {
    pick(&WORDS, activity.wrapping_mul(31))
}

/// The id of a conversation: 24 hexadecimal digits.
pub fn conversation_of(post: u64) -> String {
    format!("{:016x}{:08x}", mix(post), post & 0xFFFF_FFFF)
}

fn pick(list: &[&'static str; 12], number: u64) -> &'static str {
    list[(mix(number) % 12) as usize]
}
