-- What must be true of the database while it is in use, as statements that return what is not: severity, check, what,
-- record, advice. `psql -f` runs this file as it is; `server doctor` and the tests run it statement by statement, each
-- from its line "-- check". A fault is damage, or what our guarantees exclude; a warning waits for a person; information
-- is something to know. Nothing here changes anything. Rollups and the objects of the contract have files of their own.

-- check runs
-- The effects of a stage are committed with its run that is ok: two such runs are an effect that happened twice.
SELECT 'fault' AS severity, 'runs' AS check, format('%s runs of one event are ok: %s', count(*), string_agg(id::TEXT, ', ' ORDER BY id)) AS what,
       'event ' || event_id AS record, 'Look at what the later run wrote; then take event_id out of its row in workflow_stats' AS advice
FROM marketing.workflow_stats WHERE status = 'ok' AND event_id IS NOT NULL
GROUP BY event_id HAVING count(*) > 1 ORDER BY event_id;

-- check masters
SELECT 'fault' AS severity, 'masters' AS check, format('promoted %s times: %s', count(*), string_agg(company_unique_id, ', ' ORDER BY id)) AS what,
       'intake row ' || source_record_id AS record, 'Keep the first; set source_record_id of the others to NULL' AS advice
FROM marketing.company_master WHERE source_record_id IS NOT NULL
GROUP BY source_record_id HAVING count(*) > 1 ORDER BY source_record_id;

-- check barton_ids
SELECT 'fault' AS severity, 'barton_ids' AS check, format('%s companies have one Barton ID', count(*)) AS what,
       'company ' || company_unique_id AS record, 'Give all but one a new ID' AS advice
FROM marketing.company_master GROUP BY company_unique_id HAVING count(*) > 1 ORDER BY company_unique_id;

-- check slots
-- Not a fault: workflows may open slots as they like. Ours opens each label once.
SELECT 'warning' AS severity, 'slots' AS check, format('has %s executive slots %s', count(*), quote_literal(slot_label)) AS what,
       'company ' || company_unique_id AS record, 'Delete the slots without a contact but one' AS advice
FROM marketing.company_slots WHERE slot_type = 'executive'
GROUP BY company_unique_id, slot_label HAVING count(*) > 1 ORDER BY company_unique_id, slot_label;

-- check contacts
SELECT 'fault' AS severity, 'contacts' AS check, format('has %s contacts: %s', count(*), string_agg(id::TEXT, ', ' ORDER BY id)) AS what,
       'slot ' || company_slot_unique_id AS record, 'Keep one contact a slot' AS advice
FROM marketing.contact_enrichment GROUP BY company_slot_unique_id HAVING count(*) > 1 ORDER BY company_slot_unique_id;

-- check people
SELECT 'warning' AS severity, 'people' AS check, format('%s people stand in one slot: %s', count(*), string_agg(unique_id, ', ' ORDER BY unique_id)) AS what,
       'slot ' || company_slot_unique_id AS record, 'Keep the one whom the contact of the slot names' AS advice
FROM marketing.people_master GROUP BY company_slot_unique_id HAVING count(*) > 1 ORDER BY company_slot_unique_id;

-- check refused
SELECT 'information' AS severity, 'refused' AS check, format('a second effect was refused %s times, last at %s', count(*), max(refused_at)) AS what,
       'stage ' || stage AS record, 'Nothing to do: the key held. Many of them tell of workers that lose their leases' AS advice
FROM marketing.refused_effects GROUP BY stage ORDER BY stage;

-- check done_and_waiting
-- Its effects are there, yet it waits: the key will refuse them a second time.
SELECT 'warning' AS severity, 'done_and_waiting' AS check, format('is %s, although run %s did it', e.status, w.id) AS what,
       'event ' || e.id AS record, 'Mark it as processed, or run the record again from this stage' AS advice
FROM marketing.pipeline_events e JOIN marketing.workflow_stats w ON w.event_id = e.id AND w.status = 'ok'
WHERE e.status IN ('pending', 'processing') AND (e.locked_by IS NULL OR e.locked_at < now() - INTERVAL '1 minute')
ORDER BY e.id;

-- check done_elsewhere
SELECT 'information' AS severity, 'done_elsewhere' AS check, format('%s were processed without a run of ours, the last is event %s', count(*), max(e.id)) AS what,
       e.event_type || ' events' AS record, 'Nothing to do: n8n or a person may mark events as processed' AS advice
