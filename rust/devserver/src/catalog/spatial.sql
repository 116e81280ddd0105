-- Geometry without PostGIS: values are well-known binary, little-endian, two dimensions.

CREATE OR REPLACE FUNCTION sys_fn.float_to_bytes(v double precision) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN (SELECT string_agg(substr(b, i, 1), ''::bytea ORDER BY i DESC) FROM (SELECT float8send(v)) AS s(b), generate_series(1, 8) AS i);

CREATE OR REPLACE FUNCTION sys_fn.int_to_bytes(v integer) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN (SELECT string_agg(substr(b, i, 1), ''::bytea ORDER BY i DESC) FROM (SELECT int4send(v)) AS s(b), generate_series(1, 4) AS i);

-- Eight bytes as the float they are: sign, exponent, fraction.
CREATE OR REPLACE FUNCTION sys_fn.bytes_to_float(b bytea, at integer) RETURNS double precision LANGUAGE plpgsql IMMUTABLE AS $f$
DECLARE
  little boolean := get_byte(b, 0) = 1;
  bits bigint := 0;
  exponent integer;
  fraction double precision;
BEGIN
  FOR i IN 0..7 LOOP
    bits := (bits << 8) | get_byte(b, at + CASE WHEN little THEN 7 - i ELSE i END);
  END LOOP;
  exponent := ((bits >> 52) & 2047)::integer;
  fraction := (bits & 4503599627370495)::double precision;
  RETURN CASE WHEN bits < 0 THEN -1 ELSE 1 END * CASE
    WHEN exponent = 0 THEN fraction * (2.0::double precision ^ (-1074))
    WHEN exponent = 2047 AND fraction = 0 THEN 'Infinity'::double precision
    WHEN exponent = 2047 THEN 'NaN'::double precision
    -- In two steps, neither of which leaves the range.
    ELSE (fraction + 4503599627370496) * (2.0::double precision ^ ((exponent - 1075) / 2))
      * (2.0::double precision ^ (exponent - 1075 - (exponent - 1075) / 2)) END;
END $f$;

CREATE OR REPLACE FUNCTION sys_fn.bytes_to_int(b bytea, at integer) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN CASE WHEN get_byte(b, 0) = 1
  THEN get_byte(b, at) | (get_byte(b, at + 1) << 8) | (get_byte(b, at + 2) << 16) | (get_byte(b, at + 3) << 24)
  ELSE get_byte(b, at + 3) | (get_byte(b, at + 2) << 8) | (get_byte(b, at + 1) << 16) | (get_byte(b, at) << 24) END;

CREATE OR REPLACE FUNCTION sys_fn.st_point(x double precision, y double precision) RETURNS sys.geometry LANGUAGE sql IMMUTABLE
  RETURN ('\x0101000000'::bytea || sys_fn.float_to_bytes(x) || sys_fn.float_to_bytes(y))::sys.geometry;
CREATE OR REPLACE FUNCTION sys_fn.st_makepoint(x double precision, y double precision) RETURNS sys.geometry LANGUAGE sql IMMUTABLE
  RETURN sys_fn.st_point(x, y);

-- "1 2, 3 4" as a count and pairs of floats.
CREATE OR REPLACE FUNCTION sys_fn.wkb_points(list text) RETURNS bytea LANGUAGE sql IMMUTABLE
RETURN (
  SELECT sys_fn.int_to_bytes(count(*)::integer) || string_agg(
    sys_fn.float_to_bytes(split_part(trim(p), ' ', 1)::double precision)
    || sys_fn.float_to_bytes(regexp_replace(trim(p), '^\S+\s+', '')::double precision), ''::bytea ORDER BY place)
  FROM string_to_table(list, ',') WITH ORDINALITY AS t(p, place));

CREATE OR REPLACE FUNCTION sys_fn.st_geomfromtext(wkt text) RETURNS sys.geometry LANGUAGE plpgsql IMMUTABLE STRICT AS $f$
DECLARE
  kind text := upper(substring(wkt FROM '^\s*([A-Za-z]+)'));
  body text := trim(substring(wkt FROM '\((.*)\)\s*$'));
  rings text[];
