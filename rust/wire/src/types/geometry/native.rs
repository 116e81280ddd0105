//! The point family's own notation: point `(1,2)`, lseg `[(0,0),(1,1)]`, box `(1,1),(0,0)`, path `[…]` or
//! `((…))`, polygon `((0,0),…)`. Circles and lines are no simple features and stay text.

use super::{wrong, Geometry, Layout, Shape};
use crate::types::{float, oid, Oid, TypeError};

/// Reads the notation by its own shape: one position is a point, an open sequence a line string, a closed
/// one a polygon, two positions side by side the rectangle of a box.
pub(super) fn parse(text: &[u8]) -> Result<Geometry, TypeError> {
    let (open, body) = match text {
        [b'[', body @ .., b']'] => (Some(true), body),
        [b'(', body @ .., b')'] if body.trim_ascii().starts_with(b"(") => (Some(false), body),
        _ => (None, text),
    };
    let mut positions = Vec::new();
    let mut rest = body;
    loop {
        rest = rest
            .trim_ascii_start()
            .strip_prefix(b"(")
            .ok_or(wrong("not a position"))?;
        let end = memchr::memchr(b')', rest).ok_or(wrong("not a position"))?;
        let (pair, tail) = rest.split_at(end);
        let comma = memchr::memchr(b',', pair).ok_or(wrong("not a position"))?;
        let (x, y) = pair.split_at(comma);
        positions.push(float::parse_f64(x.trim_ascii())?);
        positions.push(float::parse_f64(
            y.get(1..).unwrap_or_default().trim_ascii(),
        )?);
        rest = tail.get(1..).unwrap_or_default().trim_ascii();
        if rest.is_empty() {
            break;
        }
        rest = rest.strip_prefix(b",").ok_or(wrong("a comma is missing"))?;
    }
    let shape = match (open, positions.as_slice()) {
        (None, [_, _]) => Shape::Point(positions),
        (None, &[x1, y1, x2, y2]) => {
            Shape::Polygon(vec![vec![x1, y1, x1, y2, x2, y2, x2, y1, x1, y1]])
        }
        (None, _) => return Err(wrong("positions without brackets")),
        (Some(true), _) => Shape::LineString(positions),
        (Some(false), ring) => {
            let first: Vec<f64> = ring.iter().take(2).copied().collect();
            if !ring.ends_with(&first) || ring.len() == 2 {
                positions.extend(first);
            }
            Shape::Polygon(vec![positions])
        }
    };
    Ok(Geometry {
        srid: None,
        layout: Layout::Xy,
        shape,
    })
}

/// Appends the notation of the type `oid` (point, lseg, path, box, polygon) for a geometry that has it:
/// two dimensions, one ring.
///
/// # Errors
/// `Invalid` if the type cannot express the geometry.
pub fn format_native(geometry: &Geometry, oid: Oid, out: &mut Vec<u8>) -> Result<(), TypeError> {
    let unfit = || wrong("the type cannot express this geometry");
    if geometry.layout != Layout::Xy {
        return Err(unfit());
    }
    let (positions, brackets): (&[f64], _) = match (&geometry.shape, oid) {
        (Shape::Point(point), oid::POINT) if point.len() == 2 => (point, None),
        (Shape::LineString(line), oid::LSEG) if line.len() == 4 => (line, Some((b'[', b']'))),
        (Shape::LineString(line), oid::PATH) if line.len() >= 2 => (line, Some((b'[', b']'))),
        (Shape::Polygon(rings), oid::PATH | oid::POLYGON | oid::BOX) => match rings.as_slice() {
            // The last position of a ring repeats the first; the notation leaves it out.
            [ring] if ring.len() >= 4 => (&ring[..ring.len() - 2], Some((b'(', b')'))),
            _ => return Err(unfit()),
        },
        _ => return Err(unfit()),
    };
    if oid == oid::BOX {
        let &[x1, y1, x2, y2, x3, y3, x4, y4] = positions else {
            return Err(unfit());
        };
        let upright = x1 == x2 && y2 == y3 && x3 == x4 && y4 == y1;
        let lying = y1 == y2 && x2 == x3 && y3 == y4 && x4 == x1;
        if !upright && !lying {
            return Err(unfit());
        }
        write_positions(&[x1, y1, x3, y3], out);
        return Ok(());
    }
    out.extend(brackets.map(|(open, _)| open));
    write_positions(positions, out);
    out.extend(brackets.map(|(_, close)| close));
    Ok(())
}

fn write_positions(positions: &[f64], out: &mut Vec<u8>) {
    for (i, pair) in positions.chunks(2).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.push(b'(');
        for (j, number) in pair.iter().enumerate() {
            if j > 0 {
                out.push(b',');
            }
            float::format_f64(*number, out);
        }
        out.push(b')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_reads_back() {
        for (oid, text) in [
            (oid::POINT, "(1.0,-2.5)"),
            (oid::LSEG, "[(0.0,0.0),(1.0,1.0)]"),
            (oid::PATH, "[(0.0,0.0),(1.0,1.0),(2.0,0.0)]"),
            (oid::PATH, "((0.0,0.0),(1.0,1.0),(2.0,0.0))"),
            (oid::POLYGON, "((0.0,0.0),(1.0,1.0),(2.0,0.0))"),
            (oid::BOX, "(1.0,1.0),(0.0,0.0)"),
        ] {
            let mut out = Vec::new();
            format_native(&parse(text.as_bytes()).unwrap(), oid, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn wrong_text_and_unfit_shapes() {
        for text in [
            "(",
            "()",
            "(1)",
            "(1,2",
            "(1,2,3)",
            "(1,2)(3,4)",
            "(1,2),(3,4),(5,6)",
            "[]",
            "[1,2]",
            "((1,2)",
            "(1,2),",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        let line = parse(b"[(0,0),(1,1)]").unwrap();
        assert!(format_native(&line, oid::POINT, &mut Vec::new()).is_err());
        assert!(format_native(&line, oid::BOX, &mut Vec::new()).is_err());
        let triangle = parse(b"((0,0),(1,1),(2,0))").unwrap();
        assert!(format_native(&triangle, oid::BOX, &mut Vec::new()).is_err());
    }
}
