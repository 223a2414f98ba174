//! The role of every input of the schema, and the permission that every root field requires.
//!
//! A new field or argument fails a test until it is listed here.

use super::world::Whose;

/// The role of an ID or text that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// Names an object. Tried in [`NAMED`].
    Object,
    /// A cursor: a position in a list or a stream. Tried in [`PLACES`].
    Place,
    /// A credential, or part of one, that leads to the same account or session whoever sends it.
    Proof,
    /// Leads to what the same user sent earlier.
    Key,
    /// Data that is stored, or that names something public.
    Nowhere,
}
use Leads::{Key, Nowhere, Object, Place, Proof};

pub const INPUTS: &[(&str, Leads)] = &[
    ("Query.node(id:)", Object),
    ("Query.nodes(ids:)", Object),
    ("Query.conversation(id:)", Object),
    ("Subscription.reply(messageId:)", Object),
    ("UpdateConversationInput.id", Object),
    ("DeleteConversationInput.id", Object),
    ("SendMessageInput.conversationId", Object),
    ("StopReplyInput.messageId", Object),
    ("RevokeSessionInput.id", Object),
    ("DeleteAccessTokenInput.id", Object),
    ("User.conversations(after:)", Place),
    ("User.conversations(before:)", Place),
    ("User.securityEvents(after:)", Place),
    ("User.securityEvents(before:)", Place),
    ("Conversation.messages(after:)", Place),
    ("Conversation.messages(before:)", Place),
    ("Subscription.reply(after:)", Place),
    ("Subscription.changes(after:)", Place),
    ("RegisterInput.email", Proof),
    ("RegisterInput.password", Proof),
    ("LogInInput.email", Proof),
    ("LogInInput.password", Proof),
    ("RefreshSessionInput.refreshToken", Proof),
    ("LogOutInput.refreshToken", Proof),
    ("ReauthenticateInput.accessToken", Proof),
    ("ChangeEmailInput.password", Proof),
    ("ChangeEmailInput.newEmail", Proof),
    ("ChangePasswordInput.currentPassword", Proof),
    ("ChangePasswordInput.newPassword", Proof),
    ("DeleteAccountInput.password", Proof),
    ("SendMessageInput.idempotencyKey", Key),
    ("SendMessageInput.content", Nowhere),
    ("SendMessageInput.model", Nowhere),
    ("SendMessageInput.systemPrompt", Nowhere),
    ("CreateConversationInput.title", Nowhere),
    ("CreateConversationInput.systemPrompt", Nowhere),
    ("CreateConversationInput.model", Nowhere),
    ("UpdateConversationInput.title", Nowhere),
    ("UpdateConversationInput.systemPrompt", Nowhere),
    ("UpdateConversationInput.model", Nowhere),
    ("CreateAccessTokenInput.name", Nowhere),
    ("RegisterInput.name", Nowhere),
    ("ChangeNameInput.name", Nowhere),
];

/// The permission that a field requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Any authenticated user, also with a `READ` token.
    Reading,
    /// A session or a `WRITE` token.
    Writing,
    /// A session.
    Person,
}
use Needs::{Person, Reading, Writing};

/// An operation that uses an input which names an object. The object's ID is the variable `$id`.
pub struct Named {
    pub root: &'static str,
    pub takes: &'static str,
    pub needs: Needs,
    /// The types of object that the input accepts. Others are not found.
    pub of: &'static [Whose],
    pub query: &'static str,
}

const fn named(
    root: &'static str,
    takes: &'static str,
    needs: Needs,
    of: &'static [Whose],
    query: &'static str,
) -> Named {
    Named { root, takes, needs, of, query }
}

const NODES: &[Whose] = &[
    Whose::User,
    Whose::Conversation,
    Whose::Message,
    Whose::Reply,
    Whose::Running,
    Whose::Session,
    Whose::AccessToken,
    Whose::SecurityEvent,
];

/// Listed in an order in which their owner can execute all of them.
pub const NAMED: &[Named] = &[
    named("Query.node", "Query.node(id:)", Reading, NODES, "query($id: ID!) { node(id: $id) { id } }"),
    named("Query.nodes", "Query.nodes(ids:)", Reading, NODES, "query($id: ID!) { nodes(ids: [$id]) { id } }"),
    named(
        "Query.conversation",
        "Query.conversation(id:)",
        Reading,
        &[Whose::Conversation],
        "query($id: ID!) { conversation(id: $id) { id title messages { nodes { content } } } }",
    ),
    named(
        "Subscription.reply",
        "Subscription.reply(messageId:)",
        Reading,
        &[Whose::Reply],
        "subscription($id: ID!) { reply(messageId: $id) { cursor } }",
    ),
    named(
        "Mutation.stopReply",
        "StopReplyInput.messageId",
        Writing,
        &[Whose::Reply, Whose::Running],
        "mutation($id: ID!) { stopReply(input: { messageId: $id }) { message { content } } }",
    ),
    named(
        "Mutation.updateConversation",
        "UpdateConversationInput.id",
        Writing,
        &[Whose::Conversation],
        "mutation($id: ID!) { updateConversation(input: { id: $id, title: \"x\" }) { conversation { id } } }",
    ),
    named(
        "Mutation.sendMessage",
        "SendMessageInput.conversationId",
        Writing,
        &[Whose::Conversation],
        "mutation($id: ID!) { sendMessage(input: { conversationId: $id, content: \"x\", model: \"echo\" }) {
            conversation { title } reply { parent { parent { content } } } } }",
    ),
    named(
        "Mutation.deleteConversation",
        "DeleteConversationInput.id",
        Writing,
        &[Whose::Conversation],
        "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }",
    ),
    named(
        "Mutation.revokeSession",
        "RevokeSessionInput.id",
        Person,
        &[Whose::Session],
        "mutation($id: ID!) { revokeSession(input: { id: $id }) { revokedId } }",
    ),
    named(
        "Mutation.deleteAccessToken",
        "DeleteAccessTokenInput.id",
        Person,
        &[Whose::AccessToken],
        "mutation($id: ID!) { deleteAccessToken(input: { id: $id }) { deletedId } }",
    ),
];