FROM marketing.pipeline_events e
WHERE e.status = 'processed'
  AND e.event_type IN ('company_created', 'company_validated', 'company_promoted', 'slots_created', 'slot_created', 'contact_enriched')
  AND NOT EXISTS (SELECT FROM marketing.workflow_stats w WHERE w.event_id = e.id AND w.status = 'ok')
GROUP BY e.event_type ORDER BY e.event_type;

-- check stale_leases
SELECT 'fault' AS severity, 'stale_leases' AS check,
       format('is held by worker %s, which %s', e.locked_by, coalesce('last gave a sign at ' || w.heartbeat_at, 'is not registered')) AS what,
       'event ' || e.id AS record, 'Every process of the server takes such events back within seconds: start one' AS advice
FROM marketing.pipeline_events e LEFT JOIN marketing.pipeline_workers w ON w.worker_id = e.locked_by
WHERE e.status = 'processing' AND e.locked_by IS NOT NULL
  AND coalesce(e.locked_at, '-infinity') < now() - INTERVAL '1 minute'
  AND coalesce(w.heartbeat_at, '-infinity') < now() - INTERVAL '1 minute'
ORDER BY e.id;

-- check unleased
-- Somebody outside has it in hand; half an hour later it is handed back.
SELECT CASE WHEN locked_at < now() - INTERVAL '35 minutes' THEN 'warning' ELSE 'information' END AS severity, 'unleased' AS check,
       format('is processing without a worker%s', coalesce(', seen since ' || locked_at, '')) AS what,
       'event ' || id AS record, 'Nothing to do while a workflow has it; a running server hands it back after half an hour' AS advice
FROM marketing.pipeline_events WHERE status = 'processing' AND locked_by IS NULL ORDER BY id;

-- check left_leases
SELECT 'warning' AS severity, 'left_leases' AS check, format('is %s and still names worker %s', status, locked_by) AS what,
       'event ' || id AS record, 'Set locked_by and locked_at to NULL; who changes the status by SQL does that too' AS advice
FROM marketing.pipeline_events WHERE status <> 'processing' AND locked_by IS NOT NULL ORDER BY id;

-- check put_aside
-- Only the events of a paused batch are put aside for ever; any other would wait without end.
SELECT 'fault' AS severity, 'put_aside' AS check, format('is never due, and its batch (%s) is not paused', coalesce(e.batch_id, 'none')) AS what,
       'event ' || e.id AS record, 'Set next_attempt_at to now()' AS advice
FROM marketing.pipeline_events e
WHERE e.status = 'pending' AND e.next_attempt_at = 'infinity'
  AND NOT EXISTS (SELECT FROM marketing.batch_pauses p WHERE p.batch_id = e.batch_id)
ORDER BY e.id;

-- check failed_silently
-- mark_event_failed of the contract writes neither an error nor a dead letter.
SELECT 'information' AS severity, 'failed_silently' AS check, format('%s failed without an error or a dead letter, the last is event %s', count(*), max(e.id)) AS what,
       e.event_type || ' events' AS record, 'Their error_message says why; a retry takes them on' AS advice
FROM marketing.pipeline_events e
WHERE e.status = 'failed'
  AND NOT EXISTS (SELECT FROM marketing.dead_letters d WHERE d.event_id = e.id)
  AND NOT EXISTS (SELECT FROM marketing.pipeline_errors x WHERE x.event_id = e.id)
GROUP BY e.event_type ORDER BY e.event_type;

-- check dead_letters
SELECT 'fault' AS severity, 'dead_letters' AS check, format('is a dead letter (%s) and %s', d.kind, coalesce(e.status, 'gone')) AS what,
       'event ' || d.event_id AS record, 'Delete its row in dead_letters: the event is no longer failed' AS advice
FROM marketing.dead_letters d LEFT JOIN marketing.pipeline_events e ON e.id = d.event_id
WHERE e.status IS DISTINCT FROM 'failed' ORDER BY d.event_id;

-- check orphans
-- Foreign keys forbid these; they come from a restore, or from a time with triggers switched off.
SELECT 'fault' AS severity, 'orphans' AS check, 'belongs to company ' || s.company_unique_id || ', which is gone' AS what,
       'slot ' || s.company_slot_unique_id AS record, 'Restore the company, or delete the slot' AS advice
FROM marketing.company_slots s
WHERE NOT EXISTS (SELECT FROM marketing.company_master m WHERE m.company_unique_id = s.company_unique_id)
UNION ALL
SELECT 'fault', 'orphans', 'belongs to slot ' || c.company_slot_unique_id || ', which is gone', 'contact ' || c.id,
       'Restore the slot, or delete the contact'
