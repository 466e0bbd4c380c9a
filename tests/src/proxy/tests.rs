//! The bad network does what it says.

use tokio::time::timeout;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

/// A server that says back what it hears; and a link to it through a proxy.
async fn echo() -> (Proxy, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    let proxy = Proxy::before(address, Dice::new(1)).await;
    let mut link = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(said_back(&mut link, b"there").await, b"there");
    (proxy, link)
}

async fn said_back(link: &mut TcpStream, what: &[u8]) -> Vec<u8> {
    link.write_all(what).await.unwrap();
    let mut heard = vec![0; what.len()];
    timeout(PATIENCE, link.read_exact(&mut heard)).await.unwrap().unwrap();
    heard
}

#[tokio::test]
async fn a_reset_is_told_a_half_open_link_is_not() {
    let (proxy, mut link) = echo().await;
    proxy.strike(Blow::HalfOpen, 100);
    let mut byte = [0];
    let silent = async {
        loop {
            link.write_all(b"?").await.unwrap();
            if let Ok(read) = timeout(Duration::from_millis(200), link.read(&mut byte)).await {
                assert_eq!(read.unwrap(), 1, "not told");
            } else {
                return;
            }
        }
    };
    timeout(PATIENCE, silent).await.expect("nothing is said back any more");

    let mut link = TcpStream::connect(proxy.address()).await.unwrap();
    said_back(&mut link, b"again").await;
    proxy.strike(Blow::Reset, 100);
    let told = timeout(PATIENCE, link.read(&mut byte)).await.unwrap();
    assert_eq!(told.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_blackhole_gives_back_what_it_held() {
    let (proxy, mut link) = echo().await;
    proxy.set(Weather::Blackhole);
    link.write_all(b"held").await.unwrap();
    let mut heard = [0; 4];
    assert!(timeout(Duration::from_millis(200), link.read_exact(&mut heard)).await.is_err(), "nothing passes");
    proxy.set(Weather::Clear);
    timeout(PATIENCE, link.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(&heard, b"held");
}

#[tokio::test]
async fn a_cut_comes_after_its_bytes() {
    let (proxy, mut link) = echo().await;
    proxy.strike(Blow::CutAfter(3), 100);
    let mut heard = Vec::new();
    let ended = async {
        loop {
            // One by one, because the blow may reach the link after the first of them.
            if link.write_all(b".").await.is_err() || link.read_buf(&mut heard).await.is_err() {
                return;
            }
        }
    };
    timeout(PATIENCE, ended).await.expect("it is cut");
    assert!(heard.len() >= 3);
}

#[tokio::test]
async fn a_link_is_cut_at_a_word_which_does_not_pass() {
    for way in [Way::Up, Way::Down] {
        let (proxy, mut link) = echo().await;
        proxy.strike(Blow::CutAt(way, b"word"), 100);
        let ended = async {
            loop {
                // Until the blow has reached the link.
                let mut heard = [0; 4];
                if link.write_all(b"word").await.is_err() || link.read_exact(&mut heard).await.is_err() {
                    return;
                }
            }
        };
        timeout(PATIENCE, ended).await.expect("it is cut");
        let mut again = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(said_back(&mut again, b"word").await, b"word", "only links that were there");
    }
}
