//! How many rows each execution of an `executemany` affected, in little memory: equal neighbours are one entry.

/// Counts by execution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// A count, `None` where the server said none, and how many executions in a row have it.
    runs: Vec<(Option<u64>, u64)>,
}

impl Tally {
    pub(super) fn add(&mut self, count: Option<u64>, times: u64) {
        match self.runs.last_mut() {
            Some((last, so_far)) if *last == count => *so_far += times,
            _ => self.runs.push((count, times)),
        }
    }

    /// The rows affected by all executions.
    #[must_use]
    pub fn total(&self) -> u64 {
        let counted = self
            .runs
            .iter()
            .filter_map(|(count, times)| Some((*count)? * times));
        counted.sum()
    }

    /// Whether the server said nothing of any execution.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        !self.runs.is_empty() && self.runs.iter().all(|(count, _)| count.is_none())
    }

    /// The counts and how often each occurs in a row.
    pub fn runs(&self) -> impl Iterator<Item = (Option<u64>, u64)> + '_ {
        self.runs.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_neighbours_take_no_room() {
        let mut tally = Tally::default();
        tally.add(Some(1), 999_999);
        tally.add(Some(1), 1);
        tally.add(Some(0), 1);
        tally.add(None, 2);
        let runs = [(Some(1), 1_000_000), (Some(0), 1), (None, 2)];
        assert_eq!(tally.runs().collect::<Vec<_>>(), runs);
        assert_eq!(tally.total(), 1_000_000);
        assert!(!tally.is_unknown());
    }
}
