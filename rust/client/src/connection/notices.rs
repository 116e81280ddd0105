//! Notices of the server and of the driver, until the program asks for them.

use crate::error::DatabaseError;

/// Notices kept for a program that does not ask for them.
const KEPT: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Notices {
    list: Vec<DatabaseError>,
    /// How many of them the handlers have been told.
    told: usize,
}

impl Notices {
    pub(super) fn add(&mut self, notices: impl IntoIterator<Item = DatabaseError>) {
        self.list.extend(notices);
        let surplus = self.list.len().saturating_sub(KEPT);
        self.list.drain(..surplus);
        self.told = self.told.saturating_sub(surplus);
    }

    pub(super) fn take(&mut self) -> Vec<DatabaseError> {
        self.told = 0;
        std::mem::take(&mut self.list)
    }

    pub(super) fn has_untold(&self) -> bool {
        self.told < self.list.len()
    }

    /// Those that the handlers have not been told, who are told now. They stay.
    pub(super) fn tell(&mut self) -> Vec<DatabaseError> {
        let untold = self.list.get(self.told..).unwrap_or_default().to_vec();
        self.told = self.list.len();
        untold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notices(range: std::ops::Range<usize>) -> impl Iterator<Item = DatabaseError> {
        range.map(|number| DatabaseError::new("01000", number.to_string()))
    }

    #[test]
    fn every_notice_is_told_once_and_kept() {
        let mut kept = Notices::default();
        kept.add(notices(0..2));
        assert!(kept.has_untold());
        assert_eq!(kept.tell().len(), 2);
        assert!(!kept.has_untold());
        kept.add(notices(2..3));
        assert_eq!(kept.tell()[0].message, "2");
        assert_eq!(kept.take().len(), 3);
        assert!(kept.tell().is_empty());
    }

    #[test]
    fn the_oldest_make_room() {
        let mut kept = Notices::default();
        kept.add(notices(0..KEPT));
        kept.tell();
        kept.add(notices(KEPT..KEPT + 2));
        assert_eq!(kept.tell().len(), 2);
        let all = kept.take();
        assert_eq!((all.len(), all[0].message.as_str()), (KEPT, "2"));
    }
}
