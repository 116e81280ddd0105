//! Prepared statements: which texts come often enough that the server keeps them under a name, and what it keeps now.
//!
//! Two moments matter. When an execution is encoded, [`Statements::name`] says whether the statement has a name; the
//! request then carries its PARSE. When the request is sent, [`Statements::settle`] takes the PARSE out again if the
//! server has the statement by then. So the order in which callers encode need not be the order in which they send, and
//! everything is right again after an eviction, a change of the schema, or the loss of all statements.
//!
//! A name that the server has already is replaced by a PARSE (SBWP 3.3.1), so that preparing again is always possible.
//! Must not know: sockets, or what a statement does.

mod named;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use parking_lot::Mutex;

pub use self::named::Effect;
pub(crate) use self::named::{Named, Use};
use self::named::{ABSENT, CURRENT, OUTDATED};
use crate::error::Error;
use crate::request::Request;

/// Statements that a server keeps at most is 256 (SBWP 3.3); beyond it forgets some without a word.
pub(crate) const MOST_KEPT: usize = 240;
/// Longer texts are not kept: together they stay below the 4 MiB that a server keeps.
const LONGEST: usize = 16 * 1024;
/// Different named statements in one request, so that none has to make room for another of the same request.
const MOST_IN_REQUEST: usize = 64;

/// How many statements are kept, and from when on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Statements kept by themselves; 0 for none.
    pub(crate) size: usize,
    /// Executions of a statement before it is kept.
    pub(crate) threshold: u32,
    /// False where the server is to keep nothing, not even what a user prepares.
    pub(crate) named: bool,
}

/// The statements of one connection. Shared by the connection, which encodes, and its session, which sends.
#[derive(Debug)]
pub(crate) struct Statements {
    limits: Limits,
    inner: Mutex<Inner>,
    /// Texts that are pinned, to be looked at without the lock.
    pinned: AtomicUsize,
}

#[derive(Debug, Default)]
struct Inner {
    texts: HashMap<Box<str>, Text>,
    /// Variants in `texts`.
    count: usize,
    /// What the server has, current or outdated.
    kept: Vec<Arc<Named>>,
    /// Names that the server is to forget.
    leaving: Vec<Arc<Named>>,
    clock: u64,
    names: u64,
    /// The transaction in which the schema has changed.
    redefined_in: Option<u64>,
}

#[derive(Debug, Default)]
struct Text {
    /// One for each combination of parameter types.
    variants: Vec<Variant>,
    /// Users who have prepared it explicitly.
    pins: usize,
    /// What the first of them calls it.
    label: Option<Box<str>>,
}

#[derive(Debug)]
struct Variant {
    oids: Box<[u32]>,
    uses: u32,
    used: u64,
    named: Option<Arc<Named>>,
}

impl Default for Statements {
    /// Keeps nothing.
    fn default() -> Self {
        Statements::new(Limits {
            size: 0,
            threshold: 0,
            named: false,
        })
    }
}

/// Whether an error may come from a statement that was prepared for another schema, or is not there any more: unknown
/// objects, columns and statements, results that are not as they were.
pub(crate) fn is_doubtful(sqlstate: &str) -> bool {
    ["08", "0A", "26", "34", "42"]
        .iter()
        .any(|class| sqlstate.starts_with(class))
}

/// Whether an error says that nothing was executed because of the statement's preparation: it is unknown (26000, or 08P01
/// of BIND), or its result is not what it was (0A000).
pub(crate) fn is_stale(sqlstate: &str) -> bool {
    matches!(sqlstate, "26000" | "08P01" | "0A000")
}

impl Statements {
    pub(crate) fn new(limits: Limits) -> Self {
        Statements {
            limits,
            inner: Mutex::default(),
            pinned: AtomicUsize::new(0),
        }
    }

