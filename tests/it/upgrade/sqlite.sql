CREATE TABLE __diesel_schema_migrations (
       version VARCHAR(50) PRIMARY KEY NOT NULL,
       run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE users (
    id blob PRIMARY KEY NOT NULL,
    -- The address as the user wrote it, and its canonical form for comparison.
    email_key text NOT NULL CONSTRAINT users_email_key UNIQUE,
    name text NOT NULL,
    created_at integer NOT NULL
, email text, password_hash text) STRICT;
CREATE TABLE conversations (
    id blob PRIMARY KEY NOT NULL,
    owner_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    title text NOT NULL,
    -- Whether the user has set the title. Until then, the first message determines it.
    titled_by_user integer NOT NULL,
    system_prompt text,
    model text,
    -- The length of the active branch. Its positions are 0 to message_count - 1.
    message_count integer NOT NULL,
    created_at integer NOT NULL,
    updated_at integer NOT NULL
, generation text NOT NULL DEFAULT '{}', branch integer NOT NULL DEFAULT 0, archived_at integer, pinned_at integer) STRICT;
CREATE TABLE messages (
    id blob PRIMARY KEY NOT NULL,
    conversation_id blob NOT NULL REFERENCES conversations ON DELETE CASCADE,
    parent_id blob REFERENCES messages ON DELETE CASCADE,
    position integer,
    role text NOT NULL CHECK (role IN ('USER', 'ASSISTANT', 'SYSTEM')),
    -- For a reply in progress, the text at the last checkpoint of this attempt.
    content text NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'STREAMING', 'COMPLETED', 'STOPPED', 'FAILED')),
    model text,
    attempt integer NOT NULL,
    error_code text,
    error_message text,
    finish_reason text,
    input_tokens integer,
    output_tokens integer,
    -- Whether the token counts were estimated from the text, because the provider reported none.
    usage_estimated integer NOT NULL,
    created_at integer NOT NULL,
    finished_at integer, error_details text, generation text, context text, reasoning_tokens integer, cached_tokens integer, depth integer, branch integer, rating text, rating_note text,
    CONSTRAINT messages_position_key UNIQUE (conversation_id, position)
) STRICT;
CREATE TABLE runs (
    message_id blob PRIMARY KEY NOT NULL REFERENCES messages ON DELETE CASCADE,
    conversation_id blob NOT NULL REFERENCES conversations ON DELETE CASCADE,
    position integer NOT NULL,
    -- Null while the run waits for its turn. Every write of a runner checks this fencing token.
    lease blob,
    lease_expires_at integer,
    stop_requested integer NOT NULL
, owner_id blob) STRICT;
CREATE TABLE sends (
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    key text NOT NULL,
    -- SHA-256 of the input. It distinguishes a retry from another message with the same key.
    input_hash blob NOT NULL,
    -- Checked at commit, because the key is inserted before the reply.
    reply_id blob NOT NULL REFERENCES messages ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    created_at integer NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE TABLE feeds (
    user_id blob PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    last_sequence integer NOT NULL
) STRICT;
CREATE TABLE changes (
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    sequence integer NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'CONVERSATION_CREATED', 'CONVERSATION_CHANGED', 'CONVERSATION_DELETED', 'MESSAGE_ADDED', 'REPLY_ENDED'
    )),
    -- No foreign keys, because the entry of a deletion outlives the deleted row.
    conversation_id blob NOT NULL,
    message_id blob,
    created_at integer NOT NULL, precise_kind text,
    PRIMARY KEY (user_id, sequence),
    CHECK ((kind IN ('MESSAGE_ADDED', 'REPLY_ENDED')) = (message_id IS NOT NULL))
) STRICT;
CREATE TABLE chores (
    name text PRIMARY KEY NOT NULL,
    -- The instance that moves it forward runs the job.
    due_at integer NOT NULL
) STRICT;
CREATE TABLE sessions (
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    -- The generation of the valid refresh token, from 0. Tokens are authenticated by a MAC, so no secret is stored.
    generation integer NOT NULL,
    created_at integer NOT NULL,
    refreshed_at integer NOT NULL,
    expires_at integer NOT NULL,
    -- Shown to the user, to recognise the device.
    last_seen_at integer NOT NULL,
    address text,
    agent text
) STRICT;
CREATE TABLE revocations (
    -- No foreign key, because the row outlives the session.
    session_id blob PRIMARY KEY NOT NULL,
    revoked_at integer NOT NULL,
    -- When all access tokens of the session have expired.
    expires_at integer NOT NULL
) STRICT;
CREATE TABLE access_tokens (
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    -- SHA-256 of the token. The whole token is random.
    hash blob NOT NULL CONSTRAINT access_tokens_hash_key UNIQUE,
    can_write integer NOT NULL,
    created_at integer NOT NULL,
    expires_at integer NOT NULL,
    -- Precise to the minute.
    last_used_at integer
) STRICT;
CREATE TABLE security_events (
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL,
    at integer NOT NULL,
    address text,
    agent text,
    detail text
) STRICT;
CREATE TABLE export_tickets (
    user_id blob PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the ticket, most of which is random.
    hash blob NOT NULL CONSTRAINT export_tickets_hash_key UNIQUE,
    expires_at integer NOT NULL
) STRICT;
CREATE TABLE identities (
    -- Computed from the issuer and the subject.
    id blob PRIMARY KEY NOT NULL,
    user_id blob NOT NULL REFERENCES users ON DELETE CASCADE,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at integer NOT NULL,
    -- When the previous account was deleted. Tokens issued until then are rejected.
    deleted_at integer
) STRICT;
CREATE TABLE message_parts (
    message_id blob PRIMARY KEY NOT NULL REFERENCES messages ON DELETE CASCADE,
    -- The attempt that wrote the parts. If the message has another attempt, the row is outdated.
    attempt integer NOT NULL,
    -- The kind of each part and its start, in bytes, as JSON.
    heads text NOT NULL,
    -- The parts that are not text, one after another.
    rest text NOT NULL
) STRICT;
CREATE TABLE import_tickets (
    user_id blob PRIMARY KEY NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the ticket, most of which is random.
    hash blob NOT NULL CONSTRAINT import_tickets_hash_key UNIQUE,
    expires_at integer NOT NULL
) STRICT;
CREATE INDEX conversations_by_owner ON conversations (owner_id, updated_at DESC, id DESC);
CREATE INDEX messages_by_parent ON messages (parent_id);
CREATE INDEX runs_by_conversation ON runs (conversation_id, position);
CREATE INDEX sends_by_reply ON sends (reply_id);
CREATE INDEX sends_by_age ON sends (created_at);
CREATE INDEX changes_by_age ON changes (created_at);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX revocations_by_time ON revocations (revoked_at);
CREATE INDEX access_tokens_by_user ON access_tokens (user_id, id);
CREATE INDEX security_events_by_user ON security_events (user_id, at DESC, id DESC);
CREATE INDEX security_events_by_age ON security_events (at);
CREATE INDEX identities_by_user ON identities (user_id);
CREATE INDEX runs_by_owner ON runs (owner_id);
CREATE INDEX runs_waiting ON runs (message_id) WHERE lease IS NULL;
CREATE INDEX messages_off_branch ON messages (conversation_id, branch DESC, depth) WHERE position IS NULL;
CREATE INDEX conversations_archived ON conversations (owner_id, updated_at DESC, id DESC)
    WHERE archived_at IS NOT NULL;