FROM marketing.contact_enrichment c
WHERE NOT EXISTS (SELECT FROM marketing.company_slots s WHERE s.company_slot_unique_id = c.company_slot_unique_id)
UNION ALL
SELECT 'fault', 'orphans', 'belongs to contact ' || v.enrichment_id || ', which is gone', 'verification ' || v.id,
       'Restore the contact, or delete the verification'
FROM marketing.email_verification v
WHERE NOT EXISTS (SELECT FROM marketing.contact_enrichment c WHERE c.id = v.enrichment_id)
UNION ALL
SELECT 'fault', 'orphans', 'belongs to slot ' || p.company_slot_unique_id || ', which is gone', 'person ' || p.unique_id,
       'Restore the slot, or delete the person'
FROM marketing.people_master p
WHERE NOT EXISTS (SELECT FROM marketing.company_slots s WHERE s.company_slot_unique_id = p.company_slot_unique_id)
UNION ALL
SELECT 'fault', 'orphans', 'names event ' || x.event_id || ', which is gone', 'error ' || x.id, 'Set its event_id to NULL'
FROM marketing.pipeline_errors x
WHERE x.event_id IS NOT NULL AND NOT EXISTS (SELECT FROM marketing.pipeline_events e WHERE e.id = x.event_id);

-- check lost_records
-- Events outlive an erased record, and one made by hand may name none.
SELECT 'information' AS severity, 'lost_records' AS check, format('%s name a record that is not there, the last is event %s', count(*), max(e.id)) AS what,
       e.event_type || ' events, ' || e.status AS record, 'Nothing to do: a stage fails such an event and says so' AS advice
FROM marketing.pipeline_events e
-- Numbers are compared as numbers: those are the keys that have indexes.
CROSS JOIN LATERAL (SELECT e.payload ->> 'record_id' AS name,
    CASE WHEN e.payload ->> 'record_id' ~ '^[0-9]{1,9}$' THEN (e.payload ->> 'record_id')::INT END AS number) r
WHERE CASE
    WHEN e.event_type IN ('company_created', 'company_updated', 'company_validated') THEN
        NOT EXISTS (SELECT FROM intake.company_raw_intake i WHERE i.id = r.number)
    WHEN e.event_type IN ('company_promoted', 'company_master_updated') THEN
        NOT EXISTS (SELECT FROM marketing.company_master m WHERE m.company_unique_id = r.name)
    WHEN e.event_type IN ('slots_created', 'slot_created', 'slot_updated') THEN
        NOT EXISTS (SELECT FROM marketing.company_slots s WHERE s.company_slot_unique_id = r.name)
    WHEN e.event_type = 'contact_enriched' THEN
        NOT EXISTS (SELECT FROM marketing.contact_enrichment c WHERE c.id = r.number)
    WHEN e.event_type IN ('email_verified', 'email_failed') THEN
        NOT EXISTS (SELECT FROM marketing.email_verification v WHERE v.id = r.number)
    ELSE FALSE END
GROUP BY e.event_type, e.status ORDER BY e.event_type, e.status;

-- check external_calls
SELECT 'warning' AS severity, 'external_calls' AS check,
       format('%s: whether the call of stage %s at %s happened is not known%s', c.idempotency_key, c.stage, c.intended_at, coalesce(': ' || c.message, '')) AS what,
       'event ' || c.event_id AS record, 'Look at the provider; then retry or cancel the event' AS advice
FROM marketing.external_calls c
WHERE c.state = 'unknown'
   OR (c.state = 'intended' AND c.intended_at < now() - INTERVAL '1 minute' AND NOT EXISTS (
       SELECT FROM marketing.pipeline_workers w
       WHERE w.worker_id = c.worker_id AND w.heartbeat_at > now() - INTERVAL '1 minute'))
ORDER BY c.intended_at;

-- check actions
SELECT 'warning' AS severity, 'actions' AS check, format('"%s" of %s is not done since %s', a.title, a.requested_by, a.created_at) AS what,
       'action ' || a.id AS record, 'See whether a worker runs, and whether its stages are paused' AS advice
FROM marketing.pipeline_actions a
WHERE a.created_at < now() - INTERVAL '1 hour'
  AND (to_jsonb(a) ->> 'state' = 'running'
       OR EXISTS (SELECT FROM marketing.pipeline_events e WHERE e.action_id = a.id AND e.status IN ('pending', 'processing')))
ORDER BY a.id;

