//! The manager's preamble protocol, spoken before SBWP on a connection that goes through a manager.
