//! The user's own conversions: what a class is sent as, and what a type is read as. They are registered for the process,
//! a connection or a cursor, and the innermost that knows a class or type wins.
//!
//! Values are encoded at the end of long roads (`execute`, `executemany`, COPY …) which know nothing of this: whoever
//! sets out on one says with [`in_force`] which conversions hold on this thread until it is back. Where none was ever
//! registered, all this costs one look at a flag.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyType;
use sbwp::types::{by_name, Oid};

/// Whether anything was registered in this process. It never turns back.
static USED: AtomicBool = AtomicBool::new(false);

/// The conversions that are registered in one place.
#[derive(Default)]
pub struct Registry {
    /// Replaced as a whole, so that whoever works with it is not disturbed.
    registered: Mutex<Option<Arc<Registered>>>,
}

pub type Callable = Arc<Py<PyAny>>;

#[derive(Default, Clone)]
struct Registered {
    /// By the address of the class, which is kept alive here.
    dumpers: HashMap<usize, (Arc<Py<PyType>>, Callable)>,
    loaders: HashMap<Oid, Loader>,
    /// Of types that have no number of their own, by their names in lower case.
    named_loaders: HashMap<String, Loader>,
    json_loads: Option<Callable>,
    json_dumps: Option<Callable>,
}

/// What reads a type.
#[derive(Clone)]
pub enum Loader {
    /// Takes the text.
    Text(Callable),
    /// Reads the fields of a record, each by its type and the name of that, and gives them to a callable as a tuple.
    Fields(Arc<[(Oid, Option<String>)]>, Callable),
}

/// Which type a loader is for.
pub enum LoaderKey {
    Oid(Oid),
    Name(String),
}

impl LoaderKey {
    /// Of a type's name: its number, where it has one in the protocol.
    pub fn of_name(name: &str) -> Self {
        match by_name(name) {
            Some(info) => LoaderKey::Oid(info.oid),
            None => LoaderKey::Name(name.to_lowercase()),
        }
    }
}

fn put<K: std::hash::Hash + Eq, V>(map: &mut HashMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => {
            map.insert(key, value);
        }
        None => {
            map.remove(&key);
        }
    }
}

impl Registry {
    /// Takes what another holds, in place of its own.
    pub fn become_copy_of(&self, other: &Registry) {
        let registered = other.registered.lock().clone();
        let _old = std::mem::replace(&mut *self.registered.lock(), registered);
    }

    /// What values of `class` are sent as: what `dump` returns for them. None takes it back.
    pub fn register_adapter(&self, class: &Bound<'_, PyType>, dump: Option<Py<PyAny>>) {
        let entry = dump.map(|dump| (Arc::new(class.clone().unbind()), Arc::new(dump)));
        self.change(|registered| put(&mut registered.dumpers, class.as_ptr() as usize, entry));
    }

    /// What values of a type are read as. None takes it back.
    pub fn register_loader(&self, key: LoaderKey, load: Option<Loader>) {
        self.change(|registered| match key {
            LoaderKey::Oid(oid) => put(&mut registered.loaders, oid, load),
            LoaderKey::Name(name) => put(&mut registered.named_loaders, name, load),
        });
    }

    pub fn set_json_loads(&self, loads: Option<Py<PyAny>>) {
        self.change(|registered| registered.json_loads = loads.map(Arc::new));
    }

    pub fn set_json_dumps(&self, dumps: Option<Py<PyAny>>) {
        self.change(|registered| registered.json_dumps = dumps.map(Arc::new));
    }

    pub fn json_dumps(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let registered = self.registered.lock();
        let dumps = registered.as_ref()?.json_dumps.as_ref()?;
        Some(dumps.clone_ref(py))
    }

    fn change(&self, change: impl FnOnce(&mut Registered)) {
        USED.store(true, Ordering::Relaxed);
        let mut slot = self.registered.lock();
        let mut registered = slot.as_deref().cloned().unwrap_or_default();
        change(&mut registered);
        // What is replaced goes after the lock: objects that go may run code.
        let _old = slot.replace(Arc::new(registered));
        drop(slot);
    }
}

/// What is registered for the whole process.
pub fn process() -> &'static Registry {
    static PROCESS: Registry = Registry {
        registered: Mutex::new(None),
    };
    &PROCESS
}

/// The conversions that hold together, the innermost first.
#[derive(Clone)]
pub struct Adapters(Vec<Arc<Registered>>);

