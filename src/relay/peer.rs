//! Who is at the other end of a connection to the relay: every user of a machine can connect to its loopback, and only our own user's programs
//! are Terraform. The key is what keeps others out; this keeps them from trying.

use std::net::{SocketAddr, SocketAddrV4};

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};

/// The sockets of this machine, as Linux lists them (proc(5)); an IPv4 connection may have been made by an IPv6 socket.
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// Connections of our own user only, where the system tells whose they are.
pub(super) struct OwnUser {
    listener: TcpListener,
    own: u32,
    /// Some systems list no sockets, or none of ours (containers of a stricter kind): there the key alone decides.
    is_told: bool,
}

impl OwnUser {
    pub(super) async fn new(listener: TcpListener) -> std::io::Result<Self> {
        let own = rustix::process::geteuid().as_raw();
        let is_told = match listener.local_addr()? {
            SocketAddr::V4(here) => {
                let nobody = SocketAddrV4::new(std::net::Ipv4Addr::UNSPECIFIED, 0);
                user_of(&tables().await, here, nobody) == Some(own)
            }
            SocketAddr::V6(_) => false,
        };
        Ok(Self { listener, own, is_told })
    }

    async fn is_own(&self, connection: &TcpStream) -> bool {
        match (connection.peer_addr(), connection.local_addr()) {
            (Ok(SocketAddr::V4(peer)), Ok(SocketAddr::V4(here))) => {
                !self.is_told || user_of(&tables().await, peer, here) == Some(self.own)
            }
            _ => false,
        }
    }
}

impl Listener for OwnUser {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            // Waits where the process has too many files open.
            let (connection, peer) = Listener::accept(&mut self.listener).await;
            if self.is_own(&connection).await {
                return (connection, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

async fn tables() -> String {
    let mut all = String::new();
    for table in TABLES {
        all.push_str(&tokio::fs::read_to_string(table).await.unwrap_or_default());
    }
    all
}

/// The user of the socket at `local` that is connected to `remote`.
fn user_of(tables: &str, local: SocketAddrV4, remote: SocketAddrV4) -> Option<u32> {
    let (local, remote) = (forms(local), forms(remote));
    tables.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is = |field: usize, forms: &[String; 2]| {
            fields.get(field).is_some_and(|text| forms.iter().any(|form| form == text))
        };
        (is(1, &local) && is(2, &remote)).then(|| fields.get(7)?.parse().ok())?
    })
}

/// An address as the tables write it, in both.
fn forms(address: SocketAddrV4) -> [String; 2] {
    // Four bytes at a time, each as a number of this machine.
    let ip = u32::from_ne_bytes(address.ip().octets());
    let mapped = u32::from_be(0xffff);
    let port = address.port();
    [format!("{ip:08X}:{port:04X}"), format!("{:016X}{mapped:08X}{ip:08X}:{port:04X}", 0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_endian = "little")]
    #[test]
    fn the_user_is_that_of_the_other_end() {
        let tables = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            \x20  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1\n\
            \x20  1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 2 1\n\
            \x20  2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 3 1\n\
            \x20  0: 0000000000000000FFFF00000100007F:C351 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1002        0 4 1\n";
        let at = |port: u16| SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port);
        assert_eq!(user_of(tables, at(50000), at(8080)), Some(1001));
        assert_eq!(user_of(tables, at(50001), at(8080)), Some(1002));
        assert_eq!(user_of(tables, at(50002), at(8080)), None);
        assert_eq!(
            user_of(tables, at(8080), SocketAddrV4::new(std::net::Ipv4Addr::UNSPECIFIED, 0)),
            Some(1000)
        );
    }

    #[tokio::test]
    async fn our_own_connections_are_taken() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut listener = OwnUser::new(listener).await.unwrap();
        assert!(listener.is_told, "this machine tells");
        let connecting = tokio::spawn(TcpStream::connect(address));
        let (connection, _) = listener.accept().await;
        assert!(listener.is_own(&connection).await);
        listener.own += 1;
        assert!(!listener.is_own(&connection).await);
        connecting.await.unwrap().unwrap();
    }
}
