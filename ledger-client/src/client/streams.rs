//! The calls that stream: the history, read, followed and exported, and the import of a past.

use ledger_proto::v1;
use tonic::Streaming;

use super::{Client, CompressionEncoding, MAX_ANSWER_BYTES, Unchecked};
use crate::error::Error;

impl Unchecked<'_> {
    /// Entries after a position, up to the newest. Opening the stream is tried again; once it is
    /// open, whoever reads it resumes from the last position that they have dealt with.
    pub async fn read_history(
        &self,
        request: v1::ReadHistoryRequest,
    ) -> Result<Streaming<v1::ReadHistoryResponse>, Error> {
        let (client, stub) = (self.0, self.0.history());
        client
            .attempt(None, || {
                let (mut stub, request) = (stub.clone(), client.dress(request.clone(), None));
                async move { stub.read_history(request).await }
            })
            .await
    }

    /// Entries after a position, and then new ones as they become durable.
    pub async fn watch_history(
        &self,
        request: v1::WatchHistoryRequest,
    ) -> Result<Streaming<v1::WatchHistoryResponse>, Error> {
        let (client, stub) = (self.0, self.0.history());
        client
            .attempt(None, || {
                let (mut stub, request) = (stub.clone(), client.dress(request.clone(), None));
                async move { stub.watch_history(request).await }
            })
            .await
    }

    /// A bundle: its head, its checkpoints, and then the entries after a position. What is in it is for an auditor to check.
    pub async fn export_bundle(
        &self,
        request: v1::ExportBundleRequest,
    ) -> Result<Streaming<v1::ExportBundleResponse>, Error> {
        let (client, stub) = (self.0, self.0.history());
        client
            .attempt(None, || {
                let (mut stub, request) = (stub.clone(), client.dress(request.clone(), None));
                async move { stub.export_bundle(request).await }
            })
            .await
    }
}

impl Client {
    /// Sends an import: its head, then its steps in the order in which they happened.
    ///
    /// The end is said here, so that the ledger can tell it from a line that went dead.
    ///
    /// `sent` is told of each message as it goes out, and again from the start at every new try.
    pub async fn import_history(
        &self,
        messages: Vec<v1::ImportHistoryRequest>,
        sent: impl Fn(&v1::ImportHistoryRequest) + Clone + Send + 'static,
    ) -> Result<v1::ImportHistoryResponse, Error> {
        let stub = v1::import_service_client::ImportServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .accept_compressed(CompressionEncoding::Gzip);
        let head = messages.first().and_then(|message| message.head.as_ref());
        let context = head.and_then(|head| head.context.as_ref());
        let request_id = context.map(|context| context.request_id.as_str());
        self.attempt(request_id, || {
            let (mut stub, sent) = (stub.clone(), sent.clone());
            let messages = messages.clone().into_iter().inspect(move |message| sent(message));
            let end = v1::ImportHistoryRequest { end: true, ..Default::default() };
            let messages = messages.chain(std::iter::once(end));
            let stream = tokio_stream::iter(messages);
            let request = self.dress(stream, Some(self.options.deadline));
            async move { stub.import_history(request).await }
        })
        .await
    }

    fn history(
        &self,
    ) -> v1::history_service_client::HistoryServiceClient<tonic::transport::Channel> {
        v1::history_service_client::HistoryServiceClient::new(self.channel.clone())
            .max_decoding_message_size(MAX_ANSWER_BYTES)
            .accept_compressed(CompressionEncoding::Gzip)
    }
}