impl Adapters {
    /// Of these registries, the innermost first, and of the process; None where nothing is registered.
    fn of(inner: &[&Registry]) -> Option<Arc<Self>> {
        let levels = inner.iter().copied().chain([process()]);
        let levels: Vec<_> = levels
            .filter_map(|registry| registry.registered.lock().clone())
            .collect();
        (!levels.is_empty()).then(|| Arc::new(Adapters(levels)))
    }

    /// Whether these are the same conversions: a plan made with one will do for the other.
    pub fn are(one: Option<&Arc<Self>>, other: Option<&Arc<Self>>) -> bool {
        match (one, other) {
            (None, None) => true,
            (Some(one), Some(other)) => {
                let mut pairs = one.0.iter().zip(&other.0);
                one.0.len() == other.0.len() && pairs.all(|(one, other)| Arc::ptr_eq(one, other))
            }
            _ => false,
        }
    }

    /// What reads a type: by the name the server gave it, else by its number.
    pub fn loader(&self, oid: Oid, name: Option<&str>) -> Option<&Loader> {
        let name = name.map(str::to_lowercase);
        self.0.iter().find_map(|level| {
            let named = name.as_deref().and_then(|name| {
                let leaf = name.rsplit('.').next().unwrap_or(name);
                let loaders = &level.named_loaders;
                loaders.get(name).or_else(|| loaders.get(leaf))
            });
            named.or_else(|| level.loaders.get(&oid))
        })
    }

    /// What reads JSON.
    pub fn json_loads(&self) -> Option<&Callable> {
        let mut levels = self.0.iter();
        levels.find_map(|level| level.json_loads.as_ref())
    }

    fn json_dumps(&self) -> Option<&Py<PyAny>> {
        let mut levels = self.0.iter();
        levels.find_map(|level| level.json_dumps.as_deref())
    }

    /// The nearest class in the order of method resolution counts, and for one class the innermost place.
    fn dumper(&self, class: &Bound<'_, PyType>) -> Option<&Py<PyAny>> {
        if self.0.iter().all(|level| level.dumpers.is_empty()) {
            return None;
        }
        let order = class.mro();
        order.iter_borrowed().find_map(|class| {
            let address = class.as_ptr() as usize;
            let mut levels = self.0.iter();
            levels.find_map(|level| level.dumpers.get(&address).map(|(_, dump)| dump.as_ref()))
        })
    }
}

thread_local! {
    static IN_FORCE: RefCell<Vec<Option<Arc<Adapters>>>> = const { RefCell::new(Vec::new()) };
}

/// Ends what [`in_force`] began.
#[must_use = "the conversions hold as long as this lives"]
pub struct InForce {
    entered: bool,
    /// It belongs to its thread.
    _here: std::marker::PhantomData<*const ()>,
}

/// Lets what is registered with these, the innermost first, and with the process hold on this thread.
#[inline]
pub fn in_force(inner: &[&Registry]) -> InForce {
    let entered = USED.load(Ordering::Relaxed);
    if entered {
        let adapters = Adapters::of(inner);
        IN_FORCE.with_borrow_mut(|stack| stack.push(adapters));
    }
    InForce {
        entered,
        _here: std::marker::PhantomData,
    }
}

/// As [`in_force`], where nobody further out has said what holds.
#[inline]
pub fn in_force_by_default(inner: &[&Registry]) -> InForce {
    let known = USED.load(Ordering::Relaxed) && IN_FORCE.with_borrow(|stack| !stack.is_empty());
    if known {
        return InForce {
            entered: false,
            _here: std::marker::PhantomData,
        };
    }
    in_force(inner)
}

impl Drop for InForce {
    fn drop(&mut self) {
        if self.entered {
            let _old = IN_FORCE.with_borrow_mut(Vec::pop);
        }
    }
}

/// The conversions that hold on this thread.
#[inline]
pub fn current() -> Option<Arc<Adapters>> {
    if !USED.load(Ordering::Relaxed) {
        return None;
    }
    IN_FORCE.with_borrow(|stack| stack.last().cloned().flatten())
}

/// What to send instead of a value; None where it is sent as it is.
#[inline]
pub fn dumped<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(adapters) = current() else {
        return Ok(None);
    };
    if value.is_none() {
        return Ok(None);
    }
    match adapters.dumper(&value.get_type()) {
        Some(dump) => dump.bind(value.py()).call1((value,)).map(Some),
        None => Ok(None),
    }
}

/// The text of a value as JSON, by the user's own encoder where there is one: str, or bytes of UTF-8.
pub fn json_dumped<'py>(value: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match current()
        .as_ref()
        .and_then(|adapters| adapters.json_dumps())
    {
        Some(dumps) => dumps.bind(value.py()).call1((value,)).map(Some),
        None => Ok(None),
    }
}