    /// The name under which to execute `sql` with parameters of these types; `None` for no name. `array_width` is the
    /// number of parameters of an INSERT that array BIND could mean.
    pub(crate) fn name(
        &self,
        sql: &str,
        oids: &[u32],
        array_width: Option<usize>,
        request: &Request,
    ) -> Option<Arc<Named>> {
        if !self.limits.named || sql.len() > LONGEST {
            return None;
        }
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        inner.clock += 1;
        let (known, label, pinned) = match inner.texts.get_mut(sql) {
            Some(text) => {
                let mut variants = text.variants.iter_mut();
                let known = variants.find(|variant| *variant.oids == *oids);
                (known, text.label.as_deref(), text.pins > 0)
            }
            None => (None, None, false),
        };
        if self.limits.size == 0 && !pinned {
            return None;
        }
        let Some(variant) = known else {
            let due = pinned || self.limits.threshold == 0;
            let named = due.then(|| {
                inner.names += 1;
                Named::new(inner.names, label, array_width)
            });
            inner.add(sql, oids, named.clone(), self.limits.size);
            return named.filter(|_| request.uses.len() < MOST_IN_REQUEST);
        };
        variant.used = inner.clock;
        let due = pinned || variant.uses >= self.limits.threshold;
        variant.uses = variant.uses.saturating_add(1);
        if !due {
            return None;
        }
        let named = match &variant.named {
            Some(named) => named.clone(),
            None => {
                inner.names += 1;
                let named = Named::new(inner.names, label, array_width);
                variant.named.insert(named).clone()
            }
        };
        let room = request.uses.len() < MOST_IN_REQUEST || request.has_use_of(&named);
        room.then_some(named)
    }

    /// [`Statements::name`] for a statement that a user or the driver keeps; `None` for any other.
    pub(crate) fn name_kept(
        &self,
        sql: &str,
        oids: &[u32],
        array_width: Option<usize>,
        request: &Request,
    ) -> Option<Arc<Named>> {
        let kept = self.is_pinned(sql);
        kept.then(|| self.name(sql, oids, array_width, request))?
    }

    /// Whether somebody keeps this statement.
    pub(crate) fn is_pinned(&self, sql: &str) -> bool {
        if self.pinned.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let inner = self.inner.lock();
        inner.texts.get(sql).is_some_and(|text| text.pins > 0)
    }