-- check paused
SELECT 'information' AS severity, 'paused' AS check, format('paused by %s at %s: %s', paused_by, paused_at, pause_reason) AS what,
       'stage ' || stage AS record, 'Resume it when the reason is gone' AS advice
FROM marketing.stage_settings WHERE paused
UNION ALL
SELECT 'information', 'paused', format('paused by %s at %s: %s', paused_by, paused_at, reason), 'batch ' || batch_id,
       'Resume it when the reason is gone'
FROM marketing.batch_pauses
UNION ALL
SELECT 'information', 'paused', format('paused by %s at %s: %s', paused_by, paused_at, pause_reason), 'schedule ' || name,
       'Resume it when the reason is gone'
FROM marketing.schedules WHERE paused
UNION ALL
SELECT 'warning', 'paused', format('stopped, and nobody has looked: %s', paused_reason), 'webhook ' || name,
       'Mend its receiver, send a test event, and resume it on its page'
FROM app.webhooks WHERE paused_reason IS NOT NULL;

-- check schedules
SELECT 'warning' AS severity, 'schedules' AS check,
       CASE WHEN leased_by IS NOT NULL THEN 'its runner gave the last sign at ' || lease_beat_at
            WHEN NOT paused AND next_run_at < now() - INTERVAL '10 minutes' THEN 'was due at ' || next_run_at
            ELSE format('its run of %s is %s', last_run_at, last_status) END AS what,
       'schedule ' || name AS record, 'Start a process of the server; `server schedule history` tells of each run' AS advice
FROM marketing.schedules
WHERE (leased_by IS NOT NULL AND lease_beat_at < now() - INTERVAL '1 minute')
   OR (leased_by IS NULL AND NOT paused AND next_run_at < now() - INTERVAL '10 minutes')
   OR (leased_by IS NULL AND last_status IN ('failed', 'lost'))
ORDER BY name;

-- check scores
-- Who is a target is read from here, and not from all that was ever scored.
SELECT 'fault' AS severity, 'scores' AS check, 'the newest score or the strongest signal is another' AS what,
       'company ' || company_id AS record, format('SELECT marketing.keep_scores(ARRAY[%L])', company_id) AS advice
FROM marketing.company_scores s
FULL JOIN (SELECT coalesce(p.company_id, b.company_id) AS company_id, p.ple_score, p.calculated_at, b.score, b.at
           FROM (SELECT DISTINCT ON (company_id) company_id, ple_score, calculated_at FROM marketing.ple_results
                 ORDER BY company_id, calculated_at DESC, id DESC) p
           FULL JOIN (SELECT company_id, max(bit_intent_score) AS score, max(signal_timestamp) AS at
                      FROM marketing.bit_signals GROUP BY company_id) b ON b.company_id = p.company_id) n USING (company_id)
WHERE (s.ple_score, s.ple_at, s.bit_intent_score, s.last_signal_at) IS DISTINCT FROM (n.ple_score, n.calculated_at, n.score, n.at)
ORDER BY company_id;

-- check companies_elsewhere
SELECT 'fault' AS severity, 'companies_elsewhere' AS check,
       CASE WHEN e.company_unique_id IS NULL THEN 'is missing in companies_elsewhere, and so in the list of companies'
            WHEN m.company_unique_id IS NULL THEN 'stands in companies_elsewhere, and so twice in the list of companies'
            ELSE 'is looked for by another name or website' END AS what,
       'company ' || company_unique_id AS record, format('SELECT marketing.place_companies(ARRAY[%L])', company_unique_id) AS advice
FROM (SELECT m.company_unique_id, concat_ws(E'\n', m.company_unique_id, m.company_name, m.website_url) AS searched
      FROM marketing.company_master m
      WHERE NOT EXISTS (SELECT FROM intake.company_raw_intake i WHERE i.id::TEXT = m.source_record_id)) m
FULL JOIN marketing.companies_elsewhere e USING (company_unique_id)
WHERE m.company_unique_id IS NULL OR e.company_unique_id IS NULL OR m.searched <> e.searched
ORDER BY company_unique_id;

-- check error_groups
-- The list of groups would not show it. The update makes the group again.
SELECT 'fault' AS severity, 'error_groups' AS check, format('has no row, so its %s errors stand in no list of groups', count(*)) AS what,
       'group ' || group_key AS record,
       format('UPDATE marketing.pipeline_errors SET error_message = error_message WHERE group_key = %L', group_key) AS advice
FROM marketing.pipeline_errors e
WHERE NOT EXISTS (SELECT FROM marketing.error_groups g WHERE g.group_key = e.group_key)
GROUP BY group_key ORDER BY group_key;
