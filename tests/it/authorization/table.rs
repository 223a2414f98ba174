//! The role of every input of the schema, and the permission that every root field requires.
//!
//! A new field or argument fails a test until it is listed here.

use super::world::ObjectKind;

/// The role of an ID or text that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Names an object. Tried in [`ID_INPUTS`].
    Object,
    /// Names an object with which the state is only compared: any other ID is a conflict, whoever owns the object.
    Compared,
    /// A cursor: a position in a list or a stream. Tried in [`CURSORS`].
    Position,
    /// A credential, or part of one, that leads to the same account or session whoever sends it.
    Credential,
    /// Leads to what the same user sent earlier.
    Key,
    /// Data that is stored, or that names something public.
    Data,
}
use InputKind::{Compared, Credential, Data, Key, Object, Position};

pub const INPUTS: &[(&str, InputKind)] = &[
    ("Query.node(id:)", Object),
    ("Query.nodes(ids:)", Object),
    ("Query.conversation(id:)", Object),
    ("Subscription.reply(messageId:)", Object),
    ("UpdateConversationInput.id", Object),
    ("DeleteConversationInput.id", Object),
    ("SendMessageInput.conversationId", Object),
    ("SendMessageInput.replaces", Object),
    ("SendMessageInput.ifLast", Compared),
    ("RegenerateReplyInput.messageId", Object),
    ("SwitchBranchInput.messageId", Object),
    ("StopReplyInput.messageId", Object),
    ("RateReplyInput.messageId", Object),
    ("RevokeSessionInput.id", Object),
    ("DeleteAccessTokenInput.id", Object),
    ("User.search(conversationId:)", Object),
    ("User.search(after:)", Position),
    ("User.search(query:)", Data),
    ("User.conversations(after:)", Position),
    ("User.conversations(before:)", Position),
    ("User.securityEvents(after:)", Position),
    ("User.securityEvents(before:)", Position),
    ("Conversation.messages(after:)", Position),
    ("Conversation.messages(before:)", Position),
    ("Conversation.tree(after:)", Position),
    ("Subscription.reply(after:)", Position),
    ("Subscription.changes(after:)", Position),
    ("RegisterInput.email", Credential),
    ("RegisterInput.password", Credential),
    ("LogInInput.email", Credential),
    ("LogInInput.password", Credential),
    ("RefreshSessionInput.refreshToken", Credential),
    ("LogOutInput.refreshToken", Credential),
    ("ReauthenticateInput.accessToken", Credential),
    ("ChangeEmailInput.password", Credential),
    ("ChangeEmailInput.newEmail", Credential),
    ("ChangePasswordInput.currentPassword", Credential),
    ("ChangePasswordInput.newPassword", Credential),
    ("DeleteAccountInput.password", Credential),
    ("SendMessageInput.idempotencyKey", Key),
    ("RegenerateReplyInput.idempotencyKey", Key),
    ("RegenerateReplyInput.model", Data),
    ("SendMessageInput.content", Data),
    ("SendMessageInput.model", Data),
    ("SendMessageInput.systemPrompt", Data),
    ("RateReplyInput.note", Data),
    ("CreateConversationInput.title", Data),
    ("CreateConversationInput.systemPrompt", Data),
    ("CreateConversationInput.model", Data),
    ("UpdateConversationInput.title", Data),
    ("UpdateConversationInput.systemPrompt", Data),
    ("UpdateConversationInput.model", Data),
    ("CreateAccessTokenInput.name", Data),
    ("RegisterInput.name", Data),
    ("ChangeNameInput.name", Data),
];

/// The permission that a field requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Any authenticated user, also with a `READ` token.
    Read,
    /// A session or a `WRITE` token.
    Write,
    /// A session.
    Session,
}
use Permission::{Read, Session, Write};

/// An operation that uses an input which names an object. The object's ID is the variable `$id`.
pub struct IdInput {
    pub root: &'static str,
    pub takes: &'static str,
    pub needs: Permission,
    /// The types of object that the input accepts. Others are not found.
    pub of: &'static [ObjectKind],
    pub query: &'static str,
}

const fn id_input(
    root: &'static str,
    takes: &'static str,
    needs: Permission,
    of: &'static [ObjectKind],
    query: &'static str,
) -> IdInput {
    IdInput { root, takes, needs, of, query }
}

const NODES: &[ObjectKind] = &[
    ObjectKind::User,
    ObjectKind::Conversation,
    ObjectKind::Message,
    ObjectKind::Reply,
    ObjectKind::Running,
    ObjectKind::Session,
    ObjectKind::AccessToken,
    ObjectKind::SecurityEvent,
];

