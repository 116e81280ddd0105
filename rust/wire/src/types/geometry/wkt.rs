//! Well-known text: `POINT(1 2)`, `SRID=4326;POLYGON Z ((…))`, `EMPTY`; read in all usual spellings.

use super::{wrong, Geometry, Layout, Positions, Shape, NAME};
use crate::types::{float, integer, TypeError, MAX_DEPTH};

/// Reads WKT or EWKT.
pub(super) fn parse(text: &[u8]) -> Result<Geometry, TypeError> {
    let mut rest = text;
    let mut srid = None;
    if text.len() > 5 && text[..5].eq_ignore_ascii_case(b"SRID=") {
        let end = memchr::memchr(b';', text).ok_or(wrong("no shape after the SRID"))?;
        srid = Some(integer::parse_u32(&text[5..end])?);
        rest = &text[end + 1..];
    }
    let mut reader = Reader { rest, layout: None };
    let shape = reader.shape(MAX_DEPTH)?;
    reader.skip_blanks();
    if !reader.rest.is_empty() {
        return Err(wrong("text after the geometry"));
    }
    Ok(Geometry {
        srid,
        layout: reader.layout.unwrap_or_default(),
        shape,
    })
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Known from a tag (`POINT Z`) or from the first position.
    layout: Option<Layout>,
}

impl<'a> Reader<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        match self.rest {
            [first, rest @ ..] if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn word(&mut self) -> &'a [u8] {
        self.skip_blanks();
        let end = self
            .rest
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn empty(&mut self) -> bool {
        let before = self.rest;
        if self.word().eq_ignore_ascii_case(b"EMPTY") {
            return true;
        }
        self.rest = before;
        false
    }

    fn set_layout(&mut self, layout: Layout) -> Result<(), TypeError> {
        if *self.layout.get_or_insert(layout) == layout {
            Ok(())
        } else {
            Err(wrong("positions of different dimensions"))
        }
    }

    fn shape(&mut self, depth: usize) -> Result<Shape, TypeError> {
        let word = self.word().to_ascii_uppercase();
        let known = |name: &[u8]| {
            let names: [&[u8]; 7] = [
                b"POINT",
                b"LINESTRING",
                b"POLYGON",
                b"MULTIPOINT",
                b"MULTILINESTRING",
                b"MULTIPOLYGON",
                b"GEOMETRYCOLLECTION",
            ];
            names.iter().position(|known| *known == name)
        };
        // The tag of the dimensions stands apart or is glued to the name.
        let tags: [(&[u8], Layout); 3] = [
            (b"ZM", Layout::Xyzm),
            (b"Z", Layout::Xyz),
            (b"M", Layout::Xym),
        ];
        let glued = || {
            tags.iter()
                .find_map(|(tag, layout)| Some((known(word.strip_suffix(*tag)?)?, Some(*layout))))
        };
        let (kind, mut tagged) = match known(&word) {
            Some(kind) => (kind, None),
            None => glued().ok_or(wrong("unknown WKT shape"))?,
        };
        if tagged.is_none() {
            let before = self.rest;
            let next = self.word();
            tagged = tags
                .iter()
                .find(|(tag, _)| next.eq_ignore_ascii_case(tag))
                .map(|(_, l)| *l);
            if tagged.is_none() {
                self.rest = before;
            }
        }
        if let Some(layout) = tagged {
            self.set_layout(layout)?;
        }
        Ok(match kind {
            0 => Shape::Point(if self.empty() {
                Vec::new()
            } else {
                self.point()?
            }),
            1 => Shape::LineString(self.positions()?),
            2 => Shape::Polygon(self.list(Self::positions)?),
            3 => Shape::MultiPoint(self.list(Self::loose_point)?),
            4 => Shape::MultiLineString(self.list(Self::positions)?),
            5 => Shape::MultiPolygon(self.list(|r| r.list(Self::positions))?),
            _ => {
                let depth = depth
                    .checked_sub(1)
                    .ok_or(TypeError::TooDeep { type_name: NAME })?;
                Shape::Collection(self.list(|r| r.shape(depth))?)
            }
        })
    }

    /// `(item, item, …)` or `EMPTY`.
    fn list<T>(
        &mut self,
        item: impl Fn(&mut Self) -> Result<T, TypeError>,
    ) -> Result<Vec<T>, TypeError> {
        if self.empty() {
            return Ok(Vec::new());
        }
        if !self.take(b'(') {
            return Err(wrong("a parenthesis is missing"));
        }
        let mut items = Vec::new();
        loop {
            items.push(item(self)?);
            if self.take(b')') {
                return Ok(items);
            }
            if !self.take(b',') {
                return Err(wrong("a comma is missing"));
            }
        }
    }

    fn positions(&mut self) -> Result<Positions, TypeError> {
        Ok(self.list(Self::position)?.concat())
    }

    fn point(&mut self) -> Result<Positions, TypeError> {
        if !self.take(b'(') {
            return Err(wrong("a parenthesis is missing"));
        }
        let position = self.position()?;
        if self.take(b')') {
            Ok(position)
        } else {
            Err(wrong("a parenthesis is missing"))
        }
    }

    /// A member of a multipoint: in parentheses, without, or `EMPTY`.
    fn loose_point(&mut self) -> Result<Positions, TypeError> {
        self.skip_blanks();
        if self.rest.first() == Some(&b'(') {
            self.point()
        } else if self.empty() {
            Ok(Vec::new())
        } else {
            self.position()
        }
    }

    fn position(&mut self) -> Result<Positions, TypeError> {
        let mut numbers = Vec::with_capacity(4);
        loop {
            self.skip_blanks();
            let end = self
                .rest
                .iter()
                .position(|b| b.is_ascii_whitespace() || matches!(b, b',' | b')' | b'('))
                .unwrap_or(self.rest.len());
            let (number, rest) = self.rest.split_at(end);
            if number.is_empty() {
                break;
            }
            if numbers.len() == 4 {
                return Err(wrong("a position of more than four numbers"));
            }
            numbers.push(float::parse_f64(number)?);
            self.rest = rest;
        }
        match (self.layout, numbers.len()) {
            (Some(layout), count) if layout.size() == count => Ok(numbers),
            (None, 2) => self.set_layout(Layout::Xy).map(|()| numbers),
            (None, 3) => self.set_layout(Layout::Xyz).map(|()| numbers),
            (None, 4) => self.set_layout(Layout::Xyzm).map(|()| numbers),
            _ => Err(wrong("a position with a wrong count of numbers")),
        }
    }
}

