use crate::{
    error::Error,
    graphql::schema::ids::{NodeType, parse},
    store,
};
use async_graphql::ID;
use uuid::Uuid;

/// Parsing and formatting an ID returns the same text. An ID belongs to one type, and every other type rejects it.
/// Every key forms a valid ID of each type.
pub fn ids(input: &[u8]) {
    if let Ok(text) = str::from_utf8(input) {
        let id = ID(text.into());
        let parsed = parse(&id);
        assert!(parsed.is_none_or(|(node_type, key)| node_type.id(key) == id), "{parsed:?}");
        check_all_types(&id, parsed);
    }
    if let Some(key) = input.first_chunk() {
        let key = store::Id(Uuid::from_bytes(*key));
        for node_type in NodeType::ALL {
            check_all_types(&node_type.id(key), Some((node_type, key)));
        }
    }
}

/// Checks that a type accepts the ID exactly if it is of that type.
fn check_all_types(id: &ID, expected: Option<(NodeType, store::Id)>) {
    assert_eq!(parse(id), expected);
    for node_type in NodeType::ALL {
        match (node_type.parse("id", id), expected) {
            (Ok(key), Some(expected)) => assert_eq!((node_type, key), expected),
            (Err(Error::BadUserInput { field: "id", .. }), _) => {
                assert!(expected.is_none_or(|(own, _)| own != node_type), "{node_type:?} rejects its own ID");
            }
            (other, _) => panic!("{other:?}"),
        }
    }
}
