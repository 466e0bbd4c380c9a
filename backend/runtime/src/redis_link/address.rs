//! What may stand in `redis.url`.
//!
//! Plain text stays on this machine: that holds for every host that is listed, for the primary that a sentinel names, and for every node
//! that a cluster names.

use redis::{Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, RedisError, RedisResult};

use super::{cluster::Nodes, sentinel::Sentinels};

/// Why Redis cannot be used. Never shows the address: there may be a password in it.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum RedisLinkError {
    /// The address cannot be understood.
    #[error("redis.url: the address cannot be understood: {0}")]
    BadAddress(RedisError),
    /// Another kind of address than we know.
    #[error(
        "redis.url: begins with none of redis://, rediss://, unix://, sentinel://, rediss+sentinel://, cluster://, rediss+cluster://"
    )]
    UnknownScheme,
    /// A list of hosts with nothing in it.
    #[error("redis.url: a host is missing; several are separated by commas, as in sentinel://a:26379,b:26379/name")]
    NoHost,
    /// Nobody to ask the sentinels for.
    #[error("redis.url: the name of the primary is missing, as in sentinel://a:26379,b:26379/name")]
    NoPrimaryName,
    /// A cluster has one database only.
    #[error("redis.url: a cluster has no numbered databases; nothing may follow the hosts")]
    ClusterDatabase,
    /// Not checking whom we talk to.
    #[error("redis.url: nothing may follow '#'; certificates are always checked")]
    Insecure,
    /// Plain text over a network.
    #[error(
        "redis.url: {0} is another machine, and this sends everything in the clear; use rediss://, rediss+sentinel://, rediss+cluster:// or a unix socket"
    )]
    PlainRemote(String),
    /// It does not answer.
    #[error("Redis does not answer: {0}")]
    Unreachable(RedisError),
}

/// An address that has been read.
pub(super) enum Address {
    Single(Client),
    Sentinel(Sentinels),
    Cluster(Nodes),
}

impl Address {
    pub(super) fn parse(address: &str) -> Result<Self, RedisLinkError> {
        let (scheme, rest) = address.split_once("://").ok_or(RedisLinkError::UnknownScheme)?;
        if rest.contains('#') {
            return Err(RedisLinkError::Insecure);
        }
        match scheme {
            "redis" | "rediss" | "unix" => {
                let info = address.into_connection_info().map_err(RedisLinkError::BadAddress)?;
                stays_here(info.addr())?;
                Ok(Self::Single(Client::open(info).map_err(RedisLinkError::BadAddress)?))
            }
            "sentinel" => sentinel("redis", rest),
            "rediss+sentinel" => sentinel("rediss", rest),
            "cluster" => cluster("redis", rest),
            "rediss+cluster" => cluster("rediss", rest),
            _ => Err(RedisLinkError::UnknownScheme),
        }
    }
}

fn sentinel(scheme: &str, rest: &str) -> Result<Address, RedisLinkError> {
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (name, database) = path.split_once('/').unwrap_or((path, ""));
    if name.is_empty() {
        return Err(RedisLinkError::NoPrimaryName);
    }
    Ok(Address::Sentinel(Sentinels::new(nodes(scheme, hosts, 26_379, database)?, name)))
}

fn cluster(scheme: &str, rest: &str) -> Result<Address, RedisLinkError> {
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !path.is_empty() {
        return Err(RedisLinkError::ClusterDatabase);
    }
    Ok(Address::Cluster(Nodes::new(nodes(scheme, hosts, 6_379, "")?)))
}

/// Every host as if it stood alone in an address: `user:password@` belongs to all of them.
fn nodes(scheme: &str, hosts: &str, port: u16, database: &str) -> Result<Vec<ConnectionInfo>, RedisLinkError> {
    let (user, hosts) = match hosts.rsplit_once('@') {
        Some((user, hosts)) => (format!("{user}@"), hosts),
        None => (String::new(), hosts),
    };
    let node = |host: &str| {
        if host.is_empty() || host.starts_with(':') {
            return Err(RedisLinkError::NoHost);
        }
        // The colons of an IPv6 address stand in brackets.
        let port =
            if host.rsplit(']').next().unwrap_or(host).contains(':') { String::new() } else { format!(":{port}") };
        let alone = format!("{scheme}://{user}{host}{port}/{database}");
        let info = alone.as_str().into_connection_info().map_err(RedisLinkError::BadAddress)?;
        stays_here(info.addr())?;
        Ok(info)
    };
    hosts.split(',').map(node).collect()
}