/// Listed in an order in which their owner can execute all of them.
pub const ID_INPUTS: &[IdInput] = &[
    id_input("Query.node", "Query.node(id:)", Read, NODES, "query($id: ID!) { node(id: $id) { id } }"),
    id_input("Query.nodes", "Query.nodes(ids:)", Read, NODES, "query($id: ID!) { nodes(ids: [$id]) { id } }"),
    id_input(
        "Query.conversation",
        "Query.conversation(id:)",
        Read,
        &[ObjectKind::Conversation],
        "query($id: ID!) { conversation(id: $id) { id title messages { nodes { content } } } }",
    ),
    id_input(
        "Subscription.reply",
        "Subscription.reply(messageId:)",
        Read,
        &[ObjectKind::Reply],
        "subscription($id: ID!) { reply(messageId: $id) { cursor } }",
    ),
    id_input(
        "Mutation.stopReply",
        "StopReplyInput.messageId",
        Write,
        &[ObjectKind::Reply, ObjectKind::Running],
        "mutation($id: ID!) { stopReply(input: { messageId: $id }) { message { content } } }",
    ),
    id_input(
        "Mutation.sendMessage",
        "SendMessageInput.replaces",
        Write,
        &[ObjectKind::Message],
        "mutation($id: ID!) { sendMessage(input: { replaces: $id, content: \"x\", model: \"echo\" }) {
            conversation { title } reply { parent { parent { content } } } } }",
    ),
    id_input(
        "Mutation.regenerateReply",
        "RegenerateReplyInput.messageId",
        Write,
        &[ObjectKind::Reply, ObjectKind::Running],
        "mutation($id: ID!) { regenerateReply(input: { messageId: $id, model: \"echo\" }) {
            conversation { title } message { content } } }",
    ),
    id_input(
        "Mutation.switchBranch",
        "SwitchBranchInput.messageId",
        Write,
        &[ObjectKind::Reply, ObjectKind::Running],
        "mutation($id: ID!) { switchBranch(input: { messageId: $id }) { conversation { title } head { content } } }",
    ),
    id_input(
        "Mutation.rateReply",
        "RateReplyInput.messageId",
        Write,
        &[ObjectKind::Reply],
        "mutation($id: ID!) { rateReply(input: { messageId: $id, rating: GOOD }) { message { content } } }",
    ),
    id_input(
        "Mutation.updateConversation",
        "UpdateConversationInput.id",
        Write,
        &[ObjectKind::Conversation],
        "mutation($id: ID!) { updateConversation(input: { id: $id, title: \"x\" }) { conversation { id } } }",
    ),
    id_input(
        "Mutation.sendMessage",
        "SendMessageInput.conversationId",
        Write,
        &[ObjectKind::Conversation],
        "mutation($id: ID!) { sendMessage(input: { conversationId: $id, content: \"x\", model: \"echo\" }) {
            conversation { title } reply { parent { parent { content } } } } }",
    ),
    id_input(
        "Mutation.deleteConversation",
        "DeleteConversationInput.id",
        Write,
        &[ObjectKind::Conversation],
        "mutation($id: ID!) { deleteConversation(input: { id: $id }) { deletedId } }",
    ),
    id_input(
        "Mutation.revokeSession",
        "RevokeSessionInput.id",
        Session,
        &[ObjectKind::Session],
        "mutation($id: ID!) { revokeSession(input: { id: $id }) { revokedId } }",
    ),
    id_input(
        "Mutation.deleteAccessToken",
        "DeleteAccessTokenInput.id",
        Session,
        &[ObjectKind::AccessToken],
        "mutation($id: ID!) { deleteAccessToken(input: { id: $id }) { deletedId } }",
    ),
];

/// Operations like those of [`ID_INPUTS`], on a field below `me`. For anonymous callers, `me` is null.
pub const NESTED_ID_INPUTS: &[IdInput] = &[id_input(
    "Query.me",
    "User.search(conversationId:)",
    Read,
    &[ObjectKind::Conversation],
    "query($id: ID!) { me { search(query: \"lovelace\", conversationId: $id) { nodes { snippet { text } } } } }",
)];

/// Operations that take a cursor as `$cursor`, in a list of the caller or in the caller's own reply `$id`. The last
/// column is true if another user's cursor is refused. A list accepts it: there it is only a point in the sort order.
pub const CURSORS: &[(&str, &str, bool)] = &[
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
        "User.search(after:)",
        "query($cursor: String) { me { search(query: \"mine\", after: $cursor) { nodes { snippet { text } } edges { cursor } } } }",
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
        "Conversation.tree(after:)",
        "query($cursor: String) { me { conversations { nodes { tree(after: $cursor) { nodes { id content } } } } } }",
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
pub const OTHER_ROOTS: &[(&str, Option<Permission>, &str)] = &[
    ("Query.me", None, "{ me { id name email } }"),
    ("Query.models", None, "{ models { id } }"),
    ("Query.limits", Some(Read), "{ limits { contentLength } }"),
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
    ("Subscription.changes", Some(Read), "subscription { changes { cursor } }"),
    (
        "Mutation.createConversation",
        Some(Write),
        "mutation { createConversation(input: { title: \"mine\" }) { conversation { id } } }",
    ),
    (
        "Mutation.createAccessToken",
        Some(Session),
        "mutation { createAccessToken(input: { name: \"mine\", scopes: [WRITE] }) { accessToken { id } } }",
    ),
    ("Mutation.exportMyData", Some(Session), "mutation { exportMyData { url } }"),
    ("Mutation.importConversations", Some(Session), "mutation { importConversations { url } }"),
    (
        "Mutation.changeName",
        Some(Session),
        "mutation { changeName(input: { name: \"mine\" }) { user { name } } }",
    ),
    (
        "Mutation.changeEmail",
        Some(Session),
        "mutation($email: String!, $password: String!) {
            changeEmail(input: { newEmail: $email, password: $password }) { user { email } } }",
    ),
    ("Mutation.revokeOtherSessions", Some(Session), "mutation { revokeOtherSessions { revokedIds } }"),
    (
        "Mutation.changePassword",
        Some(Session),
        "mutation($password: String!) {
            changePassword(input: { currentPassword: $password, newPassword: $password }) { endedSessions } }",
    ),
    (
        "Mutation.deleteAccount",
        Some(Session),
        "mutation($password: String!) { deleteAccount(input: { password: $password }) { deletedId } }",
    ),
];
