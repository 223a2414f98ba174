//! What a field costs by itself, and how many rows it may stand for when the document does not say.
//!
//! The tables name fields, whatever type they are of: the guard reads documents without their types. Tests compare them
//! with the schema, so that no new field is forgotten.

use crate::graphql::pages;

/// The fields that are connections, whose pages multiply what is asked of a row.
pub const CONNECTIONS: [&str; 3] = ["conversations", "messages", "securityEvents"];
/// Lists that are given whole, and how many rows they may have.
const LISTS: [(&str, u64); 3] = [("accessTokens", 50), ("models", 20), ("sessions", 100)];
/// The lists of the schema's description of itself, each of which may lead back to all types.
const INTROSPECTION: [&str; 7] =
    ["types", "fields", "args", "inputFields", "interfaces", "possibleTypes", "enumValues"];
/// How many rows such a list is reckoned to have.
const INTROSPECTION_ROWS: u64 = 5;

/// Texts that may be long.
const LONG: [&str; 3] = ["content", "systemPrompt", "text"];
/// Fields for each of which the database is asked: no dataloader gathers them.
const READING: [&str; 6] =
    ["accessTokens", "changes", "conversations", "securityEvents", "sessions", "totalCount"];
/// What each of those costs.
pub const DEAR: u64 = 10;

/// The object whose first event may hold a whole reply, up to a megabyte of text, with its price.
const SNAPSHOT: (&str, u64) = ("ReplyEvent", 100);

/// What each kilobyte of a request costs.
const KILOBYTE_COST: u64 = 4;

/// Mutations that store something which stays, and that nothing else limits.
const STORING: [&str; 10] = [
    "changeEmail",
    "changeName",
    "changePassword",
    "createAccessToken",
    "createConversation",
    "deleteAccessToken",
    "deleteConversation",
    "exportMyData",
    "sendMessage",
    "updateConversation",
];
/// What one of them costs: as much as a large page, for a disk does not empty by itself.
pub const STORING_COST: u64 = 1000;

/// What a request costs by its size, besides what its fields cost: to read a long one takes longer than to answer a short
/// one. Those below a kilobyte cost nothing more.
pub fn of_size(bytes: usize) -> u64 {
    (bytes as u64 / 1024).saturating_mul(KILOBYTE_COST)
}

/// The cost of a field of the named type, without its selections.
pub fn own_cost(field: &str, of_type: &str) -> u64 {
    if of_type == SNAPSHOT.0 {
        SNAPSHOT.1
    } else if STORING.contains(&field) {
        STORING_COST
    } else if LONG.contains(&field) || READING.contains(&field) {
        DEAR
    } else {
        1
    }
}

/// How many rows a field is reckoned to have where its arguments do not tell: 1 if it is no list.
pub fn rows(field: &str) -> u64 {
    if CONNECTIONS.contains(&field) {
        return pages::DEFAULT as u64;
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
        types::{BaseType, FieldDefinition, TypeKind, TypeSystemDefinition},
    };

    /// The fields of every object type, each with its type's name.
    fn fields() -> Vec<(String, FieldDefinition)> {
        let schema = parse_schema(include_str!("../../../schema.graphql")).unwrap();
        let types = schema.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(of_type) => Some(of_type.node),
            _ => None,
        });
        types
            .filter_map(|of_type| match of_type.kind {
                TypeKind::Object(object) => Some((of_type.name.node.to_string(), object.fields)),
                _ => None,
            })
            .flat_map(|(name, fields)| fields.into_iter().map(move |field| (name.clone(), field.node)))
            .collect()
    }

    #[test]
    fn every_list_of_the_schema_multiplies() {
        for (of_type, field) in fields() {
            let name = field.name.node.as_str();
            let connection = field.ty.node.to_string().contains("Connection");
            assert_eq!(connection, CONNECTIONS.contains(&name), "{of_type}.{name}");
            // The rows of a connection are counted where their number is asked for.
            let counted = of_type.ends_with("Connection") || name == "nodes";
            // A list of names is as short as what it is of.
            let of_objects = matches!(&field.ty.node.base, BaseType::List(item)
                if fields().iter().any(|(object, _)| item.to_string().trim_end_matches('!') == object));
            assert_eq!(of_objects && !counted, rows(name) > 1 && !connection, "{of_type}.{name}");
        }
    }

    #[test]
    fn every_mutation_has_its_price() {
        // Those of signing in have limits of their own, or end what there is.
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
            assert!(STORING.contains(&name) != cheap.contains(&name), "{name}");
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
