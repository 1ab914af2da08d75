//! A list of people in the order in which they came: read by offset, left in the middle.

/// Ids in the order of their arrival. Each arrival has a number, by which it is found again when it leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roll {
    rows: Vec<(u64, u64)>,
    next: u64,
}

impl Roll {
    /// Puts somebody at the end; returns the arrival's number.
    pub fn push(&mut self, id: u64) -> u64 {
        let arrival = self.next;
        self.next += 1;
        self.rows.push((arrival, id));
        arrival
    }

    /// Takes an arrival out; those behind it move up.
    pub fn remove(&mut self, arrival: u64) {
        if let Ok(place) = self.rows.binary_search_by_key(&arrival, |row| row.0) {
            self.rows.remove(place);
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nobody is there.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The ids from this place on.
    pub fn from(&self, offset: usize) -> impl Iterator<Item = u64> + '_ {
        self.rows.get(offset..).unwrap_or_default().iter().map(|row| row.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_makes_those_behind_move_up() {
        let mut roll = Roll::default();
        let arrivals: Vec<u64> = (10..15).map(|id| roll.push(id)).collect();
        roll.remove(arrivals[1]);
        roll.remove(arrivals[1]);
        assert_eq!(roll.from(0).collect::<Vec<_>>(), [10, 12, 13, 14]);
        assert_eq!(roll.from(2).collect::<Vec<_>>(), [13, 14]);
        assert_eq!(roll.from(9).count(), 0);
        roll.push(11);
        assert_eq!(roll.from(3).collect::<Vec<_>>(), [14, 11], "coming back means the end of the list");
    }
}
