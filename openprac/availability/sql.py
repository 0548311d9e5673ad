"""The statements of a search for free times. Each is one text, whatever is asked, so that it is planned once.

Labels are compared besides ranges, because only they may use an index under row-level security; no entry is longer than
a day, so one that reaches into a search begins at most a day before it.
"""

_LENGTH = "d.profession_id, d.fee_cat_id, d.duration, d.width, d.item_id, d.item_group_id"
_IDS_OF = "ARRAY(SELECT l.{id} FROM {table} l WHERE l.tenant_id = $1 AND l.{parent} = {row}.{parent})"

# Parameters: tenant, types, patient, account, first day, last day. A type's group or archive flag is told, not judged.
TYPES = f"""
SELECT a.appointment_type_id, a.archived_at IS NOT NULL AS archived, a.group_appointment, a.resource_mode,
       (SELECT json_agg(json_build_array({_LENGTH})) FROM appointment_type_duration d
         WHERE d.tenant_id = $1 AND d.appointment_type_id = a.appointment_type_id) AS lengths,
       (SELECT json_agg(json_build_array(d.practitioner_id, d.business_id, {_LENGTH}))
          FROM practitioner_appointment_type_duration d
         WHERE d.tenant_id = $1 AND d.appointment_type_id = a.appointment_type_id) AS own_lengths,
       (SELECT json_agg(json_build_array(r.resource_id,
               {_IDS_OF.format(id="business_id", table="resource_business", parent="resource_id", row="r")},
               {_IDS_OF.format(id="practitioner_id", table="resource_practitioner", parent="resource_id", row="r")})
               ORDER BY r.resource_rank, r.resource_id)
          FROM appointment_type_resource t JOIN resource r ON r.tenant_id = $1 AND r.resource_id = t.resource_id
         WHERE t.tenant_id = $1 AND t.appointment_type_id = a.appointment_type_id AND r.archived_at IS NULL
       ) AS resources,
       c.client_id IS NOT NULL AS client_known, n.account_id IS NOT NULL AS account_known,
       coalesce(n.fee_cat_id, c.fee_cat_id) AS fee_cat_id,
       (SELECT json_agg(json_build_array(o.day_off_id, o.start_date, o.end_date,
               {_IDS_OF.format(id="business_id", table="day_off_business", parent="day_off_id", row="o")},
               {_IDS_OF.format(id="practitioner_id", table="day_off_practitioner", parent="day_off_id", row="o")},
               o.description) ORDER BY o.day_off_id)
          FROM day_off o WHERE o.tenant_id = $1 AND o.end_date >= $5 AND o.start_date <= $6) AS days_off
  FROM appointment_type a
  LEFT JOIN patient c ON c.tenant_id = $1 AND c.client_id = $3
  LEFT JOIN patient_account n
    ON n.tenant_id = $1 AND n.client_id = c.client_id AND n.account_id = coalesce($4, c.default_account_id)
 WHERE a.tenant_id = $1 AND a.appointment_type_id = ANY($2::bigint[])
 ORDER BY a.appointment_type_id"""

# Parameters: tenant, practitioners, businesses, professions, each null for all of them.
SEATS = """
SELECT p.practitioner_id, b.business_id, p.first_name || ' ' || p.surname AS name, s.app_book_columns AS columns,
       coalesce(s.override_intervals, b.interval_minutes) AS interval,
       b.appointment_start_time AS opens, b.appointment_end_time AS closes, b.work_week,
       ARRAY(SELECT f.profession_id FROM practitioner_profession f
              WHERE f.tenant_id = $1 AND f.practitioner_id = p.practitioner_id
                AND ($4::bigint[] IS NULL OR f.profession_id = ANY($4))
              ORDER BY f.is_default DESC, f.profession_id) AS professions
  FROM practitioner_business s
  JOIN practitioner p ON p.tenant_id = $1 AND p.practitioner_id = s.practitioner_id
  JOIN business b ON b.tenant_id = $1 AND b.business_id = s.business_id
 WHERE s.tenant_id = $1 AND s.archived_at IS NULL AND p.archived_at IS NULL AND b.archived_at IS NULL
   AND ($2::bigint[] IS NULL OR s.practitioner_id = ANY($2)) AND ($3::bigint[] IS NULL OR s.business_id = ANY($3))"""

# Parameters: tenant, practitioners, first day, last day.
ASSIGNMENTS = """
SELECT roster_assignment_id, practitioner_id, business_id, roster_id, start_date, end_date
  FROM roster_assignment
 WHERE tenant_id = $1 AND practitioner_id = ANY($2::bigint[]) AND start_date <= $4
   AND (end_date IS NULL OR end_date >= $3)"""