    /// Keeps `sql` from its first execution on, until [`Statements::unpin`]. `label` begins its names.
    pub(crate) fn pin(&self, sql: &str, label: Option<&str>) {
        let mut inner = self.inner.lock();
        let text = inner.texts.entry(sql.into()).or_default();
        text.pins += 1;
        if text.pins == 1 {
            text.label = label.map(Into::into);
            self.pinned.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Ends a [`Statements::pin`]: after the last one the server forgets the statement, with the next request.
    pub(crate) fn unpin(&self, sql: &str) {
        let mut inner = self.inner.lock();
        let Some(text) = inner.texts.get_mut(sql) else {
            return;
        };
        if text.pins == 0 {
            return;
        }
        text.pins -= 1;
        if text.pins == 0 {
            self.pinned.fetch_sub(1, Ordering::Relaxed);
            let variants = inner.texts.remove(sql).map_or(Vec::new(), |t| t.variants);
            inner.count -= variants.len();
            let named = variants.into_iter().filter_map(|variant| variant.named);
            inner.leaving.extend(named);
        }
    }

    /// To be called when `request` is about to be sent, in the order of sending: leaves out the PARSE of what the server
    /// has, and has it forget what makes room.
    pub(crate) fn settle(&self, request: &mut Request, transaction: u64) -> Result<(), Error> {
        if request.uses.is_empty()
            && request.array_width.is_none()
            && request.effect == Effect::None
        {
            return Ok(());
        }
        let mut inner = self.inner.lock();
        let inner = &mut *inner;
        inner.clock += 1;
        let uses = std::mem::take(&mut request.uses);
        let mut cut: Vec<Range<usize>> = Vec::new();
        for usage in &uses {
            if usage.named.state() == CURRENT {
                cut.push(usage.parse.clone());
            }
            inner.keep(&usage.named);
        }
        if !uses.is_empty() || request.array_width.is_some() {
            let most = (self.limits.size + self.pinned.load(Ordering::Relaxed))
                .min(MOST_KEPT)
                .max(uses.len());
            let closed = inner.dismiss(most, request.array_width);
            request.trim(&closed, &cut)?;
        }
        match request.effect {
            Effect::None => {}
            Effect::Redefines => {
                inner.redefined_in = Some(transaction);
                inner.outdate();
            }
            Effect::RollsBack if inner.redefined_in == Some(transaction) => inner.outdate(),
            Effect::RollsBack => {}
        }
        Ok(())
    }

    /// Has every statement prepared again at its next use.
    pub(crate) fn outdate(&self) {
        self.inner.lock().outdate();
    }

    /// The server has forgotten everything.
    pub(crate) fn forget_all(&self) {
        let mut inner = self.inner.lock();
        for named in inner.kept.drain(..) {
            named.set(ABSENT);
        }
        inner.leaving.clear();
    }
}

impl Inner {
    /// Begins to count the executions of a statement.
    fn add(&mut self, sql: &str, oids: &[u32], named: Option<Arc<Named>>, size: usize) {
        // Texts below the threshold are remembered too, but not without end.
        while self.count >= (2 * size).max(MOST_KEPT) && self.drop_oldest() {}
        self.count += 1;
        let text = self.texts.entry(sql.into()).or_default();
        text.variants.push(Variant {
            oids: oids.into(),
            uses: 1,
            used: self.clock,
            named,
        });
    }

    /// Stops counting the executions of the statement that was not used for the longest time. The server forgets it when
    /// others need its room.
    fn drop_oldest(&mut self) -> bool {
        let all = self.texts.iter().filter(|(_, text)| text.pins == 0);
        let all = all.flat_map(|(sql, text)| text.variants.iter().map(move |v| (v.used, sql)));
        let Some((used, sql)) = all.min().map(|(used, sql)| (used, sql.clone())) else {
            return false;
        };
        if let Some(text) = self.texts.get_mut(&sql) {
            text.variants.retain(|variant| variant.used != used);
            if text.variants.is_empty() {
                self.texts.remove(&sql);
            }
        }
        self.count -= 1;
        true
    }

    /// The server has this statement once it has read the request that is being settled.
    fn keep(&mut self, named: &Arc<Named>) {
        if named.state() == ABSENT {
            self.kept.push(named.clone());
        }
        named.set(CURRENT);
        named.used.store(self.clock, Ordering::Relaxed);
    }

    /// Takes out what the server is to forget before the request: what was closed, what is too much, and the INSERTs that
    /// an array BIND could mean instead of its own. What the request itself uses stays.
    fn dismiss(&mut self, most: usize, array_width: Option<usize>) -> Vec<Arc<Named>> {
        let clock = self.clock;
        let leaving = std::mem::take(&mut self.leaving);
        let mut closed = Vec::new();
        if !leaving.is_empty() || array_width.is_some() {
            self.kept.retain(|named| {
                let ambiguous = array_width.is_some() && named.array_width == array_width;
                let left = leaving.iter().any(|other| Arc::ptr_eq(other, named));
                let goes = named.used() != clock && (ambiguous || left);
                if goes {
                    closed.push(named.clone());
                }
                !goes
            });
        }
        while self.kept.len() > most {
            let oldest = (0..self.kept.len()).min_by_key(|at| self.kept[*at].used());
            match oldest {
                Some(at) if self.kept[at].used() != clock => {
                    closed.push(self.kept.swap_remove(at));
                }
                _ => break,
            }
        }
        for named in &closed {
            named.set(ABSENT);
        }
        closed
    }

    fn outdate(&mut self) {
        for named in &self.kept {
            named.set(OUTDATED);
        }
    }
}

#[cfg(test)]
mod tests;