/// Operations that take a cursor as `$cursor`, in a list of the caller or in the caller's own reply `$id`. The last column
/// is true if another user's cursor is refused. A list accepts it: there it is only a point in the sort order.
pub const PLACES: &[(&str, &str, bool)] = &[
    (
        "User.conversations(after:)",
        "query($cursor: String) { me { conversations(after: $cursor) { totalCount nodes { id title } } } }",
        false,
    ),
    (
        "User.conversations(before:)",
        "query($cursor: String) { me { conversations(before: $cursor) { totalCount nodes { id title } } } }",
        false,
    ),
    (
        "User.securityEvents(after:)",
        "query($cursor: String) { me { securityEvents(after: $cursor) { nodes { detail } edges { cursor } } } }",
        false,
    ),
    (
        "User.securityEvents(before:)",
        "query($cursor: String) { me { securityEvents(before: $cursor) { nodes { detail } edges { cursor } } } }",
        false,
    ),
    (
        "Conversation.messages(after:)",
        "query($cursor: String) { me { conversations { nodes { messages(after: $cursor) { nodes { id content } } } } } }",
        false,
    ),
    (
        "Conversation.messages(before:)",
        "query($cursor: String) { me { conversations { nodes { messages(before: $cursor) { nodes { id content } } } } } }",
        false,
    ),
    (
        "Subscription.reply(after:)",
        "subscription($id: ID!, $cursor: String) { reply(messageId: $id, after: $cursor) { cursor } }",
        true,
    ),
    (
        "Subscription.changes(after:)",
        "subscription($cursor: String) { changes(after: $cursor) { cursor } }",
        true,
    ),
];

/// Root fields that take no object's ID, and the permission that they require. `None`: they need no authentication.
pub const OWN: &[(&str, Option<Needs>, &str)] = &[
    ("Query.me", None, "{ me { id name email } }"),
    ("Query.models", None, "{ models { id } }"),
    (
        "Mutation.register",
        None,
        "mutation($email: String!) { register(input: { email: $email, password: \"a guess, at best\" }) { expiresIn } }",
    ),
    (
        "Mutation.logIn",
        None,
        "mutation($email: String!) { logIn(input: { email: $email, password: \"a guess, at best\" }) { expiresIn } }",
    ),
    ("Mutation.refreshSession", None, "mutation { refreshSession(input: { refreshToken: \"x\" }) { expiresIn } }"),
    ("Mutation.logOut", None, "mutation { logOut(input: { refreshToken: \"x\" }) { loggedOut } }"),
    (
        "Mutation.reauthenticate",
        None,
        "mutation($token: String!) { reauthenticate(input: { accessToken: $token }) { expiresAt } }",
    ),
    ("Subscription.changes", Some(Reading), "subscription { changes { cursor } }"),
    (
        "Mutation.createConversation",
        Some(Writing),
        "mutation { createConversation(input: { title: \"mine\" }) { conversation { id } } }",
    ),
    (
        "Mutation.createAccessToken",
        Some(Person),
        "mutation { createAccessToken(input: { name: \"mine\", scopes: [WRITE] }) { accessToken { id } } }",
    ),
    ("Mutation.exportMyData", Some(Person), "mutation { exportMyData { url } }"),
    (
        "Mutation.changeName",
        Some(Person),
        "mutation { changeName(input: { name: \"mine\" }) { user { name } } }",
    ),
    (
        "Mutation.changeEmail",
        Some(Person),
        "mutation($email: String!, $password: String!) {
            changeEmail(input: { newEmail: $email, password: $password }) { user { email } } }",
    ),
    ("Mutation.revokeOtherSessions", Some(Person), "mutation { revokeOtherSessions { revokedIds } }"),
    (
        "Mutation.changePassword",
        Some(Person),
        "mutation($password: String!) {
            changePassword(input: { currentPassword: $password, newPassword: $password }) { endedSessions } }",
    ),
    (
        "Mutation.deleteAccount",
        Some(Person),
        "mutation($password: String!) { deleteAccount(input: { password: $password }) { deletedId } }",
    ),
];
