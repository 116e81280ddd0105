//! Distances and choices against their definitions.
#![allow(clippy::unwrap_used, clippy::float_cmp, clippy::indexing_slicing)]

use proptest::prelude::*;
use scratchbird_vectors::ndarray::{arr2, s, Array2, ShapeBuilder};
use scratchbird_vectors::{distances, most_varied, Error, Metric};

const ALL: [Metric; 3] = [Metric::L2, Metric::Cosine, Metric::InnerProduct];

fn plain(query: &[f64], row: &[f64], metric: Metric) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    match metric {
        Metric::L2 => query
            .iter()
            .zip(row)
            .map(|(a, b)| (a - b).powi(2))
            .sum::<f64>()
            .sqrt(),
        Metric::Cosine => 1.0 - dot(query, row) / (dot(query, query) * dot(row, row)).sqrt(),
        Metric::InnerProduct => -dot(query, row),
    }
}

fn vectors() -> impl Strategy<Value = (Vec<f64>, Vec<Vec<f64>>)> {
    (1..40_usize, 1..12_usize).prop_flat_map(|(width, rows)| {
        let vector = prop::collection::vec(0.1..10.0_f64, width);
        (vector.clone(), prop::collection::vec(vector, rows))
    })
}

/// Numbers whose squares no double holds.
#[test]
fn distances_of_very_large_and_very_small_numbers_are_right() {
    for by in [1e200, 1e-200, 1e307, 1e-300] {
        let query = [3.0 * by, 0.0, 4.0 * by];
        let rows = arr2(&[
            [3.0 * by, 0.0, 4.0 * by],
            [0.0, 5.0 * by, 0.0],
            [-3.0 * by, 0.0, -4.0 * by],
            [0.0, 0.0, 4.0 * by],
        ]);
        let near = |metric, wanted: [f64; 4], unit: f64| {
            let found = distances(&query, rows.view(), metric).unwrap();
            for (found, wanted) in found.iter().zip(wanted) {
                assert!(
                    (found / unit - wanted).abs() < 1e-9,
                    "{metric:?} {by}: {found}"
                );
            }
        };
        near(Metric::Cosine, [0.0, 1.0, 2.0, 0.2], 1.0);
        near(Metric::L2, [0.0, 50.0_f64.sqrt(), 10.0, 3.0], by);
    }
    // What no double holds in the end is infinite; what only the way there cannot hold is right.
    let rows = arr2(&[[1e200, 0.0], [1e200, 1e200], [0.0, 1e-200]]);
    let found = distances(&[1e200, -1e200], rows.view(), Metric::InnerProduct).unwrap();
    assert_eq!(found, [f64::NEG_INFINITY, 0.0, 1.0]);
    // What is no number is refused there too.
    for wrong in [f64::NAN, f64::INFINITY] {
        for metric in ALL {
            let rows = arr2(&[[1e200, wrong]]);
            let found = distances(&[1e200, 0.0], rows.view(), metric);
            assert_eq!(
                found,
                Err(Error::NotFinite {
                    row: Some(0),
                    dimension: 1
                }),
                "{metric:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn distances_are_what_they_are_defined_to_be((query, rows) in vectors()) {
        let flat: Vec<f64> = rows.iter().flatten().copied().collect();
        let matrix = Array2::from_shape_vec((rows.len(), query.len()), flat).unwrap();
        // The same numbers column by column.
        let mut columns = Array2::zeros((rows.len(), query.len()).f());
        columns.assign(&matrix);
        for metric in ALL {
            let found = distances(&query, matrix.view(), metric).unwrap();
            for (distance, row) in found.iter().zip(&rows) {
                prop_assert!((distance - plain(&query, row, metric)).abs() < 1e-9);
            }
            let strided = distances(&query, columns.view(), metric).unwrap();
            for (a, b) in strided.iter().zip(&found) {
                prop_assert!((a - b).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn choices_are_all_different((query, rows) in vectors(), weight in 0.0..=1.0_f64) {
        let flat: Vec<f64> = rows.iter().flatten().copied().collect();
        let matrix = Array2::from_shape_vec((rows.len(), query.len()), flat).unwrap();
        let mut chosen = most_varied(&query, matrix.view(), 100, weight).unwrap();
        chosen.sort_unstable();
        prop_assert_eq!(chosen, (0..rows.len()).collect::<Vec<_>>());
    }

    #[test]
    fn without_variety_the_nearest_are_chosen((query, rows) in vectors()) {
        let flat: Vec<f64> = rows.iter().flatten().copied().collect();
        let matrix = Array2::from_shape_vec((rows.len(), query.len()), flat).unwrap();
        let near = distances(&query, matrix.view(), Metric::Cosine).unwrap();
        let chosen = most_varied(&query, matrix.view(), rows.len(), 1.0).unwrap();
        for pair in chosen.windows(2) {
            prop_assert!(near[pair[0]] <= near[pair[1]] + 1e-9);
        }
    }
}

#[test]
fn every_other_row_backwards() {
    let rows = arr2(&[[1.0_f32, 2.0], [9.0, 9.0], [3.0, 4.0], [9.0, 9.0]]);
    let view = rows.slice(s![..;-2, ..;-1]);
    assert_eq!(
        distances(&[0.0, 0.0], view, Metric::L2).unwrap(),
        distances(
            &[0.0, 0.0],
            arr2(&[[9.0, 9.0], [9.0, 9.0]]).view(),
            Metric::L2
        )
        .unwrap()
    );
}

#[test]
fn what_cannot_be_compared() {
    let rows = arr2(&[[1.0, 2.0], [0.0, f64::NAN]]);
    for metric in ALL {
        let wrong = Error::Dimensions { got: 2, wanted: 3 };
        assert_eq!(distances(&[1.0; 3], rows.view(), metric), Err(wrong));
        let nan = Error::NotFinite {
            row: Some(1),
            dimension: 1,
        };
        assert_eq!(distances(&[1.0; 2], rows.view(), metric), Err(nan));
        let query = [1.0, f64::INFINITY];
        let infinite = Error::NotFinite {
            row: None,
            dimension: 1,
        };
        assert_eq!(distances(&query, rows.view(), metric), Err(infinite));
    }
    assert_eq!(
        distances(&[0.0; 2], rows.view(), Metric::Cosine),
        Err(Error::Zero)
    );
    assert!(most_varied(&[1.0; 3], rows.view(), 1, 0.5).is_err());
    assert!(most_varied(&[1.0; 2], rows.view(), 1, 0.5).is_err());
    assert!(most_varied(&[f64::NAN; 2], rows.view(), 1, 0.5).is_err());
}

#[test]
fn zeros_have_no_direction() {
    let rows = arr2(&[[0.0, 0.0], [1.0, 0.0]]);
    let found = distances(&[1.0, 0.0], rows.view(), Metric::Cosine).unwrap();
    assert!(found[0].is_nan() && found[1] == 0.0);
    assert_eq!(
        most_varied(&[1.0, 0.0], rows.view(), 2, 0.5),
        Ok(vec![1, 0])
    );
}

#[test]
fn nothing_to_choose_from() {
    let none = Array2::<f32>::zeros((0, 5));
    assert_eq!(distances(&[1.0; 2], none.view(), Metric::L2), Ok(vec![]));
    assert_eq!(most_varied(&[1.0; 2], none.view(), 3, 0.5), Ok(vec![]));
    let huge = arr2(&[[1e300, 1e300], [1e-300, 0.0]]);
    assert_eq!(
        most_varied(&[1.0, 0.0], huge.view(), 2, 1.0),
        Ok(vec![1, 0])
    );
}
