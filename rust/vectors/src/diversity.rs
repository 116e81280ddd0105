//! Maximal marginal relevance: vectors that are near to a query and far from each other.
//!
//! Source: Carbonell and Goldstein, The Use of MMR, Diversity-Based Reranking (SIGIR 1998).

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::error::Error;

/// Up to `count` rows, as their indices, the first chosen first. Each choice has the most of `weight` times its likeness
/// to the query less `1 - weight` times its likeness to the nearest row chosen before. Likeness is the cosine; a vector of
/// zeros is like nothing. Of equals the first one is taken.
///
/// # Errors
/// When the numbers of dimensions differ, or an element is NaN or infinite.
///
/// ```
/// use scratchbird_vectors::{most_varied, ndarray::arr2};
///
/// let rows = arr2(&[[1.0, 0.1], [1.0, 0.0], [0.5, 1.0]]);
/// assert_eq!(most_varied(&[1.0, 0.0], rows.view(), 2, 0.3), Ok(vec![1, 2]));
/// assert_eq!(most_varied(&[1.0, 0.0], rows.view(), 2, 1.0), Ok(vec![1, 0]));
/// ```
pub fn most_varied<T>(
    query: &[f64],
    rows: ArrayView2<'_, T>,
    count: usize,
    weight: f64,
) -> Result<Vec<usize>, Error>
where
    T: Copy + Into<f64>,
{
    if rows.nrows() > 0 && rows.ncols() != query.len() {
        return Err(Error::Dimensions {
            got: rows.ncols(),
            wanted: query.len(),
        });
    }
    let mut rows: Array2<f64> = rows.mapv(Into::into);
    let mut query = Array1::from(query.to_vec());
    normalise(query.view_mut()).map_err(|dimension| Error::NotFinite {
        row: None,
        dimension,
    })?;
    for (at, row) in rows.rows_mut().into_iter().enumerate() {
        normalise(row).map_err(|dimension| Error::NotFinite {
            row: Some(at),
            dimension,
        })?;
    }
    let likeness = if rows.is_empty() {
        Array1::zeros(rows.nrows())
    } else {
        rows.dot(&query)
    };
    // The likeness of each row to the chosen one that is most like it.
    let mut nearest = Array1::from_elem(rows.nrows(), f64::NEG_INFINITY);
    let mut left: Vec<usize> = (0..rows.nrows()).collect();
    let mut chosen = Vec::with_capacity(count.min(left.len()));
    while chosen.len() < count {
        let worth = |&row: &usize| {
            let alike = nearest.get(row).copied().unwrap_or(0.0);
            let own = likeness.get(row).copied().unwrap_or(0.0);
            if chosen.is_empty() {
                own
            } else {
                weight * own - (1.0 - weight) * alike
            }
        };
        let mut best: Option<(usize, f64)> = None;
        for (place, row) in left.iter().enumerate() {
            let worth = worth(row);
            if best.is_none_or(|(_, most)| worth > most) {
                best = Some((place, worth));
            }
        }
        let Some((place, _)) = best else {
            break;
        };
        let row = left.remove(place);
        chosen.push(row);
        let alike = rows.dot(&rows.index_axis(Axis(0), row));
        nearest.zip_mut_with(&alike, |most, &one| *most = most.max(one));
    }
    Ok(chosen)
}

/// Makes the vector one of length 1, unless it is one of zeros. Fails with the place of what is not finite.
fn normalise(mut vector: ndarray::ArrayViewMut1<'_, f64>) -> Result<(), usize> {
    if let Some(dimension) = vector.iter().position(|number| !number.is_finite()) {
        return Err(dimension);
    }
    // By the greatest element first: squares of very large and very small ones leave the range.
    let greatest = vector
        .iter()
        .fold(0.0_f64, |most, number| most.max(number.abs()));
    if greatest > 0.0 {
        vector.mapv_inplace(|number| number / greatest);
        let norm = vector.dot(&vector).sqrt();
        vector.mapv_inplace(|number| number / norm);
    }
    Ok(())
}