/// Appends WKT, with `SRID=…;` before it if there is one.
pub fn format_wkt(geometry: &Geometry, out: &mut Vec<u8>) {
    if let Some(srid) = geometry.srid {
        out.extend_from_slice(b"SRID=");
        integer::format_u32(srid, out);
        out.push(b';');
    }
    write_shape(&geometry.shape, geometry.layout, out);
}

fn write_shape(shape: &Shape, layout: Layout, out: &mut Vec<u8>) {
    let name: &[u8] = match shape {
        Shape::Point(_) => b"POINT",
        Shape::LineString(_) => b"LINESTRING",
        Shape::Polygon(_) => b"POLYGON",
        Shape::MultiPoint(_) => b"MULTIPOINT",
        Shape::MultiLineString(_) => b"MULTILINESTRING",
        Shape::MultiPolygon(_) => b"MULTIPOLYGON",
        Shape::Collection(_) => b"GEOMETRYCOLLECTION",
    };
    out.extend_from_slice(name);
    out.extend_from_slice(match layout {
        Layout::Xy => b"",
        Layout::Xyz => b" Z ",
        Layout::Xym => b" M ",
        Layout::Xyzm => b" ZM ",
    });
    let size = layout.size();
    match shape {
        Shape::Point(positions) | Shape::LineString(positions) => {
            write_positions(positions, size, out);
        }
        Shape::Polygon(lines) | Shape::MultiPoint(lines) | Shape::MultiLineString(lines) => {
            write_list(lines, out, |line, out| write_positions(line, size, out));
        }
        Shape::MultiPolygon(polygons) => write_list(polygons, out, |rings, out| {
            write_list(rings, out, |ring, out| write_positions(ring, size, out));
        }),
        Shape::Collection(shapes) => {
            write_list(shapes, out, |shape, out| write_shape(shape, layout, out));
        }
    }
}