fn stays_here(address: &ConnectionAddr) -> Result<(), RedisLinkError> {
    match address {
        ConnectionAddr::Tcp(host, _) if !is_loopback(host) => Err(RedisLinkError::PlainRemote(host.clone())),
        _ => Ok(()),
    }
}

pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The way to another server, of which a sentinel or a cluster told: with the same credentials and as private as `like`.
pub(super) fn elsewhere(like: &ConnectionInfo, host: &str, port: u16) -> RedisResult<ConnectionInfo> {
    let address = match like.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
            ConnectionAddr::TcpTls { host: host.to_owned(), port, insecure: *insecure, tls_params: tls_params.clone() }
        }
        _ => ConnectionAddr::Tcp(host.to_owned(), port),
    };
    stays_here(&address)
        .map_err(|refused| (ErrorKind::InvalidClientConfig, "a server elsewhere", refused.to_string()))?;
    Ok(like.clone().set_addr(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(address: &str) -> RedisLinkError {
        match Address::parse(address) {
            Ok(_) => panic!("{address} is taken"),
            Err(error) => error,
        }
    }

    #[test]
    fn three_kinds_are_understood() {
        for address in [
            "redis://127.0.0.1:6379/0",
            "redis://localhost",
            "redis://user:pass@[::1]:6379",
            "rediss://redis.lan:6380/1",
            "unix:///run/redis.sock",
        ] {
            assert!(matches!(Address::parse(address), Ok(Address::Single(_))), "{address}");
        }
        for address in [
            "sentinel://127.0.0.1:26379,127.0.0.1:26380,localhost/po",
            "sentinel://user:p%40ss@[::1]:26379,[::1]/po/2",
            "rediss+sentinel://a.lan,b.lan:26379,c.lan/po",
        ] {
            assert!(matches!(Address::parse(address), Ok(Address::Sentinel(_))), "{address}");
        }
        for address in ["cluster://127.0.0.1:7001,localhost:7002/", "rediss+cluster://:pass@a.lan:7001,b.lan"] {
            assert!(matches!(Address::parse(address), Ok(Address::Cluster(_))), "{address}");
        }
    }

    #[test]
    fn every_host_of_a_list_gets_the_credentials_and_the_database() {
        let nodes = nodes("rediss", "po:p%40ss@a.lan,[::1]:7", 26_379, "3").unwrap();
        let addresses: Vec<String> = nodes.iter().map(|node| node.addr().to_string()).collect();
        assert_eq!(addresses, ["a.lan:26379", "::1:7"]);
        for node in &nodes {
            let settings = node.redis_settings();
            assert_eq!((settings.username(), settings.password(), settings.db()), (Some("po"), Some("p@ss"), 3));
        }
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        for address in ["redis://10.0.0.7", "sentinel://127.0.0.1,10.0.0.7/po", "cluster://10.0.0.7,127.0.0.1"] {
            assert!(matches!(refused(address), RedisLinkError::PlainRemote(host) if host == "10.0.0.7"), "{address}");
        }
        let plain = "redis://127.0.0.1".into_connection_info().unwrap();
        assert!(elsewhere(&plain, "10.0.0.7", 1).is_err());
        let private = "rediss://a.lan".into_connection_info().unwrap();
        assert!(matches!(elsewhere(&private, "b.lan", 1).unwrap().addr(), ConnectionAddr::TcpTls { .. }));
    }

    #[test]
    fn what_is_wrong_is_named_without_the_password() {
        assert!(matches!(refused("nonsense"), RedisLinkError::UnknownScheme));
        assert!(matches!(refused("http://127.0.0.1"), RedisLinkError::UnknownScheme));
        assert!(matches!(refused("sentinel://127.0.0.1"), RedisLinkError::NoPrimaryName));
        assert!(matches!(refused("sentinel:///po"), RedisLinkError::NoHost));
        assert!(matches!(refused("cluster://127.0.0.1,,"), RedisLinkError::NoHost));
        assert!(matches!(refused("cluster://127.0.0.1/1"), RedisLinkError::ClusterDatabase));
        assert!(matches!(refused("rediss://a.lan/#insecure"), RedisLinkError::Insecure));
        for address in
            ["redis://:canary@127.0.0.1:x", "sentinel://:canary@127.0.0.1/po/x", "cluster://:canary@127.0.0.1:x"]
        {
            let error = refused(address);
            assert!(matches!(error, RedisLinkError::BadAddress(_)), "{address}: {error}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }
}
