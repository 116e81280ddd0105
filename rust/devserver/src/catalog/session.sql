-- What a session says of itself. The server sets `scratchbird.user`, `.database`, `.session_id` and `.server_version`.

CREATE OR REPLACE FUNCTION sys_fn.setting(name text) RETURNS text LANGUAGE sql STABLE
  RETURN nullif(current_setting('scratchbird.' || name, true), '');
CREATE OR REPLACE FUNCTION sys_fn."current_user"() RETURNS text LANGUAGE sql STABLE
  RETURN coalesce(sys_fn.setting('user'), CURRENT_USER::text);
CREATE OR REPLACE FUNCTION sys_fn."session_user"() RETURNS text LANGUAGE sql STABLE
  RETURN coalesce(sys_fn.setting('user'), SESSION_USER::text);
CREATE OR REPLACE FUNCTION sys_fn."user"() RETURNS text LANGUAGE sql STABLE
  RETURN coalesce(sys_fn.setting('user'), CURRENT_USER::text);
CREATE OR REPLACE FUNCTION sys_fn."current_role"() RETURNS text LANGUAGE sql STABLE
  RETURN coalesce(nullif(current_setting('role'), 'none'), sys_fn.setting('user'), CURRENT_ROLE::text);
CREATE OR REPLACE FUNCTION sys_fn."current_database"() RETURNS text LANGUAGE sql STABLE
  RETURN coalesce(sys_fn.setting('database'), pg_catalog.current_database()::text);
CREATE OR REPLACE FUNCTION sys_fn."current_catalog"() RETURNS text LANGUAGE sql STABLE
  RETURN sys_fn."current_database"();
CREATE OR REPLACE FUNCTION sys_fn."current_schema"() RETURNS text LANGUAGE sql STABLE
  RETURN sys_fn.schema_path(pg_catalog.current_schema()::text);
CREATE OR REPLACE FUNCTION sys_fn.search_path() RETURNS text LANGUAGE sql STABLE
  RETURN (SELECT string_agg(sys_fn.schema_path(s::text), ',' ORDER BY place)
          FROM unnest(pg_catalog.current_schemas(false)) WITH ORDINALITY AS p(s, place) WHERE NOT sys_fn.is_hidden(s::text));
CREATE OR REPLACE FUNCTION sys_fn.current_session_id() RETURNS text LANGUAGE sql STABLE
  RETURN coalesce(sys_fn.setting('session_id'), pg_backend_pid()::text);
CREATE OR REPLACE FUNCTION sys_fn.current_transaction_id() RETURNS bigint LANGUAGE sql VOLATILE
  RETURN pg_current_xact_id()::text::bigint;
CREATE OR REPLACE FUNCTION sys_fn.current_isolation_level() RETURNS text LANGUAGE sql STABLE
  RETURN CASE current_setting('transaction_isolation')
    WHEN 'repeatable read' THEN 'snapshot' WHEN 'serializable' THEN 'snapshot_table_stability' ELSE 'read_committed' END;
CREATE OR REPLACE FUNCTION sys_fn.tx_read_only() RETURNS boolean LANGUAGE sql STABLE
  RETURN current_setting('transaction_read_only')::boolean;
CREATE OR REPLACE FUNCTION sys_fn.server_version() RETURNS text LANGUAGE sql STABLE
  RETURN coalesce(sys_fn.setting('server_version'), 'ScratchBird 0.1.0');
CREATE OR REPLACE FUNCTION sys_fn.current_engine_version() RETURNS text LANGUAGE sql STABLE RETURN sys_fn.server_version();
CREATE OR REPLACE FUNCTION sys_fn.server_version_num() RETURNS integer LANGUAGE sql STABLE
  RETURN (SELECT coalesce(sum(n::integer * (100 ^ (3 - place))::integer), 0)::integer
          FROM string_to_table(substring(sys_fn.server_version() FROM '[0-9]+\.[0-9]+\.[0-9]+'), '.') WITH ORDINALITY AS v(n, place));

CREATE OR REPLACE FUNCTION sys_fn.show_version() RETURNS TABLE (product text, component text, api numeric) LANGUAGE sql STABLE
  AS $$SELECT 'ScratchBird', 'sb_engine', 1.0$$;
CREATE OR REPLACE FUNCTION sys_fn.show_database()
RETURNS TABLE (database_path text, database_uuid uuid, page_size_bytes integer, cluster_authority_active boolean) LANGUAGE sql STABLE
  AS $$SELECT sys_fn."current_database"(), md5('database:' || sys_fn."current_database"())::uuid,
    current_setting('block_size')::integer, false$$;
CREATE OR REPLACE FUNCTION sys_fn.show_system() RETURNS TABLE (name text, value text) LANGUAGE sql STABLE
  AS $$VALUES ('server_version', sys_fn.server_version()), ('engine', 'PostgreSQL ' || current_setting('server_version'))$$;
CREATE OR REPLACE FUNCTION sys_fn.show_sessions()
RETURNS TABLE (session_id text, user_name text, state text, application_name text, started_at timestamptz) LANGUAGE sql STABLE
  AS $$SELECT a.pid::text, a.usename::text, a.state, a.application_name, a.backend_start
       FROM pg_stat_activity a WHERE a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'$$;
CREATE OR REPLACE FUNCTION sys_fn.show_transactions()
RETURNS TABLE (session_id text, transaction_id bigint, state text, started_at timestamptz) LANGUAGE sql STABLE
  AS $$SELECT a.pid::text, a.backend_xid::text::bigint, a.state, a.xact_start
       FROM pg_stat_activity a WHERE a.datname = pg_catalog.current_database() AND a.xact_start IS NOT NULL$$;
CREATE OR REPLACE FUNCTION sys_fn.show_transaction()
RETURNS TABLE (transaction_id bigint, isolation_level text, read_only boolean) LANGUAGE sql STABLE
  AS $$SELECT pg_current_xact_id_if_assigned()::text::bigint, sys_fn.current_isolation_level(), sys_fn.tx_read_only()$$;
CREATE OR REPLACE FUNCTION sys_fn.show_locks()
RETURNS TABLE (session_id text, object_name text, lock_mode text, granted boolean) LANGUAGE sql STABLE
  AS $$SELECT l.pid::text, l.relation::regclass::text, l.mode, l.granted FROM pg_locks l
       JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE l.locktype = 'relation' AND NOT sys_fn.is_hidden(n.nspname)$$;
CREATE OR REPLACE FUNCTION sys_fn.show_statements()
RETURNS TABLE (session_id text, state text, statement_text text) LANGUAGE sql STABLE
  AS $$SELECT a.pid::text, a.state, a.query FROM pg_stat_activity a
       WHERE a.datname = pg_catalog.current_database() AND a.backend_type = 'client backend'$$;
CREATE OR REPLACE FUNCTION sys_fn.show_context() RETURNS TABLE (name text, value text) LANGUAGE sql STABLE
  AS $$VALUES ('current_user', sys_fn."current_user"()), ('current_role', sys_fn."current_role"()),
       ('current_schema', sys_fn."current_schema"()), ('search_path', sys_fn.search_path()),
       ('isolation_level', sys_fn.current_isolation_level()), ('timezone', current_setting('timezone'))$$;