# Parameters: tenant, rosters, first day, last day. An override that cannot fall between them is left out.
ROSTERS = """
SELECT 'roster' AS what, roster_id, roster_id AS id, 0 AS place, 0 AS weekday, 0 AS start_minute, 0 AS end_minute,
       flags, NULL::bigint[] AS columns, NULL::bigint[] AS types, false AS types_online_only, description,
       NULL AS repeat, NULL::date AS start_date, NULL::date AS end_date, 1 AS every, NULL::bigint[] AS weekdays,
       NULL::smallint AS nth
  FROM roster WHERE tenant_id = $1 AND roster_id = ANY($2::bigint[])
 UNION ALL
SELECT 'day', roster_id, roster_id, 0, weekday, start_minute, end_minute, 0,
       NULL, NULL, false, '', NULL, NULL, NULL, 1, NULL, NULL
  FROM roster_day WHERE tenant_id = $1 AND roster_id = ANY($2::bigint[])
 UNION ALL
SELECT 'rule', roster_id, roster_rule_id, position, weekday, start_minute, end_minute, flags,
       columns, appointment_type_ids, types_online_only, coalesce(display_text, ''), NULL, NULL, NULL, 1, NULL, NULL
  FROM roster_rule WHERE tenant_id = $1 AND roster_id = ANY($2::bigint[])
 UNION ALL
SELECT 'override', o.roster_id, o.roster_override_id, o.rank, 0, o.start_minute, o.end_minute, o.flags, o.columns,
       ARRAY(SELECT l.appointment_type_id FROM roster_override_appointment_type l
              WHERE l.tenant_id = $1 AND l.roster_override_id = o.roster_override_id),
       o.types_online_only, coalesce(o.display_text, ''),
       o.repeat, o.start_date, o.end_date, o.every, o.weekdays, o.nth
  FROM roster_override o
 WHERE o.tenant_id = $1 AND o.roster_id = ANY($2::bigint[]) AND o.start_date <= $4
   AND coalesce(o.end_date, CASE WHEN o.repeat = 'once' THEN o.start_date ELSE $3 END) >= $3
 ORDER BY place"""

_STARTS = "array_agg(floor(date_part('epoch', {row}.app_time) / 60 - $6)::integer)"

# Parameters: tenant, practitioners, resources, first midnight, last midnight, the first one in minutes since 1970 as if
# it were UTC's. Entries with the same place are one record of arrays, which cost the driver less than rows do. Labels
# may hold seconds: spans are widened to whole minutes, in which alone a start can lie.
TAKEN = f"""
SELECT NULL::bigint AS resource_id, a.practitioner_id, a.business_id, a.column_number, a.width, a.kind,
       array_agg(a.appointment_id) AS ids, {_STARTS.format(row="a")} AS starts,
       array_agg(ceil(date_part('epoch', a.app_time) / 60 - $6)::integer + a.duration) AS ends
  FROM appointment a
 WHERE a.tenant_id = $1 AND a.practitioner_id = ANY($2::bigint[]) AND a.state = 'live'
   AND a.app_time > $4::timestamp - interval '1440 minutes' AND a.app_time < $5::timestamp
   AND (a.expires_at IS NULL OR a.expires_at > clinic_now())
 GROUP BY 2, 3, 4, 5, 6
 UNION ALL
SELECT r.resource_id, 0, 0, 0, 0, '',
       NULL, {_STARTS.format(row="r")}, array_agg(ceil(date_part('epoch', upper(r.span)) / 60 - $6)::integer)
  FROM appointment_resource r
 WHERE r.tenant_id = $1 AND r.resource_id = ANY($3::bigint[]) AND r.state = 'live'
   AND r.app_time > $4::timestamp - interval '1440 minutes' AND r.app_time < $5::timestamp
 GROUP BY r.resource_id"""

# Parameters: tenant, type, first label, last midnight, businesses, practitioners, professions (each null for all of
# them), limit, offset. No record where there is no such type; one without an id where there is no class.
CLASSES = """
WITH fitting AS MATERIALIZED (
SELECT a.appointment_id, a.member_count, a.group_max_size, a.app_time, a.column_number, a.item_id, a.item_group_id,
       a.appointment_type_id, a.practitioner_id, a.business_id, a.profession_id, a.width, a.duration,
       ARRAY(SELECT l.resource_id FROM appointment_resource l
              WHERE l.tenant_id = $1 AND l.appointment_id = a.appointment_id ORDER BY l.resource_id) AS resource_ids,
       p.first_name || ' ' || p.surname AS practitioner_name
  FROM appointment a
  JOIN appointment_type y ON y.tenant_id = $1 AND y.appointment_type_id = $2 AND y.archived_at IS NULL
  JOIN practitioner p ON p.tenant_id = $1 AND p.practitioner_id = a.practitioner_id AND p.archived_at IS NULL
  JOIN business b ON b.tenant_id = $1 AND b.business_id = a.business_id AND b.archived_at IS NULL
 WHERE a.tenant_id = $1 AND a.appointment_type_id = $2 AND a.kind = 'group' AND a.state = 'live'
   AND a.app_time >= $3 AND a.app_time < $4 AND a.member_count < a.group_max_size
   AND ($5::bigint[] IS NULL OR a.business_id = ANY($5)) AND ($6::bigint[] IS NULL OR a.practitioner_id = ANY($6))
   AND ($7::bigint[] IS NULL OR a.profession_id = ANY($7)))
SELECT (SELECT count(*) FROM fitting) AS total, g.*
  FROM appointment_type y
  LEFT JOIN LATERAL (SELECT * FROM fitting ORDER BY app_time, practitioner_id, business_id, column_number
                     LIMIT $8 OFFSET $9) g ON true
 WHERE y.tenant_id = $1 AND y.appointment_type_id = $2
 ORDER BY g.app_time, g.practitioner_id, g.business_id, g.column_number"""