CREATE INDEX conversations_pinned ON conversations (owner_id, updated_at DESC, id DESC) WHERE pinned_at IS NOT NULL;
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261122000001', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261122000002', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261122000003', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261122000004', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261122000005', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261122000007', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261122000009', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261130000008', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261130000010', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261130000011', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261130000012', '2026-12-01 03:57:57');
INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('20261130000014', '2026-12-01 03:57:57');
INSERT INTO users (id, email_key, name, created_at, email, password_hash) VALUES (X'00000000000000000000000000000000', '', '', 0, NULL, NULL);
INSERT INTO users (id, email_key, name, created_at, email, password_hash) VALUES (X'01A22FC08A89736185BAB4267F9862C0', '01a22fc08a8672df8a60855868bb6727@example.com', '01a22fc08a8672df8a60855868bb6727', 1796097477308976, '01a22fc08a8672df8a60855868bb6727@example.com', '$argon2id$v=19$m=19456,t=2,p=1$cMzlF4vd/qP6VYO6iMPdMQ$g7WwFb/3W70UXOkIZegsIllsjsOr4V5nVbMJ8lk8nWQ');
INSERT INTO conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES (X'018BCFE569F47016B086ED104782896F', X'01A22FC08A89736185BAB4267F9862C0', 'imported', 1, NULL, NULL, 2, 1700000000500000, 1700000030000000, '{}', 1, NULL, NULL);
INSERT INTO conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES (X'01A22FC08ACA7396BAFB565A0147E705', X'01A22FC08A89736185BAB4267F9862C0', 'settings', 1, 'Be "brief".', 'large', 2, 1796097477322611, 1796097477337715, '{"temperature":0.5,"maxOutputTokens":300,"reasoningEffort":"LOW"}', 0, NULL, 1796097477328923);
INSERT INTO conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES (X'01A22FC08AF2700B8C57EC3777BBA089', X'01A22FC08A89736185BAB4267F9862C0', 'Only once,', 0, NULL, NULL, 2, 1796097477361768, 1796097477361768, '{}', 0, NULL, NULL);
INSERT INTO conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES (X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08A89736185BAB4267F9862C0', 'branches', 1, NULL, NULL, 4, 1796097477390330, 1796097477487894, '{}', 4, NULL, NULL);
INSERT INTO conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES (X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08A89736185BAB4267F9862C0', 'states', 1, NULL, NULL, 14, 1796097477553039, 1796097477723670, '{}', 0, NULL, NULL);
INSERT INTO conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES (X'01A22FC08C69743584AF47D7E96398C1', X'01A22FC08A89736185BAB4267F9862C0', 'archived', 1, NULL, NULL, 2, 1796097477737125, 1796097477741128, '{}', 0, 1796097477754198, NULL);
INSERT INTO conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES (X'01A22FC08C7E7739859EC82AF29BA4C1', X'01A22FC08A89736185BAB4267F9862C0', 'archived and pinned', 1, NULL, NULL, 2, 1796097477758013, 1796097477761593, '{}', 0, 1796097477774466, 1796097477774466);
INSERT INTO conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES (X'01A22FC08CA4718A82DC4F347D4C6F95', X'01A22FC08A89736185BAB4267F9862C0', 'unfinished', 1, NULL, NULL, 4, 1796097477796038, 1796097478811315, '{}', 0, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'018BCFE569F470B88E7C30D417741406', X'018BCFE569F47016B086ED104782896F', NULL, 0, 'USER', 'How do I bake bread?', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1700000000500000, 1700000000500000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'018BCFE569F47B2D9603CD2585FD2FE9', X'018BCFE569F47016B086ED104782896F', X'018BCFE569F470B88E7C30D417741406', 1, 'ASSISTANT', 'Knead it.', 'COMPLETED', 'gpt-5', 1, NULL, NULL, NULL, NULL, NULL, 0, 1700000000500000, 1700000000500000, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'018BCFE569F47D6AB9760977E1306C90', X'018BCFE569F47016B086ED104782896F', X'018BCFE569F470B88E7C30D417741406', NULL, 'ASSISTANT', 'Buy it.', 'COMPLETED', 'gpt-5', 1, NULL, NULL, NULL, NULL, NULL, 0, 1700000000500000, 1700000000500000, NULL, NULL, NULL, NULL, NULL, 1, 0, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08AD9776E948E0CB14855A332', X'01A22FC08ACA7396BAFB565A0147E705', NULL, 0, 'USER', 'hello', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477337715, 1796097477337715, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08AD9776E948E0CB274B170B5', X'01A22FC08ACA7396BAFB565A0147E705', X'01A22FC08AD9776E948E0CB14855A332', 1, 'ASSISTANT', 'Hi.', 'COMPLETED', 'large', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477337715, 1796097477345866, NULL, '{"temperature":0.5,"maxOutputTokens":300,"reasoningEffort":"LOW"}', '{"messages":1,"leftOut":0,"tokens":4}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08AF1746AAA30303E85A60C89', X'01A22FC08AF2700B8C57EC3777BBA089', NULL, 0, 'USER', 'Only once,
"please"; it''s 5 € 😀', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477361768, 1796097477361768, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08AF1746AAA30303F07A85EC3', X'01A22FC08AF2700B8C57EC3777BBA089', X'01A22FC08AF1746AAA30303E85A60C89', 1, 'ASSISTANT', 'Done.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477361768, 1796097477369085, NULL, '{}', '{"messages":1,"leftOut":0,"tokens":9}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08B1475839F9304D552DB20D0', X'01A22FC08B0E72CE8BC00426C7321F4A', NULL, 0, 'USER', 'one', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477396281, 1796097477396281, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08B1475839F9304D6D0B2AC5C', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D552DB20D0', 1, 'ASSISTANT', '1', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477396281, 1796097477404601, NULL, '{}', '{"messages":1,"leftOut":0,"tokens":1}', NULL, NULL, NULL, NULL, 'GOOD', 'Short.');
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08B2375CBAC44A5D017D6BAE5', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D6D0B2AC5C', NULL, 'USER', 'two', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477411726, 1796097477411726, NULL, NULL, NULL, NULL, NULL, 2, 3, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08B2375CBAC44A5D18CB5F33B', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B2375CBAC44A5D017D6BAE5', NULL, 'ASSISTANT', '2', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477411726, 1796097477417284, NULL, '{}', '{"messages":3,"leftOut":0,"tokens":2}', NULL, NULL, 3, 3, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08B30767282EFC26B5FE97414', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D6D0B2AC5C', 2, 'USER', 'TWO', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477424015, 1796097477424015, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08B30767282EFC26C2E04B72F', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B30767282EFC26B5FE97414', 3, 'ASSISTANT', 'II', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477424015, 1796097477478680, NULL, '{}', '{"messages":3,"leftOut":0,"tokens":2}', NULL, NULL, NULL, NULL, 'BAD', NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08B6F74AD859444775FA74641', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D552DB20D0', NULL, 'ASSISTANT', 'One.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477487894, 1796097477510440, NULL, '{}', '{"messages":1,"leftOut":0,"tokens":1}', NULL, NULL, 1, 2, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08BBD760DBE7EE4333FA2F546', X'01A22FC08BB17575BA5E075BED4E7EB4', NULL, 0, 'USER', 'all parts', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477565901, 1796097477565901, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08BBD760DBE7EE4342BDD062A', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BBD760DBE7EE4333FA2F546', 1, 'ASSISTANT', 'It is so [1]. Yes.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477565901, 1796097477579234, NULL, '{}', '{"messages":1,"leftOut":0,"tokens":3}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08BD274CE862FD4AFDD75298D', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BBD760DBE7EE4342BDD062A', 2, 'USER', 'length', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477586833, 1796097477586833, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08BD274CE862FD4B0C4FC286F', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BD274CE862FD4AFDD75298D', 3, 'ASSISTANT', 'A text that', 'COMPLETED', 'small', 1, NULL, NULL, 'LENGTH', 11, 7, 0, 1796097477586833, 1796097477600566, NULL, '{}', '{"messages":3,"leftOut":0,"tokens":9}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08BE873CD959C318E9430AB36', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BD274CE862FD4B0C4FC286F', 4, 'USER', 'content_filter', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477608138, 1796097477608138, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08BE873CD959C318F4D48AEBF', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BE873CD959C318E9430AB36', 5, 'ASSISTANT', 'A text that', 'COMPLETED', 'small', 1, NULL, NULL, 'CONTENT_FILTER', 11, 7, 0, 1796097477608138, 1796097477657277, NULL, '{}', '{"messages":5,"leftOut":0,"tokens":15}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C1F774A8DA3F7270A60CCCE', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BE873CD959C318F4D48AEBF', 6, 'USER', 'refused', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477663006, 1796097477663006, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C1F774A8DA3F7280009C9AA', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C1F774A8DA3F7270A60CCCE', 7, 'ASSISTANT', '', 'FAILED', 'small', 1, 'PROVIDER_REJECTED', 'The model''s provider rejected the request (HTTP 400).', NULL, NULL, NULL, 0, 1796097477663006, 1796097477672487, 'Not allowed here.', '{}', '{"messages":7,"leftOut":0,"tokens":19}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C3073B1BAA64C5E9A4CBA3D', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C1F774A8DA3F7280009C9AA', 8, 'USER', 'broken off', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477680277, 1796097477680277, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C3073B1BAA64C5FD4E94617', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C3073B1BAA64C5E9A4CBA3D', 9, 'ASSISTANT', 'A part', 'FAILED', 'small', 1, 'PROVIDER_UNAVAILABLE', 'The model''s provider ended the answer early.', NULL, 22, 2, 1, 1796097477680277, 1796097477696543, NULL, '{}', '{"messages":8,"leftOut":0,"tokens":22}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C4976A89673EDA89303D93B', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C3073B1BAA64C5FD4E94617', 10, 'USER', 'stopped', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477705307, 1796097477705307, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C4976A89673EDA941179E91', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C4976A89673EDA89303D93B', 11, 'ASSISTANT', 'So far', 'STOPPED', 'small', 1, NULL, NULL, NULL, 25, 2, 1, 1796097477705307, 1796097477719065, NULL, '{}', '{"messages":10,"leftOut":0,"tokens":25}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C5B704EB9C5C1264C3E52B6', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C4976A89673EDA941179E91', 12, 'USER', 'shortened', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477723670, 1796097477723670, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C5B704EB9C5C1270C06E6A9', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C5B704EB9C5C1264C3E52B6', 13, 'ASSISTANT', 'Without the beginning.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477723670, 1796097477732110, NULL, '{}', '{"messages":6,"leftOut":6,"tokens":12}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C6D7079ACAE1CFBAF69394B', X'01A22FC08C69743584AF47D7E96398C1', NULL, 0, 'USER', 'old', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477741128, 1796097477741128, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C6D7079ACAE1CFCC99A923D', X'01A22FC08C69743584AF47D7E96398C1', X'01A22FC08C6D7079ACAE1CFBAF69394B', 1, 'ASSISTANT', 'Older.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477741128, 1796097477747942, NULL, '{}', '{"messages":1,"leftOut":0,"tokens":1}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C81756FBC252542B6B2EA8B', X'01A22FC08C7E7739859EC82AF29BA4C1', NULL, 0, 'USER', 'old', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477761593, 1796097477761593, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08C81756FBC252543C74B3EE9', X'01A22FC08C7E7739859EC82AF29BA4C1', X'01A22FC08C81756FBC252542B6B2EA8B', 1, 'ASSISTANT', 'Older.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, 0, 1796097477761593, 1796097477767697, NULL, '{}', '{"messages":1,"leftOut":0,"tokens":1}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08CA777E88A6BC34F32E864FC', X'01A22FC08CA4718A82DC4F347D4C6F95', NULL, 0, 'USER', 'first', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097477799327, 1796097477799327, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC08CA777E88A6BC350EF62FBD0', X'01A22FC08CA4718A82DC4F347D4C6F95', X'01A22FC08CA777E88A6BC34F32E864FC', 1, 'ASSISTANT', 'a part', 'STREAMING', 'small', 1, NULL, NULL, NULL, NULL, NULL, 0, 1796097477799327, NULL, NULL, '{}', '{"messages":1,"leftOut":0,"tokens":2}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC0909B775D9C7B9D1B1A5F1401', X'01A22FC08CA4718A82DC4F347D4C6F95', X'01A22FC08CA777E88A6BC350EF62FBD0', 2, 'USER', 'second', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 1796097478811315, 1796097478811315, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO messages (id, conversation_id, parent_id, position, role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES (X'01A22FC0909B775D9C7B9D1C20D464C1', X'01A22FC08CA4718A82DC4F347D4C6F95', X'01A22FC0909B775D9C7B9D1B1A5F1401', 3, 'ASSISTANT', '', 'PENDING', 'small', 1, NULL, NULL, NULL, NULL, NULL, 0, 1796097478811315, NULL, NULL, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO runs (message_id, conversation_id, position, lease, lease_expires_at, stop_requested, owner_id) VALUES (X'01A22FC08CA777E88A6BC350EF62FBD0', X'01A22FC08CA4718A82DC4F347D4C6F95', 1, X'01A22FC091377707B3FD45EB01A6328D', 0, 0, X'01A22FC08A89736185BAB4267F9862C0');
INSERT INTO runs (message_id, conversation_id, position, lease, lease_expires_at, stop_requested, owner_id) VALUES (X'01A22FC0909B775D9C7B9D1C20D464C1', X'01A22FC08CA4718A82DC4F347D4C6F95', 3, NULL, NULL, 0, X'01A22FC08A89736185BAB4267F9862C0');
INSERT INTO sends (user_id, key, input_hash, reply_id, created_at) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 'once', X'44460324FD2C2699871022895312D9F6FC72730165D926F1E1C0F818523B87FE', X'01A22FC08AF1746AAA30303F07A85EC3', 1796097477361768);
INSERT INTO feeds (user_id, last_sequence) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 67);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 1, 'CONVERSATION_CREATED', X'01A22FC08ACA7396BAFB565A0147E705', NULL, 1796097477322611, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 10, 'CONVERSATION_CREATED', X'01A22FC08B0E72CE8BC00426C7321F4A', NULL, 1796097477390330, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 11, 'MESSAGE_ADDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D552DB20D0', 1796097477396281, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 12, 'MESSAGE_ADDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D6D0B2AC5C', 1796097477396281, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 13, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D6D0B2AC5C', 1796097477404601, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 14, 'MESSAGE_ADDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B2375CBAC44A5D017D6BAE5', 1796097477411726, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 15, 'MESSAGE_ADDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B2375CBAC44A5D18CB5F33B', 1796097477411726, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 16, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B2375CBAC44A5D18CB5F33B', 1796097477417284, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 17, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D6D0B2AC5C', 1796097477424015, 'BRANCH_SWITCHED');
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 18, 'MESSAGE_ADDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B30767282EFC26B5FE97414', 1796097477424015, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 19, 'MESSAGE_ADDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B30767282EFC26C2E04B72F', 1796097477424015, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 2, 'CONVERSATION_CHANGED', X'01A22FC08ACA7396BAFB565A0147E705', NULL, 1796097477328923, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 20, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B30767282EFC26C2E04B72F', 1796097477478680, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 21, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D552DB20D0', 1796097477487894, 'BRANCH_SWITCHED');
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 22, 'MESSAGE_ADDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B6F74AD859444775FA74641', 1796097477487894, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 23, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B6F74AD859444775FA74641', 1796097477510440, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 24, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D552DB20D0', 1796097477520613, 'BRANCH_SWITCHED');
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 25, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D6D0B2AC5C', 1796097477526623, 'BRANCH_SWITCHED');
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 26, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B1475839F9304D6D0B2AC5C', 1796097477532749, 'MESSAGE_CHANGED');
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 27, 'REPLY_ENDED', X'01A22FC08B0E72CE8BC00426C7321F4A', X'01A22FC08B30767282EFC26C2E04B72F', 1796097477546967, 'MESSAGE_CHANGED');
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 28, 'CONVERSATION_CREATED', X'01A22FC08BB17575BA5E075BED4E7EB4', NULL, 1796097477553039, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 29, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BBD760DBE7EE4333FA2F546', 1796097477565901, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 3, 'MESSAGE_ADDED', X'01A22FC08ACA7396BAFB565A0147E705', X'01A22FC08AD9776E948E0CB14855A332', 1796097477337715, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 30, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BBD760DBE7EE4342BDD062A', 1796097477565901, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 31, 'REPLY_ENDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BBD760DBE7EE4342BDD062A', 1796097477579234, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 32, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BD274CE862FD4AFDD75298D', 1796097477586833, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 33, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BD274CE862FD4B0C4FC286F', 1796097477586833, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 34, 'REPLY_ENDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BD274CE862FD4B0C4FC286F', 1796097477600566, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 35, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BE873CD959C318E9430AB36', 1796097477608138, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 36, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BE873CD959C318F4D48AEBF', 1796097477608138, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 37, 'REPLY_ENDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08BE873CD959C318F4D48AEBF', 1796097477657277, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 38, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C1F774A8DA3F7270A60CCCE', 1796097477663006, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 39, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C1F774A8DA3F7280009C9AA', 1796097477663006, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 4, 'MESSAGE_ADDED', X'01A22FC08ACA7396BAFB565A0147E705', X'01A22FC08AD9776E948E0CB274B170B5', 1796097477337715, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 40, 'REPLY_ENDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C1F774A8DA3F7280009C9AA', 1796097477672487, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 41, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C3073B1BAA64C5E9A4CBA3D', 1796097477680277, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 42, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C3073B1BAA64C5FD4E94617', 1796097477680277, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 43, 'REPLY_ENDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C3073B1BAA64C5FD4E94617', 1796097477696543, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 44, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C4976A89673EDA89303D93B', 1796097477705307, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 45, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C4976A89673EDA941179E91', 1796097477705307, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 46, 'REPLY_ENDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C4976A89673EDA941179E91', 1796097477719065, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 47, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C5B704EB9C5C1264C3E52B6', 1796097477723670, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 48, 'MESSAGE_ADDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C5B704EB9C5C1270C06E6A9', 1796097477723670, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 49, 'REPLY_ENDED', X'01A22FC08BB17575BA5E075BED4E7EB4', X'01A22FC08C5B704EB9C5C1270C06E6A9', 1796097477732110, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 5, 'REPLY_ENDED', X'01A22FC08ACA7396BAFB565A0147E705', X'01A22FC08AD9776E948E0CB274B170B5', 1796097477345866, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 50, 'CONVERSATION_CREATED', X'01A22FC08C69743584AF47D7E96398C1', NULL, 1796097477737125, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 51, 'MESSAGE_ADDED', X'01A22FC08C69743584AF47D7E96398C1', X'01A22FC08C6D7079ACAE1CFBAF69394B', 1796097477741128, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 52, 'MESSAGE_ADDED', X'01A22FC08C69743584AF47D7E96398C1', X'01A22FC08C6D7079ACAE1CFCC99A923D', 1796097477741128, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 53, 'REPLY_ENDED', X'01A22FC08C69743584AF47D7E96398C1', X'01A22FC08C6D7079ACAE1CFCC99A923D', 1796097477747942, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 54, 'CONVERSATION_CHANGED', X'01A22FC08C69743584AF47D7E96398C1', NULL, 1796097477754198, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 55, 'CONVERSATION_CREATED', X'01A22FC08C7E7739859EC82AF29BA4C1', NULL, 1796097477758013, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 56, 'MESSAGE_ADDED', X'01A22FC08C7E7739859EC82AF29BA4C1', X'01A22FC08C81756FBC252542B6B2EA8B', 1796097477761593, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 57, 'MESSAGE_ADDED', X'01A22FC08C7E7739859EC82AF29BA4C1', X'01A22FC08C81756FBC252543C74B3EE9', 1796097477761593, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 58, 'REPLY_ENDED', X'01A22FC08C7E7739859EC82AF29BA4C1', X'01A22FC08C81756FBC252543C74B3EE9', 1796097477767697, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 59, 'CONVERSATION_CHANGED', X'01A22FC08C7E7739859EC82AF29BA4C1', NULL, 1796097477774466, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 6, 'CONVERSATION_CREATED', X'01A22FC08AF2700B8C57EC3777BBA089', NULL, 1796097477361768, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 61, 'CONVERSATION_CREATED', X'01A22FC08C9C70BC90D36A9505E8A283', NULL, 1796097477788254, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 62, 'CONVERSATION_DELETED', X'01A22FC08C9C70BC90D36A9505E8A283', NULL, 1796097477791646, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 63, 'CONVERSATION_CREATED', X'01A22FC08CA4718A82DC4F347D4C6F95', NULL, 1796097477796038, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 64, 'MESSAGE_ADDED', X'01A22FC08CA4718A82DC4F347D4C6F95', X'01A22FC08CA777E88A6BC34F32E864FC', 1796097477799327, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 65, 'MESSAGE_ADDED', X'01A22FC08CA4718A82DC4F347D4C6F95', X'01A22FC08CA777E88A6BC350EF62FBD0', 1796097477799327, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 66, 'MESSAGE_ADDED', X'01A22FC08CA4718A82DC4F347D4C6F95', X'01A22FC0909B775D9C7B9D1B1A5F1401', 1796097478811315, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 67, 'MESSAGE_ADDED', X'01A22FC08CA4718A82DC4F347D4C6F95', X'01A22FC0909B775D9C7B9D1C20D464C1', 1796097478811315, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 7, 'MESSAGE_ADDED', X'01A22FC08AF2700B8C57EC3777BBA089', X'01A22FC08AF1746AAA30303E85A60C89', 1796097477361768, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 8, 'MESSAGE_ADDED', X'01A22FC08AF2700B8C57EC3777BBA089', X'01A22FC08AF1746AAA30303F07A85EC3', 1796097477361768, NULL);
INSERT INTO changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES (X'01A22FC08A89736185BAB4267F9862C0', 9, 'REPLY_ENDED', X'01A22FC08AF2700B8C57EC3777BBA089', X'01A22FC08AF1746AAA30303F07A85EC3', 1796097477369085, NULL);
INSERT INTO chores (name, due_at) VALUES ('delete expired revocations', 4102444800000000);
INSERT INTO chores (name, due_at) VALUES ('delete expired sessions', 4102444800000000);
INSERT INTO chores (name, due_at) VALUES ('delete old changes', 4102444800000000);
INSERT INTO chores (name, due_at) VALUES ('delete old security events', 4102444800000000);
INSERT INTO chores (name, due_at) VALUES ('delete old sends', 4102444800000000);
INSERT INTO sessions (id, user_id, generation, created_at, refreshed_at, expires_at, last_seen_at, address, agent) VALUES (X'01A22FC08AC076ED9E7423663230594F', X'01A22FC08A89736185BAB4267F9862C0', 0, 1796097477312037, 1796097477312037, 4102444800000000, 1796097478966896, '127.0.0.1', NULL);
INSERT INTO access_tokens (id, user_id, name, hash, can_write, created_at, expires_at, last_used_at) VALUES (X'01A22FC08AC57162B7D9A1D618FBD0A2', X'01A22FC08A89736185BAB4267F9862C0', 'script', X'FC5FC69FCF3DE9151AFE9BFE5108292B41B9AEDB1DDC9892267CB46D80EEB67A', 1, 1796097477317555, 4102444800000000, 1796097477320461);
INSERT INTO security_events (id, user_id, kind, at, address, agent, detail) VALUES (X'01A22FC08ABE75C5A87BB6EAE1A19DB4', X'01A22FC08A89736185BAB4267F9862C0', 'REGISTERED', 1796097477310387, '127.0.0.1', NULL, NULL);
INSERT INTO security_events (id, user_id, kind, at, address, agent, detail) VALUES (X'01A22FC08AC57162B7D9A1D7DD6597F0', X'01A22FC08A89736185BAB4267F9862C0', 'TOKEN_CREATED', 1796097477317571, '127.0.0.1', NULL, 'script');
INSERT INTO security_events (id, user_id, kind, at, address, agent, detail) VALUES (X'01A22FC0910873AA9CE86204F1442DCA', X'01A22FC08A89736185BAB4267F9862C0', 'DATA_EXPORTED', 1796097478920578, '127.0.0.1', NULL, NULL);
INSERT INTO message_parts (message_id, attempt, heads, rest) VALUES (X'01A22FC08BBD760DBE7EE4342BDD062A', 1, '[{"kind":"REASONING","start":0},{"kind":"TEXT","start":16},{"kind":"REASONING","start":29},{"kind":"TEXT","start":34},{"kind":"SOURCE","start":39,"name":"A page"}]', 'Let me see. 🤔Sure?https://example.com/a');
