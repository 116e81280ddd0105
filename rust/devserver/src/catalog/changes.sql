-- Changes of tables that clients subscribe to: a trigger per table and name, which sends a notification for every row.

-- The message: a letter for the change, the row's number where its primary key is one integer, something that keeps equal
-- messages of a transaction apart, and the row as JSON unless it is too long for a message.
CREATE OR REPLACE FUNCTION sys_fn.row_changed() RETURNS trigger LANGUAGE plpgsql AS $f$
DECLARE
  row_json jsonb;
  body text;
BEGIN
  IF TG_OP = 'DELETE' THEN row_json := to_jsonb(OLD); ELSE row_json := to_jsonb(NEW); END IF;
  body := row_json::text;
  IF octet_length(body) > 7000 THEN body := ''; END IF;
  PERFORM pg_notify(
    'sys.table.' || TG_ARGV[0],
    concat_ws('|', left(TG_OP, 1), coalesce(row_json ->> TG_ARGV[1], ''), random(), body));
  RETURN NULL;
END $f$;

CREATE OR REPLACE PROCEDURE sys_fn.watch_table(name text) LANGUAGE plpgsql AS $f$
DECLARE
  key text;
BEGIN
  SELECT a.attname INTO key FROM pg_index i
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
  WHERE i.indrelid = name::regclass AND i.indisprimary AND i.indnkeyatts = 1
    AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype);
  -- A transaction that has the table locked must not hold up the notifications of everybody.
  PERFORM set_config('lock_timeout', '2s', true);
  EXECUTE format(
    'CREATE OR REPLACE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION sys_fn.row_changed(%L, %L)',
    'sys_changes_' || md5(name), name::regclass, name, coalesce(key, ''));
END $f$;