_WANTED = (
    "ARRAY(SELECT l.{name}_id FROM waiting_list_entry_{name} l WHERE l.tenant_id = $1 AND l.waiting_list_entry_id = $2)"
)

# Who waits for what. times: weekday, first minute, last minute; a time of day cannot say midnight, so its last minute
# stands for it. Parameters: tenant, entry.
WAITING = f"""
SELECT w.client_id, w.account_id, w.appointment_type_id, w.duration, w.wait_until,
       {_WANTED.format(name="practitioner")} AS practitioner_ids,
       {_WANTED.format(name="business")} AS business_ids,
       {_WANTED.format(name="profession")} AS profession_ids,
       (SELECT json_agg(json_build_array(t.weekday, ceil(date_part('epoch', t.start_time) / 60)::integer,
               CASE WHEN t.end_time >= '23:59' THEN 1440 ELSE floor(date_part('epoch', t.end_time) / 60)::integer END))
          FROM waiting_list_entry_time t WHERE t.tenant_id = $1 AND t.waiting_list_entry_id = $2) AS times
  FROM waiting_list_entry w WHERE w.tenant_id = $1 AND w.waiting_list_entry_id = $2"""

# Parameters: tenant, practitioner.
PRACTITIONER = "SELECT true FROM practitioner WHERE tenant_id = $1 AND practitioner_id = $2"

# Of a practitioner and of businesses. Parameters: tenant, practitioner, businesses, first day, last day.
DAYS_OFF = f"""
SELECT o.day_off_id, o.start_date, o.end_date,
       {_IDS_OF.format(id="business_id", table="day_off_business", parent="day_off_id", row="o")} AS business_ids,
       {_IDS_OF.format(id="practitioner_id", table="day_off_practitioner", parent="day_off_id", row="o")}
         AS practitioner_ids, o.description
  FROM day_off o
 WHERE o.tenant_id = $1 AND o.end_date >= $4 AND o.start_date <= $5
   AND (EXISTS (SELECT 1 FROM day_off_practitioner l
         WHERE l.tenant_id = $1 AND l.day_off_id = o.day_off_id AND l.practitioner_id = $2)
     OR EXISTS (SELECT 1 FROM day_off_business l
         WHERE l.tenant_id = $1 AND l.day_off_id = o.day_off_id AND l.business_id = ANY($3::bigint[])))
 ORDER BY o.day_off_id"""

# What a screen paints: texts and colours of rosters, their rules and overrides. Parameters: tenant, rosters.
LOOKS = """
SELECT 'roster' AS of, roster_id AS id, display_text, font_colour, bg_colour
  FROM roster WHERE tenant_id = $1 AND roster_id = ANY($2::bigint[])
 UNION ALL
SELECT 'roster_rule', roster_rule_id, display_text, font_colour, bg_colour
  FROM roster_rule WHERE tenant_id = $1 AND roster_id = ANY($2::bigint[])
 UNION ALL
SELECT 'roster_override', roster_override_id, display_text, font_colour, bg_colour
  FROM roster_override WHERE tenant_id = $1 AND roster_id = ANY($2::bigint[])"""

# The live entries of a practitioner that touch the days. Parameters: tenant, practitioner, first midnight, last one.
DIARY_ENTRIES = """
SELECT a.appointment_id, a.business_id, a.app_time, a.duration
  FROM appointment a
 WHERE a.tenant_id = $1 AND a.practitioner_id = $2 AND a.state = 'live'
   AND a.app_time > $3::timestamp - interval '1440 minutes' AND a.app_time < $4::timestamp
   AND upper(a.span) > $3::timestamp AND (a.expires_at IS NULL OR a.expires_at > clinic_now())
 ORDER BY a.app_time, a.appointment_id"""
