CREATE TABLE public.__diesel_schema_migrations (
    version character varying(50) NOT NULL,
    run_on timestamp without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE TABLE public.access_tokens (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    name text NOT NULL,
    hash bytea NOT NULL,
    can_write boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);
CREATE TABLE public.changes (
    user_id uuid NOT NULL,
    sequence bigint NOT NULL,
    kind text NOT NULL,
    conversation_id uuid NOT NULL,
    message_id uuid,
    created_at timestamp with time zone NOT NULL,
    precise_kind text,
    CONSTRAINT changes_check CHECK (((kind = ANY (ARRAY['MESSAGE_ADDED'::text, 'REPLY_ENDED'::text])) = (message_id IS NOT NULL))),
    CONSTRAINT changes_kind_check CHECK ((kind = ANY (ARRAY['CONVERSATION_CREATED'::text, 'CONVERSATION_CHANGED'::text, 'CONVERSATION_DELETED'::text, 'MESSAGE_ADDED'::text, 'REPLY_ENDED'::text])))
);
CREATE TABLE public.chores (
    name text NOT NULL,
    due_at timestamp with time zone NOT NULL
);
CREATE TABLE public.conversations (
    id uuid NOT NULL,
    owner_id uuid NOT NULL,
    title text NOT NULL,
    titled_by_user boolean NOT NULL,
    system_prompt text,
    model text,
    message_count integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    generation text DEFAULT '{}'::text NOT NULL,
    branch integer DEFAULT 0 NOT NULL,
    archived_at timestamp with time zone,
    pinned_at timestamp with time zone
);
CREATE TABLE public.export_tickets (
    user_id uuid NOT NULL,
    hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.feeds (
    user_id uuid NOT NULL,
    last_sequence bigint NOT NULL
);
CREATE TABLE public.identities (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone
);
CREATE TABLE public.import_tickets (
    user_id uuid NOT NULL,
    hash bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.message_parts (
    message_id uuid NOT NULL,
    attempt integer NOT NULL,
    heads text NOT NULL,
    rest text NOT NULL
);
CREATE TABLE public.messages (
    id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    parent_id uuid,
    "position" integer,
    role text NOT NULL,
    content text NOT NULL,
    status text NOT NULL,
    model text,
    attempt integer NOT NULL,
    error_code text,
    error_message text,
    finish_reason text,
    input_tokens integer,
    output_tokens integer,
    usage_estimated boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    error_details text,
    generation text,
    context text,
    reasoning_tokens integer,
    cached_tokens integer,
    depth integer,
    branch integer,
    rating text,
    rating_note text,
    CONSTRAINT messages_role_check CHECK ((role = ANY (ARRAY['USER'::text, 'ASSISTANT'::text, 'SYSTEM'::text]))),
    CONSTRAINT messages_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'STREAMING'::text, 'COMPLETED'::text, 'STOPPED'::text, 'FAILED'::text])))
);
CREATE TABLE public.revocations (
    session_id uuid NOT NULL,
    revoked_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE public.runs (
    message_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    "position" integer NOT NULL,
    lease uuid,
    lease_expires_at timestamp with time zone,
    stop_requested boolean NOT NULL,
    owner_id uuid
);
CREATE TABLE public.security_events (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamp with time zone NOT NULL,
    address text,
    agent text,
    detail text
);
CREATE TABLE public.sends (
    user_id uuid NOT NULL,
    key text NOT NULL,
    input_hash bytea NOT NULL,
    reply_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL
);
CREATE TABLE public.sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    generation integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    refreshed_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    address text,
    agent text
);
CREATE TABLE public.users (
    id uuid NOT NULL,
    email text,
    email_key text NOT NULL,
    name text NOT NULL,
    password_hash text,
    created_at timestamp with time zone NOT NULL
);
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261122000001', '2026-12-01 03:57:59.471672');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261122000002', '2026-12-01 03:57:59.482233');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261122000003', '2026-12-01 03:57:59.490508');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261122000004', '2026-12-01 03:57:59.500516');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261122000005', '2026-12-01 03:57:59.5121');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261122000007', '2026-12-01 03:57:59.519335');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261122000009', '2026-12-01 03:57:59.520626');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261130000008', '2026-12-01 03:57:59.522476');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261130000010', '2026-12-01 03:57:59.523196');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261130000011', '2026-12-01 03:57:59.52429');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261130000012', '2026-12-01 03:57:59.529748');
INSERT INTO public.__diesel_schema_migrations (version, run_on) VALUES ('20261130000014', '2026-12-01 03:57:59.533236');
INSERT INTO public.access_tokens (id, user_id, name, hash, can_write, created_at, expires_at, last_used_at) VALUES ('01a22fc0-946c-7546-9e3b-f3f2b5f66d32', '01a22fc0-9442-770d-8f78-8d7868689f15', 'script', '\x3a997be20585d4e95256dd77fb5f5c64ebafbbc1e8e537599e8c500d3ac36584', true, '2026-12-01 03:57:59.788649+00', '2100-01-01 00:00:00+00', '2026-12-01 03:57:59.798024+00');
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 1, 'CONVERSATION_CREATED', '01a22fc0-9479-7369-aa97-f71726e380a4', NULL, '2026-12-01 03:57:59.801467+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 2, 'CONVERSATION_CHANGED', '01a22fc0-9479-7369-aa97-f71726e380a4', NULL, '2026-12-01 03:57:59.808084+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 3, 'MESSAGE_ADDED', '01a22fc0-9479-7369-aa97-f71726e380a4', '01a22fc0-948a-768a-933b-02526365aff4', '2026-12-01 03:57:59.818562+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 4, 'MESSAGE_ADDED', '01a22fc0-9479-7369-aa97-f71726e380a4', '01a22fc0-948a-768a-933b-025368af7aa4', '2026-12-01 03:57:59.818562+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 5, 'REPLY_ENDED', '01a22fc0-9479-7369-aa97-f71726e380a4', '01a22fc0-948a-768a-933b-025368af7aa4', '2026-12-01 03:57:59.843954+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 6, 'CONVERSATION_CREATED', '01a22fc0-94c9-7185-ae12-24cb04ea9540', NULL, '2026-12-01 03:57:59.875383+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 7, 'MESSAGE_ADDED', '01a22fc0-94c9-7185-ae12-24cb04ea9540', '01a22fc0-94c3-75d2-9b94-a153a0d641eb', '2026-12-01 03:57:59.875383+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 8, 'MESSAGE_ADDED', '01a22fc0-94c9-7185-ae12-24cb04ea9540', '01a22fc0-94c3-75d2-9b94-a15416d28616', '2026-12-01 03:57:59.875383+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 9, 'REPLY_ENDED', '01a22fc0-94c9-7185-ae12-24cb04ea9540', '01a22fc0-94c3-75d2-9b94-a15416d28616', '2026-12-01 03:57:59.896971+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 10, 'CONVERSATION_CREATED', '01a22fc0-94ff-765b-80cd-f56860d86009', NULL, '2026-12-01 03:57:59.935439+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 11, 'MESSAGE_ADDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452ea1a2c284', '2026-12-01 03:57:59.955724+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 12, 'MESSAGE_ADDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452f596fa5de', '2026-12-01 03:57:59.955724+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 13, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452f596fa5de', '2026-12-01 03:57:59.980922+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 14, 'MESSAGE_ADDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9539-72b7-9817-ff15371bada4', '2026-12-01 03:57:59.993951+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 15, 'MESSAGE_ADDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9539-72b7-9817-ff16dd029b07', '2026-12-01 03:57:59.993951+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 16, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9539-72b7-9817-ff16dd029b07', '2026-12-01 03:58:00.012691+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 17, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452f596fa5de', '2026-12-01 03:58:00.026632+00', 'BRANCH_SWITCHED');
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 18, 'MESSAGE_ADDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-955a-70fb-b34f-9c35793affd7', '2026-12-01 03:58:00.026632+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 19, 'MESSAGE_ADDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-955a-70fb-b34f-9c36313eacca', '2026-12-01 03:58:00.026632+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 20, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-955a-70fb-b34f-9c36313eacca', '2026-12-01 03:58:00.093297+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 21, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452ea1a2c284', '2026-12-01 03:58:00.116279+00', 'BRANCH_SWITCHED');
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 22, 'MESSAGE_ADDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-95b4-7649-b107-c9fe8eeda2ab', '2026-12-01 03:58:00.116279+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 23, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-95b4-7649-b107-c9fe8eeda2ab', '2026-12-01 03:58:00.160295+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 24, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452ea1a2c284', '2026-12-01 03:58:00.19134+00', 'BRANCH_SWITCHED');
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 25, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452f596fa5de', '2026-12-01 03:58:00.217562+00', 'BRANCH_SWITCHED');
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 26, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452f596fa5de', '2026-12-01 03:58:00.28574+00', 'MESSAGE_CHANGED');
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 27, 'REPLY_ENDED', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-955a-70fb-b34f-9c36313eacca', '2026-12-01 03:58:00.350343+00', 'MESSAGE_CHANGED');
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 28, 'CONVERSATION_CREATED', '01a22fc0-96b4-768f-b647-f719d9cd047e', NULL, '2026-12-01 03:58:00.372626+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 29, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96ba-70aa-81cb-728235e204d2', '2026-12-01 03:58:00.378179+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 30, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96ba-70aa-81cb-728348687d61', '2026-12-01 03:58:00.378179+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 31, 'REPLY_ENDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96ba-70aa-81cb-728348687d61', '2026-12-01 03:58:00.407005+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 32, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96f4-73e1-98fb-0e0afc7ee490', '2026-12-01 03:58:00.436872+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 33, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96f4-73e1-98fb-0e0b392d05d1', '2026-12-01 03:58:00.436872+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 34, 'REPLY_ENDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96f4-73e1-98fb-0e0b392d05d1', '2026-12-01 03:58:00.452459+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 35, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9716-72c9-b176-864e9c201e02', '2026-12-01 03:58:00.470682+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 36, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9716-72c9-b176-864f9fd9189a', '2026-12-01 03:58:00.470682+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 37, 'REPLY_ENDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9716-72c9-b176-864f9fd9189a', '2026-12-01 03:58:00.487208+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 38, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9735-7174-aed4-20c242dba148', '2026-12-01 03:58:00.50148+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 39, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9735-7174-aed4-20c3a8a1effb', '2026-12-01 03:58:00.50148+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 40, 'REPLY_ENDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9735-7174-aed4-20c3a8a1effb', '2026-12-01 03:58:00.527908+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 41, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9766-7432-8a8d-2f909d88dcde', '2026-12-01 03:58:00.550027+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 42, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9766-7432-8a8d-2f91ec756c2b', '2026-12-01 03:58:00.550027+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 43, 'REPLY_ENDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9766-7432-8a8d-2f91ec756c2b', '2026-12-01 03:58:00.588375+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 44, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9798-774a-b09b-8bf09a5b0eb7', '2026-12-01 03:58:00.60091+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 45, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9798-774a-b09b-8bf1fdd63fcf', '2026-12-01 03:58:00.60091+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 46, 'REPLY_ENDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9798-774a-b09b-8bf1fdd63fcf', '2026-12-01 03:58:00.638605+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 47, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-97c6-7221-b0c2-dbfe97cdd5b6', '2026-12-01 03:58:00.646449+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 48, 'MESSAGE_ADDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-97c6-7221-b0c2-dbffaa007e02', '2026-12-01 03:58:00.646449+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 49, 'REPLY_ENDED', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-97c6-7221-b0c2-dbffaa007e02', '2026-12-01 03:58:00.668986+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 50, 'CONVERSATION_CREATED', '01a22fc0-97e5-71a0-9acc-b2409f7af495', NULL, '2026-12-01 03:58:00.677485+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 51, 'MESSAGE_ADDED', '01a22fc0-97e5-71a0-9acc-b2409f7af495', '01a22fc0-97ea-76b3-b701-c2fece5766ae', '2026-12-01 03:58:00.682029+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 52, 'MESSAGE_ADDED', '01a22fc0-97e5-71a0-9acc-b2409f7af495', '01a22fc0-97ea-76b3-b701-c2ff7ff469c8', '2026-12-01 03:58:00.682029+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 53, 'REPLY_ENDED', '01a22fc0-97e5-71a0-9acc-b2409f7af495', '01a22fc0-97ea-76b3-b701-c2ff7ff469c8', '2026-12-01 03:58:00.692353+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 54, 'CONVERSATION_CHANGED', '01a22fc0-97e5-71a0-9acc-b2409f7af495', NULL, '2026-12-01 03:58:00.704297+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 55, 'CONVERSATION_CREATED', '01a22fc0-9808-75ed-98d9-3ff4a70089b0', NULL, '2026-12-01 03:58:00.712799+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 56, 'MESSAGE_ADDED', '01a22fc0-9808-75ed-98d9-3ff4a70089b0', '01a22fc0-980c-717b-ab02-30c163bc4c38', '2026-12-01 03:58:00.717021+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 57, 'MESSAGE_ADDED', '01a22fc0-9808-75ed-98d9-3ff4a70089b0', '01a22fc0-980c-717b-ab02-30c214af10b4', '2026-12-01 03:58:00.717021+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 58, 'REPLY_ENDED', '01a22fc0-9808-75ed-98d9-3ff4a70089b0', '01a22fc0-980c-717b-ab02-30c214af10b4', '2026-12-01 03:58:00.734355+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 59, 'CONVERSATION_CHANGED', '01a22fc0-9808-75ed-98d9-3ff4a70089b0', NULL, '2026-12-01 03:58:00.743216+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 61, 'CONVERSATION_CREATED', '01a22fc0-9839-77bf-a096-664dde0348ac', NULL, '2026-12-01 03:58:00.761133+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 62, 'CONVERSATION_DELETED', '01a22fc0-9839-77bf-a096-664dde0348ac', NULL, '2026-12-01 03:58:00.766919+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 63, 'CONVERSATION_CREATED', '01a22fc0-9845-7630-9d37-00db0e935d43', NULL, '2026-12-01 03:58:00.773248+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 64, 'MESSAGE_ADDED', '01a22fc0-9845-7630-9d37-00db0e935d43', '01a22fc0-9849-7552-a63c-5cab993a0946', '2026-12-01 03:58:00.777494+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 65, 'MESSAGE_ADDED', '01a22fc0-9845-7630-9d37-00db0e935d43', '01a22fc0-9849-7552-a63c-5cac89a6d99d', '2026-12-01 03:58:00.777494+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 66, 'MESSAGE_ADDED', '01a22fc0-9845-7630-9d37-00db0e935d43', '01a22fc0-9c45-773d-97db-767f5c5f6638', '2026-12-01 03:58:01.797253+00', NULL);
INSERT INTO public.changes (user_id, sequence, kind, conversation_id, message_id, created_at, precise_kind) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 67, 'MESSAGE_ADDED', '01a22fc0-9845-7630-9d37-00db0e935d43', '01a22fc0-9c45-773d-97db-76809c2e66bd', '2026-12-01 03:58:01.797253+00', NULL);
INSERT INTO public.chores (name, due_at) VALUES ('delete expired sessions', '2100-01-01 00:00:00+00');
INSERT INTO public.chores (name, due_at) VALUES ('delete expired revocations', '2100-01-01 00:00:00+00');
INSERT INTO public.chores (name, due_at) VALUES ('delete old sends', '2100-01-01 00:00:00+00');
INSERT INTO public.chores (name, due_at) VALUES ('delete old changes', '2100-01-01 00:00:00+00');
INSERT INTO public.chores (name, due_at) VALUES ('delete old security events', '2100-01-01 00:00:00+00');
INSERT INTO public.conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES ('01a22fc0-9479-7369-aa97-f71726e380a4', '01a22fc0-9442-770d-8f78-8d7868689f15', 'settings', true, 'Be "brief".', 'large', 2, '2026-12-01 03:57:59.801467+00', '2026-12-01 03:57:59.818562+00', '{"temperature":0.5,"maxOutputTokens":300,"reasoningEffort":"LOW"}', 0, NULL, '2026-12-01 03:57:59.808084+00');
INSERT INTO public.conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES ('01a22fc0-94c9-7185-ae12-24cb04ea9540', '01a22fc0-9442-770d-8f78-8d7868689f15', 'Only once,', false, NULL, NULL, 2, '2026-12-01 03:57:59.875383+00', '2026-12-01 03:57:59.875383+00', '{}', 0, NULL, NULL);
INSERT INTO public.conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES ('01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9442-770d-8f78-8d7868689f15', 'branches', true, NULL, NULL, 4, '2026-12-01 03:57:59.935439+00', '2026-12-01 03:58:00.116279+00', '{}', 4, NULL, NULL);
INSERT INTO public.conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES ('01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9442-770d-8f78-8d7868689f15', 'states', true, NULL, NULL, 14, '2026-12-01 03:58:00.372626+00', '2026-12-01 03:58:00.646449+00', '{}', 0, NULL, NULL);
INSERT INTO public.conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES ('01a22fc0-97e5-71a0-9acc-b2409f7af495', '01a22fc0-9442-770d-8f78-8d7868689f15', 'archived', true, NULL, NULL, 2, '2026-12-01 03:58:00.677485+00', '2026-12-01 03:58:00.682029+00', '{}', 0, '2026-12-01 03:58:00.704297+00', NULL);
INSERT INTO public.conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES ('01a22fc0-9808-75ed-98d9-3ff4a70089b0', '01a22fc0-9442-770d-8f78-8d7868689f15', 'archived and pinned', true, NULL, NULL, 2, '2026-12-01 03:58:00.712799+00', '2026-12-01 03:58:00.717021+00', '{}', 0, '2026-12-01 03:58:00.743216+00', '2026-12-01 03:58:00.743216+00');
INSERT INTO public.conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES ('018bcfe5-69f4-778e-bd24-5e4427c8d69d', '01a22fc0-9442-770d-8f78-8d7868689f15', 'imported', true, NULL, NULL, 2, '2023-11-14 22:13:20.5+00', '2023-11-14 22:13:50+00', '{}', 1, NULL, NULL);
INSERT INTO public.conversations (id, owner_id, title, titled_by_user, system_prompt, model, message_count, created_at, updated_at, generation, branch, archived_at, pinned_at) VALUES ('01a22fc0-9845-7630-9d37-00db0e935d43', '01a22fc0-9442-770d-8f78-8d7868689f15', 'unfinished', true, NULL, NULL, 4, '2026-12-01 03:58:00.773248+00', '2026-12-01 03:58:01.797253+00', '{}', 0, NULL, NULL);
INSERT INTO public.feeds (user_id, last_sequence) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 67);
INSERT INTO public.message_parts (message_id, attempt, heads, rest) VALUES ('01a22fc0-96ba-70aa-81cb-728348687d61', 1, '[{"kind":"REASONING","start":0},{"kind":"TEXT","start":16},{"kind":"REASONING","start":29},{"kind":"TEXT","start":34},{"kind":"SOURCE","start":39,"name":"A page"}]', 'Let me see. 🤔Sure?https://example.com/a');
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-948a-768a-933b-02526365aff4', '01a22fc0-9479-7369-aa97-f71726e380a4', NULL, 0, 'USER', 'hello', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:57:59.818562+00', '2026-12-01 03:57:59.818562+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-948a-768a-933b-025368af7aa4', '01a22fc0-9479-7369-aa97-f71726e380a4', '01a22fc0-948a-768a-933b-02526365aff4', 1, 'ASSISTANT', 'Hi.', 'COMPLETED', 'large', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:57:59.818562+00', '2026-12-01 03:57:59.843954+00', NULL, '{"temperature":0.5,"maxOutputTokens":300,"reasoningEffort":"LOW"}', '{"messages":1,"leftOut":0,"tokens":4}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-94c3-75d2-9b94-a153a0d641eb', '01a22fc0-94c9-7185-ae12-24cb04ea9540', NULL, 0, 'USER', 'Only once,
"please"; it''s 5 € 😀', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:57:59.875383+00', '2026-12-01 03:57:59.875383+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-94c3-75d2-9b94-a15416d28616', '01a22fc0-94c9-7185-ae12-24cb04ea9540', '01a22fc0-94c3-75d2-9b94-a153a0d641eb', 1, 'ASSISTANT', 'Done.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:57:59.875383+00', '2026-12-01 03:57:59.896971+00', NULL, '{}', '{"messages":1,"leftOut":0,"tokens":9}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9513-77bd-bc17-452ea1a2c284', '01a22fc0-94ff-765b-80cd-f56860d86009', NULL, 0, 'USER', 'one', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:57:59.955724+00', '2026-12-01 03:57:59.955724+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9735-7174-aed4-20c3a8a1effb', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9735-7174-aed4-20c242dba148', 7, 'ASSISTANT', '', 'FAILED', 'small', 1, 'PROVIDER_REJECTED', 'The model''s provider rejected the request (HTTP 400).', NULL, NULL, NULL, false, '2026-12-01 03:58:00.50148+00', '2026-12-01 03:58:00.527908+00', 'Not allowed here.', '{}', '{"messages":7,"leftOut":0,"tokens":19}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9766-7432-8a8d-2f909d88dcde', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9735-7174-aed4-20c3a8a1effb', 8, 'USER', 'broken off', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.550027+00', '2026-12-01 03:58:00.550027+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9766-7432-8a8d-2f91ec756c2b', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9766-7432-8a8d-2f909d88dcde', 9, 'ASSISTANT', 'A part', 'FAILED', 'small', 1, 'PROVIDER_UNAVAILABLE', 'The model''s provider ended the answer early.', NULL, 22, 2, true, '2026-12-01 03:58:00.550027+00', '2026-12-01 03:58:00.588375+00', NULL, '{}', '{"messages":8,"leftOut":0,"tokens":22}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-95b4-7649-b107-c9fe8eeda2ab', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452ea1a2c284', NULL, 'ASSISTANT', 'One.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:58:00.116279+00', '2026-12-01 03:58:00.160295+00', NULL, '{}', '{"messages":1,"leftOut":0,"tokens":1}', NULL, NULL, 1, 2, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9539-72b7-9817-ff15371bada4', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452f596fa5de', NULL, 'USER', 'two', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:57:59.993951+00', '2026-12-01 03:57:59.993951+00', NULL, NULL, NULL, NULL, NULL, 2, 3, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9539-72b7-9817-ff16dd029b07', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9539-72b7-9817-ff15371bada4', NULL, 'ASSISTANT', '2', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:57:59.993951+00', '2026-12-01 03:58:00.012691+00', NULL, '{}', '{"messages":3,"leftOut":0,"tokens":2}', NULL, NULL, 3, 3, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-955a-70fb-b34f-9c35793affd7', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452f596fa5de', 2, 'USER', 'TWO', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.026632+00', '2026-12-01 03:58:00.026632+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9513-77bd-bc17-452f596fa5de', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-9513-77bd-bc17-452ea1a2c284', 1, 'ASSISTANT', '1', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:57:59.955724+00', '2026-12-01 03:57:59.980922+00', NULL, '{}', '{"messages":1,"leftOut":0,"tokens":1}', NULL, NULL, NULL, NULL, 'GOOD', 'Short.');
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-955a-70fb-b34f-9c36313eacca', '01a22fc0-94ff-765b-80cd-f56860d86009', '01a22fc0-955a-70fb-b34f-9c35793affd7', 3, 'ASSISTANT', 'II', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:58:00.026632+00', '2026-12-01 03:58:00.093297+00', NULL, '{}', '{"messages":3,"leftOut":0,"tokens":2}', NULL, NULL, NULL, NULL, 'BAD', NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-96ba-70aa-81cb-728235e204d2', '01a22fc0-96b4-768f-b647-f719d9cd047e', NULL, 0, 'USER', 'all parts', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.378179+00', '2026-12-01 03:58:00.378179+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-96ba-70aa-81cb-728348687d61', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96ba-70aa-81cb-728235e204d2', 1, 'ASSISTANT', 'It is so [1]. Yes.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:58:00.378179+00', '2026-12-01 03:58:00.407005+00', NULL, '{}', '{"messages":1,"leftOut":0,"tokens":3}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-96f4-73e1-98fb-0e0afc7ee490', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96ba-70aa-81cb-728348687d61', 2, 'USER', 'length', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.436872+00', '2026-12-01 03:58:00.436872+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-96f4-73e1-98fb-0e0b392d05d1', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96f4-73e1-98fb-0e0afc7ee490', 3, 'ASSISTANT', 'A text that', 'COMPLETED', 'small', 1, NULL, NULL, 'LENGTH', 11, 7, false, '2026-12-01 03:58:00.436872+00', '2026-12-01 03:58:00.452459+00', NULL, '{}', '{"messages":3,"leftOut":0,"tokens":9}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9716-72c9-b176-864e9c201e02', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-96f4-73e1-98fb-0e0b392d05d1', 4, 'USER', 'content_filter', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.470682+00', '2026-12-01 03:58:00.470682+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9716-72c9-b176-864f9fd9189a', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9716-72c9-b176-864e9c201e02', 5, 'ASSISTANT', 'A text that', 'COMPLETED', 'small', 1, NULL, NULL, 'CONTENT_FILTER', 11, 7, false, '2026-12-01 03:58:00.470682+00', '2026-12-01 03:58:00.487208+00', NULL, '{}', '{"messages":5,"leftOut":0,"tokens":15}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9735-7174-aed4-20c242dba148', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9716-72c9-b176-864f9fd9189a', 6, 'USER', 'refused', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.50148+00', '2026-12-01 03:58:00.50148+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9798-774a-b09b-8bf09a5b0eb7', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9766-7432-8a8d-2f91ec756c2b', 10, 'USER', 'stopped', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.60091+00', '2026-12-01 03:58:00.60091+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9798-774a-b09b-8bf1fdd63fcf', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9798-774a-b09b-8bf09a5b0eb7', 11, 'ASSISTANT', 'So far', 'STOPPED', 'small', 1, NULL, NULL, NULL, 25, 2, true, '2026-12-01 03:58:00.60091+00', '2026-12-01 03:58:00.638605+00', NULL, '{}', '{"messages":10,"leftOut":0,"tokens":25}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-97c6-7221-b0c2-dbfe97cdd5b6', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-9798-774a-b09b-8bf1fdd63fcf', 12, 'USER', 'shortened', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.646449+00', '2026-12-01 03:58:00.646449+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-97c6-7221-b0c2-dbffaa007e02', '01a22fc0-96b4-768f-b647-f719d9cd047e', '01a22fc0-97c6-7221-b0c2-dbfe97cdd5b6', 13, 'ASSISTANT', 'Without the beginning.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:58:00.646449+00', '2026-12-01 03:58:00.668986+00', NULL, '{}', '{"messages":6,"leftOut":6,"tokens":12}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-97ea-76b3-b701-c2fece5766ae', '01a22fc0-97e5-71a0-9acc-b2409f7af495', NULL, 0, 'USER', 'old', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.682029+00', '2026-12-01 03:58:00.682029+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-97ea-76b3-b701-c2ff7ff469c8', '01a22fc0-97e5-71a0-9acc-b2409f7af495', '01a22fc0-97ea-76b3-b701-c2fece5766ae', 1, 'ASSISTANT', 'Older.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:58:00.682029+00', '2026-12-01 03:58:00.692353+00', NULL, '{}', '{"messages":1,"leftOut":0,"tokens":1}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-980c-717b-ab02-30c163bc4c38', '01a22fc0-9808-75ed-98d9-3ff4a70089b0', NULL, 0, 'USER', 'old', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.717021+00', '2026-12-01 03:58:00.717021+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-980c-717b-ab02-30c214af10b4', '01a22fc0-9808-75ed-98d9-3ff4a70089b0', '01a22fc0-980c-717b-ab02-30c163bc4c38', 1, 'ASSISTANT', 'Older.', 'COMPLETED', 'small', 1, NULL, NULL, 'STOP', 11, 7, false, '2026-12-01 03:58:00.717021+00', '2026-12-01 03:58:00.734355+00', NULL, '{}', '{"messages":1,"leftOut":0,"tokens":1}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('018bcfe5-69f4-766a-9ec5-1fd07ba0373d', '018bcfe5-69f4-778e-bd24-5e4427c8d69d', NULL, 0, 'USER', 'How do I bake bread?', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2023-11-14 22:13:20.5+00', '2023-11-14 22:13:20.5+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('018bcfe5-69f4-71a3-b48b-e7b864385d05', '018bcfe5-69f4-778e-bd24-5e4427c8d69d', '018bcfe5-69f4-766a-9ec5-1fd07ba0373d', NULL, 'ASSISTANT', 'Buy it.', 'COMPLETED', 'gpt-5', 1, NULL, NULL, NULL, NULL, NULL, false, '2023-11-14 22:13:20.5+00', '2023-11-14 22:13:20.5+00', NULL, NULL, NULL, NULL, NULL, 1, 0, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('018bcfe5-69f4-7fb7-b3a1-1cb05561f2cc', '018bcfe5-69f4-778e-bd24-5e4427c8d69d', '018bcfe5-69f4-766a-9ec5-1fd07ba0373d', 1, 'ASSISTANT', 'Knead it.', 'COMPLETED', 'gpt-5', 1, NULL, NULL, NULL, NULL, NULL, false, '2023-11-14 22:13:20.5+00', '2023-11-14 22:13:20.5+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9849-7552-a63c-5cab993a0946', '01a22fc0-9845-7630-9d37-00db0e935d43', NULL, 0, 'USER', 'first', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.777494+00', '2026-12-01 03:58:00.777494+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9c45-773d-97db-767f5c5f6638', '01a22fc0-9845-7630-9d37-00db0e935d43', '01a22fc0-9849-7552-a63c-5cac89a6d99d', 2, 'USER', 'second', 'COMPLETED', NULL, 0, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:01.797253+00', '2026-12-01 03:58:01.797253+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9c45-773d-97db-76809c2e66bd', '01a22fc0-9845-7630-9d37-00db0e935d43', '01a22fc0-9c45-773d-97db-767f5c5f6638', 3, 'ASSISTANT', '', 'PENDING', 'small', 1, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:01.797253+00', NULL, NULL, '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.messages (id, conversation_id, parent_id, "position", role, content, status, model, attempt, error_code, error_message, finish_reason, input_tokens, output_tokens, usage_estimated, created_at, finished_at, error_details, generation, context, reasoning_tokens, cached_tokens, depth, branch, rating, rating_note) VALUES ('01a22fc0-9849-7552-a63c-5cac89a6d99d', '01a22fc0-9845-7630-9d37-00db0e935d43', '01a22fc0-9849-7552-a63c-5cab993a0946', 1, 'ASSISTANT', 'a part', 'STREAMING', 'small', 1, NULL, NULL, NULL, NULL, NULL, false, '2026-12-01 03:58:00.777494+00', NULL, NULL, '{}', '{"messages":1,"leftOut":0,"tokens":2}', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.runs (message_id, conversation_id, "position", lease, lease_expires_at, stop_requested, owner_id) VALUES ('01a22fc0-9c45-773d-97db-76809c2e66bd', '01a22fc0-9845-7630-9d37-00db0e935d43', 3, NULL, NULL, false, '01a22fc0-9442-770d-8f78-8d7868689f15');
INSERT INTO public.runs (message_id, conversation_id, "position", lease, lease_expires_at, stop_requested, owner_id) VALUES ('01a22fc0-9849-7552-a63c-5cac89a6d99d', '01a22fc0-9845-7630-9d37-00db0e935d43', 1, '01a22fc0-9d7e-7045-b9f3-fb5439ade46a', '1970-01-01 00:00:00+00', false, '01a22fc0-9442-770d-8f78-8d7868689f15');
INSERT INTO public.security_events (id, user_id, kind, at, address, agent, detail) VALUES ('01a22fc0-945d-7561-81d0-48e0887cff39', '01a22fc0-9442-770d-8f78-8d7868689f15', 'REGISTERED', '2026-12-01 03:57:59.773209+00', '127.0.0.1', NULL, NULL);
INSERT INTO public.security_events (id, user_id, kind, at, address, agent, detail) VALUES ('01a22fc0-946c-7546-9e3b-f3f3ecd36051', '01a22fc0-9442-770d-8f78-8d7868689f15', 'TOKEN_CREATED', '2026-12-01 03:57:59.788672+00', '127.0.0.1', NULL, 'script');
INSERT INTO public.security_events (id, user_id, kind, at, address, agent, detail) VALUES ('01a22fc0-9d2c-7067-8c6b-82c90afc3953', '01a22fc0-9442-770d-8f78-8d7868689f15', 'DATA_EXPORTED', '2026-12-01 03:58:02.028171+00', '127.0.0.1', NULL, NULL);
INSERT INTO public.sends (user_id, key, input_hash, reply_id, created_at) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', 'once', '\x44460324fd2c2699871022895312d9f6fc72730165d926f1e1c0f818523b87fe', '01a22fc0-94c3-75d2-9b94-a15416d28616', '2026-12-01 03:57:59.875383+00');
INSERT INTO public.sessions (id, user_id, generation, created_at, refreshed_at, expires_at, last_seen_at, address, agent) VALUES ('01a22fc0-9465-72fb-a9c4-9836367e774f', '01a22fc0-9442-770d-8f78-8d7868689f15', 0, '2026-12-01 03:57:59.781647+00', '2026-12-01 03:57:59.781647+00', '2100-01-01 00:00:00+00', '2026-12-01 03:58:02.110335+00', '127.0.0.1', NULL);
INSERT INTO public.users (id, email, email_key, name, password_hash, created_at) VALUES ('00000000-0000-0000-0000-000000000000', NULL, '', '', NULL, '2026-12-01 03:57:59.500516+00');
INSERT INTO public.users (id, email, email_key, name, password_hash, created_at) VALUES ('01a22fc0-9442-770d-8f78-8d7868689f15', '01a22fc0943d7468bd15b0e340d8a7c6@example.com', '01a22fc0943d7468bd15b0e340d8a7c6@example.com', '01a22fc0943d7468bd15b0e340d8a7c6', '$argon2id$v=19$m=19456,t=2,p=1$DWZfBwCzsgqZ3/jIoAu2tA$rQDWLpbhQX95NWfKHtmzJEIf7h6SkaG4XXlEfDK9icw', '2026-12-01 03:57:59.772224+00');
ALTER TABLE ONLY public.__diesel_schema_migrations
    ADD CONSTRAINT __diesel_schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (user_id, sequence);
