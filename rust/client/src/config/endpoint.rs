//! Where to connect to: host and port lists, and Unix sockets.
//!
//! Must not know: how to connect, or what any other parameter is for.

use std::fmt;
use std::path::PathBuf;

use crate::error::Error;

/// The port drivers use when none is given.
pub const DEFAULT_PORT: u16 = 3092;

/// One place to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    Tcp { host: String, port: u16 },
    Unix { path: PathBuf },
}

impl Endpoint {
    /// Whether TLS can run here: a Unix socket carries the protocol bare.
    #[must_use]
    pub fn takes_tls(&self) -> bool {
        matches!(self, Self::Tcp { .. })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix { path } => write!(f, "{}", path.display()),
        }
    }
}

/// A host list split into the hosts and the ports written with them. Hosts lose their brackets; `ports` is None when
/// no host carries one, and an empty item stands for a host without.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct HostList {
    pub hosts: String,
    pub ports: Option<String>,
}

/// Splits `h1:p1,[::1]:p2,h3` into hosts and ports. A bare IPv6 address, having more than one colon, has no port.
pub(crate) fn split_hosts(list: &str) -> Result<HostList, Error> {
    let mut hosts = Vec::new();
    let mut ports = Vec::new();
    for item in list.split(',').map(str::trim) {
        let (host, port) = split_host(item)?;
        hosts.push(host);
        ports.push(port.unwrap_or(""));
    }
    let ports = ports.iter().any(|p| !p.is_empty()).then(|| ports.join(","));
    Ok(HostList {
        hosts: hosts.join(","),
        ports,
    })
}

fn split_host(item: &str) -> Result<(&str, Option<&str>), Error> {
    if item.starts_with('/') {
        return Ok((item, None));
    }
    if let Some(rest) = item.strip_prefix('[') {
        let (host, rest) = rest
            .split_once(']')
            .ok_or_else(|| Error::Config("host: a '[' without its ']'".to_owned()))?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(Error::Config(
                "host: after ']' only ':' and a port may stand".to_owned(),
            )),
        };
    }
    match item.split_once(':') {
        Some((host, port)) if !port.contains(':') => Ok((host, Some(port))),
        _ => Ok((item, None)),
    }
}

/// Puts a host list and a port list together: one port for all, or one for each.
pub(super) fn endpoints(hosts: &str, ports: &str) -> Result<Vec<Endpoint>, Error> {
    let hosts: Vec<&str> = hosts.split(',').map(str::trim).collect();
    let ports = ports
        .split(',')
        .map(parse_port)
        .collect::<Result<Vec<u16>, Error>>()?;
    if ports.len() != 1 && ports.len() != hosts.len() {
        return Err(Error::Config(format!(
            "{} ports for {} hosts",
            ports.len(),
            hosts.len()
        )));
    }
    let ports = ports.iter().cycle();
    hosts
        .into_iter()
        .zip(ports)
        .map(|(host, port)| endpoint(host, *port))
        .collect()
}

fn endpoint(host: &str, port: u16) -> Result<Endpoint, Error> {
    if host.starts_with('/') {
        return Ok(Endpoint::Unix { path: host.into() });
    }
    if host.is_empty() {
        return Err(Error::Config("host: an empty name in the list".to_owned()));
    }
    if host
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '[' | ']' | '@' | '/'))
    {
        return Err(Error::Config(format!("host: {host:?} is not a host name")));
    }
    Ok(Endpoint::Tcp {
        host: host.to_owned(),
        port,
    })
}

fn parse_port(text: &str) -> Result<u16, Error> {
    match text.trim() {
        "" => Ok(DEFAULT_PORT),
        // The text is not repeated: in a URI with a badly written password it may be a part of that.
        text => text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
            Error::Config(
                "port: not a number from 1 to 65535 (in a URI, write / ? # @ and % of a user name or password as \
                 %2F %3F %23 %40 and %25)"
                    .to_owned(),
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(list: &str) -> Result<Vec<String>, String> {
        let split = split_hosts(list).map_err(|e| e.to_string())?;
        let ports = split.ports.as_deref().unwrap_or("");
        let endpoints = endpoints(&split.hosts, ports).map_err(|e| e.to_string())?;
        Ok(endpoints.iter().map(Endpoint::to_string).collect())
    }

    #[test]
    fn lists_of_hosts() {
        assert_eq!(of("db").unwrap(), ["db:3092"]);
        assert_eq!(of("h1:1, h2 ,h3:3").unwrap(), ["h1:1", "h2:3092", "h3:3"]);
        assert_eq!(
            of("[::1]:5,::2,[fe80::1%eth0]").unwrap(),
            ["[::1]:5", "[::2]:3092", "[fe80::1%eth0]:3092"]
        );
        assert_eq!(of("/run/sb.sock,h").unwrap(), ["/run/sb.sock", "h:3092"]);
    }

    #[test]
    fn mistakes_in_a_list() {
        for list in [
            "h1,,h2", "", "[::1", "[::1]x", "h:0", "h:65536", "h:x", "a b", "user@h", "h/x",
        ] {
            assert!(of(list).is_err(), "{list}");
        }
    }

    #[test]
    fn one_port_serves_all_hosts_and_others_must_match() {
        assert_eq!(endpoints("a,b", "7").unwrap().len(), 2);
        assert_eq!(endpoints("a,b", "7,8").unwrap()[1].to_string(), "b:8");
        assert_eq!(
            endpoints("a,b,c", "7,8").unwrap_err().to_string(),
            "2 ports for 3 hosts"
        );
    }
}
