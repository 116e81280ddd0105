//! The statements and portals a client has named, within the limits of the protocol.

use std::collections::HashMap;
use std::sync::Arc;

use super::prepared::{Formats, Shape};
use crate::datatype::Parameter;
use crate::statement::Plan;

/// Limits per connection.
const MOST: usize = 256;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What PARSE said.
pub(super) struct Named {
    pub plan: Result<Plan, crate::backend::Report>,
    /// The types the client declared, as it numbers them.
    pub types: Vec<u32>,
    /// The same as the engine numbers them.
    pub declared: Vec<u32>,
}

/// What BIND said.
pub(super) enum Bound {
    One {
        statement: Arc<Named>,
        parameters: Arc<[Parameter]>,
        formats: Formats,
        /// The engine's portal and the shape of its rows, once rows were left in it.
        suspended: Option<(String, Option<Arc<Shape>>)>,
    },
    Array {
        statement: Arc<Named>,
        rows: Arc<[Vec<Parameter>]>,
    },
}

/// Something too large to keep.
#[derive(Debug)]
pub(super) struct TooLarge;

struct Shelf<T> {
    items: HashMap<String, (u64, usize, T)>,
    bytes: usize,
    clock: u64,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self {
            items: HashMap::new(),
            bytes: 0,
            clock: 0,
        }
    }
}

impl<T> Shelf<T> {
    /// Keeps an item; the least recently made ones give way. What they were is given back.
    fn put(&mut self, name: &str, size: usize, item: T) -> Result<Vec<T>, TooLarge> {
        let mut removed: Vec<T> = self.remove(name).into_iter().collect();
        if size > MOST_BYTES {
            return Err(TooLarge);
        }
        while self.items.len() >= MOST || self.bytes + size > MOST_BYTES {
            let oldest = self.items.iter().min_by_key(|(_, (made, _, _))| *made);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else {
                break;
            };
            removed.extend(self.remove(&name));
        }
        self.clock += 1;
        self.bytes += size;
        self.items.insert(name.to_owned(), (self.clock, size, item));
        Ok(removed)
    }

    fn remove(&mut self, name: &str) -> Option<T> {
        let (_, size, item) = self.items.remove(name)?;
        self.bytes -= size;
        Some(item)
    }
}

#[derive(Default)]
pub(super) struct Statements {
    statements: Shelf<Arc<Named>>,
    portals: Shelf<Bound>,
    /// Portals of the engine that nobody needs any longer.
    pub dropped: Vec<String>,
    engine_portals: u64,
}

impl Statements {
    pub fn put_statement(&mut self, name: &str, size: usize, named: Named) -> Result<(), TooLarge> {
        self.statements.put(name, size, Arc::new(named)).map(|_| ())
    }

    pub fn statement(&self, name: &str) -> Option<Arc<Named>> {
        self.statements
            .items
            .get(name)
            .map(|(_, _, named)| Arc::clone(named))
    }

    pub fn all(&self) -> impl Iterator<Item = &Arc<Named>> {
        self.statements.items.values().map(|(_, _, named)| named)
    }

    pub fn close_statement(&mut self, name: &str) {
        self.statements.remove(name);
    }

    pub fn put_portal(&mut self, name: &str, size: usize, bound: Bound) -> Result<(), TooLarge> {
        let removed = self.portals.put(name, size, bound);
        match removed {
            Ok(removed) => {
                removed
                    .into_iter()
                    .for_each(|bound| self.note_dropped(bound));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Takes a portal to execute it; it is put back if it can be executed again.
    pub fn portal(&mut self, name: &str) -> Option<&mut Bound> {
        self.portals.items.get_mut(name).map(|(_, _, bound)| bound)
    }

    pub fn close_portal(&mut self, name: &str) {
        if let Some(bound) = self.portals.remove(name) {
            self.note_dropped(bound);
        }
    }

    fn note_dropped(&mut self, bound: Bound) {
        if let Bound::One {
            suspended: Some((portal, _)),
            ..
        } = bound
        {
            self.dropped.push(portal);
        }
    }

    /// A name for a portal of the engine.
    pub fn engine_portal(&mut self) -> String {
        self.engine_portals += 1;
        format!("p{}", self.engine_portals)
    }

    /// The engine closes its portals when a transaction ends; rows left in them are gone.
    pub fn transaction_ended(&mut self) {
        self.dropped.clear();
        for (_, _, bound) in self.portals.items.values_mut() {
            if let Bound::One { suspended, .. } = bound {
                *suspended = None;
            }
        }
    }

    pub fn clear(&mut self) {
        self.statements = Shelf::default();
        let portals = std::mem::take(&mut self.portals);
        for (_, _, bound) in portals.items.into_values() {
            self.note_dropped(bound);
        }
    }
}
