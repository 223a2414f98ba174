//! For each thing that the schema takes, what it leads to; for each field where something begins, who may use it.
//!
//! What is new in the schema fails a test until it stands here.

use super::world::Whose;

/// What a text or an id that somebody sends can lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// To an object that it names: tried in [`NAMED`].
    Object,
    /// To a place in a list or a stream: tried in [`PLACES`].
    Place,
    /// To an account or a session, whoever sends it: it is the proof, or goes with one.
    Proof,
    /// To what the same user has sent before.
    Key,
    /// Nowhere: it is kept, or names what is everybody's.
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

/// Who may use a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Whoever is signed in, if only by a token that reads.
    Reading,
    /// Whoever may write.
    Writing,
    /// The user in person.
    Person,
}
use Needs::{Person, Reading, Writing};

/// How an input that leads to an object is used, with the object's id as `$id`.
pub struct Named {
    pub root: &'static str,
    pub takes: &'static str,
    pub needs: Needs,
    /// The objects that it takes; of others there is none.
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

/// In the order in which their owner can do all of it.
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

/// How a place is used, as `$cursor`: in a list of one's own, or in one's own reply, `$id`. The last tells whether one
/// that is a stranger's is refused; in a list it is but a point in an order, and shows what one has oneself.
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

/// The fields that take nobody's object, and who may use them; `None` is everybody, by the proof that they bring.
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
