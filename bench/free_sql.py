"""The same search by SQL alone, in two ways: for people with one roster of plain days and rules that close.

What neither of them knows: overrides, flags other than manual, types, several columns side by side, resources, days
off, the clock's changes, what is past. The clinic they are measured in has none of that in the week searched.
"""

# Parameters of both: tenant, first and last date, minutes of the type, limit. Each gives the starts of one page in the
# order of the answer, with how many there are in all. Times of day are minutes, as in the rosters' own tables.
OPEN = """
hours AS (
    SELECT s.practitioner_id, s.business_id, coalesce(s.override_intervals, b.interval_minutes) AS step,
           day::date AS day, r.roster_id, w.weekday,
           extract(epoch FROM b.appointment_start_time)::integer / 60 AS grid,
           greatest(w.start_minute, extract(epoch FROM b.appointment_start_time)::integer / 60) AS opens,
           least(w.end_minute, extract(epoch FROM b.appointment_end_time)::integer / 60) AS closes
      FROM practitioner_business s
      JOIN practitioner p ON p.tenant_id = $1 AND p.practitioner_id = s.practitioner_id AND p.archived_at IS NULL
      JOIN business b ON b.tenant_id = $1 AND b.business_id = s.business_id AND b.archived_at IS NULL
     CROSS JOIN generate_series($2::date, $3::date, interval '1 day') AS day
      JOIN roster_assignment a ON a.tenant_id = $1 AND a.practitioner_id = s.practitioner_id
           AND a.business_id = s.business_id AND a.start_date <= day AND (a.end_date IS NULL OR a.end_date >= day)
      JOIN roster r ON r.tenant_id = $1 AND r.roster_id = a.roster_id AND r.manual
      JOIN roster_day w ON w.tenant_id = $1 AND w.roster_id = r.roster_id AND w.weekday = extract(isodow FROM day)
     WHERE s.tenant_id = $1 AND s.archived_at IS NULL AND extract(isodow FROM day)::integer = ANY(b.work_week)
)"""

SERIES = f"""
WITH {OPEN}
SELECT h.day + start * interval '1 minute' AS app_time, h.practitioner_id, h.business_id, count(*) OVER () AS entries
  FROM hours h
 CROSS JOIN LATERAL generate_series(h.grid + (h.opens - h.grid + h.step - 1) / h.step * h.step, h.closes - $4, h.step)
       AS start
 WHERE NOT EXISTS (SELECT 1 FROM roster_rule l WHERE l.tenant_id = $1 AND l.roster_id = h.roster_id
                      AND l.weekday = h.weekday AND NOT l.manual AND l.start_minute < start + $4
                      AND l.end_minute > start)
   AND NOT EXISTS (SELECT 1 FROM appointment t WHERE t.tenant_id = $1 AND t.practitioner_id = h.practitioner_id
                      AND t.state = 'live' AND t.app_time > $2::date - interval '1440 minutes'
                      AND t.app_time < $3::date + interval '1 day'
                      AND t.app_time < h.day + (start + $4) * interval '1 minute'
                      AND t.app_time > h.day + (start - 1440) * interval '1 minute'
                      AND t.app_time + t.duration * interval '1 minute' > h.day + start * interval '1 minute')
 ORDER BY 1, 2, 3 LIMIT $5"""
"""A row for each start there might be, and an entry looked for in its way."""

RANGES = f"""
WITH {OPEN}, taken AS MATERIALIZED (
    SELECT practitioner_id, range_agg(int4range(minute, minute + duration)) AS minutes
      FROM (SELECT practitioner_id, duration, extract(epoch FROM app_time - $2::date)::integer / 60 AS minute
              FROM appointment
             WHERE tenant_id = $1 AND state = 'live' AND app_time >= $2::date - interval '1 day'
               AND app_time < $3::date + interval '1 day') AS entry
     GROUP BY practitioner_id
), closed AS MATERIALIZED (
    SELECT roster_id, weekday, range_agg(int4range(start_minute, end_minute)) AS minutes
      FROM roster_rule WHERE tenant_id = $1 AND NOT manual GROUP BY roster_id, weekday
), free AS (
    SELECT h.practitioner_id, h.business_id, h.step, midnight + h.grid AS grid,
           unnest(int4multirange(int4range(midnight + h.opens, midnight + h.closes))
                  - coalesce(c.moved, '{{}}') - coalesce(t.minutes, '{{}}')) AS gap
      FROM (SELECT *, (day - $2::date) * 1440 AS midnight FROM hours) AS h
      LEFT JOIN LATERAL (
          SELECT range_agg(int4range(midnight + lower(one), midnight + upper(one))) AS moved
            FROM closed, unnest(minutes) AS one WHERE closed.roster_id = h.roster_id AND closed.weekday = h.weekday
      ) AS c ON true
      LEFT JOIN taken t ON t.practitioner_id = h.practitioner_id
)
SELECT $2::date + start * interval '1 minute' AS app_time, practitioner_id, business_id, count(*) OVER () AS entries
  FROM free
 CROSS JOIN LATERAL generate_series(grid + (lower(gap) - grid + step - 1) / step * step, upper(gap) - $4, step) AS start
 ORDER BY 1, 2, 3 LIMIT $5"""
"""What is open less what is taken, as multiranges of minutes, and the grid within what remains."""

WAYS = {"generate_series, NOT EXISTS": SERIES, "multiranges": RANGES}
