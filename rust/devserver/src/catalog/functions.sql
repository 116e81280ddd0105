-- Functions of the language that PostgreSQL lacks, or has with another meaning.

CREATE OR REPLACE FUNCTION sys_fn.instr(s text, sub text, start integer DEFAULT 1, nth integer DEFAULT 1) RETURNS integer
LANGUAGE plpgsql IMMUTABLE STRICT AS $f$
DECLARE
  at integer := start - 1;
  found integer;
BEGIN
  FOR i IN 1..nth LOOP
    found := strpos(substr(s, at + 1), sub);
    IF found = 0 THEN
      RETURN 0;
    END IF;
    at := at + found;
  END LOOP;
  RETURN at;
END $f$;

CREATE OR REPLACE FUNCTION sys_fn.round(v numeric, digits integer) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN pg_catalog.round(v, digits);
CREATE OR REPLACE FUNCTION sys_fn.round(v double precision, digits integer) RETURNS double precision LANGUAGE sql IMMUTABLE
  RETURN pg_catalog.round(v::numeric, digits)::double precision;
CREATE OR REPLACE FUNCTION sys_fn.log2(v numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN trim_scale(log(2, v));
CREATE OR REPLACE FUNCTION sys_fn.log2(v double precision) RETURNS double precision LANGUAGE sql IMMUTABLE
  RETURN ln(v) / ln(2.0::double precision);

CREATE OR REPLACE FUNCTION sys_fn.bit_and(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN a & b;
CREATE OR REPLACE FUNCTION sys_fn.bit_or(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN a | b;
CREATE OR REPLACE FUNCTION sys_fn.bit_xor(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN a # b;
CREATE OR REPLACE FUNCTION sys_fn.bit_and_not(a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN a & ~b;
CREATE OR REPLACE FUNCTION sys_fn.bit_not(a bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN ~a;
CREATE OR REPLACE FUNCTION sys_fn.bit_shift_left(a bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN a << n;
CREATE OR REPLACE FUNCTION sys_fn.bit_shift_right(a bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN a >> n;
CREATE OR REPLACE FUNCTION sys_fn.bit_test(a bigint, n integer) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN (a >> n) & 1 = 1;
CREATE OR REPLACE FUNCTION sys_fn.bit_get(a bigint, n integer) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN ((a >> n) & 1)::integer;
CREATE OR REPLACE FUNCTION sys_fn.bit_set(a bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN a | (1::bigint << n);
CREATE OR REPLACE FUNCTION sys_fn.bit_clear(a bigint, n integer) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN a & ~(1::bigint << n);

-- Dates and times.

CREATE OR REPLACE FUNCTION sys_fn.unit(name text, n integer) RETURNS interval LANGUAGE sql IMMUTABLE
  RETURN CASE lower(name) WHEN 'quarter' THEN make_interval(months => 3 * n) WHEN 'week' THEN make_interval(weeks => n)
    ELSE (n || ' ' || name)::interval END;
CREATE OR REPLACE FUNCTION sys_fn.date_add(d date, n integer) RETURNS date LANGUAGE sql IMMUTABLE RETURN d + n;
CREATE OR REPLACE FUNCTION sys_fn.date_add(t timestamp, i interval) RETURNS timestamp LANGUAGE sql IMMUTABLE RETURN t + i;
CREATE OR REPLACE FUNCTION sys_fn.date_add(t timestamptz, i interval) RETURNS timestamptz LANGUAGE sql STABLE RETURN t + i;
CREATE OR REPLACE FUNCTION sys_fn.date_add(unit text, n integer, t timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE
  RETURN t + sys_fn.unit(unit, n);
CREATE OR REPLACE FUNCTION sys_fn.date_add(unit text, n integer, t timestamptz) RETURNS timestamptz LANGUAGE sql STABLE
  RETURN t + sys_fn.unit(unit, n);
CREATE OR REPLACE FUNCTION sys_fn.date_sub(d date, n integer) RETURNS date LANGUAGE sql IMMUTABLE RETURN d - n;
CREATE OR REPLACE FUNCTION sys_fn.date_sub(t timestamp, i interval) RETURNS timestamp LANGUAGE sql IMMUTABLE RETURN t - i;
CREATE OR REPLACE FUNCTION sys_fn.date_sub(t timestamptz, i interval) RETURNS timestamptz LANGUAGE sql STABLE RETURN t - i;
CREATE OR REPLACE FUNCTION sys_fn.date_sub(unit text, n integer, t timestamp) RETURNS timestamp LANGUAGE sql IMMUTABLE
  RETURN t - sys_fn.unit(unit, n);
CREATE OR REPLACE FUNCTION sys_fn.date_sub(unit text, n integer, t timestamptz) RETURNS timestamptz LANGUAGE sql STABLE
  RETURN t - sys_fn.unit(unit, n);
CREATE OR REPLACE FUNCTION sys_fn.date_diff(a date, b date) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a - b;
CREATE OR REPLACE FUNCTION sys_fn.date_diff(unit text, a timestamp, b timestamp) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN CASE lower(rtrim(unit, 's'))
  WHEN 'year' THEN (extract(year FROM b) - extract(year FROM a))::bigint
  WHEN 'quarter' THEN ((extract(year FROM b) - extract(year FROM a)) * 4 + extract(quarter FROM b) - extract(quarter FROM a))::bigint
  WHEN 'month' THEN ((extract(year FROM b) - extract(year FROM a)) * 12 + extract(month FROM b) - extract(month FROM a))::bigint
  WHEN 'week' THEN trunc((b::date - a::date) / 7.0)::bigint
  WHEN 'day' THEN (b::date - a::date)::bigint
  WHEN 'hour' THEN trunc(extract(epoch FROM b - a) / 3600)::bigint
  WHEN 'minute' THEN trunc(extract(epoch FROM b - a) / 60)::bigint
  WHEN 'second' THEN trunc(extract(epoch FROM b - a))::bigint
  WHEN 'millisecond' THEN trunc(extract(epoch FROM b - a) * 1000)::bigint
  WHEN 'microsecond' THEN trunc(extract(epoch FROM b - a) * 1000000)::bigint
END;
CREATE OR REPLACE FUNCTION sys_fn.last_day(d timestamp) RETURNS date LANGUAGE sql IMMUTABLE
  RETURN (date_trunc('month', d) + interval '1 month' - interval '1 day')::date;
-- The last day of a month stays the last day.
CREATE OR REPLACE FUNCTION sys_fn.add_months(d date, n integer) RETURNS date LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN sys_fn.last_day(d) = d THEN sys_fn.last_day(d + make_interval(months => n))
    ELSE (d + make_interval(months => n))::date END;
CREATE OR REPLACE FUNCTION sys_fn.add_months(t timestamp, n integer) RETURNS timestamp LANGUAGE sql IMMUTABLE
  RETURN sys_fn.add_months(t::date, n) + t::time;
CREATE OR REPLACE FUNCTION sys_fn.next_day(d date, day_name text) RETURNS date LANGUAGE plpgsql IMMUTABLE STRICT AS $f$
DECLARE
  wanted integer := array_position(ARRAY['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], lower(left(day_name, 3)));
BEGIN
  IF wanted IS NULL THEN
    RAISE EXCEPTION '% is not the name of a day', day_name USING ERRCODE = '22023';
  END IF;
  RETURN d + (6 + wanted - extract(isodow FROM d)::integer) % 7 + 1;
END $f$;
CREATE OR REPLACE FUNCTION sys_fn.months_between(a timestamp, b timestamp) RETURNS numeric LANGUAGE sql IMMUTABLE
RETURN CASE
  WHEN extract(day FROM a) = extract(day FROM b)
    OR (sys_fn.last_day(a) = a::date AND sys_fn.last_day(b) = b::date)
  THEN (extract(year FROM a) - extract(year FROM b)) * 12 + extract(month FROM a) - extract(month FROM b)
  ELSE (extract(year FROM a) - extract(year FROM b)) * 12 + extract(month FROM a) - extract(month FROM b)
    + (extract(day FROM a) - extract(day FROM b) + extract(epoch FROM a::time - b::time) / 86400) / 31
END;
CREATE OR REPLACE FUNCTION sys_fn.day_name(d timestamp) RETURNS text LANGUAGE sql IMMUTABLE RETURN to_char(d, 'FMDay');
CREATE OR REPLACE FUNCTION sys_fn.month_name(d timestamp) RETURNS text LANGUAGE sql IMMUTABLE RETURN to_char(d, 'FMMonth');
CREATE OR REPLACE FUNCTION sys_fn.dow(d timestamp) RETURNS integer LANGUAGE sql IMMUTABLE RETURN extract(dow FROM d)::integer;
CREATE OR REPLACE FUNCTION sys_fn.doy(d timestamp) RETURNS integer LANGUAGE sql IMMUTABLE RETURN extract(doy FROM d)::integer;
CREATE OR REPLACE FUNCTION sys_fn.isodow(d timestamp) RETURNS integer LANGUAGE sql IMMUTABLE RETURN extract(isodow FROM d)::integer;
CREATE OR REPLACE FUNCTION sys_fn.week(d timestamp) RETURNS integer LANGUAGE sql IMMUTABLE RETURN extract(week FROM d)::integer;
CREATE OR REPLACE FUNCTION sys_fn.quarter(d timestamp) RETURNS integer LANGUAGE sql IMMUTABLE RETURN extract(quarter FROM d)::integer;
CREATE OR REPLACE FUNCTION sys_fn.epoch(d timestamp) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN extract(epoch FROM d);
CREATE OR REPLACE FUNCTION sys_fn.epoch(d timestamptz) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN extract(epoch FROM d);
CREATE OR REPLACE FUNCTION sys_fn.from_unixtime(n double precision) RETURNS timestamptz LANGUAGE sql IMMUTABLE RETURN to_timestamp(n);

CREATE OR REPLACE FUNCTION sys_fn.date_add(d date, i interval) RETURNS timestamp LANGUAGE sql IMMUTABLE RETURN d + i;
CREATE OR REPLACE FUNCTION sys_fn.date_sub(d date, i interval) RETURNS timestamp LANGUAGE sql IMMUTABLE RETURN d - i;
-- A time with zone is taken in the session's zone.
CREATE OR REPLACE FUNCTION sys_fn.date_diff(unit text, a timestamptz, b timestamptz) RETURNS bigint LANGUAGE sql STABLE
  RETURN sys_fn.date_diff(unit, a::timestamp, b::timestamp);
CREATE OR REPLACE FUNCTION sys_fn.add_months(t timestamptz, n integer) RETURNS timestamptz LANGUAGE sql STABLE
  RETURN sys_fn.add_months(t::timestamp, n)::timestamptz;
CREATE OR REPLACE FUNCTION sys_fn.months_between(a timestamptz, b timestamptz) RETURNS numeric LANGUAGE sql STABLE
  RETURN sys_fn.months_between(a::timestamp, b::timestamp);
DO $do$
DECLARE
  f record;
BEGIN
  FOR f IN SELECT * FROM (VALUES ('last_day', 'date'), ('day_name', 'text'), ('month_name', 'text'), ('dow', 'integer'),
    ('doy', 'integer'), ('isodow', 'integer'), ('week', 'integer'), ('quarter', 'integer')) AS v(name, result) LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION sys_fn.%I(t timestamptz) RETURNS %s LANGUAGE sql STABLE RETURN sys_fn.%I(t::timestamp)',
      f.name, f.result, f.name);
    EXECUTE format('CREATE OR REPLACE FUNCTION sys_fn.%I(d date) RETURNS %s LANGUAGE sql IMMUTABLE RETURN sys_fn.%I(d::timestamp)',
      f.name, f.result, f.name);
  END LOOP;
END $do$;
CREATE OR REPLACE FUNCTION sys_fn.months_between(a date, b date) RETURNS numeric LANGUAGE sql IMMUTABLE
  RETURN sys_fn.months_between(a::timestamp, b::timestamp);
CREATE OR REPLACE FUNCTION sys_fn.date_diff(unit text, a date, b date) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN sys_fn.date_diff(unit, a::timestamp, b::timestamp);
CREATE OR REPLACE FUNCTION sys_fn.epoch(d date) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN extract(epoch FROM d);

-- Text.

CREATE OR REPLACE FUNCTION sys_fn.soundex(s text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $f$
DECLARE
  letters text := regexp_replace(upper(s), '[^A-Z]', '', 'g');
  code text := left(letters, 1);
  previous text := translate(code, 'BFPVCGJKQSXZDTLMNRAEIOUYHW', '11112222222233455600000099');
  current text;
BEGIN
  FOR i IN 2..length(letters) LOOP
    current := translate(substr(letters, i, 1), 'BFPVCGJKQSXZDTLMNRAEIOUYHW', '11112222222233455600000099');
    -- H and W do not separate two equal codes.
    CONTINUE WHEN current = '9';
    IF current <> '0' AND current <> previous THEN
      code := code || current;
    END IF;
    previous := current;
    EXIT WHEN length(code) = 4;
  END LOOP;
  RETURN CASE WHEN code = '' THEN '' ELSE rpad(code, 4, '0') END;
END $f$;

CREATE OR REPLACE FUNCTION sys_fn.levenshtein(a text, b text) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT AS $f$
DECLARE
  previous integer[];
  current integer[];
BEGIN
  previous := ARRAY(SELECT generate_series(0, length(b)));
  FOR i IN 1..length(a) LOOP
    current := ARRAY[i];
    FOR j IN 1..length(b) LOOP
      current[j + 1] := least(current[j] + 1, previous[j + 1] + 1,
        previous[j] + CASE WHEN substr(a, i, 1) = substr(b, j, 1) THEN 0 ELSE 1 END);
    END LOOP;
    previous := current;
  END LOOP;
  RETURN previous[length(b) + 1];
END $f$;

-- Shared trigrams over all trigrams, each word padded with two blanks before and one behind.
CREATE OR REPLACE FUNCTION sys_fn.trigrams(s text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT
RETURN ARRAY(
  SELECT DISTINCT substr('  ' || w || ' ', i, 3)
  FROM regexp_split_to_table(lower(s), '[^[:alnum:]]+') AS w, LATERAL generate_series(1, length(w) + 1) AS i
  WHERE w <> '');
CREATE OR REPLACE FUNCTION sys_fn.similarity(a text, b text) RETURNS real LANGUAGE sql IMMUTABLE STRICT
RETURN (
  SELECT coalesce(count(*) FILTER (WHERE t = ANY (sys_fn.trigrams(a)) AND t = ANY (sys_fn.trigrams(b)))::real
    / nullif(count(*), 0), 0)::real
  FROM (SELECT unnest(sys_fn.trigrams(a)) UNION SELECT unnest(sys_fn.trigrams(b))) AS u(t));

CREATE OR REPLACE FUNCTION sys_fn.similar(s text, pattern text) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN s SIMILAR TO pattern;
CREATE OR REPLACE FUNCTION sys_fn.regex_match(s text, pattern text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s ~ pattern;
CREATE OR REPLACE FUNCTION sys_fn.substring_regex(pattern text, s text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN regexp_substr(s, pattern);
CREATE OR REPLACE FUNCTION sys_fn.position_regex(pattern text, s text) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN regexp_instr(s, pattern);
CREATE OR REPLACE FUNCTION sys_fn.occurrences_regex(pattern text, s text) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN regexp_count(s, pattern);
CREATE OR REPLACE FUNCTION sys_fn.translate_regex(pattern text, s text, replacement text) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN regexp_replace(s, pattern, replacement, 'g');

-- JSON, for the text form as for the binary one. A path is `$.a.b` or `$.a[0]`.

CREATE OR REPLACE FUNCTION sys_fn.json_steps(path text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT
  RETURN string_to_array(ltrim(replace(replace(substr(path, 2), '[', '.'), ']', ''), '.'), '.');
CREATE OR REPLACE FUNCTION sys_fn.json_extract(j jsonb, path text) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT
  RETURN jsonb_path_query_first(j, path::jsonpath);
CREATE OR REPLACE FUNCTION sys_fn.json_extract(j json, path text) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT
  RETURN jsonb_path_query_first(j::jsonb, path::jsonpath);
CREATE OR REPLACE FUNCTION sys_fn.json_set(j jsonb, path text, v anyelement) RETURNS jsonb LANGUAGE sql STABLE
  AS $$SELECT jsonb_set(j, sys_fn.json_steps(path), coalesce(to_jsonb(v), 'null'), true)$$;
CREATE OR REPLACE FUNCTION sys_fn.json_set(j json, path text, v anyelement) RETURNS jsonb LANGUAGE sql STABLE
  AS $$SELECT jsonb_set(j::jsonb, sys_fn.json_steps(path), coalesce(to_jsonb(v), 'null'), true)$$;
CREATE OR REPLACE FUNCTION sys_fn.json_set(j jsonb, path text, v text) RETURNS jsonb LANGUAGE sql STABLE
  RETURN jsonb_set(j, sys_fn.json_steps(path), coalesce(to_jsonb(v), 'null'), true);
CREATE OR REPLACE FUNCTION sys_fn.json_set(j json, path text, v text) RETURNS jsonb LANGUAGE sql STABLE
  RETURN jsonb_set(j::jsonb, sys_fn.json_steps(path), coalesce(to_jsonb(v), 'null'), true);
CREATE OR REPLACE FUNCTION sys_fn.json_replace(j jsonb, path text, v text) RETURNS jsonb LANGUAGE sql STABLE
  RETURN jsonb_set(j, sys_fn.json_steps(path), coalesce(to_jsonb(v), 'null'), false);
CREATE OR REPLACE FUNCTION sys_fn.json_replace(j jsonb, path text, v anyelement) RETURNS jsonb LANGUAGE sql STABLE
  AS $$SELECT jsonb_set(j, sys_fn.json_steps(path), coalesce(to_jsonb(v), 'null'), false)$$;
CREATE OR REPLACE FUNCTION sys_fn.json_replace(j json, path text, v text) RETURNS jsonb LANGUAGE sql STABLE
  RETURN jsonb_set(j::jsonb, sys_fn.json_steps(path), coalesce(to_jsonb(v), 'null'), false);
CREATE OR REPLACE FUNCTION sys_fn.json_replace(j json, path text, v anyelement) RETURNS jsonb LANGUAGE sql STABLE
  AS $$SELECT jsonb_set(j::jsonb, sys_fn.json_steps(path), coalesce(to_jsonb(v), 'null'), false)$$;
-- What is there already stays.
CREATE OR REPLACE FUNCTION sys_fn.json_insert(j jsonb, path text, v text) RETURNS jsonb LANGUAGE sql STABLE
  RETURN CASE WHEN j #> sys_fn.json_steps(path) IS NULL THEN sys_fn.json_set(j, path, v) ELSE j END;
CREATE OR REPLACE FUNCTION sys_fn.json_insert(j jsonb, path text, v anyelement) RETURNS jsonb LANGUAGE sql STABLE
  AS $$SELECT CASE WHEN j #> sys_fn.json_steps(path) IS NULL THEN sys_fn.json_set(j, path, v) ELSE j END$$;
CREATE OR REPLACE FUNCTION sys_fn.json_insert(j json, path text, v text) RETURNS jsonb LANGUAGE sql STABLE
  RETURN sys_fn.json_insert(j::jsonb, path, v);
CREATE OR REPLACE FUNCTION sys_fn.json_insert(j json, path text, v anyelement) RETURNS jsonb LANGUAGE sql STABLE
  AS $$SELECT sys_fn.json_insert(j::jsonb, path, v)$$;
CREATE OR REPLACE FUNCTION sys_fn.json_remove(j jsonb, path text) RETURNS jsonb LANGUAGE sql IMMUTABLE
  RETURN j #- sys_fn.json_steps(path);
CREATE OR REPLACE FUNCTION sys_fn.json_remove(j json, path text) RETURNS jsonb LANGUAGE sql IMMUTABLE
  RETURN j::jsonb #- sys_fn.json_steps(path);
CREATE OR REPLACE FUNCTION sys_fn.json_array_length(j json) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN pg_catalog.json_array_length(j);
CREATE OR REPLACE FUNCTION sys_fn.json_array_length(j jsonb) RETURNS integer LANGUAGE sql IMMUTABLE
  RETURN jsonb_array_length(j);
CREATE OR REPLACE FUNCTION sys_fn.json_typeof(j json) RETURNS text LANGUAGE sql IMMUTABLE RETURN pg_catalog.json_typeof(j);
CREATE OR REPLACE FUNCTION sys_fn.json_typeof(j jsonb) RETURNS text LANGUAGE sql IMMUTABLE RETURN jsonb_typeof(j);
CREATE OR REPLACE FUNCTION sys_fn.json_array_elements(j json) RETURNS SETOF json LANGUAGE sql IMMUTABLE
  AS 'SELECT * FROM pg_catalog.json_array_elements(j)';
CREATE OR REPLACE FUNCTION sys_fn.json_array_elements(j jsonb) RETURNS SETOF jsonb LANGUAGE sql IMMUTABLE
  AS 'SELECT * FROM jsonb_array_elements(j)';
CREATE OR REPLACE FUNCTION sys_fn.json_object_keys(j json) RETURNS SETOF text LANGUAGE sql IMMUTABLE
  AS 'SELECT * FROM pg_catalog.json_object_keys(j)';
CREATE OR REPLACE FUNCTION sys_fn.json_object_keys(j jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE
  AS 'SELECT * FROM jsonb_object_keys(j)';
CREATE OR REPLACE FUNCTION sys_fn.json_each(j json) RETURNS TABLE (key text, value json) LANGUAGE sql IMMUTABLE
  AS 'SELECT * FROM pg_catalog.json_each(j)';
CREATE OR REPLACE FUNCTION sys_fn.json_each(j jsonb) RETURNS TABLE (key text, value jsonb) LANGUAGE sql IMMUTABLE
  AS 'SELECT * FROM jsonb_each(j)';

-- Arrays and ranges.

CREATE OR REPLACE FUNCTION sys_fn.array_contains(a anyarray, v anyelement) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$SELECT v = ANY (a)$$;
CREATE OR REPLACE FUNCTION sys_fn.array_contains(a anyarray, b anyarray) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$SELECT a @> b$$;
CREATE OR REPLACE FUNCTION sys_fn.element(a anyarray, at integer) RETURNS anyelement LANGUAGE sql IMMUTABLE
  AS $$SELECT a[at]$$;
CREATE OR REPLACE FUNCTION sys_fn.range_contains(a anyrange, b anyrange) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$SELECT a @> b$$;
CREATE OR REPLACE FUNCTION sys_fn.range_contains(a anyrange, v anyelement) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$SELECT a @> v$$;
CREATE OR REPLACE FUNCTION sys_fn.range_contains_element(a anyrange, v anyelement) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$SELECT a @> v$$;
CREATE OR REPLACE FUNCTION sys_fn.range_overlaps(a anyrange, b anyrange) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$SELECT a && b$$;
CREATE OR REPLACE FUNCTION sys_fn.range_strictly_left(a anyrange, b anyrange) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$SELECT a << b$$;
CREATE OR REPLACE FUNCTION sys_fn.range_strictly_right(a anyrange, b anyrange) RETURNS boolean LANGUAGE sql IMMUTABLE
  AS $$SELECT a >> b$$;

-- UUIDs, digests.

CREATE OR REPLACE FUNCTION sys_fn.uuid_to_string(u uuid) RETURNS text LANGUAGE sql IMMUTABLE RETURN u::text;
CREATE OR REPLACE FUNCTION sys_fn.uuid_from_string(s text) RETURNS uuid LANGUAGE sql IMMUTABLE RETURN s::uuid;
CREATE OR REPLACE FUNCTION sys_fn.sha224(v bytea) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN pg_catalog.sha224(v);
CREATE OR REPLACE FUNCTION sys_fn.sha256(v bytea) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN pg_catalog.sha256(v);
CREATE OR REPLACE FUNCTION sys_fn.sha384(v bytea) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN pg_catalog.sha384(v);
CREATE OR REPLACE FUNCTION sys_fn.sha512(v bytea) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN pg_catalog.sha512(v);
CREATE OR REPLACE FUNCTION sys_fn.sha224(v text) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN pg_catalog.sha224(convert_to(v, 'UTF8'));
CREATE OR REPLACE FUNCTION sys_fn.sha256(v text) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN pg_catalog.sha256(convert_to(v, 'UTF8'));
CREATE OR REPLACE FUNCTION sys_fn.sha384(v text) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN pg_catalog.sha384(convert_to(v, 'UTF8'));
CREATE OR REPLACE FUNCTION sys_fn.sha512(v text) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN pg_catalog.sha512(convert_to(v, 'UTF8'));
CREATE OR REPLACE FUNCTION sys_fn.digest(v bytea, algorithm text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $f$
BEGIN
  CASE lower(replace(algorithm, '-', ''))
    WHEN 'md5' THEN RETURN decode(md5(v), 'hex');
    WHEN 'sha224' THEN RETURN pg_catalog.sha224(v);
    WHEN 'sha256' THEN RETURN pg_catalog.sha256(v);
    WHEN 'sha384' THEN RETURN pg_catalog.sha384(v);
    WHEN 'sha512' THEN RETURN pg_catalog.sha512(v);
    ELSE RAISE EXCEPTION 'the digest % is not served', algorithm USING ERRCODE = '0A000';
  END CASE;
END $f$;
CREATE OR REPLACE FUNCTION sys_fn.digest(v text, algorithm text) RETURNS bytea LANGUAGE sql IMMUTABLE
  RETURN sys_fn.digest(convert_to(v, 'UTF8'), algorithm);
-- RFC 2104.
CREATE OR REPLACE FUNCTION sys_fn.hmac(v bytea, secret bytea, algorithm text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $f$
DECLARE
  block integer := CASE WHEN lower(algorithm) IN ('sha384', 'sha512') THEN 128 ELSE 64 END;
  key_bytes bytea := CASE WHEN length(secret) > block THEN sys_fn.digest(secret, algorithm) ELSE secret END;
  inner_pad bytea := decode(repeat('36', block), 'hex');
  outer_pad bytea := decode(repeat('5c', block), 'hex');
BEGIN
  FOR i IN 0..length(key_bytes) - 1 LOOP
    inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(key_bytes, i));
    outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(key_bytes, i));
  END LOOP;
  RETURN sys_fn.digest(outer_pad || sys_fn.digest(inner_pad || v, algorithm), algorithm);
END $f$;
CREATE OR REPLACE FUNCTION sys_fn.hmac(v text, secret text, algorithm text) RETURNS bytea LANGUAGE sql IMMUTABLE
  RETURN sys_fn.hmac(convert_to(v, 'UTF8'), convert_to(secret, 'UTF8'), algorithm);

DO $do$
BEGIN
  IF to_regtype('halfvec') IS NOT NULL THEN
    CREATE OR REPLACE FUNCTION sys_fn.vector_cast_float16(v vector) RETURNS halfvec LANGUAGE sql IMMUTABLE RETURN v::halfvec;
  END IF;
END $do$;