fn write_list<T>(items: &[T], out: &mut Vec<u8>, item: impl Fn(&T, &mut Vec<u8>)) {
    if items.is_empty() {
        // After `POINT` a blank is due, after `POINT Z ` and `(` it is there.
        if out.last().is_some_and(u8::is_ascii_alphabetic) {
            out.push(b' ');
        }
        out.extend_from_slice(b"EMPTY");
        return;
    }
    out.push(b'(');
    for (i, one) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        item(one, out);
    }
    out.push(b')');
}

fn write_positions(positions: &[f64], size: usize, out: &mut Vec<u8>) {
    let positions: Vec<&[f64]> = positions.chunks(size).collect();
    write_list(&positions, out, |position, out| {
        for (i, number) in position.iter().enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            float::format_f64(*number, out);
            if out.ends_with(b".0") {
                out.truncate(out.len() - 2);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::{parse_geometry, Geometry, Layout, Shape};
    use super::format_wkt;

    fn there_and_back(text: &str) -> String {
        let mut out = Vec::new();
        format_wkt(&parse_geometry(text.as_bytes()).unwrap(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn spellings() {
        for (text, canonical) in [
            ("POINT(1 2)", "POINT(1 2)"),
            ("point ( 1.5  -2e3 )", "POINT(1.5 -2000)"),
            ("POINT EMPTY", "POINT EMPTY"),
            ("POINT Z (1 2 3)", "POINT Z (1 2 3)"),
            ("POINTZ(1 2 3)", "POINT Z (1 2 3)"),
            ("POINT(1 2 3)", "POINT Z (1 2 3)"),
            ("POINTM(1 2 3)", "POINT M (1 2 3)"),
            ("POINT ZM EMPTY", "POINT ZM EMPTY"),
            ("SRID=4326;POINT(1 2)", "SRID=4326;POINT(1 2)"),
            ("LINESTRING(0 0,1 1)", "LINESTRING(0 0,1 1)"),
            (
                "POLYGON((0 0,1 0,1 1,0 0),(0 0,1 0,1 1,0 0))",
                "POLYGON((0 0,1 0,1 1,0 0),(0 0,1 0,1 1,0 0))",
            ),
            ("MULTIPOINT(1 2,3 4)", "MULTIPOINT((1 2),(3 4))"),
            ("MULTIPOINT((1 2),EMPTY)", "MULTIPOINT((1 2),EMPTY)"),
            (
                "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),EMPTY)",
                "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),EMPTY)",
            ),
            (
                "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING EMPTY)",
                "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING EMPTY)",
            ),
        ] {
            assert_eq!(there_and_back(text), canonical);
            assert_eq!(there_and_back(canonical), canonical);
        }
        let hex = "0101000000000000000000F03F0000000000000040";
        assert_eq!(there_and_back(hex), "POINT(1 2)");
        assert_eq!(there_and_back("(1,2)"), "POINT(1 2)");
    }

    #[test]
    fn wrong_text() {
        for text in [
            "",
            "POINT",
            "POINT(",
            "POINT(1)",
            "POINT(1 2",
            "POINT(1 2)x",
            "POINT(1 2 3 4 5)",
            "POINT(1,2)",
            "CIRCLE(1 2)",
            "LINESTRING(0 0,1 1 1)",
            "SRID=;POINT(1 2)",
            "SRID=1",
            "POINT Z (1 2)",
            "GEOMETRYCOLLECTION(POINT(1 2),POINT(1 2 3))",
            "01zz",
            "010",
        ] {
            assert!(parse_geometry(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse_geometry("GEOMETRYCOLLECTION(".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn an_empty_point_keeps_its_layout() {
        let expected = Geometry {
            srid: None,
            layout: Layout::Xyz,
            shape: Shape::Point(vec![]),
        };
        assert_eq!(parse_geometry(b"POINT Z EMPTY"), Ok(expected));
    }
}
