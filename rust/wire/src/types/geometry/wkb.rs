//! Well-known binary: OGC's and ISO's codes and PostGIS' extended flags in, extended little-endian out.

use super::{wrong, Geometry, Layout, Positions, Shape, NAME};
use crate::types::{TypeError, MAX_DEPTH};

const FLAG_Z: u32 = 0x8000_0000;
const FLAG_M: u32 = 0x4000_0000;
const FLAG_SRID: u32 = 0x2000_0000;

const POINT: u32 = 1;
const LINE_STRING: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POINT: u32 = 4;
const MULTI_LINE_STRING: u32 = 5;
const MULTI_POLYGON: u32 = 6;
const COLLECTION: u32 = 7;

/// Reads WKB of either byte order. Bytes after the geometry are an error.
pub fn decode_wkb(bytes: &[u8]) -> Result<Geometry, TypeError> {
    let mut reader = Reader {
        rest: bytes,
        little: true,
    };
    let header = reader.header()?;
    let shape = reader.shape(header, MAX_DEPTH)?;
    if !reader.rest.is_empty() {
        return Err(wrong("bytes after the geometry"));
    }
    Ok(Geometry {
        srid: header.srid,
        layout: header.layout,
        shape,
    })
}

#[derive(Clone, Copy)]
struct Header {
    kind: u32,
    layout: Layout,
    srid: Option<u32>,
}