BEGIN
  IF kind = 'POINT' THEN
    RETURN '\x0101000000'::bytea || substr(sys_fn.wkb_points(body), 5);
  ELSIF kind = 'LINESTRING' THEN
    RETURN '\x0102000000'::bytea || sys_fn.wkb_points(body);
  ELSIF kind = 'POLYGON' THEN
    rings := ARRAY(SELECT m[1] FROM regexp_matches(body, '\(([^()]*)\)', 'g') AS m);
    RETURN '\x0103000000'::bytea || sys_fn.int_to_bytes(cardinality(rings))
      || (SELECT string_agg(sys_fn.wkb_points(r), ''::bytea ORDER BY place) FROM unnest(rings) WITH ORDINALITY AS u(r, place));
  END IF;
  RAISE EXCEPTION 'the geometry % is not served', coalesce(kind, wkt) USING ERRCODE = '0A000';
END $f$;

CREATE OR REPLACE FUNCTION sys_fn.wkt_points(b bytea, at integer, n integer) RETURNS text LANGUAGE sql IMMUTABLE
RETURN (SELECT string_agg(sys_fn.bytes_to_float(b, at + 16 * i) || ' ' || sys_fn.bytes_to_float(b, at + 16 * i + 8), ',' ORDER BY i)
        FROM generate_series(0, n - 1) AS i);

CREATE OR REPLACE FUNCTION sys_fn.st_astext(g bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $f$
DECLARE
  kind integer := sys_fn.bytes_to_int(g, 1);
  at integer := 9;
  n integer;
  rings text[] := '{}';
BEGIN
  IF kind = 1 THEN
    RETURN format('POINT(%s)', sys_fn.wkt_points(g, 5, 1));
  ELSIF kind = 2 THEN
    RETURN format('LINESTRING(%s)', sys_fn.wkt_points(g, 9, sys_fn.bytes_to_int(g, 5)));
  ELSIF kind = 3 THEN
    FOR i IN 1..sys_fn.bytes_to_int(g, 5) LOOP
      n := sys_fn.bytes_to_int(g, at);
      rings := rings || format('(%s)', sys_fn.wkt_points(g, at + 4, n));
      at := at + 4 + 16 * n;
    END LOOP;
    RETURN format('POLYGON(%s)', array_to_string(rings, ','));
  END IF;
  RAISE EXCEPTION 'a geometry of kind % has no text here', kind USING ERRCODE = '0A000';
END $f$;

CREATE OR REPLACE FUNCTION sys_fn.st_asbinary(g bytea) RETURNS bytea LANGUAGE sql IMMUTABLE RETURN g;
CREATE OR REPLACE FUNCTION sys_fn.st_geomfromwkb(g bytea) RETURNS sys.geometry LANGUAGE sql IMMUTABLE RETURN g::sys.geometry;
CREATE OR REPLACE FUNCTION sys_fn.st_geometrytype(g bytea) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN (ARRAY['ST_Point', 'ST_LineString', 'ST_Polygon', 'ST_MultiPoint', 'ST_MultiLineString', 'ST_MultiPolygon',
    'ST_GeometryCollection'])[sys_fn.bytes_to_int(g, 1)];
CREATE OR REPLACE FUNCTION sys_fn.st_x(g bytea) RETURNS double precision LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN sys_fn.bytes_to_int(g, 1) = 1 THEN sys_fn.bytes_to_float(g, 5) END;
CREATE OR REPLACE FUNCTION sys_fn.st_y(g bytea) RETURNS double precision LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN sys_fn.bytes_to_int(g, 1) = 1 THEN sys_fn.bytes_to_float(g, 13) END;
-- Between points, in the plane.
CREATE OR REPLACE FUNCTION sys_fn.st_distance(a bytea, b bytea) RETURNS double precision LANGUAGE sql IMMUTABLE
  RETURN sqrt((sys_fn.st_x(a) - sys_fn.st_x(b)) ^ 2 + (sys_fn.st_y(a) - sys_fn.st_y(b)) ^ 2);
