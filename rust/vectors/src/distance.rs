//! The distances of many vectors to one.

use ndarray::{ArrayView1, ArrayView2};

use crate::error::Error;

/// How far two vectors are from each other. What is nearest has the smallest number in each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// The Euclidean distance.
    L2,
    /// One less the cosine of the angle between the two.
    Cosine,
    /// The inner product, negative.
    InnerProduct,
}

impl Metric {
    /// The metric of a name: `l2`, `cosine` or `inner_product`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "l2" => Some(Self::L2),
            "cosine" => Some(Self::Cosine),
            "inner_product" => Some(Self::InnerProduct),
            _ => None,
        }
    }
}

/// The distance of each row to the query. The cosine distance of a row of zeros is NaN: it has no direction.
///
/// # Errors
/// When the numbers of dimensions differ, an element is NaN or infinite, or the query has no direction and needs one.
///
/// ```
/// use scratchbird_vectors::{distances, ndarray::arr2, Metric};
///
/// let rows = arr2(&[[3.0_f32, 4.0], [0.0, 1.0]]);
/// assert_eq!(distances(&[0.0, 0.0], rows.view(), Metric::L2), Ok(vec![5.0, 1.0]));
/// ```
pub fn distances<T>(
    query: &[f64],
    rows: ArrayView2<'_, T>,
    metric: Metric,
) -> Result<Vec<f64>, Error>
where
    T: Copy + Into<f64>,
{
    if rows.nrows() > 0 && rows.ncols() != query.len() {
        return Err(Error::Dimensions {
            got: rows.ncols(),
            wanted: query.len(),
        });
    }
    if let Some(dimension) = query.iter().position(|number| !number.is_finite()) {
        return Err(Error::NotFinite {
            row: None,
            dimension,
        });
    }
    let norm = fold(query, |sum, number| sum + number * number).sqrt();
    if metric == Metric::Cosine && norm == 0.0 {
        return Err(Error::Zero);
    }
    let mut found = Vec::with_capacity(rows.nrows());
    for (at, row) in rows.rows().into_iter().enumerate() {
        let distance = match metric {
            Metric::L2 => pairs(row, query, |sum, a, b| sum + (a - b) * (a - b)).sqrt(),
            Metric::InnerProduct => -pairs(row, query, |sum, a, b| sum + a * b),
            Metric::Cosine => {
                let inner = pairs(row, query, |sum, a, b| sum + a * b);
                let own = pairs(row, query, |sum, a, _| sum + a * a).sqrt();
                1.0 - (inner / (own * norm)).clamp(-1.0, 1.0)
            }
        };
        if !distance.is_finite() {
            if let Some(dimension) = row.iter().position(|&number| !number.into().is_finite()) {
                return Err(Error::NotFinite {
                    row: Some(at),
                    dimension,
                });
            }
        }
        found.push(distance);
    }
    Ok(found)
}

/// Independent sums, so that the processor can add several at a time.
const LANES: usize = 8;

fn fold(numbers: &[f64], add: impl Fn(f64, f64) -> f64) -> f64 {
    numbers.iter().fold(0.0, |sum, &number| add(sum, number))
}

#[inline]
fn pairs<T>(row: ArrayView1<'_, T>, query: &[f64], add: impl Fn(f64, f64, f64) -> f64) -> f64
where
    T: Copy + Into<f64>,
{
    let Some(row) = row.to_slice() else {
        let pairs = row.iter().zip(query);
        return pairs.fold(0.0, |sum, (&a, &b)| add(sum, a.into(), b));
    };
    let (mut rows, mut queries) = (row.chunks_exact(LANES), query.chunks_exact(LANES));
    let mut sums = [0.0; LANES];
    for (row, query) in rows.by_ref().zip(queries.by_ref()) {
        for ((sum, &a), &b) in sums.iter_mut().zip(row).zip(query) {
            *sum = add(*sum, a.into(), b);
        }
    }
    let rest = rows.remainder().iter().zip(queries.remainder());
    let rest = rest.fold(0.0, |sum, (&a, &b)| add(sum, a.into(), b));
    sums.iter().sum::<f64>() + rest
}
