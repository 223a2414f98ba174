//! The cost of each field, and the assumed number of rows of lists without an explicit number.
//!
//! The tables list fields by name, regardless of their type. Tests compare them with the schema, so that no new field
//! is forgotten.

use crate::graphql::schema::pages;

/// The connections. The number of rows of a page multiplies the cost of the fields of a row.
pub const CONNECTIONS: [&str; 5] = ["conversations", "messages", "search", "securityEvents", "tree"];
/// The lists without pages, and their maximum number of rows. Few messages have more than a handful of parts.
const LISTS: [(&str, u64); 6] = [
    ("accessTokens", 50),
    ("alternatives", 100),
    ("models", 20),
    ("parts", 4),
    ("sessions", 100),
    ("snippet", 5),
];
/// The lists of introspection. Each of them can lead to all types again.
const INTROSPECTION: [&str; 7] =
    ["types", "fields", "args", "inputFields", "interfaces", "possibleTypes", "enumValues"];
/// The assumed number of rows of an introspection list.
const INTROSPECTION_ROWS: u64 = 5;

/// The fields whose texts may be long.
const LONG: [&str; 3] = ["content", "systemPrompt", "text"];
/// The fields that each need a database query, because no dataloader batches them.
const READING: [&str; 7] =
    ["accessTokens", "changes", "conversations", "securityEvents", "sessions", "totalCount", "tree"];
/// The cost of a field in [`LONG`] or [`READING`].
pub const EXPENSIVE_COST: u64 = 10;

/// The type whose first event can hold a whole reply, up to a megabyte of text, and its cost.
const SNAPSHOT: (&str, u64) = ("ReplyEvent", 100);

/// The field that searches all texts of a user, and its cost.
const SEARCH: (&str, u64) = ("search", 100);

/// The cost of each kilobyte of a request.
const KILOBYTE_COST: u64 = 4;

/// The mutations that store data permanently and have no rate limit of their own.
const WRITES: [&str; 14] = [
    "changeEmail",
    "changeName",
    "changePassword",
    "createAccessToken",
    "createConversation",
    "deleteAccessToken",
    "deleteConversation",
    "exportMyData",
    "importConversations",
    "rateReply",
    "regenerateReply",
    "sendMessage",
    "switchBranch",
    "updateConversation",
];
/// The cost of a mutation in [`WRITES`]. It is as high as that of a large page, because stored data stays on the disk.
pub const WRITE_COST: u64 = 1000;

/// The cost of the size of a request, in addition to the cost of its fields: parsing a long request takes longer than
/// executing a short one. Requests below one kilobyte cost nothing extra.
pub fn size_cost(bytes: usize) -> u64 {
    (bytes as u64 / 1024).saturating_mul(KILOBYTE_COST)
}

/// The cost of a field of the named type, without its selections.
pub fn own_cost(field: &str, of_type: &str) -> u64 {
    if of_type == SNAPSHOT.0 {
        SNAPSHOT.1
    } else if field == SEARCH.0 {
        SEARCH.1
    } else if WRITES.contains(&field) {
        WRITE_COST
    } else if LONG.contains(&field) || READING.contains(&field) {
        EXPENSIVE_COST
    } else {
        1
    }
}

/// The assumed number of rows of a field whose arguments do not state it. 1 if it is not a list.
pub fn rows(field: &str) -> u64 {
    if CONNECTIONS.contains(&field) {
        return pages::DEFAULT_PAGE_SIZE as u64;
    }
    if INTROSPECTION.contains(&field) {
        return INTROSPECTION_ROWS;
    }
    LISTS.iter().find(|(name, _)| *name == field).map_or(1, |(_, rows)| *rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::{
        parse_schema,
        types::{BaseType, FieldDefinition, TypeDefinition, TypeKind, TypeSystemDefinition},
    };

    fn types() -> impl Iterator<Item = TypeDefinition> {
        let schema = parse_schema(include_str!("../../../schema.graphql")).unwrap();
        schema.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(of_type) => Some(of_type.node),
            _ => None,
        })
    }

    /// The names of all types with fields.
    fn composites() -> Vec<String> {
        let has_fields =
            |of_type: &TypeDefinition| matches!(of_type.kind, TypeKind::Object(_) | TypeKind::Interface(_));
        types().filter(has_fields).map(|of_type| of_type.name.node.to_string()).collect()
    }

    /// The fields of every object type, each with the name of the type.
    fn fields() -> Vec<(String, FieldDefinition)> {
        types()
            .filter_map(|of_type| match of_type.kind {
                TypeKind::Object(object) => Some((of_type.name.node.to_string(), object.fields)),
                _ => None,
            })
            .flat_map(|(name, fields)| fields.into_iter().map(move |field| (name.clone(), field.node)))
            .collect()
    }

    #[test]
    fn every_list_in_the_schema_has_a_number_of_rows() {
        for (of_type, field) in fields() {
            let name = field.name.node.as_str();
            let connection = field.ty.node.to_string().contains("Connection");
            // A number selects nothing that rows could multiply, whatever its name is.
            if field.ty.node.to_string() == "Int!" && CONNECTIONS.contains(&name) {
                continue;
            }
            assert_eq!(connection, CONNECTIONS.contains(&name), "{of_type}.{name}");
            // The rows of a connection are counted at the connection field or at `nodes(ids:)`.
            let counted = of_type.ends_with("Connection") || name == "nodes";
            // Lists of scalars and enums are short.
            let of_objects = matches!(&field.ty.node.base, BaseType::List(item)
                if composites().iter().any(|of_type| item.to_string().trim_end_matches('!') == of_type));
            assert_eq!(of_objects && !counted, rows(name) > 1 && !connection, "{of_type}.{name}");
        }
    }

    #[test]
    fn every_mutation_is_priced() {
        // These have rate limits of their own, or only remove data.
        let cheap = [
            "deleteAccount",
            "logIn",
            "logOut",
            "reauthenticate",
            "refreshSession",
            "register",
            "revokeOtherSessions",
            "revokeSession",
            "stopReply",
        ];
        for (_, field) in fields().iter().filter(|(of_type, _)| of_type == "Mutation") {
            let name = field.name.node.as_str();
            assert!(WRITES.contains(&name) != cheap.contains(&name), "{name}");
        }
    }
    #[test]
    fn following_a_reply_costs_its_snapshot() {
        let fields = fields();
        let of_type = |name: &str| {
            let (_, field) =
                fields.iter().find(|(object, field)| object == name && field.name.node == "reply").unwrap();
            field.ty.node.to_string().trim_end_matches('!').to_owned()
        };
        assert_eq!(own_cost("reply", &of_type("Subscription")), 100);
        assert_eq!(own_cost("reply", &of_type("SendMessagePayload")), 1);
    }
}
