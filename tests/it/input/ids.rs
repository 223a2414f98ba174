//! IDs of other types, of other users, and of nothing.

use super::{targets::targets, world::World};
use crate::support::on_both_databases;
use serde_json::json;
use uuid::Uuid;

/// Returns the type of object whose ID an input takes; `None` if it takes any.
fn kind_of(target: &str) -> Option<&'static str> {
    match target {
        "Query.node(id:)" | "Query.nodes(ids:)" => None,
        "Query.conversation(id:)"
        | "UpdateConversationInput.id"
        | "User.search(conversationId:)"
        | "DeleteConversationInput.id"
        | "SendMessageInput.conversationId" => Some("conversation"),
        "RevokeSessionInput.id" => Some("session"),
        "DeleteAccessTokenInput.id" => Some("access_token"),
        "RateReplyInput.messageId"
        | "RegenerateReplyInput.messageId"
        | "SendMessageInput.ifLast"
        | "SendMessageInput.replaces"
        | "StopReplyInput.messageId"
        | "Subscription.reply(messageId:)"
        | "SwitchBranchInput.messageId" => Some("message"),
        other => panic!("add the type of {other}"),
    }
}

on_both_databases! {
    async fn an_id_is_valid_for_its_own_type_and_owner_only(kind) {
        let world = World::new(kind).await;
        for target in targets(&world).await.iter().filter(|target| target.scalar == "ID") {
            let own = kind_of(&target.name);
            let mut hostile = Vec::new();
            for (kind, id) in &world.own {
                let (_, digits) = id.rsplit_once('_').expect("a global id");
                if own.is_some_and(|own| own != *kind) {
                    hostile.push((id.clone(), "BAD_USER_INPUT"));
                }
                // An ID has exactly one spelling.
                let hyphens = Uuid::parse_str(digits).expect("a key").hyphenated().to_string();
                for id in [
                    id.to_uppercase(), format!("{id} "), format!(" {id}"), format!("{id}\0"), format!("{id}0"),
                    format!("{kind}_{hyphens}"), format!("{kind}_{{{digits}}}"), format!("{kind}__{digits}"), digits.to_owned(),
                    format!("nothing_{digits}"),
                ] {
                    hostile.push((id, ""));
                }
            }
            // An ID that is only compared is a conflict, whether the object exists or not.
            let not_found = if target.field == "ifLast" { "CONFLICT" } else { "NOT_FOUND" };
            for (kind, id) in &world.foreign {
                let right = own.is_none_or(|own| own == *kind);
                hostile.push((id.clone(), if right { not_found } else { "BAD_USER_INPUT" }));
                let nobody = format!("{kind}_{}", Uuid::now_v7().simple());
                hostile.push((nobody, if right { not_found } else { "BAD_USER_INPUT" }));
            }
            hostile.extend(["", "_", "0", "-1", "null", "message_", "../../etc/passwd"].map(|id| (id.into(), "")));
            let before = world.stored().await;
            for (id, expected) in hostile {
                for (how, request) in target.requests(json!(id).to_string().as_bytes()) {
                    let codes = world.error_codes(target, &request).await;
                    let target = &target.name;
                    let refused = match expected {
                        "" => codes == ["NOT_FOUND"] || codes == ["BAD_USER_INPUT"],
                        expected => codes == [expected],
                    };
                    assert!(refused, "{id:?} {how} at {target}: {codes:?}, not {expected}");
                }
            }
            assert!(world.stored().await == before, "{} was stored", target.name);
            world.assert_healthy().await;
        }
    }
}