struct Reader<'a> {
    rest: &'a [u8],
    little: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], TypeError> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(wrong("WKB is cut off"))?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn number(&mut self) -> Result<u32, TypeError> {
        let bytes = self.take()?;
        Ok(if self.little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    /// A count of things that take at least `size` bytes each: more than fit is refused before anything
    /// is allocated.
    fn count(&mut self, size: usize) -> Result<usize, TypeError> {
        let count = usize::try_from(self.number()?).map_err(|_| wrong("WKB is cut off"))?;
        if count > self.rest.len() / size {
            return Err(wrong("WKB is cut off"));
        }
        Ok(count)
    }

    fn header(&mut self) -> Result<Header, TypeError> {
        self.little = match self.take()? {
            [0] => false,
            [1] => true,
            _ => return Err(wrong("unknown WKB byte order")),
        };
        let code = self.number()?;
        let plain = code & !(FLAG_Z | FLAG_M | FLAG_SRID);
        let thousands = plain / 1000;
        if thousands > 3 {
            return Err(wrong("unknown WKB type"));
        }
        Ok(Header {
            kind: plain % 1000,
            layout: Layout::new(
                code & FLAG_Z != 0 || matches!(thousands, 1 | 3),
                code & FLAG_M != 0 || matches!(thousands, 2 | 3),
            ),
            srid: (code & FLAG_SRID != 0).then(|| self.number()).transpose()?,
        })
    }

    fn shape(&mut self, header: Header, depth: usize) -> Result<Shape, TypeError> {
        let layout = header.layout;
        Ok(match header.kind {
            POINT => Shape::Point(self.point(layout)?),
            LINE_STRING => Shape::LineString(self.positions(layout)?),
            POLYGON => Shape::Polygon(self.rings(layout)?),
            MULTI_POINT => Shape::MultiPoint(self.members(layout, POINT, Self::point)?),
            MULTI_LINE_STRING => {
                Shape::MultiLineString(self.members(layout, LINE_STRING, Self::positions)?)
            }
            MULTI_POLYGON => Shape::MultiPolygon(self.members(layout, POLYGON, Self::rings)?),
            COLLECTION => {
                let depth = depth
                    .checked_sub(1)
                    .ok_or(TypeError::TooDeep { type_name: NAME })?;
                let count = self.count(9)?;
                let mut shapes = Vec::with_capacity(count);
                for _ in 0..count {
                    let member = self.member_header(layout)?;
                    shapes.push(self.shape(member, depth)?);
                }
                Shape::Collection(shapes)
            }
            _ => return Err(wrong("unknown WKB type")),
        })
    }

    fn member_header(&mut self, layout: Layout) -> Result<Header, TypeError> {
        let header = self.header()?;
        if header.layout == layout {
            Ok(header)
        } else {
            Err(wrong("members of different dimensions"))
        }
    }

    fn members<T>(
        &mut self,
        layout: Layout,
        kind: u32,
        read: impl Fn(&mut Self, Layout) -> Result<T, TypeError>,
    ) -> Result<Vec<T>, TypeError> {
        let count = self.count(9)?;
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            if self.member_header(layout)?.kind != kind {
                return Err(wrong("a member of another kind"));
            }
            members.push(read(self, layout)?);
        }
        Ok(members)
    }

    fn point(&mut self, layout: Layout) -> Result<Positions, TypeError> {
        let position = self.floats(layout.size())?;
        // WKB has no other way to say that a point is empty.
        Ok(if position.iter().all(|number| number.is_nan()) {
            Vec::new()
        } else {
            position
        })
    }

    fn positions(&mut self, layout: Layout) -> Result<Positions, TypeError> {
        let count = self.count(8 * layout.size())?;
        self.floats(count * layout.size())
    }

    fn rings(&mut self, layout: Layout) -> Result<Vec<Positions>, TypeError> {
        let count = self.count(4)?;
        let mut rings = Vec::with_capacity(count);
        for _ in 0..count {
            rings.push(self.positions(layout)?);
        }
        Ok(rings)
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f64>, TypeError> {
        let size = count.checked_mul(8).ok_or(wrong("WKB is cut off"))?;
        let (bytes, rest) = self
            .rest
            .split_at_checked(size)
            .ok_or(wrong("WKB is cut off"))?;
        self.rest = rest;
        let little = self.little;
        Ok(bytes
            .chunks_exact(8)
            .filter_map(|chunk| <[u8; 8]>::try_from(chunk).ok())
            .map(|b| {
                if little {
                    f64::from_le_bytes(b)
                } else {
                    f64::from_be_bytes(b)
                }
            })
            .collect())
    }
}

/// Appends little-endian WKB, extended (PostGIS) where there is an SRID or more than two dimensions.
pub fn encode_wkb(geometry: &Geometry, out: &mut Vec<u8>) -> Result<(), TypeError> {
    let start = out.len();
    let result = write_shape(
        &geometry.shape,
        geometry.layout,
        geometry.srid,
        out,
        MAX_DEPTH,
    );
    if result.is_err() {
        out.truncate(start);
    }
    result
}

fn write_shape(
    shape: &Shape,
    layout: Layout,
    srid: Option<u32>,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), TypeError> {
    let header = |kind, out: &mut Vec<u8>| write_header(kind, layout, srid, out);
    let member = |kind, out: &mut Vec<u8>| write_header(kind, layout, None, out);
    match shape {
        Shape::Point(point) => {
            header(POINT, out);
            write_point(point, layout, out)
        }
        Shape::LineString(line) => {
            header(LINE_STRING, out);
            write_positions(line, layout, out)
        }
        Shape::Polygon(rings) => {
            header(POLYGON, out);
            write_rings(rings, layout, out)
        }
        Shape::MultiPoint(points) => {
            header(MULTI_POINT, out);
            write_count(points.len(), out)?;
            points.iter().try_for_each(|point| {
                member(POINT, out);
                write_point(point, layout, out)
            })
        }
        Shape::MultiLineString(lines) => {
            header(MULTI_LINE_STRING, out);
            write_count(lines.len(), out)?;
            lines.iter().try_for_each(|line| {
                member(LINE_STRING, out);
                write_positions(line, layout, out)
            })
        }
        Shape::MultiPolygon(polygons) => {
            header(MULTI_POLYGON, out);
            write_count(polygons.len(), out)?;
            polygons.iter().try_for_each(|rings| {
                member(POLYGON, out);
                write_rings(rings, layout, out)
            })
        }
        Shape::Collection(shapes) => {
            let depth = depth
                .checked_sub(1)
                .ok_or(TypeError::TooDeep { type_name: NAME })?;
            header(COLLECTION, out);
            write_count(shapes.len(), out)?;
            shapes
                .iter()
                .try_for_each(|shape| write_shape(shape, layout, None, out, depth))
        }
    }
}

fn write_header(kind: u32, layout: Layout, srid: Option<u32>, out: &mut Vec<u8>) {
    let flag = |condition: bool, flag: u32| if condition { flag } else { 0 };
    let code = kind
        | flag(layout.has_z(), FLAG_Z)
        | flag(layout.has_m(), FLAG_M)
        | flag(srid.is_some(), FLAG_SRID);
    out.push(1);
    out.extend_from_slice(&code.to_le_bytes());
    if let Some(srid) = srid {
        out.extend_from_slice(&srid.to_le_bytes());
    }
}

fn write_count(count: usize, out: &mut Vec<u8>) -> Result<(), TypeError> {
    let count = u32::try_from(count).map_err(|_| TypeError::range(NAME, "too many members"))?;
    out.extend_from_slice(&count.to_le_bytes());
    Ok(())
}

fn write_floats(numbers: &[f64], out: &mut Vec<u8>) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn write_point(point: &[f64], layout: Layout, out: &mut Vec<u8>) -> Result<(), TypeError> {
    if point.is_empty() {
        write_floats(&[f64::NAN; 4][..layout.size()], out);
        return Ok(());
    }
    if point.len() != layout.size() {
        return Err(wrong("a position of another size than the layout's"));
    }
    write_floats(point, out);
    Ok(())
}

fn write_positions(line: &[f64], layout: Layout, out: &mut Vec<u8>) -> Result<(), TypeError> {
    if !line.len().is_multiple_of(layout.size()) {
        return Err(wrong("a position of another size than the layout's"));
    }
    write_count(line.len() / layout.size(), out)?;
    write_floats(line, out);
    Ok(())
}

fn write_rings(rings: &[Positions], layout: Layout, out: &mut Vec<u8>) -> Result<(), TypeError> {
    write_count(rings.len(), out)?;
    rings
        .iter()
        .try_for_each(|ring| write_positions(ring, layout, out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders_and_all_dialects() {
        let point = |bytes: &[u8]| decode_wkb(bytes).unwrap();
        let mut big = vec![0, 0, 0, 0, 1];
        big.extend(1.0f64.to_be_bytes());
        big.extend(2.0f64.to_be_bytes());
        let mut little = vec![1, 1, 0, 0, 0];
        little.extend(1.0f64.to_le_bytes());
        little.extend(2.0f64.to_le_bytes());
        assert_eq!(point(&big), point(&little));
        assert_eq!(point(&big).shape, Shape::Point(vec![1.0, 2.0]));
        let mut iso_z = vec![1, 0xe9, 3, 0, 0];
        iso_z.extend([1.0f64, 2.0, 3.0].iter().flat_map(|n| n.to_le_bytes()));
        let mut extended_z = vec![1, 1, 0, 0, 0x80];
        extended_z.extend([1.0f64, 2.0, 3.0].iter().flat_map(|n| n.to_le_bytes()));
        assert_eq!(point(&iso_z), point(&extended_z));
        assert_eq!(point(&iso_z).layout, Layout::Xyz);
        let mut out = Vec::new();
        encode_wkb(&point(&iso_z), &mut out).unwrap();
        assert_eq!(out, extended_z);
    }

    #[test]
    fn counts_are_not_trusted_and_depth_is_bounded() {
        assert!(decode_wkb(&[]).is_err());
        assert!(decode_wkb(&[2, 1, 0, 0, 0]).is_err());
        assert!(decode_wkb(&[1, 2, 0, 0, 0, 255, 255, 255, 255]).is_err());
        assert!(decode_wkb(&[1, 99, 0, 0, 0, 0, 0, 0, 0]).is_err());
        let nested = [1, 7, 0, 0, 0, 1, 0, 0, 0].repeat(10_000);
        assert_eq!(
            decode_wkb(&nested),
            Err(TypeError::TooDeep { type_name: NAME })
        );
        let empty = [1, 7, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(decode_wkb(&empty).unwrap().shape, Shape::Collection(vec![]));
    }
}
