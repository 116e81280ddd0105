//! Translations of texts the client has sent before.

use std::collections::HashMap;
use std::sync::Arc;

use crate::statement::Plan;

const MOST: usize = 512;
/// Longer texts are unlikely to come again.
const LONGEST: usize = 16 * 1024;

#[derive(Default)]
pub(super) struct Plans {
    known: HashMap<String, Plan>,
}

impl Plans {
    pub fn get(&self, sql: &str) -> Option<Plan> {
        self.known.get(sql).map(Arc::clone)
    }

    pub fn put(&mut self, sql: &str, plan: &Plan) {
        if sql.len() > LONGEST {
            return;
        }
        if self.known.len() >= MOST {
            // What is in use comes back at once; keeping order would cost more than it saves.
            self.known.clear();
        }
        self.known.insert(sql.to_owned(), Arc::clone(plan));
    }
}
