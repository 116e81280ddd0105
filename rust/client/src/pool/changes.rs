//! What a user changed on a session that the next user must not find, and the statements that undo it.

use crate::config::Config;
use crate::connect::schema_statement;
use crate::connection::{Connection, Statement};
use crate::error::Error;
use crate::sql::{quote_identifier, quote_literal, ParsedQuery, SettingChange};

/// The settings that statements have changed since the connection was lent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    schema: bool,
    role: bool,
    time_zone: bool,
    /// Channels are listened to.
    channels: bool,
    /// Something that only a new session undoes.
    other: bool,
}

impl Changes {
    /// Notes what `query` changes.
    pub fn note(&mut self, query: &ParsedQuery) {
        for change in query.setting_changes() {
            match change {
                SettingChange::Schema => self.schema = true,
                SettingChange::Role => self.role = true,
                SettingChange::TimeZone => self.time_zone = true,
                SettingChange::Channels => self.channels = true,
                SettingChange::Other => self.other = true,
            }
        }
    }

    /// True where nothing has changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// False where only a new session undoes what has changed.
    #[must_use]
    pub fn can_be_undone(&self) -> bool {
        !self.other
    }

    /// The statements that bring the settings of `config` back.
    fn statements(&self, config: &Config) -> Result<Vec<String>, Error> {
        let mut statements = Vec::new();
        // The role first: it may decide what the others may do.
        if self.role {
            statements.push(match &config.role {
                Some(role) => format!("SET ROLE {}", quote_identifier(role)?),
                None => "RESET ROLE".to_owned(),
            });
        }
        if self.schema {
            statements.push(schema_statement(config).unwrap_or_else(|| "RESET SCHEMA".to_owned()));
        }
        if self.channels {
            statements.push("UNLISTEN *".to_owned());
        }
        if self.time_zone {
            statements.push(match &config.timezone {
                Some(zone) => format!("SET TIME ZONE {}", quote_literal(zone)?),
                None => "RESET TIME ZONE".to_owned(),
            });
        }
        Ok(statements)
    }
}

/// What is to be done before a connection can be lent again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Restore {
    /// The transaction may hold work.
    pub rollback: bool,
    /// The settings that have changed.
    pub changes: Changes,
    /// There are subscriptions that were not made by statements.
    pub subscriptions: bool,
}

impl Restore {
    /// True where there is nothing to do.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.rollback && !self.subscriptions && self.changes.is_empty()
    }

    pub(super) async fn run(&self, connection: &Connection, config: &Config) -> Result<(), Error> {
        // Also where only the rest of an abandoned request is to be read.
        connection.rollback().await?;
        for sql in self.changes.statements(config)? {
            let request = connection.prepare(&Statement::plain(&sql, true))?;
            connection.run(request).await?;
        }
        connection.unsubscribe_all().await?;
        connection.clear_notifications();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::Arguments;

    fn after(sql: &str) -> Changes {
        let mut changes = Changes::default();
        changes.note(&ParsedQuery::parse(sql, Arguments::None).unwrap());
        changes
    }

    fn config(options: &str) -> Config {
        Config::from_parts(
            Some(&format!("scratchbird://u@h/d?{options}")),
            std::iter::empty(),
            |_| None,
        )
        .unwrap()
    }

    #[test]
    fn what_was_changed_is_set_back_to_the_configuration() {
        let changes = after("set role clerk; SET SCHEMA x; listen c; set time zone 'UTC'");
        assert!(changes.can_be_undone());
        assert_eq!(
            changes
                .statements(&config("role=o'r&schema=sales&timezone=Europe/Vienna"))
                .unwrap(),
            [
                "SET ROLE \"o'r\"",
                "SET SCHEMA \"sales\"",
                "UNLISTEN *",
                "SET TIME ZONE 'Europe/Vienna'"
            ]
        );
        assert_eq!(
            changes.statements(&config("")).unwrap(),
            [
                "RESET ROLE",
                "RESET SCHEMA",
                "UNLISTEN *",
                "RESET TIME ZONE"
            ]
        );
    }

    #[test]
    fn what_ends_with_the_transaction_is_no_change() {
        for sql in [
            "select 1",
            "update t set role = 1",
            "set transaction read only",
            "SET LOCAL TIME ZONE 'UTC'",
            "set constraints all deferred",
            "SELECT 'a; set role x'",
        ] {
            assert!(after(sql).is_empty(), "{sql}");
        }
    }

    #[test]
    fn other_settings_need_a_new_session() {
        for sql in [
            "SET lock_timeout = 3",
            "set session characteristics as transaction read only",
            "subscribe c",
            "select 1; SET LANGUAGE en",
            "reset lock_timeout",
        ] {
            assert!(!after(sql).can_be_undone(), "{sql}");
        }
        assert!(after("set session search_path to a, b").can_be_undone());
    }
}