ALTER TABLE ONLY public.chores
    ADD CONSTRAINT chores_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.export_tickets
    ADD CONSTRAINT export_tickets_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.export_tickets
    ADD CONSTRAINT export_tickets_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.feeds
    ADD CONSTRAINT feeds_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.import_tickets
    ADD CONSTRAINT import_tickets_hash_key UNIQUE (hash);
ALTER TABLE ONLY public.import_tickets
    ADD CONSTRAINT import_tickets_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.message_parts
    ADD CONSTRAINT message_parts_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_position_key UNIQUE (conversation_id, "position");
ALTER TABLE ONLY public.revocations
    ADD CONSTRAINT revocations_pkey PRIMARY KEY (session_id);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (message_id);
ALTER TABLE ONLY public.security_events
    ADD CONSTRAINT security_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_pkey PRIMARY KEY (user_id, key);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email_key);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE INDEX access_tokens_by_user ON public.access_tokens USING btree (user_id, id);
CREATE INDEX changes_by_age ON public.changes USING btree (created_at);
CREATE INDEX conversations_archived ON public.conversations USING btree (owner_id, updated_at DESC, id DESC) WHERE (archived_at IS NOT NULL);
CREATE INDEX conversations_by_owner ON public.conversations USING btree (owner_id, updated_at DESC, id DESC);
CREATE INDEX conversations_pinned ON public.conversations USING btree (owner_id, updated_at DESC, id DESC) WHERE (pinned_at IS NOT NULL);
CREATE INDEX identities_by_user ON public.identities USING btree (user_id);
CREATE INDEX messages_by_parent ON public.messages USING btree (parent_id);
CREATE INDEX messages_off_branch ON public.messages USING btree (conversation_id, branch DESC, depth) WHERE ("position" IS NULL);
CREATE INDEX revocations_by_time ON public.revocations USING btree (revoked_at);
CREATE INDEX runs_by_conversation ON public.runs USING btree (conversation_id, "position");
CREATE INDEX runs_by_owner ON public.runs USING btree (owner_id);
CREATE INDEX runs_waiting ON public.runs USING btree (message_id) WHERE (lease IS NULL);
CREATE INDEX security_events_by_age ON public.security_events USING btree (at);
CREATE INDEX security_events_by_user ON public.security_events USING btree (user_id, at DESC, id DESC);
CREATE INDEX sends_by_age ON public.sends USING btree (created_at);
CREATE INDEX sends_by_reply ON public.sends USING btree (reply_id);
CREATE INDEX sessions_by_user ON public.sessions USING btree (user_id);
ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.export_tickets
    ADD CONSTRAINT export_tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.identities
    ADD CONSTRAINT identities_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.import_tickets
    ADD CONSTRAINT import_tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.message_parts
    ADD CONSTRAINT message_parts_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES public.messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES public.conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_message_id_fkey FOREIGN KEY (message_id) REFERENCES public.messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.security_events
    ADD CONSTRAINT security_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_reply_id_fkey FOREIGN KEY (reply_id) REFERENCES public.messages(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.sends
    ADD CONSTRAINT sends_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
