//! The closing handshake (RFC 6455, section 7).

use super::{PROTOCOL, long_reply};
use crate::support::{Kind, Server, Socket, wait_for};
use futures_util::StreamExt;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    MaybeTlsStream,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;

/// Returns a client's frame with a zero mask.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("it is short");
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// Opens a socket and returns its TCP connection.
async fn raw(server: &Server) -> TcpStream {
    let socket = Socket::connect_with_headers(server.address, &[PROTOCOL]).await.expect("it opens");
    let MaybeTlsStream::Plain(tcp) = socket.0.into_inner() else { panic!("there is no TLS here") };
    tcp
}

/// Reads until the server closes the connection in an orderly way: a reset would be an error.
async fn rest(tcp: &mut TcpStream) -> Vec<u8> {
    let mut received = Vec::new();
    wait_for("the end", tcp.read_to_end(&mut received)).await.expect("it is closed in order");
    received
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_oversized_message_gets_a_close_frame() {
    let server = Server::start(Kind::Sqlite).await;
    for _ in 0..5 {
        let mut tcp = raw(&server).await;
        // More than the kernel buffers: the client is still writing when the server closes.
        let length = 16 * server.config.max_body;
        let mut message = [&[TEXT, 0x80 | 127], &length.to_be_bytes()[..], &[0; 4]].concat();
        message.resize(message.len() + length, b' ');
        wait_for("all of it to be sent", tcp.write_all(&message)).await.expect("it is open");
        tcp.write_all(&frame(CLOSE, &1000_u16.to_be_bytes())).await.expect("it is open");
        let received = rest(&mut tcp).await;
        assert_eq!((received[0], &received[2..4]), (CLOSE, &4400_u16.to_be_bytes()[..]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clients_close_frame_is_echoed() {
    let server = Server::start(Kind::Sqlite).await;
    let closing = |code: u16, reason: &str| [&code.to_be_bytes(), reason.as_bytes()].concat();
    for payload in [
        vec![],
        closing(1000, "Normal Closure"),
        closing(1001, ""),
        closing(4005, ""),
        closing(4499, "Terminated"),
    ] {
        for init in [false, true] {
            let mut tcp = raw(&server).await;
            let mut answer = vec![];
            if init {
                let message = br#"{"type":"connection_init"}"#;
                tcp.write_all(&frame(TEXT, message)).await.expect("it is open");
                let ack = br#"{"type":"connection_ack"}"#;
                answer = [&[TEXT, ack.len() as u8], &ack[..]].concat();
            }
            tcp.write_all(&frame(CLOSE, &payload)).await.expect("it is open");
            answer.extend([&[CLOSE, payload.len() as u8], &payload[..]].concat());
            assert_eq!(rest(&mut tcp).await, answer, "{payload:?}, {init}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_closed_by_the_server_ends_in_order() {
    let server = Server::start(Kind::Sqlite).await;
    let mut tcp = raw(&server).await;
    tcp.write_all(&frame(TEXT, b"nonsense")).await.expect("it is open");
    let mut head = [0; 4];
    wait_for("a close frame", tcp.read_exact(&mut head)).await.expect("it is open");
    assert_eq!((head[0], u16::from_be_bytes([head[2], head[3]])), (CLOSE, 4400));
    let mut reason = vec![0; usize::from(head[1]) - 2];
    tcp.read_exact(&mut reason).await.expect("the frame is whole");
    tcp.write_all(&frame(CLOSE, &4400_u16.to_be_bytes())).await.expect("it is still open");
    assert!(rest(&mut tcp).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn client_libraries_receive_their_own_close_code() {
    let (server, client, mut following, reply) = long_reply().await;
    following.follow(&reply, None).await;
    following.until("word").await;
    // More than the system's buffers hold: the server is writing it when the close frame arrives.
    let mut busy = server.socket(&client).await;
    let schema = "{ __schema { types { name description fields { name description type { name }
        args { name description } } } } }";
    for id in ["1", "2", "3"] {
        busy.subscribe(id, schema, json!({})).await;
    }
    let idle = server.socket(&client).await;
    for mut socket in [following, busy, idle] {
        let close = CloseFrame { code: CloseCode::Normal, reason: "Normal Closure".into() };
        socket.0.close(Some(close.clone())).await.expect("it is open");
        loop {
            match wait_for("the answer", socket.0.next()).await {
                Some(Ok(Message::Close(answer))) => break assert_eq!(answer, Some(close)),
                Some(Ok(_)) => {}
                other => panic!("no close frame, but {other:?}"),
            }
        }
        assert!(wait_for("the end", socket.0.next()).await.is_none());
    }
}
