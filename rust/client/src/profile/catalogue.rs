//! How a server writes its catalogue, where that is not as its views are specified (SBWP 8.1).
//!
//! Must not know: which collections are made of the catalogue.

use super::Profile;

/// What has to be made right in the rows of catalogue views.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogueRules {
    /// Columns whose value is right in another column, which the server adds: the wrong one, and the right one.
    pub corrections: &'static [(&'static str, &'static str)],
    /// What stands before the name of a type.
    pub type_prefix: &'static str,
    /// Values of `table_type` that mean another one.
    pub table_types: &'static [(&'static str, &'static str)],
    /// A column of `sys.columns` that says which columns are the primary key, where no view of keys has rows.
    pub key_column: Option<&'static str>,
    /// Whether users' indexes are in `object_tree` alone.
    pub indexes_in_tree: bool,
    /// Whether an empty text is a NULL.
    pub empty_is_null: bool,
}

impl Profile {
    /// What to make right in the rows of catalogue views; `None` where they are as specified.
    ///
    /// In the beta the type descriptor of a column breaks into columns of its own, which are right where the regular ones
    /// are not.
    #[must_use]
    pub fn catalogue_rules(&self) -> Option<CatalogueRules> {
        self.is_beta().then_some(CatalogueRules {
            corrections: &[
                ("data_type", "source_type"),
                ("is_nullable", "nullable"),
                ("column_default", "default"),
            ],
            type_prefix: "type=",
            table_types: &[("created", "VIEW")],
            key_column: Some("primary_key"),
            indexes_in_tree: true,
            empty_is_null: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_beta_needs_rules() {
        assert_eq!(Profile::standard().catalogue_rules(), None);
        let rules = Profile::beta().catalogue_rules();
        assert!(rules.is_some_and(|rules| rules.indexes_in_tree && rules.empty_is_null));
    }
}
