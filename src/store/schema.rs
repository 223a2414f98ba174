//! The tables of both databases. `Id` and `Instant` are custom SQL types (see [`super::types`]).
#![expect(missing_docs, reason = "the macro generates the items; the row structs document the columns")]

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    users (id) {
        id -> Id,
        email -> Nullable<Text>,
        email_key -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    sessions (id) {
        id -> Id,
        user_id -> Id,
        generation -> Integer,
        created_at -> Instant,
        refreshed_at -> Instant,
        expires_at -> Instant,
        last_seen_at -> Instant,
        address -> Nullable<Text>,
        agent -> Nullable<Text>,
        authenticated_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    revocations (session_id) {
        session_id -> Id,
        revoked_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    conversations (id) {
        id -> Id,
        owner_id -> Id,
        title -> Text,
        titled_by_user -> Bool,
        system_prompt -> Nullable<Text>,
        model -> Nullable<Text>,
        message_count -> Integer,
        created_at -> Instant,
        updated_at -> Instant,
        generation -> Text,
        branch -> Integer,
        archived_at -> Nullable<Instant>,
        pinned_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    messages (id) {
        id -> Id,
        conversation_id -> Id,
        parent_id -> Nullable<Id>,
        position -> Nullable<Integer>,
        role -> Text,
        content -> Text,
        status -> Text,
        model -> Nullable<Text>,
        attempt -> Integer,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        error_details -> Nullable<Text>,
        finish_reason -> Nullable<Text>,
        input_tokens -> Nullable<Integer>,
        output_tokens -> Nullable<Integer>,
        usage_estimated -> Bool,
        created_at -> Instant,
        finished_at -> Nullable<Instant>,
        generation -> Nullable<Text>,
        context -> Nullable<Text>,
        reasoning_tokens -> Nullable<Integer>,
        cached_tokens -> Nullable<Integer>,
        depth -> Nullable<Integer>,
        branch -> Nullable<Integer>,
        rating -> Nullable<Text>,
        rating_note -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    message_parts (message_id) {
        message_id -> Id,
        attempt -> Integer,
        heads -> Text,
        rest -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    runs (message_id) {
        message_id -> Id,
        conversation_id -> Id,
        position -> Integer,
        lease -> Nullable<Id>,
        lease_expires_at -> Nullable<Instant>,
        stop_requested -> Bool,
        owner_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    sends (user_id, key) {
        user_id -> Id,
        key -> Text,
        input_hash -> Binary,
        reply_id -> Id,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    feeds (user_id) {
        user_id -> Id,
        last_sequence -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    changes (user_id, sequence) {
        user_id -> Id,
        sequence -> BigInt,
        kind -> Text,
        conversation_id -> Id,
        message_id -> Nullable<Id>,
        created_at -> Instant,
        precise_kind -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    chores (name) {
        name -> Text,
        due_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    access_tokens (id) {
        id -> Id,
        user_id -> Id,
        name -> Text,
        hash -> Binary,
        can_write -> Bool,
        created_at -> Instant,
        expires_at -> Instant,
        last_used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    security_events (id) {
        id -> Id,
        user_id -> Id,
        kind -> Text,
        at -> Instant,
        address -> Nullable<Text>,
        agent -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    export_tickets (user_id) {
        user_id -> Id,
        hash -> Binary,
        expires_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    import_tickets (user_id) {
        user_id -> Id,
        hash -> Binary,
        expires_at -> Instant,
    }
}

diesel::joinable!(messages -> conversations (conversation_id));
diesel::joinable!(message_parts -> messages (message_id));
diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    identities (id) {
        id -> Id,
        user_id -> Id,
        issuer -> Text,
        subject -> Text,
        created_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    search_entries (id) {
        id -> Id,
        conversation_id -> Id,
        message_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    search_progress (id) {
        id -> Integer,
        position -> Id,
        complete -> Bool,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    revocations,
    conversations,
    messages,
    message_parts,
    runs,
    sends,
    feeds,
    changes,
    chores,
    access_tokens,
    security_events,
    export_tickets,
    import_tickets,
    identities,
    search_entries,
    search_progress
);
