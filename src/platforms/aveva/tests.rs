//! The simulation against what the document says, and what the adapter makes of it.
