-- As Sim's tables were in March 2025: a workflow is one JSON document, a run is its log lines.
CREATE TABLE "user" (id text PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE,
    email_verified boolean NOT NULL DEFAULT false, image text,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE session (id text PRIMARY KEY, expires_at timestamp NOT NULL, token text NOT NULL UNIQUE,
    ip_address text, user_agent text, user_id text NOT NULL);
CREATE TABLE account (id text PRIMARY KEY, account_id text NOT NULL, provider_id text NOT NULL,
    user_id text NOT NULL, access_token text, refresh_token text, id_token text, password text);
CREATE TABLE workflow (
    id text PRIMARY KEY, user_id text NOT NULL, name text NOT NULL, description text,
    state json NOT NULL, color text NOT NULL DEFAULT '#3972F6',
    last_synced timestamp NOT NULL DEFAULT now(), created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now(), is_deployed boolean NOT NULL DEFAULT false,
    deployed_state json, deployed_at timestamp, collaborators json NOT NULL DEFAULT '[]',
    run_count integer NOT NULL DEFAULT 0, last_run_at timestamp,
    is_published boolean NOT NULL DEFAULT false, marketplace_data json);
CREATE TABLE workflow_logs (
    id text PRIMARY KEY, workflow_id text NOT NULL, execution_id text, level text NOT NULL,
    message text NOT NULL, duration text, trigger text, created_at timestamp NOT NULL DEFAULT now(),
    metadata json);
CREATE TABLE environment (id text PRIMARY KEY, user_id text NOT NULL UNIQUE,
    variables json NOT NULL, updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE settings (id text PRIMARY KEY, user_id text NOT NULL UNIQUE, general json NOT NULL,
    updated_at timestamp NOT NULL DEFAULT now());
CREATE TABLE api_key (id text PRIMARY KEY, user_id text NOT NULL, name text NOT NULL,
    key text NOT NULL UNIQUE, last_used timestamp, created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now(), expires_at timestamp);
CREATE TABLE workflow_schedule (id text PRIMARY KEY, workflow_id text NOT NULL UNIQUE,
    cron_expression text, next_run_at timestamp, last_ran_at timestamp, trigger_type text NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(), updated_at timestamp NOT NULL DEFAULT now());
