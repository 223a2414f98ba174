//! An OpenAI-compatible provider whose answers the test controls.

use super::wait_for;
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
};
use tokio_stream::wrappers::ReceiverStream;

/// The provider. Each chat request waits until the test takes it.
pub struct Provider {
    pub address: SocketAddr,
    calls: mpsc::Receiver<Call>,
}

/// A chat request that waits for its answer.
pub struct Call {
    pub body: Value,
    /// The path of the URL.
    pub path: String,
    /// The query string of the URL.
    pub query: Option<String>,
    pub authorization: Option<String>,
    answer: Option<oneshot::Sender<Response>>,
    stream: Option<mpsc::Sender<Result<Bytes, std::io::Error>>>,
}

impl Provider {
    /// Starts a provider with the models `small` and `large`.
    pub async fn start() -> Self {
        let models = json!({ "object": "list", "data": [{ "id": "small" }, { "id": "large" }] });
        Self::listing(move || Json(models.clone())).await
    }

    /// Starts a provider with this list of models.
    pub async fn listing<R: IntoResponse>(models: impl Fn() -> R + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (send, calls) = mpsc::channel(16);
        let list = move || {
            let list = models().into_response();
            async { list }
        };
        let router = Router::new()
            .route("/v1/models", get(list))
            .route("/v1/chat/completions", post(complete))
            .route("/v1/responses", post(complete))
            .with_state(send);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, calls }
    }

    /// Returns the value for `OPENAI_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Takes the next request.
    pub async fn call(&mut self) -> Call {
        wait_for("a request to the provider", self.calls.recv()).await.expect("the provider runs")
    }

    /// Takes the next request, however long it takes to arrive.
    pub async fn next_call(&mut self) -> Call {
        self.calls.recv().await.expect("the provider runs")
    }

    /// Returns whether no request waits.
    pub fn is_idle(&mut self) -> bool {
        self.calls.try_recv().is_err()
    }
}

async fn complete(
    State(calls): State<mpsc::Sender<Call>>,
    uri: Uri,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let (answer, answered) = oneshot::channel();
    let authorization = headers.get("authorization").map(|value| value.to_str().expect("text").to_owned());
    let query = uri.query().map(str::to_owned);
    let path = uri.path().to_owned();
    let call = Call { body, path, query, authorization, answer: Some(answer), stream: None };
    calls.send(call).await.expect("the test runs");
    answered.await.unwrap_or_else(|_| StatusCode::IM_A_TEAPOT.into_response())
}

impl Call {
    /// Answers without streaming.
    pub fn respond(mut self, response: impl IntoResponse) {
        let _ = self.answer.take().expect("not answered yet").send(response.into_response());
    }

    /// Refuses with a status and a body.
    pub fn refuse_with(self, status: u16, body: &Value) {
        self.respond((StatusCode::from_u16(status).expect("a status"), Json(body)));
    }

    /// Refuses with a status and headers.
    pub fn refuse(self, status: u16, headers: &[(&'static str, &str)]) {
        let body = Json(json!({ "error": { "message": "the key sk-secret is bad", "code": "nope" } }));
        let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
        for (name, value) in headers {
            response.headers_mut().insert(*name, value.parse().expect("a valid header"));
        }
        self.respond(response);
    }

    /// Begins a streamed answer.
    pub fn accept(&mut self) {
        let (send, stream) = mpsc::channel(64);
        let body = Body::from_stream(ReceiverStream::new(stream));
        let response = ([("content-type", "text/event-stream")], body).into_response();
        let _ = self.answer.take().expect("not answered yet").send(response);
        self.stream = Some(send);
    }

    /// Sends raw bytes.
    pub async fn send(&mut self, bytes: impl Into<Bytes>) {
        assert!(self.try_send(bytes).await, "the server has closed the connection");
    }

    /// Sends raw bytes. Returns false if the server has closed the connection.
    pub async fn try_send(&mut self, bytes: impl Into<Bytes>) -> bool {
        if self.stream.is_none() {
            self.accept();
        }
        let stream = self.stream.as_ref().expect("it was accepted");
        stream.send(Ok(bytes.into())).await.is_ok()
    }

    async fn chunk(&mut self, value: Value) {
        self.send(format!("data: {value}\n\n")).await;
    }

    /// Sends an event of the responses API.
    pub async fn send_event(&mut self, event: &Value) {
        let name = event["type"].as_str().expect("a type");
        self.send(format!("event: {name}\ndata: {event}\n\n")).await;
    }

    /// Sends a chunk with some text.
    pub async fn send_text(&mut self, text: &str) {
        self.chunk(
            json!({ "choices": [{ "index": 0, "delta": { "content": text }, "finish_reason": null }] }),
        )
        .await;
    }

    /// Ends the answer with a finish reason and its usage.
    pub async fn finish(mut self, reason: &str) {
        self.chunk(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })).await;
        self.chunk(json!({ "choices": [], "usage": { "prompt_tokens": 11, "completion_tokens": 7 } })).await;
        self.send("data: [DONE]\n\n").await;
    }

    /// Breaks the connection.
    pub async fn break_off(mut self) {
        let stream = self.stream.take().expect("it was accepted");
        let _ = stream.send(Err(std::io::Error::other("connection broken"))).await;
    }

    /// Waits until the server has closed the connection.
    pub async fn aborted(self) {
        let stream = self.stream.expect("it was accepted");
        wait_for("the server to close its connection to the provider", stream.closed()).await;
    }
}
