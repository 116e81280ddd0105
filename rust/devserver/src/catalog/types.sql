-- Domains for the types PostgreSQL lacks. A value out of range raises 22003, not a check violation.
CREATE SCHEMA IF NOT EXISTS sys;
CREATE SCHEMA IF NOT EXISTS sys_fn;

-- Visible whatever the search path is. An engine without the extension serves everything but vectors.
DO $do$
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN
    CREATE EXTENSION IF NOT EXISTS vector SCHEMA pg_catalog;
  END IF;
END $do$;

CREATE OR REPLACE FUNCTION sys_fn.in_range(v numeric, low numeric, high numeric, type_name text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $f$
BEGIN
  IF v < low OR v > high OR v = 'NaN'::numeric THEN
    RAISE EXCEPTION '% is out of range for type %', v, type_name USING ERRCODE = '22003';
  END IF;
  RETURN true;
END $f$;

DO $do$
DECLARE
  d record;
BEGIN
  FOR d IN
    SELECT * FROM (VALUES
      ('int8', 'smallint', 'sys_fn.in_range(VALUE, -128, 127, ''int8'')'),
      ('uint8', 'smallint', 'sys_fn.in_range(VALUE, 0, 255, ''uint8'')'),
      ('uint16', 'integer', 'sys_fn.in_range(VALUE, 0, 65535, ''uint16'')'),
      ('uint32', 'bigint', 'sys_fn.in_range(VALUE, 0, 4294967295, ''uint32'')'),
      ('uint64', 'numeric(20,0)', 'sys_fn.in_range(VALUE, 0, 18446744073709551615, ''uint64'')'),
      ('int128', 'numeric(39,0)',
        'sys_fn.in_range(VALUE, -170141183460469231731687303715884105728, 170141183460469231731687303715884105727, ''int128'')'),
      ('uint128', 'numeric(39,0)', 'sys_fn.in_range(VALUE, 0, 340282366920938463463374607431768211455, ''uint128'')'),
      ('real16', 'real', NULL), ('bfloat16', 'real', NULL), ('real128', 'numeric', NULL), ('decfloat', 'numeric', NULL),
      ('document', 'jsonb', NULL), ('bson', 'bytea', NULL), ('hstore', 'jsonb', NULL), ('map', 'jsonb', NULL),
      ('tuple', 'jsonb', NULL), ('row', 'jsonb', NULL), ('variant', 'jsonb', NULL), ('nested', 'jsonb', NULL)
    ) AS t(name, base, rule)
  LOOP
    IF to_regtype(format('sys.%I', d.name)) IS NULL THEN
      EXECUTE format('CREATE DOMAIN sys.%I AS %s%s', d.name, d.base, coalesce(' CHECK (' || d.rule || ')', ''));
    END IF;
  END LOOP;
END $do$;

-- Geometry is well-known binary, in types of its own, so that a result column says what it is. They share bytea's functions;
-- where the owner may not make base types, they are domains.
DO $do$
DECLARE
  n text;
BEGIN
  FOREACH n IN ARRAY ARRAY['geometry', 'geography', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring',
    'multipolygon', 'geometrycollection', 'shape', 'raster'] LOOP
    CONTINUE WHEN to_regtype(format('sys.%I', n)) IS NOT NULL;
    IF NOT current_setting('is_superuser')::boolean THEN
      EXECUTE format('CREATE DOMAIN sys.%I AS bytea', n);
      CONTINUE;
    END IF;
    EXECUTE format('CREATE TYPE sys.%I', n);
    EXECUTE format('CREATE FUNCTION sys_fn.%I(cstring) RETURNS sys.%I LANGUAGE internal IMMUTABLE STRICT AS $$byteain$$', n || '_in', n);
    EXECUTE format('CREATE FUNCTION sys_fn.%I(sys.%I) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS $$byteaout$$', n || '_out', n);
    EXECUTE format('CREATE FUNCTION sys_fn.%I(internal) RETURNS sys.%I LANGUAGE internal IMMUTABLE STRICT AS $$bytearecv$$', n || '_recv', n);
    EXECUTE format('CREATE FUNCTION sys_fn.%I(sys.%I) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS $$byteasend$$', n || '_send', n);
    EXECUTE format('CREATE TYPE sys.%I (INPUT = sys_fn.%I, OUTPUT = sys_fn.%I, RECEIVE = sys_fn.%I, SEND = sys_fn.%I, LIKE = bytea)',
      n, n || '_in', n || '_out', n || '_recv', n || '_send');
    EXECUTE format('CREATE CAST (sys.%I AS bytea) WITHOUT FUNCTION AS IMPLICIT', n);
    EXECUTE format('CREATE CAST (bytea AS sys.%I) WITHOUT FUNCTION AS IMPLICIT', n);
    IF n <> 'geometry' THEN
      EXECUTE format('CREATE CAST (sys.%I AS sys.geometry) WITHOUT FUNCTION AS ASSIGNMENT', n);
      EXECUTE format('CREATE CAST (sys.geometry AS sys.%I) WITHOUT FUNCTION AS ASSIGNMENT', n);
    END IF;
  END LOOP;
END $do$;

CREATE OR REPLACE FUNCTION sys_fn.try_cast(v text, target anyelement) RETURNS anyelement
LANGUAGE plpgsql STABLE AS $f$
DECLARE
  found ALIAS FOR $0;
BEGIN
  EXECUTE format('SELECT CAST($1 AS %s)', pg_typeof(target)) INTO found USING v;
  RETURN found;
EXCEPTION WHEN data_exception OR check_violation THEN
  RETURN NULL;
END $f$;

-- The quotient of two integers is a decimal.
CREATE OR REPLACE FUNCTION sys_fn.divide(a smallint, b smallint) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a smallint, b integer) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a smallint, b bigint) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a integer, b smallint) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a integer, b integer) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a integer, b bigint) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a bigint, b smallint) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a bigint, b integer) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a bigint, b bigint) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN trim_scale(a::numeric / b::numeric);
CREATE OR REPLACE FUNCTION sys_fn.divide(a numeric, b numeric) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN a / b;
CREATE OR REPLACE FUNCTION sys_fn.divide(a double precision, b double precision) RETURNS double precision
  LANGUAGE sql IMMUTABLE RETURN a / b;
CREATE OR REPLACE FUNCTION sys_fn.divide(a interval, b double precision) RETURNS interval
  LANGUAGE sql IMMUTABLE RETURN a / b;
CREATE OR REPLACE FUNCTION sys_fn.divide(a money, b double precision) RETURNS money
  LANGUAGE sql STABLE RETURN a / b;
CREATE OR REPLACE FUNCTION sys_fn.divide(a money, b money) RETURNS double precision
  LANGUAGE sql STABLE RETURN a / b;
