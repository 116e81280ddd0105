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
    if metric == Metric::Cosine && greatest(query.iter().copied()) == 0.0 {
        return Err(Error::Zero);
    }
    let mut found = Vec::with_capacity(rows.nrows());
    for (at, row) in rows.rows().into_iter().enumerate() {
        let distance = match metric {
            Metric::L2 => {
                let sum = pairs(row, query, |sum, a, b| sum + (a - b) * (a - b));
                if SQUARES.contains(&sum) {
                    sum.sqrt()
                } else {
                    scaled(row, query, metric)
                }
            }
            Metric::InnerProduct => {
                let inner = pairs(row, query, |sum, a, b| sum + a * b);
                if inner.is_finite() {
                    -inner
                } else {
                    scaled(row, query, metric)
                }
            }
            Metric::Cosine => {
                let own = pairs(row, query, |sum, a, _| sum + a * a);
                if SQUARES.contains(&own) && SQUARES.contains(&(norm * norm)) {
                    let inner = pairs(row, query, |sum, a, b| sum + a * b);
                    1.0 - (inner / (own.sqrt() * norm)).clamp(-1.0, 1.0)
                } else {
                    scaled(row, query, metric)
                }
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

/// Sums of squares in which nothing that matters has left the range of a double. Single floats are always within it.
const SQUARES: std::ops::Range<f64> = 1e-250..1e250;

/// The distance where squares leave the range: of numbers that are divided by the greatest first.
#[cold]
fn scaled<T>(row: ArrayView1<'_, T>, query: &[f64], metric: Metric) -> f64
where
    T: Copy + Into<f64>,
{
    let row: Vec<f64> = row.iter().map(|&number| number.into()).collect();
    let both = || row.iter().copied().zip(query.iter().copied());
    if metric == Metric::L2 {
        // Halves: the difference of two finite numbers may not be one.
        let halves = || both().map(|(a, b)| a / 2.0 - b / 2.0);
        let most = greatest(halves());
        if most == 0.0 || !most.is_finite() {
            return most;
        }
        return halves().map(|d| (d / most).powi(2)).sum::<f64>().sqrt() * most * 2.0;
    }
    let (own, of_query) = (
        greatest(row.iter().copied()),
        greatest(query.iter().copied()),
    );
    if own == 0.0 || of_query == 0.0 {
        return if metric == Metric::Cosine {
            f64::NAN
        } else {
            0.0
        };
    }
    let inner: f64 = both().map(|(a, b)| (a / own) * (b / of_query)).sum();
    if metric == Metric::InnerProduct {
        return -(inner * own * of_query);
    }
    let length = |numbers: &[f64], most: f64| {
        let squares = numbers.iter().map(|number| (number / most).powi(2));
        squares.sum::<f64>().sqrt()
    };
    1.0 - (inner / (length(&row, own) * length(query, of_query))).clamp(-1.0, 1.0)
}

/// The greatest of the numbers without their signs; NaN where one is.
fn greatest(numbers: impl Iterator<Item = f64>) -> f64 {
    numbers.fold(0.0, |most: f64, number| {
        if most.is_nan() || number.is_nan() {
            f64::NAN
        } else {
            most.max(number.abs())
        }
    })
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
