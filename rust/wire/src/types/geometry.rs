//! Geometry: the value, and its text. WKB, the binary form of the point family, is in `wkb`.
//!
//! Text is read as WKT or EWKT (`SRID=4326;POINT(1 2)`), as hexadecimal WKB, or in the native notation of
//! the point, lseg, path, box and polygon types (`(1,2)`); it is written as WKT. Nothing is computed here.

mod native;
mod wkb;
mod wkt;

pub use native::format_native;
pub use wkb::{decode_wkb, encode_wkb};
pub use wkt::format_wkt;

use super::TypeError;

pub(crate) const NAME: &str = "geometry";

/// Which numbers a position has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Layout {
    #[default]
    Xy,
    Xyz,
    Xym,
    Xyzm,
}

impl Layout {
    /// Numbers in one position.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Layout::Xy => 2,
            Layout::Xyz | Layout::Xym => 3,
            Layout::Xyzm => 4,
        }
    }

    pub(crate) fn new(z: bool, m: bool) -> Self {
        match (z, m) {
            (false, false) => Layout::Xy,
            (true, false) => Layout::Xyz,
            (false, true) => Layout::Xym,
            (true, true) => Layout::Xyzm,
        }
    }

    pub(crate) fn has_z(self) -> bool {
        matches!(self, Layout::Xyz | Layout::Xyzm)
    }

    pub(crate) fn has_m(self) -> bool {
        matches!(self, Layout::Xym | Layout::Xyzm)
    }
}

/// Positions one after the other, each as many numbers as the layout has.
pub type Positions = Vec<f64>;

/// A geometry's form and positions. An empty point has no positions.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Point(Positions),
    LineString(Positions),
    Polygon(Vec<Positions>),
    MultiPoint(Vec<Positions>),
    MultiLineString(Vec<Positions>),
    MultiPolygon(Vec<Vec<Positions>>),
    Collection(Vec<Shape>),
}

/// A geometry: where its positions refer to, what they consist of, and the shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Geometry {
    /// The spatial reference system, if stated.
    pub srid: Option<u32>,
    pub layout: Layout,
    pub shape: Shape,
}

/// Reads any of the text forms.
pub fn parse_geometry(text: &[u8]) -> Result<Geometry, TypeError> {
    let text = text.trim_ascii();
    match text {
        [b'(' | b'[', ..] => native::parse(text),
        [b'0', b'0' | b'1', ..] => {
            let mut bytes = Vec::new();
            super::bytea::decode_hex(NAME, text, &mut bytes)?;
            decode_wkb(&bytes)
        }
        _ => wkt::parse(text),
    }
}

pub(crate) fn wrong(reason: &'static str) -> TypeError {
    TypeError::invalid(NAME, reason)
}
