-- Late June 2025: as in August, but that the blocks of a run have a table of their own, and runs are
-- still written as log lines too.
CREATE TABLE "user" (id text PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE,
    email_verified boolean NOT NULL DEFAULT false, image text,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE session (id text PRIMARY KEY, expires_at timestamp NOT NULL, token text NOT NULL UNIQUE,
    ip_address text, user_agent text, user_id text NOT NULL, active_organization_id text);
CREATE TABLE account (id text PRIMARY KEY, account_id text NOT NULL, provider_id text NOT NULL,
    user_id text NOT NULL, access_token text, refresh_token text, id_token text, password text);
CREATE TABLE workspace (id text PRIMARY KEY, name text NOT NULL, owner_id text NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE workflow_folder (id text PRIMARY KEY, name text NOT NULL, user_id text NOT NULL,
    workspace_id text NOT NULL, parent_id text, color text DEFAULT '#6B7280',
    is_expanded boolean NOT NULL DEFAULT true, sort_order integer NOT NULL DEFAULT 0,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE workflow (
    id text PRIMARY KEY, user_id text NOT NULL, workspace_id text, folder_id text,
    name text NOT NULL, description text, state json NOT NULL,
    color text NOT NULL DEFAULT '#3972F6', last_synced timestamp NOT NULL DEFAULT now(),
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now(),
    is_deployed boolean NOT NULL DEFAULT false, deployed_state json, deployed_at timestamp,
    pinned_api_key text, collaborators json NOT NULL DEFAULT '[]',
    run_count integer NOT NULL DEFAULT 0, last_run_at timestamp, variables json DEFAULT '{}',
    is_published boolean NOT NULL DEFAULT false, marketplace_data json);
CREATE TABLE workflow_blocks (
    id text PRIMARY KEY, workflow_id text NOT NULL, type text NOT NULL, name text NOT NULL,
    position_x numeric NOT NULL, position_y numeric NOT NULL,
    enabled boolean NOT NULL DEFAULT true, horizontal_handles boolean NOT NULL DEFAULT true,
    is_wide boolean NOT NULL DEFAULT false, advanced_mode boolean NOT NULL DEFAULT false,
    height numeric NOT NULL DEFAULT 0,
    sub_blocks jsonb NOT NULL DEFAULT '{}', outputs jsonb NOT NULL DEFAULT '{}',
    data jsonb DEFAULT '{}', parent_id text, extent text,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE INDEX ON workflow_blocks (workflow_id);
CREATE TABLE workflow_edges (id text PRIMARY KEY, workflow_id text NOT NULL,
    source_block_id text NOT NULL, target_block_id text NOT NULL, source_handle text,
    target_handle text, created_at timestamp NOT NULL DEFAULT now());
CREATE INDEX ON workflow_edges (workflow_id);
CREATE TABLE workflow_subflows (id text PRIMARY KEY, workflow_id text NOT NULL, type text NOT NULL,
    config jsonb NOT NULL DEFAULT '{}', created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now());
CREATE INDEX ON workflow_subflows (workflow_id);
CREATE TABLE workflow_execution_snapshots (id text PRIMARY KEY, workflow_id text NOT NULL,
    state_hash text NOT NULL, state_data jsonb NOT NULL, created_at timestamp NOT NULL DEFAULT now(),
    UNIQUE (workflow_id, state_hash));
CREATE TABLE workflow_execution_logs (
    id text PRIMARY KEY, workflow_id text NOT NULL, execution_id text NOT NULL UNIQUE,
    state_snapshot_id text NOT NULL, level text NOT NULL, message text NOT NULL,
    trigger text NOT NULL, started_at timestamp NOT NULL, ended_at timestamp,
    total_duration_ms integer, block_count integer NOT NULL DEFAULT 0,
    success_count integer NOT NULL DEFAULT 0, error_count integer NOT NULL DEFAULT 0,
    skipped_count integer NOT NULL DEFAULT 0, total_cost numeric(10,6),
    total_input_cost numeric(10,6), total_output_cost numeric(10,6), total_tokens integer,
    metadata jsonb NOT NULL DEFAULT '{}', created_at timestamp NOT NULL DEFAULT now());
CREATE INDEX ON workflow_execution_logs (workflow_id, started_at);
CREATE TABLE workflow_execution_blocks (
    id text PRIMARY KEY, execution_id text NOT NULL, workflow_id text NOT NULL,
    block_id text NOT NULL, block_name text, block_type text NOT NULL,
    started_at timestamp NOT NULL, ended_at timestamp, duration_ms integer, status text NOT NULL,
    error_message text, error_stack_trace text, input_data jsonb, output_data jsonb,
    cost_input numeric(10,6), cost_output numeric(10,6), cost_total numeric(10,6),
    tokens_prompt integer, tokens_completion integer, tokens_total integer, model_used text,
    metadata jsonb, created_at timestamp NOT NULL DEFAULT now());
CREATE INDEX ON workflow_execution_blocks (execution_id);
CREATE TABLE workflow_logs (
    id text PRIMARY KEY, workflow_id text NOT NULL, execution_id text, level text NOT NULL,
    message text NOT NULL, duration text, trigger text, created_at timestamp NOT NULL DEFAULT now(),
    metadata json);
CREATE TABLE environment (id text PRIMARY KEY, user_id text NOT NULL UNIQUE,
    variables json NOT NULL, updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE settings (id text PRIMARY KEY, user_id text NOT NULL UNIQUE,
    theme text NOT NULL DEFAULT 'system', auto_connect boolean NOT NULL DEFAULT true,
    debug_mode boolean NOT NULL DEFAULT false, email_preferences json NOT NULL DEFAULT '{}',
    general json NOT NULL DEFAULT '{}', updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE custom_tools (id text PRIMARY KEY, user_id text NOT NULL, title text NOT NULL,
    schema json NOT NULL, code text NOT NULL, created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE api_key (id text PRIMARY KEY, user_id text NOT NULL, name text NOT NULL,
    key text NOT NULL UNIQUE, last_used timestamp, created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now(), expires_at timestamp);
